"""What a picture shows, as plain data: a picture is a pure function of this and a size."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Framing(StrEnum):
    """How much of a person is seen."""

    CLOSE = "close-up"
    MEDIUM = "upper body"
    FULL = "full body"
    WIDE = "wide shot"


class View(StrEnum):
    """From where a person is seen."""

    FRONT = "front"
    SIDE = "side"
    BACK = "back"


class Style(StrEnum):
    """How it is drawn."""

    COLOR = "color"
    MANGA = "manga"
    WATERCOLOR = "watercolor"


@dataclass(frozen=True)
class Marks:
    """What only the characters of the LoRAs have: the base model never sees any of it."""

    star_hairpin: bool = False
    hair_rgb: tuple[int, int, int] | None = None
    streak: tuple[int, int, int] | None = None
    tips: tuple[int, int, int] | None = None
    striped_scarf: bool = False
    glasses: tuple[int, int, int] | None = None


@dataclass(frozen=True)
class Animal:
    """An animal and the colour of its coat or feathers."""

    kind: str
    coat: str


@dataclass(frozen=True)
class Person:
    """One person; every field's values are the words that captions use."""

    boy: bool
    hair: str
    hair_style: str
    skin: str
    eyes: str
    expression: str
    outfit: str
    outfit_color: str
    pose: str = "standing"
    view: View = View.FRONT
    prop: str = ""
    scarf: str = ""
    marks: Marks = Marks()
    jitter: int = 0


@dataclass(frozen=True)
class Place:
    """Where and when."""

    kind: str
    time: str = "day"
    weather: str = ""
    light_on: bool = False
    color: str = ""
    seed: int = 0

    @property
    def indoors(self) -> bool:
        """Whether rain and snow are only seen through a window."""
        return self.kind in INDOORS


@dataclass(frozen=True)
class Scene:
    """Everything a picture shows."""

    place: Place
    framing: Framing = Framing.MEDIUM
    people: tuple[Person, ...] = ()
    animal: Animal | None = None
    vehicle: str = ""
    thing: str = ""
    style: Style = Style.COLOR
    seed: int = 0


INDOORS = ("kitchen", "bedroom", "library", "stone room", "classroom", "cafe")
OUTDOORS = (
    "harbor",
    "lighthouse",
    "beach",
    "sea",
    "street",
    "forest",
    "meadow",
    "mountains",
    "park",
    "river",
    "desert",
    "castle",
)
WEATHERS = ("rain", "snow", "fog", "falling leaves")
HAIR_STYLES = ("short hair", "long hair", "twintails", "ponytail", "hair bun", "spiky hair")
EXPRESSIONS = (
    "smile",
    "laughing",
    "sad",
    "worried",
    "angry",
    "surprised",
    "closed eyes",
    "neutral",
)
OUTFITS = ("raincoat", "hoodie", "dress", "jacket", "sweater", "shirt")
POSES = ("standing", "waving", "arms up", "hands on hips", "pointing", "sitting", "running")
PROPS = ("lantern", "umbrella", "cup", "flower", "book", "letter", "balloon")
THINGS = ("lantern", "cup", "flower", "book", "letter", "key", "cake")
COATS: dict[str, tuple[str, ...]] = {
    "cat": ("orange", "black", "white", "grey"),
    "dog": ("brown", "white", "black"),
    "bird": ("blue", "red", "white"),
    "rabbit": ("white", "brown", "grey"),
}
VEHICLES: dict[str, tuple[str, ...]] = {
    # where each may be met
    "car": ("street", "desert", "mountains", "plain"),
    "bicycle": ("street", "park", "plain"),
    "train": ("meadow", "mountains", "desert"),
    "rowing boat": ("sea", "river", "plain"),
}
