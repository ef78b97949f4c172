"""The autoencoder between pictures and latents: AutoencoderKL or AutoencoderTiny."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from enum import Enum, auto
from fractions import Fraction
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL, AutoencoderTiny
from torch import Tensor, nn

from storyboard.engine.base import Pixels
from storyboard.engine.parts import Part, folder_part
from storyboard.engine.tensors import to_tensor
from storyboard.engine.vae_slices import can_slice, sliced
from storyboard.engine.vae_tiles import TILING, Compute, computed_in_tiles
from storyboard.engine.weights import (
    Weights,
    config_of,
    configuration_of,
    fill,
    from_config,
    widened,
)
from storyboard.errors import argument_error
from storyboard.models.layouts.configured import vae_class

_CLASSES: dict[str, Any] = {"AutoencoderKL": AutoencoderKL, "AutoencoderTiny": AutoencoderTiny}
_OLD_ATTENTION = (
    (".query.", ".to_q."),
    (".key.", ".to_k."),
    (".value.", ".to_v."),
    (".proj_attn.", ".to_out.0."),
)


class VaeWay(Enum):
    """How a picture goes through: as a whole; in slices, which is the same but for rounding; or in
    tiles, which is an approximation."""

    WHOLE = auto()
    SLICED = auto()
    TILED = auto()


class Vae:
    """Pictures to latents as the UNet sees them (scaled), and back.

    `factor` is how many pixels wide a latent's cell is, `channels` how many numbers it holds.
    """

    def __init__(self, module: nn.Module, device: torch.device) -> None:
        config = config_of(module)
        # Convolutions are a quarter to a half quicker so, on a CPU too.
        self.module = module.to(device).to(memory_format=torch.channels_last)
        self.channels = int(config.latent_channels)
        blocks = config.get("encoder_block_out_channels") or config.block_out_channels
        self.factor = 2 ** (len(blocks) - 1)
        self._scale = float(config.scaling_factor)
        self._shift = float(config.get("shift_factor") or 0.0)
        self._way = VaeWay.WHOLE

    @classmethod
    def load(cls, folder: Path, dtype: torch.dtype, device: torch.device) -> Vae:
        """Reads a diffusers VAE folder; ProblemsError where it does not fit together."""
        return cls.of_part(folder_part(folder), dtype, device)

    @classmethod
    def of_part(cls, part: Part, dtype: torch.dtype, device: torch.device) -> Vae:
        """Builds it and gives it its weights; ProblemsError where they do not fit together."""
        name = vae_class(part.config)
        if name not in _CLASSES:
            raise argument_error(
                f"the VAE is of the class {name}",
                f"known are {' and '.join(_CLASSES)}",
                file=str(configuration_of(part.of)),
            )
        module = from_config(_CLASSES[name], part.config, part.of)
        fill(module, _renamed(part.weights), dtype, part.of)
        return cls(module, device)

    def encode(self, pixels: Pixels) -> Tensor:
        """The picture's latent, channels x height/factor x width/factor, float32 on the CPU.

        An AutoencoderKL gives a distribution: its mode is taken, so nothing is left to chance.
        """
        return self.encode_all([pixels])[0]

    @torch.inference_mode()
    def encode_all(self, pictures: Sequence[Pixels]) -> Tensor:
        """The latents of pictures of one size."""
        shown = torch.cat([to_tensor(pixels) for pixels in pictures]).to(self._like)
        raw = self._through(self._encoded, shown, self.factor, Fraction(1, self.factor))
        latents: Tensor = (raw.float() - self._shift) * self._scale
        return latents.cpu()

    @torch.inference_mode()
    def decode(self, latents: Tensor) -> Tensor:
        """The latents' pictures, each 3 x height x width, float32 on the CPU, about -1 to 1."""
        raw = (latents.float() / self._scale + self._shift).to(self._like)
        return self._through(self._decoded, raw, 1, Fraction(self.factor)).float().cpu()

    @contextmanager
    def going(self, way: VaeWay) -> Iterator[None]:
        """Pictures go through it another way for a while."""
        before, self._way = self._way, way
        try:
            yield
        finally:
            self._way = before

    @property
    def can_slice(self) -> bool:
        """Whether slices make it need less memory."""
        return can_slice(self.module)

    @property
    def is_float32(self) -> bool:
        """Whether it computes in float32 already."""
        return self._like.dtype == torch.float32

    def in_float32(self) -> AbstractContextManager[None]:
        """It computes in float32 for a while; afterwards every weight is what it was."""
        return widened(self.module)

    def _through(self, compute: Compute, x: Tensor, unit: int, factor: Fraction) -> Tensor:
        with ExitStack() as way:
            if self._way is not VaeWay.WHOLE:
                way.enter_context(sliced(self.module))
            if self._way is VaeWay.TILED:
                return computed_in_tiles(compute, x, unit, factor, TILING)
            return compute(x)

    def _encoded(self, pictures: Tensor) -> Tensor:
        encoded = self._autoencoder.encode(pictures)
        found: Tensor = (
            encoded.latents if hasattr(encoded, "latents") else encoded.latent_dist.mode()
        )
        return found

    def _decoded(self, latents: Tensor) -> Tensor:
        found: Tensor = self._autoencoder.decode(latents).sample
        return found

    @property
    def _autoencoder(self) -> Any:
        return self.module  # diffusers' classes are untyped

    @property
    def _like(self) -> Tensor:
        return next(self.module.parameters())


def _renamed(weights: Weights) -> dict[str, Tensor]:
    """Attention as diffusers names it now; VAE files of before 2023 have other names."""
    renamed = {}
    for name, tensor in weights.items():
        if ".attentions." in name:
            for old, new in _OLD_ATTENTION:
                name = name.replace(old, new)
        renamed[name] = tensor
    return renamed
