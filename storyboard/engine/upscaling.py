"""Enlarging by a network from an upscaler's file, in tiles, so that memory stays bounded."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from storyboard.engine.base import Pixels
from storyboard.engine.beginnings import StartProblem
from storyboard.engine.pictures import enlarged, size_of
from storyboard.engine.weights import Weights, read_file
from storyboard.errors import ProblemsError, argument_error
from storyboard.geometry import Size
from storyboard.jobs import ModelFile
from storyboard.models.header import read_header
from storyboard.models.upscalers import upscaler_problems

CORE = 256
"""The side of a tile, in pixels of the picture that is enlarged. A multiple of the windows that
networks with attention cut their pictures into."""

HALO = 32
"""How far a network sees beyond its tile. What lies nearer than that to a cut edge is thrown away,
so tiles meet without a seam in networks that look no further, and hardly with one in others."""

_MOST_TIMES = 8
_RGB = 3
_GREY, _WITH_ALPHA = 1, 4


class Upscaler:
    """A network that makes a picture `scale` times as large, in `dtype`; from where half precision
    overflows on, in float32.

    One for grey pictures is shown each colour by itself; one that wants an alpha channel, a solid
    one.
    """

    def __init__(
        self,
        network: Any,
        device: torch.device,
        core: int = CORE,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        # spandrel's ImageModelDescriptor; its types are not published
        self._network = network.to(device=device, dtype=dtype)
        self._device = device
        self.dtype = dtype
        # Some networks need all of a picture at once, and cut it up themselves.
        self._core = sys.maxsize if network.tiling.name == "INTERNAL" else core
        self.scale = int(network.scale)

    def enlarged(self, pixels: Pixels, size: Size) -> Pixels:
        """The picture at `size`: asked as often as it takes to be that large, then brought to the
        exact size by Lanczos. A network that keeps the size is asked once.

        Raises StartProblem where the network gives no numbers.
        """
        return self.enlarged_all([pixels], size)[0]

    def enlarged_all(self, pictures: Sequence[Pixels], size: Size) -> list[Pixels]:
        """The pictures at `size`; those of one size go through together, tile by tile."""
        if len({picture.shape for picture in pictures}) > 1:
            return [self.enlarged(picture, size) for picture in pictures]
        large = np.stack(pictures)
        if self.scale == 1:
            large = self._asked(large)
        while self.scale > 1 and not _holds(size_of(large[0]), size):
            large = self._asked(large)
        return [enlarged(picture, size) for picture in large]

    def _asked(self, pictures: Pixels) -> Pixels:
        """The pictures, count x height x width x 3, `scale` times as large."""
        count, height, width = pictures.shape[:3]
        scale = self.scale
        large = np.empty((count, height * scale, width * scale, _RGB), np.uint8)
        for rows in spans(height, self._core, HALO):
            for columns in spans(width, self._core, HALO):
                tile = self._tile(pictures[:, rows.seen, columns.seen])
                kept = tile[:, rows.kept(scale), columns.kept(scale)]
                large[:, rows.placed(scale), columns.placed(scale)] = kept
        return large

    def _tile(self, pictures: Pixels) -> Pixels:
        shown = torch.from_numpy(np.array(pictures, np.float32) / 255).permute(0, 3, 1, 2)
        drawn = self._drawn(_as_channels(shown, self._network.input_channels))
        if not bool(torch.isfinite(drawn).all()) and self.dtype != torch.float32:
            self.dtype = torch.float32
            self._network.to(dtype=torch.float32)
            drawn = self._drawn(_as_channels(shown, self._network.input_channels))
        if not bool(torch.isfinite(drawn).all()):
            raise StartProblem("the upscaler gave no numbers (NaN): take another, or lanczos")
        colours = _as_colours(drawn.float())
        return (colours.permute(0, 2, 3, 1) * 255).round().to(torch.uint8).cpu().numpy()

    def _drawn(self, shown: Tensor) -> Tensor:
        drawn: Tensor = self._network(shown.contiguous().to(self._device, self.dtype))
        return drawn


def _as_channels(colours: Tensor, channels: int) -> Tensor:
    """Pictures, count x 3 x height x width, as a network of so many channels takes them."""
    if channels == _GREY:
        return colours.flatten(0, 1)[:, None]
    if channels == _WITH_ALPHA:
        return torch.cat([colours, torch.ones_like(colours[:, :1])], 1)
    return colours


def _as_colours(drawn: Tensor) -> Tensor:
    """What a network made of that, count x 3 x height x width."""
    if drawn.shape[1] == _GREY:
        return drawn.reshape(-1, _RGB, *drawn.shape[2:])
    return drawn[:, :_RGB]


@dataclass(frozen=True, slots=True)
class Span:
    """A tile along one side: it is to fill `start` to `stop`, and sees `seen_from` to `seen_to`."""

    start: int
    stop: int
    seen_from: int
    seen_to: int

    @property
    def seen(self) -> slice:
        """Where it looks in the small picture."""
        return slice(self.seen_from, self.seen_to)

    def placed(self, scale: int) -> slice:
        """Where it lies in the large picture."""
        return slice(self.start * scale, self.stop * scale)

    def kept(self, scale: int) -> slice:
        """What of the tile's own large picture is kept."""
        first = (self.start - self.seen_from) * scale
        return slice(first, first + (self.stop - self.start) * scale)


