"""The sheet as the author writes it."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from storyboard.story.base import Model
from storyboard.story.values import PictureSize


class PageSettings(Model):
    """The sheet, in pixels."""

    called: ClassVar[str] = "`page`"

    size: PictureSize | None = Field(default=None, description="the sheet; default 1200x1800")
    margin: Annotated[int, Field(ge=0, le=2000)] | None = Field(
        default=None, description="white around the panels; default 60"
    )
    gutter: Annotated[int, Field(ge=0, le=1000)] | None = Field(
        default=None, description="white between the panels; default 24"
    )
