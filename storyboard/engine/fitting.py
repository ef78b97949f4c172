"""Whether a checkpoint's parts, each whole by itself, belong together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from torch import nn

from storyboard.engine.unet import Unet
from storyboard.engine.vae import Vae
from storyboard.engine.weights import config_of
from storyboard.errors import argument_error
from storyboard.prompts.tokenizer import ClipTokenizer


@dataclass(frozen=True, slots=True)
class Fit:
    """Two things said of two parts, which must be equal: `left` says `one`, `right` `other`."""

    left: str
    one: object
    right: str
    other: object


def check_fits(fits: Iterable[Fit], of: Path) -> None:
    """Raises ProblemsError, at the checkpoint `of`, for the first pair that is not equal."""
    for fit in fits:
        if fit.one != fit.other:
            raise argument_error(
                f"its parts do not belong together: {fit.left} {fit.one}, {fit.right} {fit.other}",
                file=str(of),
            )


def unet_fits(unet: Unet, vae: Vae, text_width: int) -> list[Fit]:
    """What a UNet takes and gives, and what it listens to."""
    config = unet.config
    return [
        Fit(
            "the UNet takes latents of channels", config.in_channels, "the VAE's have", vae.channels
        ),
        Fit("the UNet gives channels", config.out_channels, "it takes", config.in_channels),
        Fit("the UNet listens to width", config.cross_attention_dim, "text has", text_width),
    ]


def check_tokenizer(tokenizer: ClipTokenizer, text_model: nn.Module, of: Path) -> None:
    """Raises ProblemsError where a text encoder does not know what its tokenizer gives."""
    text = config_of(text_model)
    positions = text.max_position_embeddings
    check_fits([Fit("the tokenizer's chunks are", tokenizer.positions, "text's", positions)], of)
    if max(tokenizer.begin, tokenizer.end, tokenizer.pad) >= text.vocab_size:
        raise argument_error("its tokenizer knows more tokens than its text encoder", file=str(of))
