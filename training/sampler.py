"""A small DPM++ 2M sampler with Karras sigmas, to look at checkpoints while they train."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from diffusers import AutoencoderTiny, UNet2DConditionModel
from torch import Tensor
from transformers import CLIPTextModel, CLIPTokenizer

from training.models import Diffusion, tokenize


@dataclass(frozen=True)
class Drawer:
    """Everything that draws pictures from prompts."""

    tokenizer: CLIPTokenizer
    text_encoder: CLIPTextModel
    unet: UNet2DConditionModel
    vae: AutoencoderTiny
    scale: float

    @torch.no_grad()
    def draw(
        self,
        prompts: list[str],
        size: tuple[int, int],
        seeds: list[int],
        negative: str = "",
        steps: int = 16,
        guidance: float = 5.0,
        start: Tensor | None = None,
        denoise: float = 1.0,
    ) -> Tensor:
        """Pictures as uint8 [pictures, height, width, 3]; `start` are latents to draw over."""
        shape = (4, size[1] // 8, size[0] // 8)
        noise = torch.stack([torch.randn(shape, generator=_seed(seed)) for seed in seeds])
        words = self._words([negative] * len(prompts) + prompts)
        sigmas = _karras(round(steps / denoise))[-steps - 1 :]
        x = noise * sigmas[0] + (0 if start is None else start)
        previous = None
        for index in range(steps):
            now, then = sigmas[index], sigmas[index + 1]
            clean = self._denoised(x, now, words, guidance)
            if then == 0:
                x = clean
                break
            step = (now / then).log()
            guess = clean
            if previous is not None:
                ratio = (sigmas[index - 1] / now).log() / step
                guess = (1 + 1 / (2 * ratio)) * clean - 1 / (2 * ratio) * previous
            x = then / now * x - torch.expm1(-step) * guess
            previous = clean
        return self.pixels(x)

    def pixels(self, latents: Tensor) -> Tensor:
        """Decoded pictures, uint8."""
        drawn = self.vae.decoder(latents / self.scale).clamp(-1, 1)
        return ((drawn + 1) * 127.5).round().byte().permute(0, 2, 3, 1)

    def _words(self, texts: list[str]) -> Tensor:
        return self.text_encoder(tokenize(self.tokenizer, texts)).last_hidden_state

    def _denoised(self, x: Tensor, sigma: Tensor, words: Tensor, guidance: float) -> Tensor:
        time = _time_of(sigma).expand(2 * len(x))
        scaled = x / (sigma**2 + 1).sqrt()
        with torch.autocast("cpu", torch.bfloat16):
            velocity = self.unet(torch.cat([scaled, scaled]), time, words).sample.float()
        plain, led = (x / (sigma**2 + 1) - velocity.chunk(2)[i] * _turn(sigma) for i in (0, 1))
        return plain + guidance * (led - plain)


def _turn(sigma: Tensor) -> Tensor:
    return sigma / (sigma**2 + 1).sqrt()


def _all_sigmas() -> Tensor:
    alphas = Diffusion().alphas
    return ((1 - alphas) / alphas).sqrt()


_SIGMAS = _all_sigmas()


def _karras(steps: int, rho: float = 7.0) -> Tensor:
    low, high = _SIGMAS[0] ** (1 / rho), _SIGMAS[-1] ** (1 / rho)
    ramp = torch.linspace(0, 1, steps)
    return torch.cat([(high + ramp * (low - high)) ** rho, torch.zeros(1)])


def _time_of(sigma: Tensor) -> Tensor:
    """The (fractional) time step of a sigma."""
    logs = _SIGMAS.log()
    high = int(torch.searchsorted(logs, sigma.log()).clamp(1, 999))
    share = (sigma.log() - logs[high - 1]) / (logs[high] - logs[high - 1])
    return (high - 1 + share.clamp(0, 1)).view(1).float()


def _seed(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)
