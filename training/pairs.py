"""Pairs for the upscaler: what the model gives, and the same picture drawn twice as large."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from training.art.pen import CELL
from training.art.sampling import sample_picture
from training.art.scene import draw_scene
from training.art.spec import Style
from training.enlarging import SCALE

_STYLES = (Style.MANGA, Style.WATERCOLOR)


@dataclass(frozen=True, eq=False)
class Pair:
    """One picture, uint8 and 3 x height x width: as drawn, as the autoencoder gives it back, and
    drawn twice as large."""

    plain: Tensor
    through: Tensor
    large: Tensor


def draw_pair(seed: int, autoencoder: Any, unsteady: float = 0.0) -> Pair:
    """The art of a seed. Diffusion never hits a latent exactly: `unsteady` is how far off it is,
    as a share of the latents' own spread. A fifth of the pictures is manga or watercolour.
    `autoencoder` is diffusers' AutoencoderTiny, whose types are not published."""
    random = Random(f"pair {seed}")
    picture = sample_picture(seed)
    scene = picture.scene
    if random.random() < 0.2:
        scene = replace(scene, style=random.choice(_STYLES))
    width, height = picture.width, picture.height
    plain = draw_scene(scene, width, height, 1, CELL)
    large = draw_scene(scene, width, height, SCALE, SCALE * CELL)
    noise = torch.Generator().manual_seed(seed)
    return Pair(_planes(plain), _through(plain, autoencoder, unsteady, noise), _planes(large))


@torch.inference_mode()
def _through(art: np.ndarray, autoencoder: Any, unsteady: float, noise: torch.Generator) -> Tensor:
    device = next(autoencoder.parameters()).device
    shown = _planes(art)[None].to(device).float() / 127.5 - 1
    latents = autoencoder.encoder(shown)
    spread = torch.randn(latents.shape, generator=noise).to(device) * unsteady
    given: Tensor = autoencoder.decoder(latents + spread)[0]
    return ((given.float().cpu() + 1) * 127.5).clamp(0, 255).round().to(torch.uint8)


def _planes(art: np.ndarray) -> Tensor:
    return torch.from_numpy(art.copy()).permute(2, 0, 1).contiguous()


class Pool:
    """Pictures at hand for crops; a few are there at once, and each refresh draws one more, in the
    end in another's place."""

    def __init__(self, autoencoder: Any, random: Random, first: int, most: int):
        self._autoencoder = autoencoder
        self._random = random
        self._most = most
        self._pairs: list[Pair] = []
        while len(self._pairs) < first:
            self.refresh()

    def refresh(self) -> None:
        """Draws one picture more."""
        unsteady = self._random.uniform(0, 0.15)
        pair = draw_pair(self._random.getrandbits(40), self._autoencoder, unsteady)
        if len(self._pairs) < self._most:
            self._pairs.append(pair)
        else:
            self._pairs[self._random.randrange(self._most)] = pair

    def crops(self, count: int, side: int) -> tuple[Tensor, Tensor]:
        """Inputs [count, 3, side, side] and truths twice as large, 0 to 1, float32."""
        cut = [self._crop(side) for _ in range(count)]
        small, large = (torch.stack(each).float() / 255 for each in zip(*cut, strict=True))
        return worn(small, self._random), large

    def _crop(self, side: int) -> tuple[Tensor, Tensor]:
        """Half are as the autoencoder gives them; flipped, and in other colours, as it comes."""
        random = self._random
        pair = random.choice(self._pairs)
        small = pair.plain if random.random() < 0.5 else pair.through
        top = random.randrange(small.shape[1] - side + 1)
        left = random.randrange(small.shape[2] - side + 1)
        pictures = (_cut(small, top, left, side), _cut(pair.large, top, left, side, SCALE))
        if random.random() < 0.5:
            pictures = (pictures[0].flip(2), pictures[1].flip(2))
        if random.random() < 0.2:
            order = random.sample(range(3), 3)
            pictures = (pictures[0][order], pictures[1][order])
        return pictures


def worn(pictures: Tensor, random: Random) -> Tensor:
    """Some of the pictures a little blurred, or with a little noise."""
    for place in range(len(pictures)):
        if random.random() < 0.25:
            pictures[place] = _blurred(pictures[place], random.uniform(0.3, 0.7))
        if random.random() < 0.25:
            grain = torch.randn(pictures[place].shape) * random.uniform(0.002, 0.012)
            pictures[place] = (pictures[place] + grain).clamp(0, 1)
    return pictures


def _cut(picture: Tensor, top: int, left: int, side: int, scale: int = 1) -> Tensor:
    top, left, side = top * scale, left * scale, side * scale
    return picture[:, top : top + side, left : left + side]


def _blurred(picture: Tensor, sigma: float) -> Tensor:
    near = float(np.exp(-0.5 / sigma**2))
    line = torch.tensor([near, 1.0, near]) / (1 + 2 * near)
    kernel = (line[:, None] * line[None, :]).expand(3, 1, 3, 3)
    return F.conv2d(F.pad(picture[None], (1, 1, 1, 1), "replicate"), kernel, groups=3)[0]
