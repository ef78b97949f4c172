"""The filters that templates may use: few, and none whose result can be huge."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import Undefined

from storyboard.prompts.problems import TemplateProblem

MOST_TEXT = 20_000
"""The longest text that a filter makes and a template renders, in characters."""


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter's function, the fewest and most arguments after its value, and a word on it."""

    function: Callable[..., Any]
    arguments: tuple[int, int]
    description: str


def text_of(value: object) -> str:
    """How a value is printed: a list's texts joined by commas, true and false as YAML has them.

    Raises `TemplateProblem` for what has no text, as a mapping.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        return str(value)
    if isinstance(value, (list, tuple)):
        return bounded(", ".join(text_of(item) for item in value))
    if isinstance(value, Undefined):
        return str(value)
    raise TemplateProblem("a template can print texts, numbers and lists only")


def bounded(text: str) -> str:
    """The text, or a `TemplateProblem` where it is too long."""
    if len(text) > MOST_TEXT:
        raise TemplateProblem(f"a prompt has at most {MOST_TEXT:,} characters")
    return text


def _join(value: object, separator: object = ", ") -> str:
    if not isinstance(value, (list, tuple)):
        return text_of(value)
    if isinstance(separator, str) and len(separator) * len(value) > MOST_TEXT:
        return bounded(separator * 2 + " " * MOST_TEXT)
    return bounded(text_of(separator).join(text_of(item) for item in value))


def _replace(value: object, old: object, new: object) -> str:
    text, before, after = text_of(value), text_of(old), text_of(new)
    if not before:
        raise TemplateProblem("the filter `replace` needs a text to look for")
    if len(text) + text.count(before) * (len(after) - len(before)) > MOST_TEXT:
        raise TemplateProblem(f"a prompt has at most {MOST_TEXT:,} characters")
    return text.replace(before, after)


def _default(value: object, other: object, also_for_empty: object = False) -> object:
    missing = isinstance(value, Undefined)
    return other if missing or (also_for_empty and not value) else value


def _item(value: object, place: int) -> object:
    if isinstance(value, (str, list, tuple)):
        return value[place] if value else ""
    raise TemplateProblem("only a list or a text has a first and a last")


def _length(value: object) -> int:
    if isinstance(value, (str, list, tuple, Mapping)):
        return len(value)
    raise TemplateProblem("only a list or a text has a length")


FILTERS: Mapping[str, Filter] = {
    "default": Filter(_default, (1, 2), "another value where a name is not known"),
    "first": Filter(lambda value: _item(value, 0), (0, 0), "the first item"),
    "join": Filter(_join, (0, 1), "a list's items as one text, by default with commas"),
    "last": Filter(lambda value: _item(value, -1), (0, 0), "the last item"),
    "length": Filter(_length, (0, 0), "how many items or characters"),
    "lower": Filter(lambda value: text_of(value).lower(), (0, 0), "in lower case"),
    "replace": Filter(_replace, (2, 2), "with one text put for another"),
    "title": Filter(lambda value: text_of(value).title(), (0, 0), "Each Word Capitalised"),
    "trim": Filter(lambda value: text_of(value).strip(), (0, 0), "without blanks at the ends"),
    "upper": Filter(lambda value: text_of(value).upper(), (0, 0), "in upper case"),
}
