"""What the YAML parser found wrong, as sentences for an author."""

from __future__ import annotations

import re

import yaml

from storyboard.errors import Mark, Problem

QUOTE = "put the whole text in quotes"

# Everything else is refused by YAML itself, in words for programmers.
_NOT_PRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_SENTENCES: tuple[tuple[str, str, str], ...] = (
    ("mapping values are not allowed", "a `: ` stands where no key is expected", QUOTE),
    ("tag", "a YAML tag cannot be read", QUOTE),
    (
        "maximum nesting depth",
        "this is nested deeper than 1,000 levels",
        "a story needs about 8; is there a bracket too many?",
    ),
    ("directive", "a line may not begin with %", QUOTE),
    ("expected ',' or '[}\\]]'", "this bracket is not closed where it should be", QUOTE),
    (
        "unexpected end of stream",
        "a quote is opened here and never closed",
        'close it; inside double quotes a double quote is written \\"',
    ),
    (
        "could not find expected ':'",
        "a line is neither `key: value` nor part of the text before it",
        "continued text is indented deeper than its key",
    ),
    ("found a tab", "a tab stands where spaces are expected", "indent by spaces"),
    (
        "unknown escape character|escape code|escape sequence|expected escape",
        "a backslash in double quotes begins an escape that YAML does not know",
        "write two backslashes, or use single quotes",
    ),
    ("expected alphabetic or numeric", "text may not begin with * or &", QUOTE),
    ("sequence entries are not allowed", "a `- ` stands where no item is expected", QUOTE),
    ("unexpected ':'", "a colon stands where YAML takes it for a key's", QUOTE),
    ("mapping keys are not allowed", "text may not begin with `? `", QUOTE),
    (
        "comment or line break|chomping or indentation",
        "after | or > the text begins in the next line",
        "for text in the same line, " + QUOTE,
    ),
)
_OPENED = ("unexpected end of stream", "expected ',' or")
"""Complaints that are better told where the quote or the bracket was opened."""


def shortened(text: str) -> str:
    """A text as a sentence quotes it: one line, at most 40 characters."""
    line = " ".join(text[:200].split())
    return line if len(line) <= 40 else line[:39] + "…"


def without_bad_characters(text: str) -> str:
    """A text that a story can say: blanks where `bad_character` finds one."""
    return _NOT_PRINTABLE.sub(" ", text)


def bad_character(text: str, file: str) -> Problem | None:
    """The first character that no text file has."""
    found = _NOT_PRINTABLE.search(text)
    if not found:
        return None
    code = f"U+{ord(found[0]):04X}"
    mark = mark_at(text, found.start(), file)
    return Problem(mark, f"a control character ({code}) stands in the text", "take it out")


def mark_at(text: str, index: int, file: str) -> Mark:
    """The mark of the character at `index`."""
    start = text.rfind("\n", 0, index) + 1
    return Mark(file, text.count("\n", 0, index) + 1, index - start + 1)


def syntax_problem(error: yaml.MarkedYAMLError, text: str, file: str) -> Problem:
    """The parser's complaint about `text` as one sentence."""
    problem = error.problem or "it cannot be read"
    opened = error.context_mark if any(words in problem for words in _OPENED) else None
    place = opened or error.problem_mark
    if place is None:
        return Problem(Mark(file), f"this is not YAML: {problem}")
    mark = Mark(file, place.line + 1, place.column + 1)
    lines = re.split("\r\n|[\r\n\x85\u2028\u2029]", text)
    line = lines[place.line] if place.line < len(lines) else ""
    before, sign = line[: place.column], line[place.column : place.column + 1]
    if re.search("cannot start any token|expected (the )?node content", problem):
        return _bad_start(mark, sign)
    if re.search("expected key|<block end>|'-' indicator", problem):
        return _cannot_go_on(mark, before)
    for pattern, sentence, hint in _SENTENCES:
        if re.search(pattern, problem):
            return Problem(mark, sentence, hint)
    return Problem(mark, f"this is not YAML: {problem}", QUOTE)


def _bad_start(mark: Mark, sign: str) -> Problem:
    if sign == "\t":
        return Problem(mark, "a tab stands where spaces are expected", "indent by spaces")
    shown = f"`{sign}`" if sign.strip("`") else "a backtick"
    return Problem(mark, f"text may not begin with {shown}", QUOTE)


def _cannot_go_on(mark: Mark, before: str) -> Problem:
    closed = before.rstrip()[-1:]
    if closed and closed in "\"'}]":
        return Problem(mark, f"the text goes on after its closing {closed}", QUOTE)
    return Problem(
        mark,
        "this line does not go on from the ones above it",
        "indent it like the keys or items that it belongs to, or put text in quotes",
    )
