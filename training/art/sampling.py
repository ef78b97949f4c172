"""Which scenes the training sees, and how often."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from training.art.captions import caption
from training.art.colors import CAT, CLOTH, EYES, HAIR, PLAIN, SKIN
from training.art.spec import (
    EXPRESSIONS,
    HAIR_STYLES,
    INDOORS,
    OUTDOORS,
    OUTFITS,
    PROPS,
    THINGS,
    Framing,
    Person,
    Place,
    Scene,
    Style,
)

SIZES = ((224, 224), (192, 256), (256, 192), (320, 160), (160, 320))
QUALITY = "masterpiece, best quality"


@dataclass(frozen=True)
class Picture:
    """A scene with its size and caption: everything that a training example is made of."""

    scene: Scene
    width: int
    height: int
    caption: str
    degraded: bool = False


def sample_picture(seed: int, style: Style = Style.COLOR) -> Picture:
    """The picture of a seed."""
    random = Random(seed)
    scene = sample_scene(random, style)
    size = _sample_size(random, scene)
    degraded = random.random() < 0.03
    quality = QUALITY if random.random() < 0.5 else ""
    if quality and random.random() < 0.3:
        quality = random.choice(("masterpiece", "best quality"))
    if degraded:
        quality = "worst quality, low quality"
    return Picture(scene, *size, caption(scene, random, quality), degraded)


def sample_scene(random: Random, style: Style = Style.COLOR) -> Scene:
    """People mostly; sometimes only a place, a thing or a cat."""
    kind, seed = random.random(), random.getrandbits(30)
    if kind < 0.13:
        return Scene(sample_place(random, scenery=True), style=style, seed=seed)
    if kind < 0.17:
        indoors = Place(random.choice(INDOORS), random.choice(("day", "night")), seed=seed)
        place = random.choice((indoors, Place("plain", color=random.choice(list(PLAIN)))))
        return Scene(place, Framing.CLOSE, thing=random.choice(THINGS), style=style, seed=seed)
    if kind < 0.20:
        cat = random.choice(list(CAT))
        return Scene(sample_place(random), cat=cat, style=style, seed=seed)
    framing = random.choices(list(Framing), (38, 37, 19, 6))[0]
    count = 2 if random.random() < 0.05 and framing in (Framing.MEDIUM, Framing.FULL) else 1
    people = tuple(sample_person(random, framing) for _ in range(count))
    cat = random.choice(list(CAT)) if count == 1 and random.random() < 0.05 else ""
    place = sample_place(random)
    return Scene(place, framing, people, cat=cat, style=style, seed=seed)


def sample_place(random: Random, scenery: bool = False) -> Place:
    """A place with an hour and a weather that go together."""
    seed = random.getrandbits(30)
    if not scenery and random.random() < 0.16:
        return Place("plain", color=random.choice(list(PLAIN)), seed=seed)
    kinds = (*OUTDOORS, *INDOORS)
    weights = (14, 14, 7, 6, 10, 9, 8, 6, 8, 6, 5, 8)
    kind = random.choices(kinds, weights)[0]
    time = random.choices(("day", "sunset", "sunrise", "night"), (42, 22, 10, 26))[0]
    weather = random.choices(("", "rain", "snow"), (64, 20, 16))[0]
    if kind in INDOORS and random.random() < 0.6:
        weather = ""
    if kind in ("beach", "sea") and weather == "snow":
        weather = ""
    lit = kind == "lighthouse" and random.random() < (0.6 if time == "night" else 0.3)
    return Place(kind, time, weather, lit, seed=seed)


def sample_person(random: Random, framing: Framing) -> Person:
    """A person; boys have short or spiky hair, girls any but spiky."""
    boy = random.random() < 0.45
    styles = ("short hair", "spiky hair") if boy else HAIR_STYLES[:5]
    outfits = tuple(outfit for outfit in OUTFITS if not boy or outfit != "dress")
    expression = random.choices(EXPRESSIONS, (26, 14, 11, 10, 9, 11, 11, 8))[0]
    outfit = random.choice(outfits)
    scarf = ""
    if outfit == "jacket" or random.random() < 0.06:
        scarf = random.choice(("red", "yellow", "green", "white", "blue"))
    pose, prop = "standing", ""
    chance = random.random()
    if framing is not Framing.CLOSE and chance < 0.18:
        pose = "waving"
    elif chance < (0.45 if framing is not Framing.CLOSE else 0.14):
        props = [prop for prop in PROPS if prop != "umbrella" or framing is not Framing.CLOSE]
        prop = random.choices(props, [3 if prop == "lantern" else 2 for prop in props])[0]
    return Person(
        boy=boy,
        hair=random.choice(list(HAIR)),
        hair_style=random.choice(styles),
        skin=random.choices(list(SKIN), (50, 25, 25))[0],
        eyes=random.choice(list(EYES)),
        expression=expression,
        outfit=outfit,
        outfit_color=random.choice(list(CLOTH)),
        pose=pose,
        prop=prop,
        scarf=scarf,
        jitter=random.getrandbits(30),
    )


def _sample_size(random: Random, scene: Scene) -> tuple[int, int]:
    if not scene.people and not scene.thing and not scene.cat:
        return random.choices(SIZES, (22, 8, 30, 38, 2))[0]
    if scene.framing in (Framing.CLOSE, Framing.MEDIUM):
        return random.choices(SIZES, (42, 26, 22, 9, 1))[0]
    return random.choices(SIZES, (30, 40, 16, 7, 7))[0]
