"""A side file: a story's words in another language, as its translator writes them.

It lies beside the story, `rain.zh.yaml` beside `rain.yaml`, and has for each panel, by its address,
the words in the order in which the story has them:

    title: 雨
    panels:
      1.face:
        caption: 下雨了。
        balloons:
          - 只是下雨。
        sfx:
          - 滴答
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from storyboard.errors import Mark, Problem, Problems
from storyboard.languages import is_language
from storyboard.nearest import did_you_mean
from storyboard.story.files import read_document
from storyboard.story.nodes import Mapping as Tree
from storyboard.story.nodes import Node, Scalar, Sequence
from storyboard.story.problems import shown
from storyboard.story.syntax import shortened
from storyboard.story.values import is_null

_TOP = ("title", "panels")
_OF_A_PANEL = ("caption", "balloons", "sfx")
_NO_LANGUAGE = "takes"
"""`rain.takes.yaml` is another file of a story's."""


@dataclass(frozen=True, slots=True)
class Words:
    """Texts of one kind in a panel, "" where one is not translated, and where they stand."""

    texts: tuple[str, ...]
    mark: Mark


@dataclass(frozen=True, slots=True)
class PanelTexts:
    """A panel's words by kind (`caption`, `balloons`, `sfx`); a kind that is not said is left
    out."""

    mark: Mark
    words: Mapping[str, Words]


@dataclass(frozen=True, slots=True)
class SideFile:
    """The title, "" where it is not translated, and the panels by address."""

    path: Path
    title: str
    panels: Mapping[str, PanelTexts]


def side_path(story: Path, language: str) -> Path:
    """Where a story's words in a language are: beside it."""
    return story.with_name(f"{story.stem}.{language}.yaml")


def side_files(story: Path) -> dict[str, Path]:
    """The side files that lie beside a story, by language."""
    found = {}
    for path in sorted(story.parent.glob("*.yaml")):
        language = path.name[len(story.stem) + 1 : -len(".yaml")]
        beside = path == side_path(story, language) and is_language(language)
        if beside and language != _NO_LANGUAGE:
            found[language] = path
    return found


def is_side_file(root: Tree) -> bool:
    """Whether a document is a story's words rather than a story."""
    return "panels" in root.entries and "pages" not in root.entries


def not_a_story(path: Path, mark: Mark) -> Problem:
    """That somebody took a side file for a story."""
    story = re.sub(r"\.[^.]+(?=\.[^.]+$)", "", path.name)
    hint = f"name the story itself, such as {story}, and its language: --language"
    return Problem(mark, "this is a story's words in another language, not a story", hint)


def read_side_file(path: Path) -> SideFile:
    """The words in a file. Raises `ProblemsError` with everything that is wrong with its form."""
    document = read_document(path)
    reader = _Reader(Problems(document.problems))
    root = document.root
    reader.check_keys(root, _TOP, "a side file")
    title = root.entries.get("title")
    panels = root.entries.get("panels")
    found = SideFile(
        path,
        reader.text(title.value, "`title`") if title else "",
        reader.panels(panels.value) if panels else {},
    )
    reader.problems.raise_errors()
    return found


@dataclass(frozen=True, slots=True)
class _Reader:
    problems: Problems

    def panels(self, node: Node) -> dict[str, PanelTexts]:
        if isinstance(node, Scalar) and is_null(node.text):
            return {}
        if not isinstance(node, Tree):
            self._wrong(node, "`panels`", "a mapping from panels' addresses to their words")
            return {}
        return {
            address: self.panel(address, entry.value, entry.key.mark)
            for address, entry in node.entries.items()
        }

    def panel(self, address: str, node: Node, mark: Mark) -> PanelTexts:
        if isinstance(node, Scalar) and is_null(node.text):
            return PanelTexts(mark, {})
        if not isinstance(node, Tree):
            form = "a mapping with `caption`, `balloons`, `sfx`"
            self._wrong(node, f"`{shortened(address)}`", form)
            return PanelTexts(mark, {})
        self.check_keys(node, _OF_A_PANEL, "a panel's words")
        words = {
            kind: Words(self.texts(entry.value, kind), entry.key.mark)
            for kind, entry in node.entries.items()
            if kind in _OF_A_PANEL
        }
        return PanelTexts(mark, words)

    def texts(self, node: Node, kind: str) -> tuple[str, ...]:
        items = node.items if isinstance(node, Sequence) else (node,)
        return tuple(self.text(item, f"`{kind}`") for item in items)

    def text(self, node: Node, called: str) -> str:
        if isinstance(node, Scalar):
            return "" if is_null(node.text) else str(node.text)
        self._wrong(node, called, "text")
        return ""

    def check_keys(self, node: Tree, known: tuple[str, ...], called: str) -> None:
        for key, entry in node.entries.items():
            if key not in known:
                hint = did_you_mean(key, known) or f"{called} has {', '.join(known)}"
                self.problems.add(entry.key.mark, f"unknown key `{shortened(key)}`", hint)

    def _wrong(self, node: Node, called: str, form: str) -> None:
        self.problems.add(node.mark, f"{called} must be {form}, not {shown(node)}")
