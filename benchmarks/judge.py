"""The probe at work: pictures in, what is seen on them out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor

from benchmarks.attributes import CLASSES
from benchmarks.network import Probe

Pixels = npt.NDArray[np.uint8]

PROBES = Path(__file__).parent / "probes"
WEIGHTS = PROBES / "inkling.safetensors"
CARD = PROBES / "inkling.json"
AREA = 128 * 128
"""The probe sees every picture at this many pixels, whatever its aspect."""

_AT_ONCE = 32


@dataclass(frozen=True)
class Seen:
    """What the probe sees on one picture: for every attribute each class's probability."""

    shares: Mapping[str, Mapping[str, float]]

    def word(self, attribute: str) -> str:
        """The likeliest class."""
        shares = self.shares[attribute]
        return max(shares, key=lambda name: shares[name])

    def share(self, attribute: str, word: str) -> float:
        """How likely the probe finds a class, 0 to 1."""
        return self.shares[attribute][word]


class Judge:
    """Judges pictures of any size. Raises FileNotFoundError where the weights are missing."""

    def __init__(self, weights: Path = WEIGHTS) -> None:
        self._probe = load_probe(weights)

    def see(self, pictures: Sequence[Pixels]) -> list[Seen]:
        """What is on each picture, uint8 [height, width, 3], in the same order."""
        small = [resized(picture) for picture in pictures]
        found: dict[int, Seen] = {}
        for members in _alike(small):
            pixels = as_tensor([small[index] for index in members])
            found.update(zip(members, self._seen(pixels), strict=True))
        return [found[index] for index in range(len(pictures))]

    @torch.no_grad()
    def _seen(self, pixels: Tensor) -> list[Seen]:
        logits = self._probe(pixels)
        shares = {name: values.float().softmax(1).tolist() for name, values in logits.items()}
        return [
            Seen({name: dict(zip(CLASSES[name], shares[name][i], strict=True)) for name in CLASSES})
            for i in range(len(pixels))
        ]


def new_probe() -> Probe:
    """A probe with a head for each attribute and random weights."""
    return Probe({name: len(classes) for name, classes in CLASSES.items()})


def load_probe(weights: Path = WEIGHTS) -> Probe:
    """The trained probe, in float32, ready to judge."""
    probe = new_probe()
    probe.load_state_dict({name: value.float() for name, value in load_file(weights).items()})
    return probe.eval()


def load_card(path: Path = CARD) -> dict[str, Any]:
    """How well the probe does on drawn art that it was not trained on."""
    card: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return card


def seen_size(width: int, height: int) -> tuple[int, int]:
    """The width and height at which the probe sees a picture, in pixels; the aspect stays."""
    share = (AREA / (width * height)) ** 0.5
    return max(1, round(width * share)), max(1, round(height * share))


def resized(picture: Pixels) -> Pixels:
    """The picture as large as the probe sees it."""
    image = Image.fromarray(picture)
    return np.asarray(image.resize(seen_size(*image.size), Image.Resampling.BOX))


def as_tensor(pictures: Sequence[Pixels]) -> Tensor:
    """Pictures of one size as the probe takes them: [n, 3, height, width] in [-1, 1]."""
    pixels = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float().div(127.5).sub(1)
    return pixels.contiguous(memory_format=torch.channels_last)


def _alike(pictures: Iterable[Pixels]) -> Iterator[tuple[int, ...]]:
    """The pictures' numbers, a few of one size at a time."""
    sizes: dict[tuple[int, ...], list[int]] = {}
    for index, picture in enumerate(pictures):
        sizes.setdefault(picture.shape, []).append(index)
    for members in sizes.values():
        yield from _in_batches(members)


def _in_batches(members: Sequence[int]) -> Iterator[tuple[int, ...]]:
    for start in range(0, len(members), _AT_ONCE):
        yield tuple(members[start : start + _AT_ONCE])
