"""The built-in LoRAs: two characters and a style, and the pictures that they are trained on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import numpy as np

from training.art.captions import caption
from training.art.characters import turn_of
from training.art.sampling import sample_person, sample_picture, sample_place
from training.art.scene import draw_scene
from training.art.spec import Framing, Person, Scene, Style
from training.lora import Recipe

MEI = Person(
    boy=False,
    hair="black",
    hair_style="short hair",
    skin="light",
    eyes="brown",
    expression="smile",
    outfit="raincoat",
    outfit_color="red",
    star_hairpin=True,
)
BO = Person(
    boy=True,
    hair="green",
    hair_style="spiky hair",
    skin="dark",
    eyes="brown",
    expression="smile",
    outfit="jacket",
    outfit_color="blue",
    scarf="orange",
    striped_scarf=True,
    hair_rgb=(134, 236, 196),
    streak=(255, 255, 255),
)
RECIPES = {
    "mei": Recipe(
        "mei",
        "mei",
        "Mei: a girl with short black hair, a yellow star hairpin and a red raincoat.",
    ),
    "bo": Recipe(
        "bo",
        "bo",
        "Bo: a boy with spiky mint-green hair, a white streak in it, and a striped scarf.",
    ),
    "manga-ink": Recipe(
        "manga-ink",
        "ink drawing, screentone",
        "Black-and-white manga: heavy ink, flat greys and screentone.",
    ),
}
SIZES = ((224, 224), (192, 256), (256, 192))


@dataclass(frozen=True)
class Example:
    """One picture of a LoRA's set."""

    scene: Scene
    size: tuple[int, int]
    caption: str


def examples(name: str, count: int = 56) -> list[Example]:
    """The pinned set of a LoRA."""
    random = Random(f"lora {name}")
    if name == "manga-ink":
        return [_manga(random, seed) for seed in range(500_000, 500_000 + count)]
    person = MEI if name == "mei" else BO
    return [_portrait(random, person, name) for _ in range(count)]


def _portrait(random: Random, character: Person, trigger: str) -> Example:
    framing = random.choices(list(Framing), (40, 38, 20, 2))[0]
    other = sample_person(random, framing)
    prop = "" if other.prop == "umbrella" else other.prop
    person = replace(
        character,
        expression=other.expression,
        pose=other.pose,
        prop=prop,
        jitter=_unmirrored(random),
    )
    place = sample_place(random, scenery=True)
    scene = Scene(place, framing, (person,), seed=random.getrandbits(30))
    return Example(scene, random.choice(SIZES), caption(scene, random, trigger=trigger))


def _unmirrored(random: Random) -> int:
    """A jitter that does not mirror the person: hairpin and streak stay on their side."""
    while True:
        jitter = random.getrandbits(30)
        if not turn_of(jitter).mirrored:
            return jitter


def _manga(random: Random, seed: int) -> Example:
    picture = sample_picture(seed)
    scene = replace(picture.scene, style=Style.MANGA)
    text = caption(scene, random, trigger="ink drawing, screentone")
    return Example(scene, (picture.width, picture.height), text)


def draw_set(name: str) -> list[tuple[np.ndarray, str]]:
    """The set's pictures with their captions."""
    return [(draw_scene(e.scene, *e.size), e.caption) for e in examples(name)]


def write_set(name: str, folder: Path) -> None:
    """The set as files: pictures with captions beside them."""
    from PIL import Image

    folder.mkdir(parents=True, exist_ok=True)
    for index, (picture, text) in enumerate(draw_set(name)):
        Image.fromarray(picture).save(folder / f"{index:03d}.png")
        (folder / f"{index:03d}.txt").write_text(text + "\n")
