"""Which files a story is made of, told from its text alone, so that a broken story has them too.

Those that are named and not there yet are among them: they may come.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from storyboard.errors import ProblemsError
from storyboard.prompts.wildcard_files import FOLDER, WildcardFiles
from storyboard.prompts.wildcards import WildcardProblem, names_in
from storyboard.story.files import read_document
from storyboard.story.include import MOST_FILES
from storyboard.story.nodes import Mapping, Node, Scalar

TAKES = ".takes.yaml"
"""How the name of the file ends that holds a story's picks; it lies beside the story."""
_PICTURES = frozenset({"art", "init", "mask"})
"""The keys under which a panel names a picture of the author's own."""


def parts_of(story: Path, wildcards: WildcardFiles) -> tuple[Path, ...]:
    """The story's file, then those that it includes, its takes file, pictures and wildcard files.

    What lies outside of the story's folder, where `include` and `art` may not lead, is left out.
    Of a file that is no YAML only itself is known: until it is mended nothing else counts.
    """
    finder = _Finder(story, wildcards)
    finder.read(story)
    return tuple(finder.found)


class _Finder:
    def __init__(self, story: Path, wildcards: WildcardFiles) -> None:
        self.found: dict[Path, None] = {}
        self._folder = story.parent
        self._wildcards = wildcards
        self._read: set[Path] = set()
        self._names: set[str] = set()

    def read(self, path: Path) -> None:
        """Adds a file of YAML, and what it names."""
        if (real := path.resolve()) in self._read or len(self._read) >= MOST_FILES:
            return
        self._read.add(real)
        self.found[path] = None
        try:
            root = read_document(path).root
        except ProblemsError:
            return
        if len(self._read) == 1:
            self._add_takes(path, root)
        if (entry := root.entries.get("include")) is not None:
            for name in _texts(entry.value):
                if self._is_inside(path.parent / name):
                    self.read(path.parent / name)
        self._look_into(root)

    def _add_takes(self, path: Path, root: Mapping) -> None:
        entry = root.entries.get("name")
        named = [entry.value.text] if entry and isinstance(entry.value, Scalar) else []
        for name in (path.stem, *named):
            self._add(self._folder / f"{name}{TAKES}")

    def _look_into(self, node: Node) -> None:
        """Adds the pictures that a part of a document names, and the wildcard files."""
        if isinstance(node, Scalar):
            self._add_wildcards(node.text)
        elif isinstance(node, Mapping):
            for key, entry in node.entries.items():
                if key in _PICTURES and isinstance(entry.value, Scalar):
                    self._add(self._folder / entry.value.text)
                self._look_into(entry.value)
        else:
            for item in node.items:
                self._look_into(item)

    def _add_wildcards(self, text: str) -> None:
        """Adds the files that a text names, and those that they name."""
        waiting = [text] if "__" in text else []
        while waiting:
            for name in names_in(waiting.pop()):
                if name not in self._names:
                    self._names.add(name)
                    waiting += self._options(name)

    def _options(self, name: str) -> Iterator[str]:
        try:
            self.found[self._wildcards.file(name)] = None
            yield from (one.text for one in self._wildcards.options(name) if "__" in one.text)
        except WildcardProblem:
            self._add(self._folder / FOLDER / f"{name}.txt")

    def _add(self, path: Path) -> None:
        if self._is_inside(path):
            self.found[path] = None

    def _is_inside(self, path: Path) -> bool:
        try:
            return path.resolve().is_relative_to(self._folder.resolve())
        except (OSError, ValueError, RuntimeError):  # a link in a circle, a zero byte
            return False


def _texts(node: Node) -> Iterator[str]:
    """A text, or each of a list of texts."""
    if isinstance(node, Scalar):
        yield node.text
    elif not isinstance(node, Mapping):
        yield from (item.text for item in node.items if isinstance(item, Scalar))
