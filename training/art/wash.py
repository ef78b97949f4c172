"""What makes flat colours a watercolour: pigment that pools, paper that shows, soft edges."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageFilter

from training.art.pen import PAPER


def wash(art: np.ndarray, seed: int, zoom: float) -> np.ndarray:
    """The picture, uint8 [height, width, 3], as if washed on paper; the same for a seed."""
    height, width = art.shape[:2]
    random = np.random.default_rng(seed)
    soft = Image.fromarray(art).filter(ImageFilter.GaussianBlur(0.6 * zoom))
    pixels = np.asarray(soft, np.float32) / 255
    paper = np.array(PAPER, np.float32) / 255
    # Two scales of pooling: large washes, and the smaller stains inside them.
    pool = 0.7 * _clouds(random, height, width, 5) + 0.3 * _clouds(random, height, width, 14)
    strength = np.clip(0.86 + 0.5 * pool, 0.45, 1.15)[..., None]
    return (np.clip(paper + (pixels - paper) * strength, 0, 1) * 255).astype(np.uint8)


def _clouds(random: np.random.Generator, height: int, width: int, cells: int) -> np.ndarray:
    """Smooth noise around zero, about one unit high, `cells` blobs along the longer side."""
    rows, columns = (max(2, cells * side // max(height, width)) for side in (height, width))
    grid = Image.fromarray(random.normal(0, 0.5, (rows, columns)).astype(np.float32))
    return np.asarray(grid.resize((width, height), Image.Resampling.BICUBIC))
