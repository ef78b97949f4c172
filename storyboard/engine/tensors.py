"""Pictures as tensors, and tensors as pictures."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from storyboard.engine.base import Pixels


def to_tensor(pixels: Pixels) -> Tensor:
    """1 x 3 x height x width, float32, from -1 to 1."""
    values = torch.from_numpy(np.array(pixels, dtype=np.float32) / 127.5 - 1.0)
    return values.permute(2, 0, 1)[None].contiguous()


def to_pixels(picture: Tensor) -> Pixels:
    """The picture in 3 x height x width from -1 to 1 (and beyond, which is cut off)."""
    values = ((picture.float().cpu() + 1.0) * 127.5).clamp(0, 255).round()
    return np.ascontiguousarray(values.permute(1, 2, 0).numpy().astype(np.uint8))


def is_finite(tensor: Tensor) -> bool:
    """Whether all of it are numbers: no NaN, no infinity."""
    return bool(torch.isfinite(tensor).all())
