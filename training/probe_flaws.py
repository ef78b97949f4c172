"""Flaws that diffusion and an autoencoder leave, put on drawn art, so that probes see past them."""

from __future__ import annotations

import io

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Generator, Tensor


def flawed(pictures: Tensor, random: Generator) -> Tensor:
    """Pictures, uint8 [n, 3, height, width], as values in [-1, 1], each with flaws of its own."""
    pixels = _jpeg(pictures, random).float().div(127.5).sub(1)
    pixels = _moved(pixels, random)
    pixels = _colored(pixels, random)
    pixels = _softened(pixels, random)
    pixels = _bled(pixels, random)
    noise = torch.randn(pixels.shape, generator=random) * _each(pixels, 0.0, 0.08, random)
    return (pixels + noise).contiguous(memory_format=torch.channels_last)


def _each(pixels: Tensor, low: float, high: float, random: Generator) -> Tensor:
    """A number for each picture, [n, 1, 1, 1]."""
    return torch.empty(len(pixels), 1, 1, 1).uniform_(low, high, generator=random)


def _some(pixels: Tensor, share: float, random: Generator) -> Tensor:
    """1 for about a `share` of the pictures, 0 for the others, [n, 1, 1, 1]."""
    return (_each(pixels, 0.0, 1.0, random) < share).float()


def _jpeg(pictures: Tensor, random: Generator, share: float = 0.15) -> Tensor:
    """Some pictures as a JPEG of poor quality shows them."""
    found = pictures.clone()
    for index in _some(pictures, share, random).flatten().nonzero().flatten().tolist():
        quality = int(torch.randint(25, 85, (), generator=random))
        buffer = io.BytesIO()
        Image.fromarray(pictures[index].permute(1, 2, 0).numpy()).save(
            buffer, "JPEG", quality=quality
        )
        found[index] = torch.from_numpy(np.array(Image.open(buffer))).permute(2, 0, 1)
    return found


def _moved(pixels: Tensor, random: Generator) -> Tensor:
    """A little larger or smaller, to a side, or mirrored."""
    mirror = 1 - 2 * _some(pixels, 0.5, random).flatten()
    frames = torch.zeros(len(pixels), 2, 3)
    frames[:, 0, 0] = _each(pixels, 0.92, 1.08, random).flatten() * mirror
    frames[:, 1, 1] = _each(pixels, 0.92, 1.08, random).flatten()
    frames[:, :, 2] = torch.empty(len(pixels), 2).uniform_(-0.06, 0.06, generator=random)
    grid = F.affine_grid(frames, list(pixels.shape), align_corners=False)
    return F.grid_sample(pixels, grid, padding_mode="border", align_corners=False)


def _colored(pixels: Tensor, random: Generator) -> Tensor:
    """Other brightness, contrast, saturation and white; never so far that blue is not blue."""
    grey = pixels.mean(1, keepdim=True)
    pixels = grey + (pixels - grey) * _each(pixels, 0.75, 1.25, random)
    white = torch.empty(len(pixels), 3, 1, 1).uniform_(-0.05, 0.05, generator=random)
    return pixels * _each(pixels, 0.85, 1.12, random) + _each(pixels, -0.1, 0.1, random) + white


def _softened(pixels: Tensor, random: Generator) -> Tensor:
    """Blurred, or sharpened a little."""
    blurred = F.avg_pool2d(F.pad(pixels, (1, 1, 1, 1), mode="replicate"), 3, 1)
    return pixels + (blurred - pixels) * _each(pixels, -0.4, 1.0, random)


def _bled(pixels: Tensor, random: Generator, share: float = 0.25) -> Tensor:
    """Some pictures' colours bleed over the lines, as latents of eight pixels let them."""
    height, width = pixels.shape[2:]
    coarse = F.interpolate(F.avg_pool2d(pixels, 4, ceil_mode=True), (height, width), mode="nearest")
    chroma = coarse - coarse.mean(1, keepdim=True)
    bled = pixels.mean(1, keepdim=True) + chroma
    much = _each(pixels, 0.2, 0.8, random) * _some(pixels, share, random)
    return pixels + (bled - pixels) * much
