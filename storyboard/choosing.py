"""Wildcards of a story's panels: which words a prompt gets, and where one is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from storyboard.errors import Mark, Problems
from storyboard.prompts.wildcards import MOST_TEXT, Library, Stream, WildcardProblem, fill
from storyboard.story.model import Appearance, Page, Panel
from storyboard.story.read import StoryFile
from storyboard.story.spots import Spots

if TYPE_CHECKING:
    from storyboard.prompting import Place

StoryPath = tuple[str | int, ...]
_Key = Literal["prompt", "negative"]


class Choosing:
    """Chooses the words of one story's panels."""

    def __init__(self, file: StoryFile, library: Library, problems: Problems) -> None:
        self._file = file
        self._library = library
        self._problems = problems
        self._spots = Spots(file.marks)

    def chosen(
        self, text: str, stream: Stream, seed: int, where: Place, page: Page, panel: Panel
    ) -> str | None:
        """The text with its wildcards chosen; None after noting what is wrong with one, or that the
        text is too long."""
        try:
            if len(text) > MOST_TEXT:  # joined of many, each of which may be as long as that
                raise WildcardProblem(f"a prompt has at most {MOST_TEXT:,} characters")
            return fill(text, seed, stream, self._library)
        except WildcardProblem as problem:
            mark = self._mark(problem.source, where, page, panel)
            message = f"panel {where.address}: {stream}: {problem.message}"
            self._problems.add(mark, message, problem.hint)
            return None

    def _mark(self, source: str, where: Place, page: Page, panel: Panel) -> Mark:
        """Where the story says it: in the panel, in what the panel is made of, or in a template."""
        for path, text in self._texts(where, page, panel):
            if source and source in text:
                return self._spots.of(path, source)
        return self._file.marks.at((*where.path, "scene"))

    def _texts(self, where: Place, page: Page, panel: Panel) -> Iterator[tuple[StoryPath, str]]:
        story = self._file.story
        yield (*where.path, "scene"), panel.scene
        yield (*where.path, "shot"), panel.shot
        who = {one.who if isinstance(one, Appearance) else one for one in panel.characters}
        for name, character in story.characters.items():
            if name in who:
                yield ("characters", name, "prompt"), character.prompt
                yield ("characters", name, "negative"), character.negative
        for name, style in story.styles.items():
            yield ("styles", name, "prompt"), style.prompt
            yield ("styles", name, "negative"), style.negative
        levels = ((where.path, panel), (("pages", where.page), page), ((), story))
        for path, level in levels:
            for key in ("prompt", "negative", "quality"):
                yield (*path, key), getattr(level, key) or ""
            for key in ("prompt", "negative"):
                yield (*path, "final", key), getattr(level.final, key, None) or ""
