"""A prompt as the text encoder takes it: chunks of 77 weighted tokens, as the WebUI makes them.

A chunk is the begin token, 75 of the prompt's, and the end token; a short one is filled up with end
tokens. A chunk that is full in the middle of a phrase gives back what stands behind its last comma,
if that comma is one of the last 20 tokens, and the next chunk starts with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from storyboard.prompts.attention import parse_between_breaks
from storyboard.prompts.borrowed import Borrowed, Tokens, TransformersTokenizer
from storyboard.prompts.tokenizer import ClipTokenizer

COMMA_BACKTRACK = 20
_PLACEHOLDER = 0


class Fix(NamedTuple):
    """At `position` (0 to 76) of its chunk stands vector number `vector` of embedding `name`."""

    position: int
    name: str
    vector: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """77 token ids and their weights, begin and end tokens included; as a sequence, the pairs.

    `fixes` tells which positions hold an embedding's vector instead of a token (their id is 0).
    `used` counts the prompt's own tokens, at most 75; `cut` tells that a phrase goes on in the
    next chunk.
    """

    tokens: tuple[int, ...]
    weights: tuple[float, ...]
    fixes: tuple[Fix, ...] = ()
    used: int = 0
    cut: bool = False

    def __iter__(self) -> Iterator[tuple[int, float]]:
        return zip(self.tokens, self.weights, strict=True)

    def __len__(self) -> int:
        return len(self.tokens)

    def __getitem__(self, position: int) -> tuple[int, float]:
        return self.tokens[position], self.weights[position]


def chunks(
    text: str,
    tokenizer: ClipTokenizer | TransformersTokenizer,
    embeddings: Mapping[str, int] | None = None,
) -> list[Chunk]:
    """The prompt's chunks, at least one; `BREAK` starts a new one, inside brackets too.

    `text` has no LoRA tags any more. `tokenizer` is ours, or transformers' CLIPTokenizer.
    `embeddings` maps an embedding's name (its case does not
    matter) to its number of vectors: the name stands for them, whole, in one chunk. Raises
    ValueError where an embedding has no vector, or more than a chunk holds.
    """
    tokens = tokenizer if isinstance(tokenizer, ClipTokenizer) else Borrowed.of(tokenizer)
    names = _names(tokens, tuple((embeddings or {}).items()))
    writer = _Writer(tokens)
    for number, phrases in enumerate(parse_between_breaks(text)):
        if number:
            writer.close()
        for phrase, weight in phrases:
            for word in _words(tokens.ids(phrase), names):
                writer.write(word, weight)
    return writer.finish()


def equal_lengths(
    first: Sequence[Chunk], second: Sequence[Chunk], tokenizer: ClipTokenizer
) -> tuple[list[Chunk], list[Chunk]]:
    """Prompt and negative prompt, the shorter one lengthened with empty chunks."""
    count = max(len(first), len(second))
    empty = chunks("", tokenizer)
    return (
        [*first, *empty * (count - len(first))],
        [*second, *empty * (count - len(second))],
    )


def token_counts(
    text: str, tokenizer: ClipTokenizer, embeddings: Mapping[str, int] | None = None
) -> list[int]:
    """How many of each chunk's 75 tokens the prompt uses."""
    return [chunk.used for chunk in chunks(text, tokenizer, embeddings)]


def cut_phrases(
    text: str, tokenizer: ClipTokenizer, embeddings: Mapping[str, int] | None = None
) -> list[tuple[str, str]]:
    """The phrases that a chunk's end cuts in two, each as its two halves, as tokens read."""
    made = chunks(text, tokenizer, embeddings)
    return [
        (_last_phrase(chunk, tokenizer), _first_phrase(following, tokenizer))
        for chunk, following in pairwise(made)
        if chunk.cut
    ]


@dataclass(frozen=True, slots=True)
class _Word:
    """What must stand in one chunk: a token, or an embedding's vectors."""

    first_token: int
    length: int = 1
    embedding: str | None = None


_Names = Mapping[int, Sequence[tuple[list[int], str, int]]]


@lru_cache(maxsize=16)  # a story's prompts are all cut up with the same embeddings
def _names(tokenizer: Tokens, embeddings: tuple[tuple[str, int], ...]) -> _Names:
    """The embeddings' names as token ids, by their first one, the longest first."""
    room = tokenizer.positions - 2
    names: dict[int, list[tuple[list[int], str, int]]] = {}
    for name, vectors in embeddings:
        if not 1 <= vectors <= room:
            raise ValueError(f"embedding '{name}' has {vectors} vectors, not 1 to {room}")
        ids = tokenizer.ids(name)
        if ids:
            names.setdefault(ids[0], []).append((ids, name, vectors))
    for same_start in names.values():
        same_start.sort(key=lambda entry: len(entry[0]), reverse=True)
    return names


