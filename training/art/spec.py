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


class Style(StrEnum):
    """How it is drawn."""

    COLOR = "color"
    MANGA = "manga"


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
    prop: str = ""
    scarf: str = ""
    star_hairpin: bool = False
    hair_rgb: tuple[int, int, int] | None = None
    streak: tuple[int, int, int] | None = None
    striped_scarf: bool = False
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
    cat: str = ""
    thing: str = ""
    style: Style = Style.COLOR
    seed: int = 0


INDOORS = ("kitchen", "bedroom", "library", "stone room")
OUTDOORS = (
    "harbor",
    "lighthouse",
    "beach",
    "sea",
    "street",
    "forest",
    "meadow",
    "mountains",
)
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
PROPS = ("lantern", "umbrella", "cup", "flower", "book")
THINGS = ("lantern", "cup", "flower", "book", "letter")
