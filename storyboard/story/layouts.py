"""Leaning gutters, insets and borders as the author writes them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field, PlainValidator, WithJsonSchema

from storyboard.story.base import BY_FORM, AsList, AsMapping, AsText, Model
from storyboard.story.values import FiniteFloat, Name, Place, Words, refused, wrong_form

Border = Literal["plain", "none", "rounded", "ragged"]

_Degrees = Annotated[FiniteFloat, Field(ge=-40, le=40)]
_EachOrAll = Annotated[
    Annotated[_Degrees, AsText]
    | Annotated[list[_Degrees], Field(min_length=1, max_length=100), AsList],
    BY_FORM,
    Words("degrees from -40 to 40, or a list of them"),
]


class SlantSettings(Model):
    """By how many degrees gutters lean, positive as a slash does: `/`."""

    called: ClassVar[str] = "`slant`"

    tiers: _EachOrAll | None = Field(
        default=None, description="gutters between tiers; a list has one for each; default 0"
    )
    panels: _EachOrAll | None = Field(
        default=None,
        description="gutters between the panels of a tier; a list has one for each tier; default 0",
    )


SlantForm = Annotated[
    Annotated[_Degrees, AsText] | Annotated[SlantSettings, AsMapping],
    BY_FORM,
    Words("degrees from -40 to 40, or a mapping with `tiers` and `panels`"),
]
"""One number is for the gutters between the panels of a tier."""


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a panel's width and height, each from 0 to 1."""

    width: float
    height: float


_SHARE = re.compile(
    r"\s*(\d{1,3}(?:\.\d{1,6})?)\s*%\s*(?:[x×]\s*(\d{1,3}(?:\.\d{1,6})?)\s*%\s*)?",
    re.ASCII | re.IGNORECASE,
)


def _share(value: object) -> Share:
    if isinstance(value, Share):
        return value
    match = _SHARE.fullmatch(value) if isinstance(value, str) else None
    if not match:
        raise wrong_form()
    width = float(match[1]) / 100
    height = float(match[2]) / 100 if match[2] else width
    if not all(0 < side <= 1 for side in (width, height)):
        raise refused(f"is not above 0% and at most 100%: `{value}`")
    return Share(width, height)


ShareSize = Annotated[
    Share,
    PlainValidator(_share),
    WithJsonSchema({"type": "string"}),
    Words("a size in percent such as 40%x35%, or 40% for both"),
]


class InsetSettings(Model):
    """Where a panel lies over another, its host."""

    called: ClassVar[str] = "`inset`"

    over: Name | None = Field(
        default=None, description="the panel that it lies over; default: the one before it"
    )
    at: Place | None = Field(default=None, description="where in it; default: bottom right")
    size: ShareSize | None = Field(
        default=None, description="how much of the host's room it takes; default 40%x40%"
    )


InsetForm = Annotated[
    Annotated[Place, AsText] | Annotated[InsetSettings, AsMapping],
    BY_FORM,
    Words("a place such as `bottom right`, or a mapping with `over`, `at` and `size`"),
]
"""A place alone is one in the panel before."""