def spans(length: int, core: int, halo: int) -> Iterator[Span]:
    """Cuts a side into tiles of `core`; one alone where what all would see fits into one's view."""
    if length <= core + 2 * halo:
        yield Span(0, length, 0, length)
        return
    for start in range(0, length, core):
        stop = min(start + core, length)
        yield Span(start, stop, max(start - halo, 0), min(stop + halo, length))


def load_upscaler(
    file: ModelFile, device: torch.device, core: int = CORE, dtype: torch.dtype | None = None
) -> Upscaler:
    """Reads an upscaler's file, offline; it draws in tiles of `core`, by default in float16 on an
    NVIDIA GPU where its architecture stands that, else in float32.

    Raises ProblemsError, standing at the file, where it is damaged, or no network that makes a
    picture from a picture.
    """
    path = Path(file.path)
    weights = read_file(path)
    for problem in upscaler_problems(read_header(path)):
        raise _at(path, problem)
    if not all(bool(torch.isfinite(tensor).all()) for tensor in weights.values()):
        raise _at(path, "holds values that are not finite", "get the file again, or another one")
    network = _network(weights, path)
    for problem in _unfit(network):
        raise _at(path, problem, "take another upscaler, or lanczos")
    halved = device.type == "cuda" and network.supports_half
    return Upscaler(
        network.eval(), device, core, dtype or (torch.float16 if halved else torch.float32)
    )


def _network(weights: Weights, path: Path) -> Any:
    try:
        # Late, as it imports some forty architectures and torchvision: seconds, for one of them.
        from spandrel import ModelLoader
    except (
        ImportError,
        RuntimeError,
    ) as error:  # RuntimeError: torchvision is made for another torch
        raise _at(
            path,
            f"cannot be loaded, as spandrel cannot be imported: {error}",
            "install spandrel, and the torchvision that was made for the torch that is here",
        ) from error
    try:
        return ModelLoader("cpu").load_from_state_dict(dict(weights))
    except Exception as error:  # whatever a stranger's file makes an architecture do
        # What is missing or misshapen stands in torch's second line.
        reason = " ".join(str(error).split()) or type(error).__name__
        raise _at(
            path,
            f"is no upscaler that spandrel can load: {reason[:200]}",
            "take another upscaler, or lanczos",
        ) from error


def _unfit(network: Any) -> Iterator[str]:
    """Why a network of a known architecture does not enlarge pictures in colour."""
    if network.purpose not in ("SR", "Restoration"):
        yield f"is for {network.purpose}, not for enlarging any picture"
    elif network.input_channels not in (_GREY, _RGB, _WITH_ALPHA):
        yield f"takes pictures of {network.input_channels} channels, not in colour"
    elif network.output_channels != network.input_channels:
        yield f"makes pictures of other channels ({network.output_channels}) than it takes"
    elif not 1 <= network.scale <= _MOST_TIMES:
        yield f"makes pictures {network.scale} times as large; at most {_MOST_TIMES} are drawn"


def _holds(size: Size, wanted: Size) -> bool:
    return size.width >= wanted.width and size.height >= wanted.height


def _at(path: Path, message: str, hint: str = "") -> ProblemsError:
    return argument_error(message, hint, file=str(path))
