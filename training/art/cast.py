"""The characters and styles of the built-in LoRAs, and the scenes that show them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from training.art.captions import STYLES as STYLE_WORDS
from training.art.captions import caption
from training.art.characters import turn_of
from training.art.sampling import sample_person, sample_picture, sample_place
from training.art.spec import Framing, Marks, Person, Scene, Style

MEI = Person(
    boy=False,
    hair="black",
    hair_style="short hair",
    skin="light",
    eyes="brown",
    expression="smile",
    outfit="raincoat",
    outfit_color="red",
    marks=Marks(star_hairpin=True),
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
    marks=Marks(hair_rgb=(134, 236, 196), streak=(255, 255, 255), striped_scarf=True),
)
JUNO = Person(
    boy=False,
    hair="purple",
    hair_style="twintails",
    skin="tan",
    eyes="green",
    expression="smile",
    outfit="hoodie",
    outfit_color="white",
    marks=Marks(hair_rgb=(196, 164, 244), tips=(255, 116, 96), glasses=(36, 120, 130)),
)
PEOPLE = {"mei": MEI, "bo": BO, "juno": JUNO}
STYLES = {"manga-ink": Style.MANGA, "watercolor": Style.WATERCOLOR}
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
    if name in STYLES:
        seeds = range(500_000, 500_000 + count)
        return [_styled(random, seed, STYLES[name]) for seed in seeds]
    return [portrait(random, PEOPLE[name], name) for _ in range(count)]


def portrait(random: Random, character: Person, trigger: str) -> Example:
    """The character in some place, doing something, seen from somewhere."""
    framing = random.choices(list(Framing), (36, 38, 22, 4))[0]
    other = sample_person(random, framing)
    person = replace(
        character,
        expression=other.expression,
        pose=other.pose,
        view=other.view,
        prop=other.prop,
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


def _styled(random: Random, seed: int, style: Style) -> Example:
    picture = sample_picture(seed)
    scene = replace(picture.scene, style=style)
    text = caption(scene, random, trigger=STYLE_WORDS[style][0])
    return Example(scene, (picture.width, picture.height), text)
