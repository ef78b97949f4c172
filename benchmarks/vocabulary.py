"""The sheets that show what the model knows: every word of the vocabulary in a panel of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.attributes import CHARACTERS, TIMES
from benchmarks.panels import BROAD, SQUARE, STYLES, TALL, Cell, Panel
from training.art.colors import HAIR
from training.art.spec import (
    COATS,
    EXPRESSIONS,
    HAIR_STYLES,
    INDOORS,
    OUTDOORS,
    OUTFITS,
    POSES,
    PROPS,
    THINGS,
    VEHICLES,
    WEATHERS,
)

GIRL = "1girl, short brown hair, light skin"
SEED = 11
WEIGHTS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25)
COLORS = ("red", "blue", "yellow", "green", "pink", "white")


@dataclass(frozen=True)
class Sheet:
    """A page of labelled panels, in rows of so many."""

    name: str
    columns: int
    labels: tuple[str, ...]
    panels: tuple[Panel, ...]


def sheets() -> list[Sheet]:
    """All sheets of the documentation."""
    return [*_vocabulary(), _characters(), _weights(), _styles(), _takes()]


def _vocabulary() -> list[Sheet]:
    scenery = "no humans, scenery, "
    return [
        _words("places", (*OUTDOORS, *INDOORS), lambda word: f"{scenery}{word}, day", "", BROAD),
        _words("times", TIMES, lambda word: f"{scenery}harbor, boats, {word}", "", BROAD),
        _words("weathers", ("no word", *WEATHERS), _weather, "", BROAD),
        _words("expressions", EXPRESSIONS, lambda word: f"{GIRL}, {word}, park", "close-up"),
        _words("hair-colors", tuple(HAIR), _hair, "close-up"),
        _words("hair-styles", HAIR_STYLES, _hair_style, "upper body"),
        _words("outfits", OUTFITS, _outfit, "upper body", TALL),
        _words("poses", POSES, lambda word: f"{GIRL}, red hoodie, {word}, park", "full body", TALL),
        _words("props", PROPS, lambda word: f"{GIRL}, smile, holding a {word}, park", "upper body"),
        _words("things", THINGS, lambda word: f"no humans, {word}, on a table, kitchen", ""),
        _words("animals", _animals(), lambda word: f"no humans, {word}, meadow, day", ""),
        _words("vehicles", tuple(VEHICLES), _vehicle, "", BROAD),
        _framings(),
        _words(
            "views", ("looking at viewer", "from side, profile", "from behind"), _view, "upper body"
        ),
        _people(),
    ]


def _words(
    name: str,
    words: Sequence[str],
    scene: Callable[[str], str],
    shot: str,
    cell: Cell = SQUARE,
) -> Sheet:
    """A panel a word, all from one seed."""
    panels = tuple(
        Panel(f"w{number:02d}", scene(word), SEED, shot, cell=cell)
        for number, word in enumerate(words)
    )
    return Sheet(f"vocabulary-{name}", _columns(len(words)), tuple(words), panels)


def _columns(count: int) -> int:
    """Rows as equal as can be, of at most six."""
    rows = -(-count // 6)
    return -(-count // rows)


def _weather(word: str) -> str:
    return "no humans, scenery, city street, day" + ("" if word == "no word" else f", {word}")


def _hair(word: str) -> str:
    return f"1girl, {word} hair, long hair, light skin, smile, white background"


def _hair_style(word: str) -> str:
    who = "1boy" if word == "spiky hair" else "1girl"
    return f"{who}, red hair, {word}, light skin, smile, blue sweater, white background"


def _outfit(word: str) -> str:
    return f"{GIRL}, smile, {COLORS[OUTFITS.index(word)]} {word}, city street"


def _vehicle(word: str) -> str:
    return f"no humans, {word}, {VEHICLES[word][0]}, day"


def _view(word: str) -> str:
    return f"{GIRL}, green jacket, {word}, beach"


def _animals() -> tuple[str, ...]:
    return (*(f"{coats[0]} {kind}" for kind, coats in COATS.items()), "black cat")


def _framings() -> Sheet:
    shots = ("close-up", "upper body", "full body", "wide shot")
    scene = f"{GIRL}, smile, yellow raincoat, street, rain"
    panels = tuple(Panel(f"w{i}", scene, SEED, shot, cell=TALL) for i, shot in enumerate(shots))
    return Sheet("vocabulary-framings", len(shots), shots, panels)


def _people() -> Sheet:
    two: Mapping[str, str] = {
        "no humans": "no humans, scenery, park, day",
        "1girl": f"{GIRL}, smile, park",
        "1boy": "1boy, spiky black hair, tan skin, smile, park",
        "2girls": "2girls, girl, red hair, blue dress, girl, black hair, yellow sweater, park",
        "1girl, 1boy": "1girl, 1boy, girl, blonde hair, red dress, boy, brown hair, green hoodie",
        "2boys": "2boys, boy, white hair, teal jacket, boy, orange hair, purple shirt, park",
    }
    return _words("people", tuple(two), lambda word: two[word], "upper body")


SCENES = (
    ("close-up", "smile, white background"),
    ("close-up", "surprised, harbor, sunset"),
    ("upper body", "angry, street, rain"),
    ("upper body", "laughing, waving, park"),
    ("full body", "running, meadow, day"),
    ("full body", "sad, castle, night"),
)


def _characters() -> Sheet:
    panels = tuple(
        Panel(f"{who}{number}", scene, 21 + number, shot, ((who, 1.0),))
        for who in CHARACTERS
        for number, (shot, scene) in enumerate(SCENES)
    )
    labels = tuple(f"{who}, {scene}" for who in CHARACTERS for _, scene in SCENES)
    return Sheet("characters", len(SCENES), labels, panels)


def _weights() -> Sheet:
    panels = tuple(
        Panel(f"{who}{number}", "smile, park, day", 33, "upper body", ((who, weight),))
        for who in CHARACTERS
        for number, weight in enumerate(WEIGHTS)
    )
    labels = tuple(f"{who} at {weight:g}" for who in CHARACTERS for weight in WEIGHTS)
    return Sheet("weights", len(WEIGHTS), labels, panels)


def _styles() -> Sheet:
    whose: list[tuple[str, str, tuple[tuple[str, float], ...]]] = [
        (who, "smile, harbor, sunset", ((who, 1.0),)) for who in CHARACTERS
    ]
    whose.append(("no LoRA", "no humans, scenery, lighthouse, sea, day", ()))
    mixes: list[tuple[str, ...]] = [(), *((style,) for style in STYLES), tuple(STYLES)]
    panels = tuple(
        Panel(f"m{row}{column}", scene, 44, "upper body" if who else "", who, mix)
        for row, mix in enumerate(mixes)
        for column, (_, scene, who) in enumerate(whose)
    )
    labels = tuple(" + ".join((name, *mix)) for mix in mixes for name, _, _ in whose)
    return Sheet("styles", len(whose), labels, panels)


def _takes() -> Sheet:
    scene = "1girl, long orange hair, tan skin, laughing, teal hoodie, beach, sunset"
    panels = tuple(Panel(f"t{seed}", scene, seed, "upper body") for seed in range(1, 13))
    return Sheet("takes", 6, tuple(f"seed {panel.seed}" for panel in panels), panels)
