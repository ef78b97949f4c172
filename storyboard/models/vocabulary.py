"""The words that a checkpoint knows, where it says so, and those that a LoRA was trained with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from storyboard.models.header import ModelFileProblem, read_header
from storyboard.models.side_files import plain_text
from storyboard.prompts.words import all_words

_MOST_GROUPS = 64
_MOST_PHRASES = 5_000
_LONGEST = 100


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Phrases in named groups, in the order in which the checkpoint tells them."""

    groups: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def words(self) -> frozenset[str]:
        """Every word of every phrase, in lower case."""
        return _words(self.groups)

    def as_document(self) -> dict[str, list[str]]:
        """As it stands in a `storyboard.json`."""
        return {name: list(phrases) for name, phrases in self.groups}


def read_vocabulary(said: object) -> Vocabulary | None:
    """The `vocabulary` of a `storyboard.json`; None where nothing is said.

    Raises ValueError, in words that go on after the file's name, for anything but a mapping from
    groups to lists of phrases.
    """
    if said is None:
        return None
    if not isinstance(said, dict) or len(said) > _MOST_GROUPS:
        raise ValueError("its `vocabulary` must be a mapping from groups to lists of words")
    if sum(len(phrases) for phrases in said.values() if isinstance(phrases, list)) > _MOST_PHRASES:
        raise ValueError(f"its `vocabulary` has over {_MOST_PHRASES:,} entries")
    return Vocabulary(tuple((plain_text(name), _phrases(name, said[name])) for name in said))


def lora_words(path: Path) -> frozenset[str]:
    """The words of a LoRA's captions, as kohya's trainer counts them in the file's metadata.

    Empty where the metadata do not tell, or make no sense: they are a stranger's.
    """
    try:
        counted = json.loads(read_header(path).metadata.get("ss_tag_frequency", "{}"))
    except (ModelFileProblem, ValueError, RecursionError):
        return frozenset()
    return all_words(_tags(counted))


def _phrases(name: str, said: object) -> tuple[str, ...]:
    if not isinstance(said, list) or not all(
        isinstance(phrase, str) and len(phrase) <= _LONGEST for phrase in said
    ):
        raise ValueError(
            f"its `vocabulary` has no list of words of at most {_LONGEST} letters under "
            f"{plain_text(name)[:40]!r}"
        )
    return tuple(plain_text(phrase) for phrase in said)


def _tags(counted: object) -> Iterator[str]:
    """By folder of pictures, each tag with how often it is there."""
    for tags in counted.values() if isinstance(counted, dict) else ():
        yield from tags if isinstance(tags, dict) else ()


@lru_cache(maxsize=8)
def _words(groups: tuple[tuple[str, tuple[str, ...]], ...]) -> frozenset[str]:
    return all_words(phrase for _, phrases in groups for phrase in phrases)
