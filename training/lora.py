"""Trains a LoRA on pictures and captions, and writes it in kohya's format.

`python -m training.lora --model DIR --pictures DIR --trigger WORD --out FILE` takes a folder of
pictures, each with its caption beside it in a .txt file of the same name, and a diffusers folder:
the built-in model, or any Stable Diffusion 1.x checkpoint. docs/your-own-character.md is the guide.
"""

from __future__ import annotations

import json
import math
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from storyboard.errors import argument_error
from training.album import Example
from training.checkpoint import Checkpoint
from training.loraloop import Diverged, Loop
from training.lorapreview import Preview, draw_preview, preview_path
from training.loraweights import write_pairs
from training.recipe import Recipe
from training.unfinished import Progress, Unfinished

__all__ = ["Manner", "Recipe", "train_lora"]


@dataclass(frozen=True, slots=True)
class Manner:
    """How a LoRA is trained, where that does not change it (but for `narrow`, by rounding).

    `narrow` computes in bfloat16; `frugal` computes activations twice rather than keep them;
    `save_every` are the seconds between two writings of the unfinished training.
    """

    narrow: bool = True
    frugal: bool = False
    save_every: float = 120.0
    fresh: bool = False
    preview: Preview | None = None
    tell: Callable[[str], None] = lambda sentence: print(sentence, file=sys.stderr, flush=True)


def train_lora(
    checkpoint: Checkpoint,
    examples: Sequence[Example],
    recipe: Recipe,
    out: Path,
    manner: Manner = Manner(),
) -> None:
    """Trains on pictures with captions, and writes the LoRA and its side file.

    The pictures' sides are multiples of what the checkpoint asks for. Training that was interrupted
    goes on from the file `NAME.unfinished` beside `out`, and ends with the very same LoRA. The
    checkpoint has the LoRA's hooks in it while this runs, and its layers' precision changed after.

    Raises ProblemsError where the folder of `out` is missing, the unfinished training belongs to
    other settings, or the loss is no number any more.
    """
    check_out(out)
    if manner.frugal:
        unet: Any = checkpoint.unet
        unet.train()  # where diffusers asks for it; SD 1.x has no layer that acts otherwise
        unet.enable_gradient_checkpointing()
    loop = Loop(checkpoint, examples, recipe, manner.narrow)
    training = _Training(checkpoint, loop, recipe, out, manner)
    try:
        before, now = training.run()
        write_lora(loop, recipe, checkpoint.name, [text for _, text in examples], out)
    finally:
        loop.adapters.detach()
    training.unfinished.forget()
    manner.tell(f"{recipe.name}: loss on its pictures {before:.4f} before, {now:.4f} now")


def check_out(out: Path) -> None:
    """Raises ProblemsError where a LoRA cannot be written there."""
    if out.suffix != ".safetensors":
        raise argument_error("is no name for a LoRA", "it ends in .safetensors", str(out))
    if not out.parent.is_dir():
        raise argument_error(f"there is no folder {out.parent}", "make it first", str(out))


class _Training:
    """One run over the steps: what is kept, shown and told on the way."""

    def __init__(
        self, checkpoint: Checkpoint, loop: Loop, recipe: Recipe, out: Path, manner: Manner
    ) -> None:
        self._checkpoint, self._loop, self._recipe = checkpoint, loop, recipe
        self._out, self._manner = out, manner
        self.unfinished = Unfinished(out, loop, checkpoint.unet, recipe)

    def run(self) -> tuple[float, float]:
        """Does all steps that are left; the loss on the pictures before the first and after."""
        progress = self._begin()
        self._walk(progress)
        return progress.first_loss, self._loop.measure()

    def _begin(self) -> Progress:
        if self._manner.fresh:
            self.unfinished.forget()
        known = self.unfinished.resume()
        if known is None:
            return Progress(0, self._loop.measure())
        self._manner.tell(f"goes on from step {known.steps}, kept in {self.unfinished.path}")
        return known

    def _walk(self, progress: Progress) -> None:
        kept, steps = time.monotonic(), range(progress.steps, self._recipe.steps)
        interval = 0.5 if sys.stderr.isatty() else 30.0
        bar = tqdm(
            steps,
            self._recipe.name,
            initial=progress.steps,
            total=self._recipe.steps,
            unit="step",
            mininterval=interval,
        )
        loss = math.nan
        for step in bar:
            value = self._step(step)
            loss = value if math.isnan(loss) else 0.95 * loss + 0.05 * value
            bar.set_postfix_str(f"loss {loss:.4f}", refresh=False)
            if time.monotonic() - kept >= self._manner.save_every:
                self.unfinished.save(Progress(step + 1, progress.first_loss))
                kept = time.monotonic()
            self._show(step + 1)

    def _step(self, number: int) -> float:
        try:
            return self._loop.step(number)
        except Diverged as error:
            path = self.unfinished.path
            kept = f"{path} keeps an earlier state to go on from" if path.exists() else "begin anew"
            raise argument_error(
                f"the loss is no number any more at step {number}: nothing was written",
                f"lower --rate (it is {self._recipe.rate:g}) and --text-rate; {kept}",
                file=str(self._out),
            ) from error

    def _show(self, done: int) -> None:
        preview, recipe = self._manner.preview, self._recipe
        if preview is None or done % preview.every:
            return
        picture = draw_preview(
            self._checkpoint, preview, recipe.seed, recipe.clip_skip, self._manner.narrow
        )
        picture.save(preview_path(self._out, done))


def write_lora(loop: Loop, recipe: Recipe, base: str, captions: list[str], out: Path) -> None:
    """Writes kohya keys in half precision with their metadata, and the side file for authors."""
    pairs = {key: (one.down, one.up) for key, one in loop.adapters.by_key.items()}
    write_pairs(pairs, recipe.alpha, _metadata(recipe, base, captions), out)
    side = {
        "activation text": recipe.trigger,
        "preferred weight": recipe.preferred_weight,
        "description": recipe.description,
    }
    text = json.dumps(side, indent=2, ensure_ascii=False) + "\n"
    out.with_suffix(".json").write_text(text, encoding="utf-8")


def _metadata(recipe: Recipe, base: str, captions: list[str]) -> dict[str, str]:
    """What kohya's scripts and the model specification write, as far as others read it."""
    tags = Counter(tag for caption in captions for tag in caption.split(", "))
    convolutions = {"conv_dim": str(recipe.rank), "conv_alpha": str(recipe.alpha)}
    licence = {"modelspec.license": recipe.licence} if recipe.licence else {}
    return {
        "ss_base_model_version": base,
        "ss_output_name": recipe.name,
        "ss_network_module": "networks.lora",
        "ss_network_dim": str(recipe.rank),
        "ss_network_alpha": str(recipe.alpha),
        "ss_network_args": json.dumps(convolutions),
        "ss_tag_frequency": json.dumps({recipe.name: dict(tags)}),
        "ss_num_train_images": str(len(captions)),
        "ss_steps": str(recipe.steps),
        "ss_learning_rate": str(recipe.rate),
        "ss_text_encoder_lr": str(recipe.text_rate),
        "ss_seed": str(recipe.seed),
        "ss_clip_skip": str(recipe.clip_skip),
        "modelspec.title": recipe.name,
        "modelspec.trigger_phrase": recipe.trigger,
        "modelspec.description": recipe.description,
        "modelspec.architecture": "stable-diffusion-v1/lora",
        **licence,
    }


if __name__ == "__main__":
    from training.loracommand import main

    sys.exit(main())
