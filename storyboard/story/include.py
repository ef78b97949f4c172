"""`include`: the files that a story builds on, merged into one tree that remembers every file.

A later file of a list wins over an earlier one, and the including file over both. Mappings are
merged key by key; everything else, lists and `pages` among it, is replaced.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path, PureWindowsPath

from storyboard.errors import Problem, ProblemsError
from storyboard.story.files import read_document
from storyboard.story.nodes import LIMITS, Entry, Limits, Mapping, Node, Scalar, Sequence
from storyboard.story.values import is_null

MOST_FILES = 64


@dataclass(frozen=True, slots=True)
class Tree:
    """A story's nodes, included files merged in.

    `files` are all that were read, the story itself first. `complete` is false where a file could
    not be read, so that names may be missing that are not.
    """

    root: Mapping
    files: tuple[Path, ...]
    problems: tuple[Problem, ...]
    complete: bool


def read_tree(path: Path) -> Tree:
    """Reads a story file and those that it includes.

    Raises `ProblemsError` where the story file itself cannot be read.
    """
    reader = _Reader(path.parent.resolve())
    root = reader.read(path, ())
    return Tree(root, tuple(reader.files), tuple(reader.problems), reader.complete)


def merged(base: Mapping, over: Mapping) -> Mapping:
    """Both mappings' keys; where both say something that is no mapping, `over` wins."""
    entries = dict(base.entries)
    for key, entry in over.entries.items():
        below = entries.get(key)
        if below and isinstance(below.value, Mapping) and isinstance(entry.value, Mapping):
            entries[key] = Entry(entry.key, merged(below.value, entry.value))
        else:
            entries[key] = entry
    return Mapping(entries, over.mark, over.flow)


@dataclass(slots=True)
class _Reader:
    """Reads files once each, all together within the limits of one file."""

    folder: Path
    files: list[Path] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    complete: bool = True
    limits: Limits = LIMITS
    done: dict[Path, Mapping] = field(default_factory=dict)

    def read(self, path: Path, within: tuple[Path, ...]) -> Mapping:
        """The file's mapping, merged over those of the files that it includes."""
        resolved = path.resolve()
        if resolved not in self.done:
            document = read_document(path, self.limits)
            self.limits = Limits(
                self.limits.bytes - document.bytes,
                self.limits.depth,
                self.limits.nodes - document.nodes,
            )
            self.files.append(path)
            self.problems.extend(document.problems)
            self.done[resolved] = self.included(document.root, path, (*within, resolved))
        return self.done[resolved]

    def included(self, root: Mapping, path: Path, within: tuple[Path, ...]) -> Mapping:
        """`root` over the files that it includes; only the story itself keeps the key."""
        entry = root.entries.get("include")
        base = Mapping({}, root.mark, root.flow)
        for name in self.names(entry.value, within) if entry else ():
            found = self.file(name, path, within)
            base = merged(base, found) if found else base
        own = {key: e for key, e in root.entries.items() if key != "include" or len(within) == 1}
        return merged(base, Mapping(own, root.mark, root.flow))

    def names(self, said: Node, within: tuple[Path, ...]) -> list[Scalar]:
        """The scalars among what `include` says; the model tells what else the story says."""
        if isinstance(said, Scalar) and is_null(said.text):
            return []
        nodes = said.items if isinstance(said, Sequence) else (said,)
        for node in nodes:
            if not isinstance(node, Scalar):
                self.complete = False
                if len(within) > 1:
                    self.problem(node, "`include` must be a file's name, or a list of files' names")
        return [node for node in nodes if isinstance(node, Scalar)]

    def file(self, name: Scalar, path: Path, within: tuple[Path, ...]) -> Mapping | None:
        """An included file's mapping, None after noting why there is none."""
        target = path.parent / name.text
        if not self.may_read(name, target):
            return None
        if target.resolve() in within:
            self.problem(name, f"`{name.text}` includes this file again, in a circle")
            return None
        if len(self.files) >= MOST_FILES:
            self.problem(name, f"a story is made of at most {MOST_FILES} files")
            return None
        try:
            return self.read(target, within)
        except ProblemsError as error:
            self.complete = False
            self.problems.extend(_at_include(problem, name) for problem in error.problems)
            return None

    def may_read(self, name: Scalar, target: Path) -> bool:
        """Whether `target` is at or under the story's folder, however it is written."""
        windows = PureWindowsPath(name.text)
        if "\\" in name.text or windows.drive or windows.root or Path(name.text).is_absolute():
            self.problem(name, "an included file is named from this file's folder, with /")
            return False
        try:
            inside = target.resolve().is_relative_to(self.folder)
        except (OSError, ValueError, RuntimeError):
            inside = False
        if not inside:
            self.problem(name, f"`{name.text}` lies outside of the story's folder")
        return inside

    def problem(self, node: Node, message: str) -> None:
        self.complete = False
        hint = "an included file stands in the story's folder or below it"
        self.problems.append(Problem(node.mark, message, hint))


def _at_include(problem: Problem, name: Scalar) -> Problem:
    """A file that cannot be read is a problem of the line that includes it."""
    if problem.mark.line:
        return problem
    return Problem(name.mark, f"`{name.text}`: {problem.message}", problem.hint)
