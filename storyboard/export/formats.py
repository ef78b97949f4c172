"""What a story can be written as."""

from __future__ import annotations

from enum import StrEnum


class Format(StrEnum):
    """A format by the name that `--format` and `export:` know."""

    PNG = "png"
    JPEG = "jpeg"
    WEBP = "webp"
    PDF = "pdf"
    CBZ = "cbz"
    EPUB = "epub"
    WEBTOON = "webtoon"
    HTML = "html"


BY_PAGE = (Format.PNG, Format.JPEG, Format.WEBP)
"""Those with a file a page."""

USUAL = (Format.PNG, Format.PDF, Format.CBZ)
"""Where nothing else is said."""
