"""Where a picture is busy: lettering keeps off there. A plain measure, from the pixels alone.

Two things are looked for on a small copy of the picture. *Edges*: things have many close together,
sky, walls and shadows few. And *faces*: round patches of a skin's hue, other than what is around
them, with light and dark inside (eyes, brows, a mouth), rather above the middle than in a corner.
Nothing is learnt and nobody is known: faces that are green, or drawn in ink alone, are edges only.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from storyboard.pages.content import Saliency

_GRID = 32
"""Rows and columns at the most; a balloon is never smaller than a few of these."""

_FINE = 2
"""How many cells of the small copy are one of the grid's, along each side."""

_EDGES = 0.7
"""What edges count at most; faces count up to 1."""

_RADII = (0.07, 0.1, 0.14, 0.2, 0.28)
"""The radii of the faces that are looked for, in the picture's shorter side."""

_MOST_FACES, _LEAST_LIKE = 4, 0.2

_Values = npt.NDArray[np.float32]


def saliency(pixels: npt.NDArray[np.uint8]) -> Saliency:
    """How much of edges and faces is in each part of an RGB picture, on a coarse grid, 0 to 1.

    Edges are the mean gradient of luma (Rec. 601) plus a share of the distance from the picture's
    mean colour, divided by the busiest twentieth's; faces are discs.
    """
    small = _coarse(np.asarray(pixels / np.float32(255), np.float32), _GRID * _FINE)
    luma = small @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
    edges = _edges(pixels)
    faces = _coarse(_faces(small, luma), _GRID)
    result: Saliency = np.maximum(_EDGES * edges, faces).astype(np.float32)
    return result


def _edges(pixels: npt.NDArray[np.uint8]) -> _Values:
    colour = pixels.astype(np.float32) / 255
    luma = colour @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
    down, across = np.gradient(luma) if min(luma.shape) > 1 else (luma * 0, luma * 0)
    away = np.abs(colour - colour.mean((0, 1))).mean(2)
    parts = _coarse(np.hypot(down, across), _GRID) + 0.1 * _coarse(away, _GRID)
    top = float(np.quantile(parts, 0.95))
    return np.clip(parts / top, 0, 1) if top > 1e-6 else np.zeros_like(parts)


def _coarse(values: _Values, most: int) -> _Values:
    """The means over a grid of at most `most` rows and columns."""
    for axis in (0, 1):
        count = min(most, values.shape[axis])
        edges = np.linspace(0, values.shape[axis], count + 1).astype(int)
        sums = np.add.reduceat(values, edges[:-1], axis)
        widths = np.diff(edges).reshape([-1 if i == axis else 1 for i in range(values.ndim)])
        values = (sums / widths).astype(np.float32)
    return values


def _faces(small: _Values, luma: _Values) -> _Values:
    """Discs where faces may be, as likely as they are, on the small copy's grid."""
    rows, columns = luma.shape
    skin = _skin(small, luma)
    found = np.zeros((rows, columns), dtype=np.float32)
    y, x = np.mgrid[:rows, :columns] + 0.5
    prior = 1 - 0.5 * np.hypot((x / columns - 0.5) * 1.1, y / rows - 0.45)
    likes = [
        (radius, prior * _like(skin, luma, radius))
        for share in _RADII
        if (radius := round(share * min(rows, columns))) >= 2
    ]
    for _ in range(_MOST_FACES if likes else 0):
        radius, like = max(likes, key=lambda one: float(one[1].max()))
        most = float(like.max())
        if most < _LEAST_LIKE:
            break
        row, column = np.unravel_index(int(like.argmax()), like.shape)
        away = np.hypot(x - column - 0.5, y - row - 0.5)
        disc = np.clip(1.6 - 0.6 * away / radius, 0, 1) * (away < 1.3 * radius)
        found = np.maximum(found, disc * min(1.0, 0.55 + most))
        likes = [(other, np.where(away < radius + other, 0, values)) for other, values in likes]
    return found


def _skin(small: _Values, luma: _Values) -> _Values:
    """How much of a skin's hue each pixel has, dark or light: by Cb and Cr (Rec. 601)."""
    blue = 0.564 * (small[..., 2] - luma) * 255
    red = 0.713 * (small[..., 0] - luma) * 255
    hue = np.exp(-(((blue + 20) / 17) ** 2) - ((red - 20) / 13) ** 2)
    return np.asarray(np.clip(1.6 * hue, 0, 1) * np.clip(luma / 0.25, 0, 1), dtype=np.float32)


def _like(skin: _Values, luma: _Values, radius: int) -> _Values:
    """How much a disc around each pixel is like a face: more skin than around it, light and dark
    inside."""
    inner, outer = _mean(skin, radius), _mean(skin, round(1.7 * radius))
    around = (outer * 1.7**2 - inner) / (1.7**2 - 1)
    deviation = np.sqrt(np.maximum(0, _mean(luma**2, radius) - _mean(luma, radius) ** 2))
    return np.asarray((inner - 0.9 * around) * np.clip(deviation / 0.16, 0, 1))


def _mean(values: _Values, radius: int) -> _Values:
    """The mean over an octagon of about `radius`: over a square and, half as much, its middle.

    Summed-area tables (F. Crow, 1984); beyond the edges the edge goes on.
    """
    side = max(1, round(0.86 * radius))
    padded = np.pad(values, side, mode="edge").astype(np.float64)
    sums = np.pad(padded.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    size = 2 * side + 1
    total = sums[size:, size:] - sums[:-size, size:] - sums[size:, :-size] + sums[:-size, :-size]
    return np.asarray(total / size**2, dtype=np.float32)
