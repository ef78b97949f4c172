"""A story in one of its languages: its words, its title, and the names of its files."""

from __future__ import annotations

from dataclasses import dataclass

from storyboard.errors import Problem
from storyboard.export.book import Book
from storyboard.prompting import weights_here
from storyboard.story.read import StoryFile
from storyboard.translation import translated


@dataclass(frozen=True, slots=True)
class Edition:
    """`file` has the language's words in the place of the story's own; `suffix` is what its files
    are called by, empty for the story's own language."""

    file: StoryFile
    language: str
    suffix: str
    warnings: tuple[Problem, ...] = ()

    @property
    def book(self) -> Book:
        """The book as exports tell of it."""
        story = self.file.story
        named = (
            name
            for page in story.pages
            for panel in (page.panels.values() if isinstance(page.panels, dict) else page.panels)
            for name in weights_here(panel.characters)
        )
        return Book(
            story.title, story.author, self.language, story.reading, tuple(dict.fromkeys(named))
        )


def edition(file: StoryFile, language: str | None = None) -> Edition:
    """The story in a language, its own where none is named; with what is missing as warnings.

    Raises `ProblemsError` where the language's side file is wrong.
    """
    if language is None or language == file.story.language:
        return Edition(file, file.story.language, "")
    found, warnings = translated(file, language)
    return Edition(found, language, f".{language}", warnings)
