"""Pictures made small enough to lie by the hundred in one file; each is made once.

A thumbnail is lossy WebP: a tenth of the same picture as PNG, and at this quality little different
to the eye on line art. Making one takes tens of milliseconds, so those that were made are kept, by
what is in the picture's file, in memory and, where asked for, in a cache folder that may be lost at
any time.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from PIL import __version__ as pillow

from storyboard.errors import argument_error
from storyboard.files import write_atomic
from storyboard.geometry import Size
from storyboard.pages.pictures import open_picture

_QUALITY, _METHOD = 85, 2


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A WebP file and its size in pixels."""

    data: bytes
    size: Size


class Thumbnails:
    """Makes thumbnails and remembers them; safe to use from several threads."""

    def __init__(self, cache: Path | None = None) -> None:
        """With `cache`, a folder, they are also kept for the next process."""
        self._cache = cache
        self._made: dict[str, Thumbnail] = {}

    def all(self, pictures: Sequence[Path], edge: int) -> list[Thumbnail]:
        """A thumbnail of each picture, at most `edge` pixels on its longer side, never enlarged.

        Equal files give equal thumbnails. Raises `ProblemsError` where one cannot be read.
        """
        with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
            return list(pool.map(lambda picture: self._one(picture, edge), pictures))

    def _one(self, picture: Path, edge: int) -> Thumbnail:
        key = _key(picture, edge)
        if (made := self._made.get(key)) is None:
            made = self._kept(key) or self._new(picture, edge, key)
            self._made[key] = made
        return made

    def _kept(self, key: str) -> Thumbnail | None:
        """What another process made, if it can be read: a power cut may have left less."""
        if self._cache is None:
            return None
        try:
            return _thumbnail((self._cache / f"{key}.webp").read_bytes())
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
            return None

    def _new(self, picture: Path, edge: int, key: str) -> Thumbnail:
        buffer = io.BytesIO()
        _smaller(open_picture(picture), edge).save(buffer, "WEBP", quality=_QUALITY, method=_METHOD)
        data = buffer.getvalue()
        if self._cache is not None:
            self._keep(self._cache / f"{key}.webp", data)
        return _thumbnail(data)

    def _keep(self, path: Path, data: bytes) -> None:
        try:
            write_atomic(path, data, durable=False)
        except OSError:  # a cache that cannot be written costs time, nothing else
            self._cache = None


def _key(picture: Path, edge: int) -> str:
    try:
        content = hashlib.sha256(picture.read_bytes()).hexdigest()
    except OSError as error:
        raise argument_error(
            f"the picture cannot be read: {error.strerror}", "draw or export it again", str(picture)
        ) from error
    made_by = f"{content}:{edge}:{_QUALITY}:{_METHOD}:{pillow}"
    return hashlib.sha256(made_by.encode("ascii")).hexdigest()


def _smaller(picture: Image.Image, edge: int) -> Image.Image:
    scale = edge / max(picture.size)
    if scale >= 1:
        return picture
    size = Size(*picture.size).scaled(scale)
    return picture.resize((max(1, size.width), max(1, size.height)), Image.Resampling.LANCZOS)


def _thumbnail(data: bytes) -> Thumbnail:
    with Image.open(io.BytesIO(data), formats=("WEBP",)) as image:
        return Thumbnail(data, Size(*image.size))
