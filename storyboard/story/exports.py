"""What the author wants the story to be written as."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from storyboard.story.base import Model

FormatName = Literal["png", "jpeg", "webp", "pdf", "cbz", "epub", "webtoon", "html"]
_Quality = Annotated[int, Field(ge=1, le=100)]


class ExportSettings(Model):
    """The files that `render` and `pages` write."""

    called: ClassVar[str] = "`export`"

    formats: Annotated[list[FormatName], Field(min_length=1, max_length=16)] | None = Field(
        default=None, description="what is written; default: png, pdf and cbz"
    )
    jpeg: _Quality | None = Field(
        default=None, description="the quality of JPEG pages, also in the EPUB; default 92"
    )
    webp: _Quality | None = Field(
        default=None, description="the quality of WebP pages; default: lossless"
    )
