"""The compressed pixels inside a PNG file: a PDF takes them as they are, so nothing is packed anew.

PDF's FlateDecode with predictor 15 is exactly what PNG's IDAT chunks hold (ISO 32000-1, 7.4.4.4),
as long as the picture is RGB with 8 bits, not interlaced, and has no transparent colour.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from storyboard.geometry import Size

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_RGB8 = (8, 2, 0, 0, 0)
_CHANGES_LOOKS = (b"tRNS", b"eXIf", b"PLTE")
_AT_ONCE = 1 << 20


@dataclass(frozen=True, slots=True)
class PngStream:
    """A picture's size and where its compressed bytes lie: offset and length of each part."""

    path: Path
    size: Size
    places: tuple[tuple[int, int], ...]

    @property
    def length(self) -> int:
        """Bytes in all."""
        return sum(length for _, length in self.places)

    def parts(self) -> Iterator[bytes]:
        """The bytes, at most a megabyte at once. Raises OSError."""
        with self.path.open("rb") as file:
            for offset, length in self.places:
                file.seek(offset)
                while length:
                    data = file.read(min(length, _AT_ONCE))
                    if not data:
                        raise OSError(None, "the picture became shorter", str(self.path))
                    length -= len(data)
                    yield data


def png_stream(path: Path) -> PngStream | None:
    """The pixels inside a file; None where it is no PNG, or one of another kind. Raises OSError."""
    with path.open("rb") as file:
        if file.read(8) != _SIGNATURE:
            return None
        size: Size | None = None
        places: list[tuple[int, int]] = []
        for kind, length in _chunks(file):
            if kind == b"IHDR":
                width, height, *form = struct.unpack(">IIBBBBB", file.read(13))
                if tuple(form) != _RGB8:
                    return None
                size = Size(width, height)
            elif kind == b"IDAT":
                places.append((file.tell(), length))
            elif kind in _CHANGES_LOOKS:
                return None
    return PngStream(path, size, tuple(places)) if size and places else None


def _chunks(file: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Each chunk's kind and length; the file stands at its data."""
    while len(head := file.read(8)) == 8:
        length, kind = struct.unpack(">I4s", head)
        start = file.tell()
        yield kind, length
        if kind == b"IEND":
            return
        file.seek(start + length + 4)
