"""Whether the tokenizers of a diffusers folder can be read, and fit its text encoders."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from storyboard.errors import ProblemsError
from storyboard.models.entries import Family
from storyboard.models.layouts import Component, Layout
from storyboard.models.layouts.specifications import Config
from storyboard.models.remembered import state_of
from storyboard.models.side_files import plain_text
from storyboard.prompts.tokenizer import ClipTokenizer

_TOKENIZERS: dict[Family, dict[str, Component]] = {
    "sd15": {"tokenizer": "text_encoder"},
    "sdxl": {"tokenizer": "text_encoder", "tokenizer_2": "text_encoder_2"},
}


def tokenizer_problems(checkpoint: Path, layout: Layout) -> Iterator[str]:
    """What is wrong with a folder's tokenizers, as sentences; `layout` is the folder's."""
    for name, component in _TOKENIZERS[layout.family].items():
        folder = checkpoint / name
        if not folder.is_dir():
            yield f"its part {name}/ is missing"
            continue
        found = _load(folder)
        if isinstance(found, str):
            yield f"its part {name}/: {found}"
        elif component in layout.parts:
            yield from _misfits(name, found, layout.parts[component].config)


def _misfits(name: str, tokenizer: ClipTokenizer, text_encoder: Config) -> Iterator[str]:
    positions = text_encoder.get("max_position_embeddings", tokenizer.positions)
    if tokenizer.positions != positions:
        yield (
            f"its part {name}/ makes chunks of {tokenizer.positions} tokens, its text encoder "
            f"takes {positions}"
        )
    known = text_encoder.get("vocab_size")
    if isinstance(known, int) and max(tokenizer.begin, tokenizer.end) >= known:
        yield f"its part {name}/ knows more tokens than its text encoder"


def _load(folder: Path) -> ClipTokenizer | str:
    """The tokenizer, or why it cannot be read."""
    try:
        states = tuple(state_of(file) for file in sorted(folder.iterdir()))
    except OSError as error:
        return f"cannot be read: {error.strerror or error}"
    return _loaded(folder, states)


@lru_cache(maxsize=4)  # it is asked for again and again, and takes a while to build
def _loaded(folder: Path, states: tuple[str, ...]) -> ClipTokenizer | str:
    try:
        return ClipTokenizer.load(folder)
    except ProblemsError as error:
        return plain_text(error.problems[0].message)
