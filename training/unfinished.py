"""A LoRA's training as far as it has come, in a file beside the LoRA that it will be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from storyboard.errors import argument_error
from training.keeping import save_atomically
from training.loraloop import Groups, Loop
from training.recipe import Recipe

ENDING = ".unfinished"
_EDGES = ("conv_in.weight", "conv_out.weight", "time_embedding.linear_1.weight")


@dataclass(frozen=True, slots=True)
class Progress:
    """How many steps are done, and the loss before the first."""

    steps: int
    first_loss: float


class Unfinished:
    """The file, and what must be the same for training to go on from it."""

    def __init__(self, out: Path, loop: Loop, unet: nn.Module, recipe: Recipe) -> None:
        self.path = out.with_name(out.stem + ENDING)
        self._loop = loop
        self._sameness = {
            "model": _digest(unet.get_parameter(name) for name in _EDGES),
            "pictures or captions": _album_digest(loop.groups),
            "trigger": recipe.trigger,
            "number of steps": str(recipe.steps),
            "batch": str(recipe.batch),
            "rank or alpha": f"{recipe.rank} {recipe.alpha}",
            "seed": str(recipe.seed),
            "clip skip": str(recipe.clip_skip),
            "choice of what is trained": f"{recipe.text_rate > 0}",
        }

    def save(self, progress: Progress) -> None:
        """Writes it in one move: after a crash the older file is there, or the newer one."""
        state: dict[str, object] = {
            "sameness": self._sameness,
            "steps": progress.steps,
            "first_loss": progress.first_loss,
            "tensors": self._loop.adapters.tensors(),
            "optimiser": self._loop.optimiser.state_dict(),
        }
        save_atomically(state, self.path)

    def resume(self) -> Progress | None:
        """Puts the loop where the file has it; None where there is no file.

        Raises ProblemsError where it cannot be read, or belongs to another training.
        """
        if not self.path.exists():
            return None
        state = self._read()
        self._check(state["sameness"])
        self._restore(state)
        return Progress(int(state["steps"]), float(state["first_loss"]))

    def forget(self) -> None:
        """Deletes it."""
        self.path.unlink(missing_ok=True)

    def _read(self) -> dict[str, Any]:
        try:
            state: dict[str, Any] = torch.load(self.path, map_location="cpu", weights_only=True)
        except Exception as error:  # torch and pickle raise whatever a broken file leads them to
            raise argument_error(
                "the unfinished training cannot be read: it is damaged",
                "--fresh begins anew",
                file=str(self.path),
            ) from error
        return state

    def _check(self, found: Mapping[str, str]) -> None:
        others = [name for name, value in self._sameness.items() if found.get(name) != value]
        if others:
            raise argument_error(
                f"the unfinished training there differs in its {', its '.join(others)}",
                "give what it had, or --fresh to begin anew",
                file=str(self.path),
            )

    @torch.no_grad()
    def _restore(self, state: dict[str, Any]) -> None:
        for name, tensor in self._loop.adapters.tensors().items():
            tensor.copy_(state["tensors"][name])
        self._loop.optimiser.load_state_dict(state["optimiser"])


def _album_digest(groups: Groups) -> str:
    digest = sha256()
    for latents in groups.values():
        for latent, caption in latents:
            digest.update(_digest([latent]).encode())
            digest.update(caption.encode())
    return digest.hexdigest()


def _digest(tensors: Any) -> str:
    digest = sha256()
    for tensor in tensors:
        plain: Tensor = tensor.detach().float().cpu().contiguous()
        digest.update(plain.numpy().tobytes())
    return digest.hexdigest()
