"""The steps of training a LoRA. Each depends on the seed and its own number, not on those before,
so training that was interrupted goes on exactly as it would have gone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random
from typing import Any

import torch
from torch import Tensor, nn

from training.adapters import Adapters
from training.album import Example
from training.checkpoint import Checkpoint
from training.noising import Noising
from training.recipe import Recipe, reworded

WARM_UP = 20
_MEASURED = 16


class Diverged(Exception):
    """The loss, or its slope, is no number any more; the weights are those of the step before."""


class Loop:
    """A LoRA in training. What it learns is in `adapters` and `optimiser`, and nowhere else.

    With `narrow` the model computes in bfloat16; what is trained stays float32.
    """

    def __init__(
        self, checkpoint: Checkpoint, examples: Sequence[Example], recipe: Recipe, narrow: bool
    ) -> None:
        self._checkpoint, self._recipe, self._narrow = checkpoint, recipe, narrow
        self._unet: Any = checkpoint.unet  # untyped in diffusers
        self._text: Any = checkpoint.text_encoder
        self._noising = Noising.of(checkpoint.schedule, checkpoint.prediction, checkpoint.device)
        self.groups = _latents(checkpoint, examples, recipe.flip)
        self.adapters = Adapters.attach(
            checkpoint.unet,
            checkpoint.text_encoder if recipe.text_rate > 0 else None,
            recipe.rank,
            recipe.alpha,
            recipe.seed,
            torch.bfloat16 if narrow else None,
        )
        self.optimiser = self._make_optimiser()
        self._peaks = [float(group["lr"]) for group in self.optimiser.param_groups]

    def step(self, number: int) -> float:
        """One update, the `number`th from 0; returns the loss before it. Raises Diverged."""
        random = Random(f"{self._recipe.seed} step {number}")
        latents, captions = self._batch(random)
        loss = self._loss(latents, captions, _generator(random))
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        trained = [p for group in self.optimiser.param_groups for p in group["params"]]
        norm = nn.utils.clip_grad_norm_(trained, 1.0)
        value = float(loss.detach())
        if not math.isfinite(value) or not math.isfinite(float(norm)):
            raise Diverged
        self._set_rates(number)
        self.optimiser.step()
        return value

    @torch.no_grad()
    def measure(self) -> float:
        """The mean loss on some of the pictures, with noise that is always the same."""
        random, total, count = Random("measure"), 0.0, 0
        for latents in self.groups.values():
            for start in range(0, min(len(latents), _MEASURED), self._recipe.batch):
                chosen = latents[start : start + self._recipe.batch]
                clean = torch.stack([latent for latent, _ in chosen])
                loss = self._loss(clean, [text for _, text in chosen], _generator(random))
                total, count = total + float(loss) * len(chosen), count + len(chosen)
        return total / count

    def _batch(self, random: Random) -> tuple[Tensor, list[str]]:
        """Pictures of one size; sizes come as often as they have pictures."""
        shapes = list(self.groups)
        shape = random.choices(shapes, [len(self.groups[shape]) for shape in shapes])[0]
        chosen = random.choices(self.groups[shape], k=self._recipe.batch)
        captions = [reworded(caption, self._recipe.trigger, random) for _, caption in chosen]
        return torch.stack([latent for latent, _ in chosen]), captions

    def _loss(self, clean: Tensor, captions: list[str], generator: torch.Generator) -> Tensor:
        """Noise is drawn on the CPU, so it is the same on every device."""
        times = self._noising.times(len(clean), generator)
        noise = torch.randn(clean.shape, generator=generator).to(clean.device)
        noisy, wanted = self._noising.noisy(clean, noise, times)
        with torch.autocast(clean.device.type, torch.bfloat16, enabled=self._narrow):
            predicted = self._unet(noisy, times, self._words(captions)).sample
        return self._noising.loss(predicted, wanted, times)

    def _words(self, captions: list[str]) -> Tensor:
        """What the UNet listens to: captions x tokens x width, as the engine encodes prompts."""
        tokens, skip = self._checkpoint.tokens(captions), self._recipe.clip_skip
        if skip == 1:
            words: Tensor = self._text(tokens).last_hidden_state
            return words
        hidden = self._text(tokens, output_hidden_states=True).hidden_states[-skip]
        normed: Tensor = self._text.final_layer_norm(hidden)
        return normed

    def _make_optimiser(self) -> torch.optim.AdamW:
        rates = ((False, self._recipe.rate), (True, self._recipe.text_rate))
        groups = [{"params": self.adapters.parameters(text), "lr": rate} for text, rate in rates]
        filled = [group for group in groups if group["params"]]
        return torch.optim.AdamW(filled, betas=(0.9, 0.99), weight_decay=0.01)

    def _set_rates(self, number: int) -> None:
        """Up within the first steps, then down half a cosine."""
        down = 0.5 + 0.5 * math.cos(math.pi * number / self._recipe.steps)
        pace = min(1.0, (number + 1) / WARM_UP) * down
        for group, peak in zip(self.optimiser.param_groups, self._peaks, strict=True):
            group["lr"] = peak * pace


Groups = dict[tuple[int, ...], list[tuple[Tensor, str]]]
"""Scaled latents with their captions, by shape."""


def _latents(checkpoint: Checkpoint, examples: Sequence[Example], flip: bool) -> Groups:
    """Every picture through the VAE, once; with `flip` mirrored as well."""
    groups: Groups = {}
    for pixels, caption in examples:
        for view in (pixels, pixels[:, ::-1]) if flip else (pixels,):
            # Made in inference mode: a copy may take part in training.
            latent = checkpoint.vae.encode(view.copy()).clone().to(checkpoint.device)
            groups.setdefault(tuple(latent.shape), []).append((latent, caption))
    return groups


def _generator(random: Random) -> torch.Generator:
    return torch.Generator().manual_seed(random.getrandbits(63))
