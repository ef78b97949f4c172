"""Balloons, captions and sounds as the author writes them."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Literal

from pydantic import Field, PlainValidator, WithJsonSchema

from storyboard.story.base import BY_FORM, AsList, AsMapping, AsText, Model
from storyboard.story.values import (
    LIST_LIMIT,
    FiniteFloat,
    Language,
    Name,
    Place,
    Text,
    Words,
    refused,
    wrong_form,
)

Spoken = Annotated[
    Annotated[Text, AsText]
    | Annotated[dict[Language, Text], Field(min_length=1, max_length=64), AsMapping],
    BY_FORM,
    Words("text, or a mapping from languages to texts"),
]
"""A text in the story's language, or in several: `{en: "...", zh: "..."}`."""

Writing = Literal["horizontal", "vertical"]


COLORS = {
    "black": (17, 17, 17),
    "white": (255, 255, 255),
    "gray": (150, 150, 154),
    "red": (224, 58, 48),
    "orange": (245, 142, 40),
    "yellow": (255, 210, 63),
    "green": (96, 176, 74),
    "teal": (38, 166, 154),
    "blue": (60, 126, 214),
    "purple": (142, 84, 190),
    "pink": (240, 120, 160),
    "brown": (134, 92, 60),
}
"""Colours by name, as a letterer mixes them: red, green, blue, 0 to 255."""


def _color(value: object) -> tuple[int, int, int]:
    if not isinstance(value, str):
        raise wrong_form()
    if value.lower() in COLORS:
        return COLORS[value.lower()]
    digits = value.removeprefix("#")
    if not re.fullmatch(r"[0-9a-fA-F]{3}|[0-9a-fA-F]{6}", digits):
        raise refused(f"is no colour: write {', '.join(COLORS)}, or a hex code such as '#e33a30'")
    digits = digits if len(digits) == 6 else "".join(digit * 2 for digit in digits)
    red, green, blue = (int(digits[i : i + 2], 16) for i in (0, 2, 4))
    return red, green, blue


Color = Annotated[
    tuple[int, int, int],
    PlainValidator(_color),
    WithJsonSchema({"type": ["string", "integer"]}),
    Words("a colour such as `red` or `'#e33a30'`"),
]


class Balloon(Model):
    """Something that somebody says or thinks: exactly one of the ways."""

    called: ClassVar[str] = "a balloon"

    who: Name | None = Field(
        default=None, description="a name from `characters`; the tail points there"
    )
    says: Spoken | None = Field(default=None, description="spoken text")
    thinks: Spoken | None = Field(default=None, description="text in a thought balloon")
    whispers: Spoken | None = Field(default=None, description="text in a dashed balloon")
    shouts: Spoken | None = Field(default=None, description="text in a burst")
    radios: Spoken | None = Field(
        default=None, description="text from a radio, a telephone, a machine: a jagged balloon"
    )
    at: Place | None = Field(default=None, description="where; default: where there is room")
    tail: Place | None = Field(
        default=None,
        description="where the tail points to; default: where `who` stands",
    )
    off: bool = Field(
        default=False, description="the speaker is not in sight: the tail points out of the panel"
    )
    joined: bool = Field(
        default=False, description="joined with the balloon before it: one breath, two thoughts"
    )
    burst: bool = Field(default=False, description="may leave its panel")
    writing: Writing | None = Field(
        default=None, description="default: vertical for Japanese and Chinese that read rtl"
    )


BalloonKind = Literal["says", "thinks", "whispers", "shouts", "radios"]
BALLOON_KINDS: tuple[BalloonKind, ...] = ("says", "thinks", "whispers", "shouts", "radios")


def spoken(balloon: Balloon) -> tuple[BalloonKind, str | dict[str, str]]:
    """In which way something is said, and what; a balloon that says nothing says ""."""
    said = {kind: getattr(balloon, kind) for kind in BALLOON_KINDS}
    return next(((kind, text) for kind, text in said.items() if text is not None), ("says", ""))


class Caption(Model):
    """A narrator's box."""

    called: ClassVar[str] = "a caption"

    text: Spoken = Field(description="what the narrator says")
    kind: Literal["narration", "location", "editor"] = Field(
        default="narration",
        description="narration; location: where and when we are; editor: a note, small, below",
    )
    at: Place | None = Field(default=None, description="where; default: at the top")
    writing: Writing | None = Field(
        default=None, description="default: vertical for Japanese and Chinese that read rtl"
    )


_Caption = Annotated[
    Annotated[Text, AsText] | Annotated[Caption, AsMapping],
    BY_FORM,
    Words("text, or a mapping with `text` and `at`"),
]
Captions = Annotated[
    Annotated[Text, AsText]
    | Annotated[Caption, AsMapping]
    | Annotated[list[_Caption], Field(max_length=LIST_LIMIT), AsList],
    BY_FORM,
    Words("text, a mapping with `text` and `at`, or a list of those"),
]


class Sfx(Model):
    """A sound, drawn large."""

    called: ClassVar[str] = "a sound"

    text: Spoken = Field(description="the sound's letters")
    at: Place | None = Field(default=None, description="where; default: where there is room")
    turn: Annotated[FiniteFloat, Field(ge=-180, le=180)] | None = Field(
        default=None, description="degrees, clockwise; default: rises by 7"
    )
    arc: Annotated[FiniteFloat, Field(ge=-180, le=180)] | None = Field(
        default=None, description="degrees of a circle that the letters stand on; default 0: a line"
    )
    color: Color | None = Field(default=None, description="the letters' colour; default: yellow")
