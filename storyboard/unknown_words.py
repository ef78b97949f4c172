"""Hints of words in prompts that the checkpoint does not know, at the places that say them.

Only where the checkpoint declares a vocabulary. Known besides are the words that the LoRAs in use
were trained with, the names of the embeddings in use, and what no author wrote: the default
`quality` and the checkpoint's own. Negative prompts are not judged: what they keep out may well be
unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from storyboard.casting import Cast
from storyboard.errors import Problems
from storyboard.jobs import PreviewJob
from storyboard.models.catalog import Entry
from storyboard.models.vocabulary import lora_words
from storyboard.nearest import nearest
from storyboard.prompting import Place, weights_here
from storyboard.prompts.words import all_words, prompt_words, words_in
from storyboard.settings import QUALITY, Drawing, level_of
from storyboard.story.model import Page, Panel
from storyboard.story.read import StoryFile
from storyboard.story.spots import Spots

_SHOWN = 8
_CLOSE = 0.8  # `coat` is not meant by `boat`
_MOST_SOUGHT = 100
"""So many distinct unknown words get a suggestion: a story in another language is told quickly."""


@dataclass(frozen=True, slots=True)
class _Source:
    """A text of the story that goes into a panel's prompt: what it is called, and its path."""

    called: str
    path: tuple[str | int, ...]
    text: str


class UnknownWords:
    """Looks through the prompts of one story's panels."""

    def __init__(self, file: StoryFile, cast: Cast, problems: Problems) -> None:
        self._file = file
        self._cast = cast
        self._problems = problems
        self._spots = Spots(file.marks)
        self._known: dict[tuple[str, ...], frozenset[str]] = {}
        self._nearest: dict[str, str | None] = {}
        self._words = lru_cache(maxsize=4096)(prompt_words)

    def look(
        self, where: Place, page: Page, panel: Panel, drawing: Drawing, job: PreviewJob
    ) -> None:
        """Notes a hint for each text that brings unknown words into the panel's prompt."""
        checkpoint = self._cast.entry
        if checkpoint is None or checkpoint.vocabulary is None:
            return
        known = self._known_to(checkpoint, job)
        unknown = [word for word in dict.fromkeys(self._words(job.prompt)) if word not in known]
        if unknown:
            sources = list(self._sources(where, page, panel, drawing))
            for said in _by_source(unknown, sources).values():
                self._hint(checkpoint, said)

    def _known_to(self, checkpoint: Entry, job: PreviewJob) -> frozenset[str]:
        """The checkpoint's words, and those of the files in use."""
        key = tuple(file.path for file in (*(a.file for a in job.adapters), *job.embeddings))
        if key not in self._known:
            words = all_words((QUALITY, checkpoint.settings.quality or ""))
            for one in job.adapters:
                words |= all_words(self._cast.entry_of(one.file).trigger_words)
                words |= lora_words(Path(one.file.path))
            names = all_words(file.name for file in job.embeddings)
            vocabulary = checkpoint.vocabulary.words if checkpoint.vocabulary else frozenset()
            self._known[key] = vocabulary | words | names
        return self._known[key]

    def _sources(
        self, where: Place, page: Page, panel: Panel, drawing: Drawing
    ) -> Iterator[_Source]:
        """The texts behind a prompt; the last, the panel itself, stands for all others."""
        story, here = self._file.story, f"panel {where.address}"
        yield _Source(here, (*where.path, "shot"), panel.shot)
        yield _Source(here, (*where.path, "scene"), panel.scene)
        for name in weights_here(panel.characters):
            if name in story.characters:
                path = ("characters", name, "prompt")
                yield _Source(f"character {name}", path, story.characters[name].prompt)
        for name in drawing.styles:
            if name in story.styles:
                yield _Source(
                    f"style {name}", ("styles", name, "prompt"), story.styles[name].prompt
                )
        for key, text in (("prompt", drawing.prompt), ("quality", drawing.quality)):
            level = level_of(key, story, page, panel)
            places = ((*where.path, key), ("pages", where.page, key), (key,))
            if level < len(places):
                yield _Source(f"the template `{key}`", places[level], text)
        yield _Source(here, where.path, "")

    def _hint(self, checkpoint: Entry, said: Sequence[tuple[_Source, str]]) -> None:
        source, first = said[0]
        words = [word for _, word in said]
        rest = f" and {len(words) - _SHOWN} more" if len(words) > _SHOWN else ""
        listed = ", ".join(f"`{word[:40]}`" for word in words[:_SHOWN]) + rest
        meant = [(word, self._meant(checkpoint, word)) for word in words[:_SHOWN]]
        tries = [f"`{better}` for `{word[:40]}`" for word, better in meant if better]
        advice = f"`storyboard models {checkpoint.name}` lists its words"
        self._problems.add(
            self._spots.of(source.path, first),
            f"{source.called}: {checkpoint.name} does not know {listed}",
            f"try {', '.join(tries)}; {advice}" if tries else advice,
            "hint",
        )

    def _meant(self, checkpoint: Entry, word: str) -> str | None:
        """The word of the vocabulary that is so like this one that it was probably meant."""
        if (
            word not in self._nearest
            and len(self._nearest) < _MOST_SOUGHT
            and checkpoint.vocabulary
        ):
            self._nearest[word] = nearest(word, checkpoint.vocabulary.words, _CLOSE)
        return self._nearest.get(word)


def _by_source(
    unknown: Sequence[str], sources: Sequence[_Source]
) -> dict[str, list[tuple[_Source, str]]]:
    """Each word with the first text that says it, grouped by what that is called."""
    said = [frozenset(words_in(source.text)) for source in sources]
    found: dict[str, list[tuple[_Source, str]]] = {}
    for word in unknown:
        place = next((n for n, words in enumerate(said) if word in words), len(sources) - 1)
        found.setdefault(sources[place].called, []).append((sources[place], word))
    return found
