"""Where exactly a word of a text stands in the author's file: marks know only where texts begin."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from pathlib import Path

from storyboard.errors import Mark, ProblemsError
from storyboard.story.files import read_text
from storyboard.story.marks import Marks
from storyboard.story.marks import Path as StoryPath
from storyboard.story.nodes import Scalar

_LINE_END = re.compile("\r\n|[\r\n\x85\u2028\u2029]")  # YAML's
_ROOM = 2_000


@dataclass(frozen=True, slots=True)
class _Text:
    """A file's text, and where its lines begin."""

    text: str
    lines: tuple[int, ...]

    @classmethod
    def read(cls, file: str) -> _Text:
        try:
            text = read_text(Path(file))
        except ProblemsError:  # gone since it was read: nothing stands in it
            text = ""
        return cls(text, (0, *(end.end() for end in _LINE_END.finditer(text))))


@dataclass(slots=True)
class Spots:
    """Looks into the story's files again, each read once when first asked for."""

    marks: Marks
    _texts: dict[str, _Text] = field(default_factory=dict)

    def of(self, path: StoryPath, word: str) -> Mark:
        """Where `word` first stands in the text at `path`, in any case of letters; where the text
        begins, if it is not there as it is written (behind an escape, say)."""
        node, mark = self.marks.node(path), self.marks.at(path)
        if not isinstance(node, Scalar) or not mark.line:
            return mark
        if mark.file not in self._texts:
            self._texts[mark.file] = _Text.read(mark.file)
        file = self._texts[mark.file]
        if mark.line > len(file.lines):
            return mark
        begin = file.lines[mark.line - 1] + mark.column - 1
        # Quotes, escapes and indentation make a text longer in the file than it is.
        end = begin + 4 * len(node.text) + _ROOM
        found = _whole(word).search(file.text, begin, end)
        return _mark(mark.file, file, found.start()) if found else mark


def _whole(word: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![^\W_]){re.escape(word)}(?![^\W_])", re.IGNORECASE)


def _mark(name: str, file: _Text, index: int) -> Mark:
    line = bisect_right(file.lines, index)
    return Mark(name, line, index - file.lines[line - 1] + 1)
