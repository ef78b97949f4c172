"""What a checkpoint's tokenizer makes of prompts: how many tokens they have, chunk by chunk, where
a phrase is cut between two chunks, and which embeddings they name."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from functools import cached_property, lru_cache
from pathlib import Path

from storyboard.jobs import PreviewJob
from storyboard.models.describe import describe
from storyboard.models.entries import Kind
from storyboard.prompts.attention import parse_between_breaks
from storyboard.prompts.chunks import chunks, cut_phrases, token_counts
from storyboard.prompts.conjunction import subprompts, texts_of
from storyboard.prompts.schedule import texts_by_step
from storyboard.prompts.tokenizer import ClipTokenizer

_MOST_VECTORS = 75  # an embedding of more is a problem of its own

_SURELY_WHOLE = 70
"""A text of fewer tokens, its brackets and weights counted as if they were said, has one chunk."""

Counts = tuple[int, ...]
"""How many of each chunk's 75 tokens a text uses."""


class Overflow:
    """Looks at prompts as one checkpoint's tokenizer reads them; each text is read once.

    `embeddings` is how many vectors stand for each name.
    """

    def __init__(self, tokenizer_folder: Path, embeddings: Mapping[str, int]) -> None:
        self._folder = tokenizer_folder
        self._embeddings = {name: n for name, n in embeddings.items() if 0 < n <= _MOST_VECTORS}
        self._names = {name: _letters(name) for name in embeddings}
        self._named = lru_cache(maxsize=4096)(self._named_in)
        self._cuts = lru_cache(maxsize=4096)(self._cuts_of)
        self._counts = lru_cache(maxsize=4096)(self._counts_of)
        self._tokens_in = lru_cache(maxsize=65_536)(self._tokens_of)

    @classmethod
    def of_job(cls, job: PreviewJob) -> Overflow | None:
        """For a panel's prompts; None where the checkpoint's tokenizer is not known."""
        file = job.checkpoint.file
        folder = describe(Kind.CHECKPOINT, file.name, Path(file.path)).tokenizer_folder
        vectors = {
            one.name: describe(Kind.EMBEDDING, one.name, Path(one.path)).vectors
            for one in job.embeddings
        }
        return cls(folder, vectors) if folder else None

    def cuts(self, prompt: str, steps: int) -> tuple[str, ...]:
        """A sentence for each phrase that is cut, whatever the prompt is at a step."""
        found = (cut for text in texts_of(prompt, steps) for cut in self._cuts(text))
        return tuple(dict.fromkeys(found))

    def named(self, prompt: str, steps: int) -> frozenset[str]:
        """The embeddings whose names stand in a prompt at one of its steps, as the engine will find
        them: by their tokens. Those with too many vectors, or none, are found too."""
        return frozenset(name for text in texts_of(prompt, steps) for name in self._named(text))

    def prompt_counts(self, prompt: str, steps: int) -> tuple[Counts, ...]:
        """Of each part that `AND` joins; where it changes by step, of its longest text."""
        return tuple(self.negative_counts(part.text, steps) for part in subprompts(prompt))

    def negative_counts(self, negative: str, steps: int) -> Counts:
        """Of the longest text where it changes by step."""
        return _longest(self._counts(text) for text in texts_by_step(negative, steps))

    @cached_property
    def _tokenizer(self) -> ClipTokenizer:
        return ClipTokenizer.load(self._folder)

    def _named_in(self, text: str) -> frozenset[str]:
        """Most prompts name none, and their letters tell it sooner than a tokenizer."""
        phrases = (phrase for part in parse_between_breaks(text) for phrase, _ in part)
        letters = _letters("".join(phrases))
        if not any(name in letters for name in self._names.values()):
            return frozenset()
        made = chunks(text, self._tokenizer, dict.fromkeys(self._names, 1))
        return frozenset(fix.name for chunk in made for fix in chunk.fixes)

    def _tokens_of(self, word: str) -> int:
        return len(self._tokenizer.ids(word))

    def _counts_of(self, text: str) -> Counts:
        return tuple(token_counts(text, self._tokenizer, self._embeddings))

    def _cuts_of(self, text: str) -> tuple[str, ...]:
        """Most prompts are far too short to ask."""
        if not self._embeddings and sum(map(self._tokens_in, text.split())) < _SURELY_WHOLE:
            return ()
        return tuple(
            f"the phrase `{before}|{after}` is cut by the end of 75 tokens"
            for before, after in cut_phrases(text, self._tokenizer, self._embeddings)
        )


def _letters(text: str) -> str:
    """What the tokenizer sees of a text, without its white space."""
    return "".join(unicodedata.normalize("NFC", text).lower().split())


def _longest(counts: Iterable[Counts]) -> Counts:
    return max(counts, key=lambda one: (len(one), sum(one)))
