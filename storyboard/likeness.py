"""How alike two pictures are: structure, colour and sharpness; and how far a final has drifted from
its preview."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from storyboard.engine.base import Pixels

Plane = npt.NDArray[np.float64]

WINDOW = 11
SIGMA = 1.5
_K1, _K2, _RANGE = 0.01, 0.03, 255.0
_FROM_SRGB = np.array(
    [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
)
_WHITE = np.array([0.9505, 1.0, 1.089])
_OTHER_COLOR = 40.0
"""A colour difference (CIE76) that counts as much as no likeness of structure at all."""


@dataclass(frozen=True, slots=True)
class Drift:
    """How far a final is from its preview, 0 for not at all.

    `structure` is the SSIM of the two at the preview's size, `color` their colour difference
    (CIE76); `amount` is the larger of 1 - `structure` and `color` / 40.
    """

    structure: float
    color: float
    amount: float


def drift(preview: Pixels, final: Pixels) -> Drift:
    """How far a final has drifted from its preview, both RGB, of whatever sizes."""
    small = shrunk(final, preview)
    times = -(-WINDOW // min(preview.shape[:2]))  # the window needs so many pixels
    one, other = (np.kron(p, np.ones((times, times, 1), np.uint8)) for p in (small, preview))
    structure, color = ssim(one, other), color_difference(small, preview)
    amount = max(1 - structure, color / _OTHER_COLOR)
    return Drift(round(structure, 4), round(color, 3), round(amount, 4))


def luma(picture: Pixels) -> Plane:
    """How bright each pixel looks, 0 to 255 (ITU-R BT.601), [height, width]."""
    found: Plane = np.asarray(picture, dtype=np.float64) @ np.array([0.299, 0.587, 0.114])
    return found


def shrunk(picture: Pixels, like: Pixels) -> Pixels:
    """The picture as large as another, each pixel the mean of those that it takes the place of."""
    height, width = like.shape[:2]
    return np.asarray(Image.fromarray(picture).resize((width, height), Image.Resampling.BOX))


def enlarged(picture: Pixels, like: Pixels) -> Pixels:
    """The picture as large as another, by Lanczos' filter."""
    height, width = like.shape[:2]
    return np.asarray(Image.fromarray(picture).resize((width, height), Image.Resampling.LANCZOS))


def ssim(one: Pixels, other: Pixels) -> float:
    """The mean structural similarity of two pictures' luma, -1 to 1, 1 for equal ones.

    Wang, Bovik, Sheikh, Simoncelli, "Image quality assessment: from error visibility to structural
    similarity" (2004): an 11x11 Gaussian window of sigma 1.5, K1 0.01, K2 0.03, whole windows only.
    Raises ValueError where the sizes differ or a side is under 11 pixels.
    """
    if one.shape != other.shape:
        raise ValueError(f"pictures of {one.shape} and {other.shape} cannot be compared")
    if min(one.shape[:2]) < WINDOW:
        raise ValueError(f"a picture of {one.shape} is smaller than the window of {WINDOW}")
    a, b = luma(one), luma(other)
    mean_a, mean_b = _windowed(a), _windowed(b)
    var_a = _windowed(a * a) - mean_a**2
    var_b = _windowed(b * b) - mean_b**2
    both = _windowed(a * b) - mean_a * mean_b
    c1, c2 = (_K1 * _RANGE) ** 2, (_K2 * _RANGE) ** 2
    top = (2 * mean_a * mean_b + c1) * (2 * both + c2)
    bottom = (mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2)
    return float((top / bottom).mean())


def color_difference(one: Pixels, other: Pixels) -> float:
    """The mean distance of the pixels' colours in CIE L*a*b* (1976), D65; 2.3 is just noticeable.

    Raises ValueError where the sizes differ.
    """
    if one.shape != other.shape:
        raise ValueError(f"pictures of {one.shape} and {other.shape} cannot be compared")
    return float(np.linalg.norm(_lab(one) - _lab(other), axis=2).mean())


def sharpness(picture: Pixels) -> float:
    """The variance of the luma's Laplacian (Pech-Pacheco et al., "Diatom autofocusing in
    brightfield microscopy", 2000); larger is sharper."""
    y = luma(picture)
    middle = y[1:-1, 1:-1]
    around = y[:-2, 1:-1] + y[2:, 1:-1] + y[1:-1, :-2] + y[1:-1, 2:]
    return float((around - 4 * middle).var())


def _windowed(plane: Plane) -> Plane:
    """Weighted means over every whole window, [height - 10, width - 10]."""
    reach = np.arange(WINDOW) - WINDOW // 2
    weights = np.exp(-(reach**2) / (2 * SIGMA**2))
    weights /= weights.sum()
    rows = np.lib.stride_tricks.sliding_window_view(plane, WINDOW, axis=0) @ weights
    found: Plane = np.lib.stride_tricks.sliding_window_view(rows, WINDOW, axis=1) @ weights
    return found


def _lab(picture: Pixels) -> Plane:
    """CIE L*a*b* of sRGB (IEC 61966-2-1), [height, width, 3]."""
    values = picture / 255.0
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    xyz = linear @ _FROM_SRGB.T / _WHITE
    root = np.where(xyz > 216 / 24389, np.cbrt(xyz), xyz * 841 / 108 + 4 / 29)
    x, y, z = root[..., 0], root[..., 1], root[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=2)