def _words(ids: list[int], names: _Names) -> Iterator[_Word]:
    position = 0
    while position < len(ids):
        for name_ids, name, vectors in names.get(ids[position], ()):
            if ids[position : position + len(name_ids)] == name_ids:
                yield _Word(ids[position], vectors, name)
                position += len(name_ids)
                break
        else:
            yield _Word(ids[position])
            position += 1


@dataclass(slots=True)
class _Writer:
    """The chunk being filled, and those that are done. `comma` is the last comma's place in it."""

    tokenizer: Tokens
    done: list[Chunk] = field(default_factory=list)
    tokens: list[int] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    fixes: list[Fix] = field(default_factory=list)
    comma: int | None = None

    def write(self, word: _Word, weight: float) -> None:
        """Adds a word, in the next chunk if this one has no room for it."""
        is_comma = word.first_token == self.tokenizer.comma
        if is_comma:
            self.comma = len(self.tokens)
        elif self._is_full():
            self._move_phrase_on()
        if self._is_full():
            # A comma that is moved on is not remembered, as in the WebUI: `close` forgets it.
            self.close(cut=not is_comma)
        if len(self.tokens) + word.length > self._room:
            self.close(cut=self.tokens[-1] != self.tokenizer.comma)
        self._append(word, weight)

    def close(self, cut: bool = False) -> None:
        """Ends the present chunk, even an empty one."""
        used = len(self.tokens)
        tokens = [self.tokenizer.begin, *self.tokens, self.tokenizer.end]
        missing = self._room - used
        self.done.append(
            Chunk(
                tokens=(*tokens, *[self.tokenizer.pad] * missing),
                weights=(1.0, *self.weights, *[1.0] * (missing + 1)),
                fixes=tuple(self.fixes),
                used=used,
                cut=cut,
            )
        )
        self.tokens, self.weights, self.fixes, self.comma = [], [], [], None

    def finish(self) -> list[Chunk]:
        """Ends the last chunk, if there is something in it."""
        if self.tokens or not self.done:
            self.close()
        return self.done

    @property
    def _room(self) -> int:
        return self.tokenizer.positions - 2

    def _is_full(self) -> bool:
        return len(self.tokens) == self._room

    def _append(self, word: _Word, weight: float) -> None:
        if word.embedding is None:
            self.tokens.append(word.first_token)
        else:
            start = len(self.tokens) + 1  # the begin token is the chunk's first
            self.fixes += [Fix(start + i, word.embedding, i) for i in range(word.length)]
            self.tokens += [_PLACEHOLDER] * word.length
        self.weights += [weight] * word.length

    def _move_phrase_on(self) -> None:
        """Ends the chunk behind its last comma, if that is near, and starts the next with the rest.

        An embedding's vectors move with their phrase.
        """
        if self.comma is None or len(self.tokens) - self.comma > COMMA_BACKTRACK:
            return
        kept = self.comma + 1
        tokens, weights = self.tokens[kept:], self.weights[kept:]
        fixes = [fix for fix in self.fixes if fix.position > kept]
        del self.tokens[kept:], self.weights[kept:]
        self.fixes = [fix for fix in self.fixes if fix.position <= kept]
        self.close()
        self.tokens, self.weights = tokens, weights
        self.fixes = [fix._replace(position=fix.position - kept) for fix in fixes]


def _last_phrase(chunk: Chunk, tokenizer: ClipTokenizer) -> str:
    words = chunk.tokens[1 : chunk.used + 1]
    commas = [place for place, token in enumerate(words) if token == tokenizer.comma]
    return _read(chunk, commas[-1] + 2 if commas else 1, chunk.used + 1, tokenizer)


def _first_phrase(chunk: Chunk, tokenizer: ClipTokenizer) -> str:
    words = chunk.tokens[1 : chunk.used + 1]
    comma = tokenizer.comma
    stop = words.index(comma) + 1 if comma is not None and comma in words else chunk.used + 1
    return _read(chunk, 1, stop, tokenizer)


def _read(chunk: Chunk, start: int, stop: int, tokenizer: ClipTokenizer) -> str:
    """The chunk's positions from `start` up to `stop` as text, embeddings by their names."""
    inside = [fix for fix in chunk.fixes if start <= fix.position < stop]
    texts = []
    for fix in inside:
        if fix.position > start:
            texts.append(tokenizer.decode(chunk.tokens[start : fix.position]))
        if fix.vector == 0:
            texts.append(fix.name)
        start = fix.position + 1
    texts.append(tokenizer.decode(chunk.tokens[start:stop]))
    return " ".join(text for text in texts if text)
