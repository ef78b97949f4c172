"""Short ways to train on a tiny model in tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from training.album import Example, Fitting, read_album
from training.checkpoint import Checkpoint, load
from training.lora import Manner, train_lora
from training.recipe import Recipe

RECIPE = Recipe(
    "mei", "mei", "Mei in her coat.", steps=12, batch=2, rate=4e-2, text_rate=1e-2, rank=4, alpha=2
)


@dataclass
class Heard:
    """What was told while training."""

    sentences: list[str] = field(default_factory=list)

    def losses(self) -> tuple[float, float]:
        """The loss on the pictures before and after, as the last sentence says it."""
        words = self.sentences[-1].split()
        return float(words[words.index("before,") - 1]), float(words[words.index("now") - 1])


def examples(checkpoint: Checkpoint, album: Path) -> list[Example]:
    """The folder's pictures as that model takes them."""
    fitting = Fitting(checkpoint.native_pixels, checkpoint.multiple)
    return read_album(album, "mei", fitting, tell=lambda _: None)


def train(
    model: Path,
    album: Path,
    out: Path,
    recipe: Recipe = RECIPE,
    save_every: float = 1e9,
    fresh: bool = False,
) -> Heard:
    """Trains in float32, as users do but for the numbers; returns what was told."""
    heard = Heard()
    checkpoint = load(model)
    manner = Manner(narrow=False, save_every=save_every, fresh=fresh, tell=heard.sentences.append)
    out.parent.mkdir(parents=True, exist_ok=True)
    train_lora(checkpoint, examples(checkpoint, album), recipe, out, manner)
    return heard
