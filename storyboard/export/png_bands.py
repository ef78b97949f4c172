"""Pixels as a PNG file, packed in bands side by side: zlib and numpy let other threads run.

A band of rows is filtered (PNG, 3rd edition, 9: type 4, Paeth) and packed by itself, up to a byte's
end (`Z_FULL_FLUSH`); the bands one after the other are one stream (RFC 1950, 1951). Drawn pages are
smooth or flat, so what is left after the filter is runs and small numbers: packing runs alone
(`Z_RLE`) is both smaller and several times as quick there as zlib's usual search for repetitions.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_BAND = 64
"""Rows: never by the number of cores, so that equal pixels are equal bytes everywhere."""

_PAETH = 4
_METRE = 1 / 0.0254


@dataclass(frozen=True, slots=True)
class _Packed:
    data: bytes
    checksum: int
    length: int


def png_file(pixels: Pixels, dpi: float) -> bytes:
    """The pixels, rows x columns x red, green and blue in sRGB, as a file that prints at `dpi`."""
    height, width, _ = pixels.shape
    bands = [(pixels, top) for top in range(0, height, _BAND)]
    with ThreadPoolExecutor() as pool:
        packed = list(pool.map(_pack, bands))
    density = round(dpi * _METRE)
    return b"".join(
        (
            _SIGNATURE,
            _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
            _chunk(b"sRGB", b"\0"),  # perceptual
            _chunk(b"pHYs", struct.pack(">IIB", density, density, 1)),
            *_data(packed),
            _chunk(b"IEND", b""),
        )
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(data, zlib.crc32(kind))
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)


def _data(bands: Sequence[_Packed]) -> Iterator[bytes]:
    """One zlib stream in as many chunks as there are bands, and one more for its end."""
    head, end = b"\x78\x01", b"\x03\x00"  # a window of 32 kB; an empty last block
    checksum = 1
    for number, band in enumerate(bands):
        checksum = _joined(checksum, band.checksum, band.length)
        yield _chunk(b"IDAT", band.data if number else head + band.data)
    yield _chunk(b"IDAT", end + struct.pack(">I", checksum))


def _pack(band: tuple[Pixels, int]) -> _Packed:
    rows = _filtered(*band).tobytes()
    packer = zlib.compressobj(1, zlib.DEFLATED, -15, 9, zlib.Z_RLE)
    data = packer.compress(rows) + packer.flush(zlib.Z_FULL_FLUSH)
    return _Packed(data, zlib.adler32(rows), len(rows))


def _filtered(pixels: Pixels, top: int) -> Pixels:
    """The band's rows, each with its filter's number before it."""
    height, width, _ = pixels.shape
    bottom = min(top + _BAND, height)
    held = np.zeros((bottom - top + 1, width + 1, 3), dtype=np.int16)
    held[0 if top else 1 :, 1:] = pixels[max(top - 1, 0) : bottom]
    here, left, above, corner = held[1:, 1:], held[1:, :-1], held[:-1, 1:], held[:-1, :-1]
    to_left, to_above = np.abs(above - corner), np.abs(left - corner)
    to_corner = np.abs(left + above - 2 * corner)
    nearest = np.where(to_above <= to_corner, above, corner)
    nearest = np.where((to_left <= to_above) & (to_left <= to_corner), left, nearest)
    rows = np.empty((bottom - top, 3 * width + 1), dtype=np.uint8)
    rows[:, 0] = _PAETH
    rows[:, 1:] = (here - nearest).astype(np.uint8).reshape(bottom - top, -1)
    return rows


def _joined(first: int, second: int, length: int) -> int:
    """Adler-32 of two pieces one after the other, by those of each and the second's length.

    s1 and s2 are the sums of RFC 1950, 8.2: behind other bytes, s2 counts their s1 once more for
    each byte of the second piece.
    """
    prime = 65521
    s1, s2, t1, t2 = first & 0xFFFF, first >> 16, second & 0xFFFF, second >> 16
    low = (s1 + t1 - 1) % prime
    high = (s2 + t2 + length * (s1 - 1)) % prime
    return high << 16 | low
