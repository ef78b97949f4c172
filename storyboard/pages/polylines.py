"""Outlines as straight edges, all at once: what `shapes.flatten` does, for many curves."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from storyboard.pages.shapes import Shape

Edges = npt.NDArray[np.float64]
"""Rows of x0, y0, x1, y1."""


def shape_edges(shape: Shape, scale: float, tolerance: float) -> Edges:
    """The sides of a shape, `scale` times its coordinates, within `tolerance` of its curves."""
    lines: list[tuple[float, ...]] = []
    curves: list[tuple[float, ...]] = []
    for contour in shape:
        at = contour.start
        for segment in contour.segments:
            if len(segment) == 1:
                lines.append((*at, *segment[0]))
            else:
                curves.append((*at, *segment[0], *segment[1], *segment[2]))
            at = segment[-1]
        lines.append((*at, *contour.start))
    straight = np.array(lines, dtype=np.float64).reshape(-1, 4) * scale
    bent = np.array(curves, dtype=np.float64).reshape(-1, 4, 2) * scale
    return np.concatenate([straight, _chords(bent, tolerance)])


def _chords(cubics: npt.NDArray[np.float64], tolerance: float) -> Edges:
    """Steps enough for the bound on a cubic's distance from its chords: d2 / (8 n^2)."""
    bends = 6 * np.hypot(*np.moveaxis(cubics[:, :-2] - 2 * cubics[:, 1:-1] + cubics[:, 2:], 2, 0))
    steps = np.maximum(1, np.ceil(np.sqrt(bends.max(axis=1, initial=0) / (8 * tolerance))))
    counts = steps.astype(np.int64)
    each = np.repeat(np.arange(len(cubics)), counts)
    number = np.arange(len(each)) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.hstack([_along(cubics[each], (number + i) / steps[each]) for i in (0, 1)])


def _along(
    cubics: npt.NDArray[np.float64], share: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """The points of cubics at a share of their way from 0 to 1."""
    t = share[:, None]
    u = 1 - t
    points: npt.NDArray[np.float64] = (
        u * u * u * cubics[:, 0]
        + 3 * u * u * t * cubics[:, 1]
        + 3 * u * t * t * cubics[:, 2]
        + t * t * t * cubics[:, 3]
    )
    return points
