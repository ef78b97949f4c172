"""Which of several takes is the best, by a score.

A scorer is a function of a picture alone; `SCORERS` has them by the names that a story's `pick:`
knows. Ours measures two plain things, whether lines are crisp and whether colours are burnt. It
does not know what the picture should show, whether a hand has five fingers, or whether a LoRA took.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from storyboard.engine.base import Pixels
from storyboard.likeness import luma, sharpness

Scorer = Callable[[Pixels], float]
"""A picture's score, 0 to 1, larger is better."""


def crisp(pixels: Pixels) -> float:
    """How crisp a picture is, times the share of it that is not burnt.

    Crispness is how much of the luma's variation lies between neighbouring pixels (the variance of
    its Laplacian over that of itself, brought to 0 to 1), so that a picture of strong contrast has
    no advantage. Burnt is a pixel with one channel at 0 and another at 255: its colour is as
    saturated as a colour can be.
    """
    spread = float(luma(pixels).var())
    if spread < 1.0 or min(pixels.shape[:2]) < 3:
        return 0.0
    edges = sharpness(pixels) / spread
    burnt = ((pixels.min(axis=2) == 0) & (pixels.max(axis=2) == 255)).mean()
    return float(edges / (edges + 1) * (1 - np.float64(burnt)))


SCORERS: Mapping[str, Scorer] = {"best": crisp}
"""By the word that a story's `pick:` has for it."""
