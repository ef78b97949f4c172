"""Warns where a prompt is so long that a phrase of it is cut between two chunks of tokens."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, lru_cache
from pathlib import Path

from storyboard.prompts.chunks import cut_phrases
from storyboard.prompts.tokenizer import ClipTokenizer


class Overflow:
    """Looks at prompts as one checkpoint's tokenizer reads them; each text is read once."""

    def __init__(self, tokenizer_folder: Path, embeddings: Mapping[str, int]) -> None:
        self._folder = tokenizer_folder
        self._embeddings = embeddings
        self.cuts = lru_cache(maxsize=4096)(self._cuts)

    @cached_property
    def _tokenizer(self) -> ClipTokenizer:
        return ClipTokenizer.load(self._folder)

    def _cuts(self, text: str) -> tuple[str, ...]:
        """A sentence for each phrase that is cut. Most prompts are far too short to ask."""
        if len(text) < 75:  # a token has at least one character
            return ()
        return tuple(
            f"the phrase `{before}|{after}` is cut by the end of 75 tokens"
            for before, after in cut_phrases(text, self._tokenizer, self._embeddings)
        )
