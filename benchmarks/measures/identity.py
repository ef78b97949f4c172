"""Identity: does a character's LoRA draw that character, and nobody else, at each weight?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

from benchmarks.easel import Easel
from benchmarks.judge import Judge
from benchmarks.panels import SQUARE, TALL, Panel
from benchmarks.prompts import SHOTS, expression_words, place_words, some_place
from benchmarks.tables import Cell, Table, share
from training.art.spec import EXPRESSIONS, Framing

WEIGHTS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25)


def identity(easel: Easel, judge: Judge, names: Sequence[str], scenes: int) -> Table:
    """Each character in so many scenes at every weight. The prompt is the trigger word, `1girl` or
    `1boy`, and the scene: not a word of the looks. At weight 0 the word alone is there."""
    rows: list[tuple[Cell, ...]] = []
    for name in names:
        panels = [panel for weight in WEIGHTS for panel in scenes_of(name, scenes, weight)]
        shown = easel.draw(f"identity-{name}", panels)
        seen = [one.word("identity") == name for one in judge.see([s.preview for s in shown])]
        parts = [seen[start : start + scenes] for start in range(0, len(seen), scenes)]
        rows.append((name, *(share(sum(part), scenes) for part in parts)))
    columns = ("character", *(f"weight {weight:g}" for weight in WEIGHTS))
    title = f"Identity over {scenes} scenes: share of pictures that show the character"
    return Table("identity", title, columns, tuple(rows))


def scenes_of(
    name: str, count: int, weight: float, styles: tuple[str, ...] = ()
) -> Iterator[Panel]:
    """The pinned scenes of a character: near enough, and from the front, so that marks show."""
    for number in range(count):
        random = Random(f"scene {number}")
        framing = random.choices((Framing.CLOSE, Framing.MEDIUM, Framing.FULL), (4, 4, 2))[0]
        place = some_place(random)
        words = [
            expression_words(random.choice(EXPRESSIONS), random),
            place_words(place.kind, random),
            place.time if place.kind != "plain" else "",
            place.weather,
        ]
        yield Panel(
            name=f"s{number:02d}",
            scene=", ".join(filter(None, words)),
            seed=5000 + number,
            shot=random.choice(SHOTS[framing]),
            characters=((name, weight),),
            styles=styles,
            cell=random.choice((SQUARE, TALL)),
        )
