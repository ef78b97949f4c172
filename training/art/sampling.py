"""Which scenes the training sees, and how often."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from training.art.captions import caption
from training.art.colors import CLOTH, EYES, HAIR, PLAIN, SKIN
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
    Animal,
    Framing,
    Person,
    Place,
    Scene,
    Style,
    View,
)

# Every bucket that `size: auto` can choose for 224 x 224 pixels in multiples of 32.
SIZES = (
    (224, 224),
    (192, 256),
    (256, 192),
    (192, 224),
    (224, 192),
    (256, 160),
    (288, 160),
    (320, 160),
    (160, 256),
    (160, 288),
    (160, 320),
)
NEAR_WEIGHTS = (28, 16, 14, 9, 9, 5, 5, 7, 3, 2, 2)
FAR_WEIGHTS = (22, 26, 10, 8, 5, 3, 4, 5, 7, 5, 5)
SCENERY_WEIGHTS = (16, 6, 18, 3, 7, 10, 12, 20, 3, 2, 3)
QUALITY = "masterpiece, best quality"
PAIRS = (Framing.MEDIUM, Framing.FULL)


@dataclass(frozen=True)
class Picture:
    """A scene with its size and caption: everything that a training example is made of."""

    scene: Scene
    width: int
    height: int
    caption: str


def sample_picture(seed: int, style: Style = Style.COLOR) -> Picture:
    """The picture of a seed."""
    random = Random(seed)
    scene = sample_scene(random, style)
    size = _sample_size(random, scene)
    quality = QUALITY if random.random() < 0.5 else ""
    if quality and random.random() < 0.3:
        quality = random.choice(("masterpiece", "best quality"))
    return Picture(scene, *size, caption(scene, random, quality))


def sample_scene(random: Random, style: Style = Style.COLOR) -> Scene:
    """People mostly; sometimes only a place, a thing, an animal or a vehicle."""
    kind, seed = random.random(), random.getrandbits(30)
    if kind < 0.13:
        return Scene(sample_place(random, scenery=True), style=style, seed=seed)
    if kind < 0.17:
        indoors = Place(random.choice(INDOORS), random.choice(("day", "night")), seed=seed)
        place = random.choice((indoors, Place("plain", color=random.choice(list(PLAIN)))))
        return Scene(place, Framing.CLOSE, thing=random.choice(THINGS), style=style, seed=seed)
    if kind < 0.21:
        return Scene(sample_place(random), animal=sample_animal(random), style=style, seed=seed)
    if kind < 0.25:
        vehicle = random.choice(list(VEHICLES))
        place = sample_place(random, kind=random.choice(VEHICLES[vehicle]))
        return Scene(place, vehicle=vehicle, style=style, seed=seed)
    framing = random.choices(list(Framing), (33, 37, 22, 8))[0]
    count = 2 if framing in PAIRS and random.random() < 0.18 else 1
    people = tuple(sample_person(random, framing) for _ in range(count))
    animal = sample_animal(random) if count == 1 and random.random() < 0.05 else None
    return Scene(sample_place(random), framing, people, animal, style=style, seed=seed)


def sample_animal(random: Random) -> Animal:
    """An animal; cats as often as all others."""
    kind = random.choices(list(COATS), (4, 2, 1, 1))[0]
    return Animal(kind, random.choice(COATS[kind]))


def sample_place(random: Random, scenery: bool = False, kind: str = "") -> Place:
    """A place with an hour and a weather that go together."""
    seed = random.getrandbits(30)
    if kind == "plain" or (not kind and not scenery and random.random() < 0.16):
        return Place("plain", color=random.choice(list(PLAIN)), seed=seed)
    kinds = (*OUTDOORS, *INDOORS)
    weights = (11, 11, 6, 6, 9, 8, 7, 6, 6, 6, 4, 6, 7, 6, 5, 8, 5, 5)
    kind = kind or random.choices(kinds, weights)[0]
    time = random.choices(("day", "sunset", "sunrise", "night"), (42, 22, 10, 26))[0]
    weathers = ("", "rain", "snow", "fog", "falling leaves")
    weather = random.choices(weathers, (60, 16, 14, 5, 5))[0]
    if kind in INDOORS and (weather in weathers[3:] or random.random() < 0.6):
        weather = ""
    if kind in ("beach", "sea", "desert") and weather in ("snow", "falling leaves"):
        weather = ""
    lit = kind == "lighthouse" and random.random() < (0.6 if time == "night" else 0.3)
    return Place(kind, time, weather, lit, seed=seed)


def sample_person(random: Random, framing: Framing) -> Person:
    """A person; boys have short or spiky hair, girls any but spiky."""
    boy = random.random() < 0.45
    styles = ("short hair", "spiky hair") if boy else HAIR_STYLES[:5]
    outfits = tuple(outfit for outfit in OUTFITS if not boy or outfit != "dress")
    expression = random.choices(EXPRESSIONS, (18, 12, 13, 13, 13, 12, 10, 15))[0]
    outfit = random.choice(outfits)
    scarf = ""
    if outfit == "jacket" or random.random() < 0.06:
        scarf = random.choice(("red", "yellow", "green", "white", "blue"))
    pose, prop = sample_pose(random, framing)
    view = View.FRONT if prop else random.choices(list(View), (85, 8, 7))[0]
    return Person(
        boy=boy,
        hair=random.choice(list(HAIR)),
        hair_style=random.choice(styles),
        skin=random.choices(list(SKIN), (40, 32, 28))[0],
        eyes=random.choice(list(EYES)),
        expression=expression,
        outfit=outfit,
        outfit_color=random.choice(list(CLOTH)),
        pose=pose,
        view=view,
        prop=prop,
        scarf=scarf,
        jitter=random.getrandbits(30),
    )


def sample_pose(random: Random, framing: Framing) -> tuple[str, str]:
    """What somebody does and holds; in a close-up only a waving hand could be seen."""
    if framing is Framing.CLOSE:
        held = random.random() < 0.12
        return "standing", random.choice(PROPS[:1] + PROPS[2:6]) if held else ""
    chance = random.random()
    if chance < 0.2:
        return "standing", random.choices(PROPS, (4, 3, 3, 3, 3, 2, 2))[0]
    if chance < 0.8:
        whole = framing in (Framing.FULL, Framing.WIDE)
        return random.choice(POSES[1:] if whole else POSES[1:5]), ""
    return "standing", ""


def _sample_size(random: Random, scene: Scene) -> tuple[int, int]:
    if scene.vehicle or not (scene.people or scene.thing or scene.animal):
        return random.choices(SIZES, SCENERY_WEIGHTS)[0]
    near = scene.framing in (Framing.CLOSE, Framing.MEDIUM)
    return random.choices(SIZES, NEAR_WEIGHTS if near else FAR_WEIGHTS)[0]
