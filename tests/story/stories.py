"""Stories to read, and a short way to write one down and read it."""

from __future__ import annotations

import os
from pathlib import Path

from storyboard.errors import ProblemsError
from storyboard.story.read import StoryFile, read_story

EXAMPLE = Path(__file__).parent / "data" / "lantern-keeper.yaml"
"""The example of the format's design; it includes cast.yaml beside it."""

SMALL = "title: T\npages:\n  - panels:\n      a:\n        "
"""A story with one panel; what is written next is the panel's first key."""


def read(folder: Path, text: str, name: str = "story.yaml") -> StoryFile:
    """Writes a story down and reads it."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return read_story(path)


def problems(folder: Path, text: str | bytes) -> list[str]:
    """What is wrong with a story, without the folder's name."""
    path = folder / "story.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    try:
        read_story(path)
    except ProblemsError as error:
        return [str(problem).replace(f"{folder}{os.sep}", "") for problem in error.problems]
    return []
