"""A story file becomes a story: files are read and merged, values decoded and checked."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import ValidationError

from storyboard.errors import Problem, ProblemsError
from storyboard.story.checks import story_problems
from storyboard.story.edits import Edits
from storyboard.story.include import read_tree
from storyboard.story.marks import Marks, plain
from storyboard.story.model import Story
from storyboard.story.problems import shape_problems, sorted_problems
from storyboard.story.sidefile import is_side_file, not_a_story
from storyboard.story.values import NAME_LIMIT, is_device, is_name

MOST_SHOWN = 200
MOST_SENTENCES = 400
"""A file of nothing but mistakes is told quickly; nobody reads more."""


@dataclass(frozen=True, slots=True)
class StoryFile:
    """A story with its file, where its values stand, the file's folder, and all files read.

    `files` begins with the story file itself; the included ones follow.
    """

    path: Path
    story: Story
    marks: Marks
    directory: Path
    files: tuple[Path, ...]

    @property
    def name(self) -> str:
        """The output folder's name: the story's own, or one made from the file's name."""
        return self.story.name or name_from(self.path.stem)


def read_story(path: Path) -> StoryFile:
    """Reads a story and the files that it includes.

    Raises `ProblemsError` with every problem, by file and line.
    """
    file, problems = examine_story(path)
    if problems:
        raise ProblemsError(problems)
    return file


def examine_story(path: Path, edits: Iterable[Edits] = ()) -> tuple[StoryFile, Sequence[Problem]]:
    """A story whose form is right, with what else is wrong with it: names that nobody has, say.
    With `edits`, as if they stood in the file.

    It can be examined further, so that its author sees all problems together. Raises
    `ProblemsError` with every problem where the form is wrong.
    """
    tree = read_tree(path)
    if is_side_file(tree.root):
        raise ProblemsError([not_a_story(path, tree.root.mark)])
    for one in edits:
        tree = replace(tree, root=one.applied(tree.root))
    marks = Marks(tree.root)
    problems: list[Problem] = [*tree.problems, *story_problems(tree.root, tree.complete)]
    try:
        story = Story.model_validate(plain(tree.root))
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        problems.extend(shape_problems(details[:MOST_SENTENCES], marks))
        raise ProblemsError(sorted_problems(problems, MOST_SHOWN)) from None
    file = StoryFile(path, story, marks, path.parent, tree.files)
    if tree.problems:
        raise ProblemsError(sorted_problems(problems, MOST_SHOWN))
    return file, sorted_problems(problems, MOST_SHOWN)


def name_from(stem: str) -> str:
    """A valid name from a file's: what a name cannot have becomes `-`."""
    signs = [
        sign if sign in "_-" or is_name(sign) else "-"
        for sign in unicodedata.normalize("NFC", stem)
    ]
    name = re.sub("-{2,}", "-", "".join(signs)).strip("-")[:NAME_LIMIT]
    if not is_name(name):
        return "story"
    return f"{name}-story" if is_device(name) else name
