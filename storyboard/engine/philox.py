"""The normal numbers of an NVIDIA GPU's `torch.randn`, on any device.

CUDA's generator is Philox 4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2,
3"): the seed is its key, and the counter says which draw, and which number of that draw, is wanted.
Each gets a block of four 32-bit words, of which Box and Muller's transform takes two.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

Words = npt.NDArray[np.uint64]
"""32-bit words, kept in 64 bits so that a product of two is whole."""

_MULTIPLIERS = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_KEY_STEPS = 0x9E3779B9, 0xBB67AE85
_ROUNDS = 10
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)


def philox(counter: tuple[Words, Words, Words, Words], key: int) -> tuple[Words, ...]:
    """The four words of random bits for each counter (four words, low first), all equally long.

    `key` has 64 bits.
    """
    a, b, c, d = counter
    low, high = key & 0xFFFFFFFF, (key >> 32) & 0xFFFFFFFF
    for _ in range(_ROUNDS):
        first, second = a * _MULTIPLIERS[0], c * _MULTIPLIERS[1]
        a = (second >> _HALF) ^ b ^ np.uint64(low)
        c = (first >> _HALF) ^ d ^ np.uint64(high)
        b, d = second & _LOW, first & _LOW
        low = (low + _KEY_STEPS[0]) & 0xFFFFFFFF
        high = (high + _KEY_STEPS[1]) & 0xFFFFFFFF
    return a, b, c, d


class Philox:
    """Draws one tensor after another from a seed, as a CUDA generator does."""

    def __init__(self, seed: int) -> None:
        self._key = seed % 2**64
        self._draws = 0

    def randn(self, shape: tuple[int, ...]) -> Tensor:
        """The next draw: float32, on the CPU."""
        count = math.prod(shape)
        places = np.arange(count, dtype=np.uint64)
        none = np.zeros(count, dtype=np.uint64)
        draw = np.full(count, self._draws, dtype=np.uint64)
        self._draws += 1
        words = philox((draw, none, places, none), self._key)
        return torch.from_numpy(_normal(words[0], words[1])).reshape(shape)


def _normal(radius: Words, angle: Words) -> npt.NDArray[np.float32]:
    """Box and Muller's transform, the sine's half; 0 and 1 themselves never come up, as the words
    stand for the middles of their intervals."""
    uniform = (radius + 0.5) * 2.0**-32
    turn = (angle + 0.5) * (2.0 * math.pi * 2.0**-32)
    return np.asarray(np.sqrt(-2.0 * np.log(uniform)) * np.sin(turn), dtype=np.float32)
