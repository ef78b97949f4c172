"""What can be asked about a picture, and the truth of a drawn scene as far as it can be seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from training.art.colors import CLOTH, HAIR, SKIN
from training.art.spec import (
    COATS,
    EXPRESSIONS,
    HAIR_STYLES,
    INDOORS,
    OUTDOORS,
    OUTFITS,
    POSES,
    WEATHERS,
    Framing,
    Person,
    Scene,
    Style,
    View,
)

NOBODY = "nobody"
NONE = "none"
CHARACTERS = ("mei", "bo", "juno")
TIMES = ("day", "sunset", "sunrise", "night")
PLAIN = "plain"

CLASSES: Mapping[str, tuple[str, ...]] = {
    "people": ("0", "1", "2"),
    "framing": tuple(Framing),
    "view": tuple(View),
    "hair": tuple(HAIR),
    "hair style": HAIR_STYLES,
    "skin": tuple(SKIN),
    "expression": EXPRESSIONS,
    "pose": POSES,
    "outfit": OUTFITS,
    "outfit color": tuple(CLOTH),
    "place": (*OUTDOORS, *INDOORS, PLAIN),
    "time": TIMES,
    "weather": (NONE, *WEATHERS),
    "animal": (NONE, *COATS),
    "identity": (NOBODY, *CHARACTERS),
}
"""Every attribute with its classes, which are the words of `training.art.spec`."""

NAMED = ("people", "framing", "hair", "skin", "place", "expression", "pose", "identity")
"""The attributes that the probe must tell on drawn art in at least 97 of 100 pictures."""

_LEGS = ("sitting", "running")


@dataclass(frozen=True)
class Truth:
    """The class of every attribute that can be seen; the others are missing."""

    classes: Mapping[str, str]

    def numbers(self) -> list[int]:
        """The classes' numbers in the order of `CLASSES`; -1 where nothing can be seen."""
        return [
            names.index(self.classes[name]) if name in self.classes else -1
            for name, names in CLASSES.items()
        ]


def truth_of(scene: Scene, who: str = NOBODY) -> Truth:
    """What a picture of the scene shows. `who` says which character its one person is.

    An attribute is left out where no eye could tell it, or only a keen one: an expression from
    behind, a pose from afar, legs in a portrait, the hour indoors, rain that a head hides, a place
    in fog behind somebody, anybody's looks where two are in the picture, and in black and white
    all but who is there and how near.
    """
    found = {"people": str(len(scene.people))}
    if scene.style is not Style.MANGA:
        found.update(_around(scene))
    if len(scene.people) == 1:
        found.update(_person(scene, scene.people[0], who))
    else:
        found["identity"] = NOBODY
    return Truth(found)


def _around(scene: Scene) -> Iterator[tuple[str, str]]:
    yield "animal", scene.animal.kind if scene.animal else NONE
    if scene.thing:  # the table hides most of the place
        return
    near = scene.framing is Framing.CLOSE and bool(scene.people)
    veiled = scene.place.weather == "fog" and bool(scene.people)
    if not near and not veiled:
        yield "place", scene.place.kind
    if scene.place.kind == PLAIN or scene.place.indoors:
        return
    if not near:
        yield "weather", scene.place.weather or NONE
    if scene.style is Style.COLOR:
        yield "time", scene.place.time


def _person(scene: Scene, person: Person, who: str) -> Iterator[tuple[str, str]]:
    """Two people's framing is not told: in a tall picture both are whole, however near."""
    faced = person.view is not View.BACK
    yield "framing", scene.framing
    yield "view", person.view
    if faced and scene.framing is not Framing.WIDE:
        yield "identity", who
        if scene.style is not Style.MANGA:
            yield "expression", person.expression
    if scene.style is not Style.MANGA:
        yield from _looks(scene, person)


def _looks(scene: Scene, person: Person) -> Iterator[tuple[str, str]]:
    if person.marks.hair_rgb is None:
        yield "hair", person.hair
    if person.view is not View.BACK:
        yield "hair style", person.hair_style
        yield "skin", person.skin
    if scene.framing is not Framing.CLOSE:
        yield "outfit color", person.outfit_color
    if scene.framing not in (Framing.CLOSE, Framing.WIDE):
        yield "outfit", person.outfit
        if person.pose not in _LEGS or scene.framing is Framing.FULL:
            yield "pose", person.pose
