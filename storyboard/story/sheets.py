"""The sheet as the author writes it."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar

from pydantic import Field, PlainValidator, WithJsonSchema

from storyboard.pages.lengths import Length
from storyboard.pages.papers import Paper, paper_hint, paper_named
from storyboard.story.base import BY_FORM, AsList, AsMapping, AsText, Model
from storyboard.story.values import SIDE_MAX, SIDE_MIN, FiniteFloat, Words, refused, wrong_form

_LENGTH = re.compile(r"\s*(\d{1,6}(?:\.\d{1,6})?)\s*(px|mm|cm|in)?\s*", re.ASCII | re.IGNORECASE)
_SIZE = re.compile(
    r"\s*(\d{1,6}(?:\.\d{1,6})?)\s*(?:mm|cm|in)?\s*[x×]\s*(\d{1,6}(?:\.\d{1,6})?)\s*(px|mm|cm|in)?\s*",
    re.ASCII | re.IGNORECASE,
)
_LONGEST_MM = 2000


def _length(value: object) -> Length:
    if isinstance(value, Length):
        return value
    match = _LENGTH.fullmatch(value) if isinstance(value, str) else None
    if not match:
        raise wrong_form()
    return _measured(match[1], match[2])


def _measured(number: str, unit: str | None) -> Length:
    value, unit = float(number), (unit or "px").lower()
    if unit == "px" and not value.is_integer():
        raise refused(f"is in pixels, which are whole: `{number}`")
    length = (
        Length(value * 10, "mm") if unit == "cm" else Length(value, "in" if unit == "in" else "mm")
    )
    return Length(value) if unit == "px" else length


def _paper(value: object) -> Paper:
    """A named size, or width x height in pixels or on paper."""
    if isinstance(value, Paper):
        return value
    if not isinstance(value, str):
        raise wrong_form()
    match = _SIZE.fullmatch(value)
    if match is None:
        return _named(value)
    width, height = _measured(match[1], match[3]), _measured(match[2], match[3])
    _check_sides(width, height)
    if width.unit == "px":
        return Paper(width, height)
    return Paper(width, height, gutters=(0.022, 0.018), bleed=Length(3, "mm"))


def _named(name: str) -> Paper:
    paper = paper_named(name)
    if paper is None:
        if not name.strip() or len(name) > 64:
            raise wrong_form()
        raise refused(f"is no size that is known: `{name.strip()}` ({paper_hint(name)})")
    return paper


def _check_sides(width: Length, height: Length) -> None:
    for side in (width, height):
        if side.unit == "px" and not SIDE_MIN <= side.value <= SIDE_MAX:
            raise refused(
                f"has a side that is not {SIDE_MIN} to {SIDE_MAX} pixels: {width}x{height}"
            )
        if side.unit != "px" and not 10 <= side.pixels(25.4) <= _LONGEST_MM:
            raise refused(f"has a side that is not 10 to {_LONGEST_MM} mm: {side}")


PaperSize = Annotated[
    Paper,
    PlainValidator(_paper),
    WithJsonSchema({"type": "string"}),
    Words(
        "a size's name such as A4, US comic or tankobon, or width x height as in 210x297mm or, in "
        "pixels, 1200x1800"
    ),
]
"""The page after trimming."""

_Length = Annotated[
    Length,
    PlainValidator(_length),
    WithJsonSchema({"type": ["string", "number"]}),
    Words("a length in pixels, or as in 3mm or 0.125in"),
]


class PageSettings(Model):
    """The sheet. Lengths are pixels, or have a unit: `3mm`, `0.125in`. What is not said is in
    proportion to the page."""

    called: ClassVar[str] = "`page`"

    size: PaperSize | None = Field(
        default=None, description="the page after trimming; default 1200x1800"
    )
    dpi: Annotated[FiniteFloat, Field(ge=36, le=1200)] | None = Field(
        default=None,
        description="pixels in an inch; default 300 for sizes on paper, 150 for sizes in pixels",
    )
    margin: _Length | None = Field(
        default=None, description="white around the panels; default 60 on a page of 1200x1800"
    )
    gutter: (
        Annotated[
            Annotated[_Length, AsText]
            | Annotated[list[_Length], Field(min_length=1, max_length=2), AsList],
            BY_FORM,
            Words("a length, or two: between tiers, and between the panels of a tier"),
        ]
        | None
    ) = Field(
        default=None, description="white between the panels; default 24 on a page of 1200x1800"
    )
    bleed: _Length | None = Field(
        default=None,
        description="how far panels that bleed reach over the trim; default 3mm for sizes on "
        "paper, 0 for sizes in pixels",
    )
    safe: _Length | None = Field(
        default=None,
        description="how far inside the trim all lettering stays; default: half the usual margin",
    )


PageSheet = Annotated[
    Annotated[PaperSize, AsText] | Annotated[PageSettings, AsMapping],
    BY_FORM,
    Words("a size's name such as A4, or a mapping with `size`, `margin`, ..."),
]
"""A sheet, of which often the size is all that is said."""
