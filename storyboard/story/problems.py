"""What pydantic found wrong, as one sentence a value, at the place where it stands in the file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from pydantic_core import ErrorDetails

from storyboard.errors import Mark, Problem
from storyboard.nearest import did_you_mean
from storyboard.story.base import Model
from storyboard.story.marks import Marks, Path
from storyboard.story.model import Story
from storyboard.story.nodes import Mapping, Node, Scalar
from storyboard.story.shapes import (
    ModelType,
    all_models,
    annotation_at,
    forms,
    models_in,
    words,
)
from storyboard.story.syntax import QUOTE, shortened
from storyboard.story.values import is_null

_TOO_SMALL = ("too_short", "string_too_short")
_TOO_LARGE = ("too_long", "string_too_long")


def shape_problems(errors: Iterable[ErrorDetails], marks: Marks) -> Iterator[Problem]:
    """Each error as a sentence at its place."""
    for error in errors:
        steps = error["loc"]
        path = tuple(step for step in steps if not _is_form(step) and step != "[key]")
        if error["type"] in ("missing", "extra_forbidden") and _is_text_in_braces(path[:-1], marks):
            yield _wrong_form(path[:-1], marks)
        elif error["type"] == "missing":
            yield _missing(path, marks)
        elif error["type"] == "extra_forbidden":
            yield _unknown_key(path, marks)
        elif steps and steps[-1] == "[key]":
            yield _bad_key(path, marks)
        else:
            yield _bad_value(error, path, marks)


def _is_form(step: str | int) -> bool:
    """Whether a step of pydantic's path is a union's form, as the models tag them."""
    return isinstance(step, str) and step.startswith("<") and step.endswith(">")


def subject(path: Path) -> str:
    """What a sentence calls the value at `path`."""
    if not path:
        return "the story"
    if isinstance(path[-1], int):
        return f"item {path[-1] + 1} of {subject(path[:-1])}"
    return f"`{path[-1]}`"


def _missing(path: Path, marks: Marks) -> Problem:
    if path == ("pages",):
        return _nothing_drawn(marks.at(()))
    owner = _model_at(path[:-1])
    called = owner.called if owner else subject(path[:-1])
    return Problem(marks.at(path[:-1]), f"{called} needs `{path[-1]}`")


def _nothing_drawn(mark: Mark) -> Problem:
    return Problem(mark, "the story has no pages", "add one under `pages:`")


def _model_at(path: Path) -> type[Model] | None:
    found = models_in(annotation_at(Story, path))
    return found[0] if found and issubclass(found[0], Model) else None


def _unknown_key(path: Path, marks: Marks) -> Problem:
    key = str(path[-1])
    owner, node = _model_at(path[:-1]), marks.node(path[:-1])
    known = owner.model_fields if owner else ()
    lost_comma = isinstance(node, Mapping) and node.flow and _is_empty(marks.node(path))
    hint = _belongs(key) or did_you_mean(key, known)
    if lost_comma and not hint:
        hint = "inside { } a comma ends the text: put text that holds commas in quotes"
    hint = hint or did_you_mean(key, _owners())
    if not hint and len(known) <= 8:
        hint = "known here: " + ", ".join(known)
    return Problem(marks.key(path), f"unknown key `{shortened(key)}`", hint)


def _is_empty(node: Node | None) -> bool:
    return isinstance(node, Scalar) and is_null(node.text)


def _belongs(key: str) -> str:
    places = _owners().get(key)
    return "it belongs in " + " or ".join(dict.fromkeys(places)) if places else ""


@cache
def _owners() -> dict[str, list[str]]:
    """Each key of the format with what has it."""
    owners: dict[str, list[str]] = defaultdict(list)
    for model in all_models(Story):
        called = getattr(model, "called", model.__name__)
        for key in model.model_fields:
            owners[key].append("the story's top level" if model is Story else called)
    return owners


def _bad_key(path: Path, marks: Marks) -> Problem:
    return Problem(
        marks.key(path),
        f"`{shortened(str(path[-1]))}` cannot be a name",
        "names are letters, digits, `_` and `-`, begin with a letter or digit, and have at most "
        "64 characters",
    )


def _bad_value(error: ErrorDetails, path: Path, marks: Marks) -> Problem:
    kind, mark = error["type"], marks.at(path)
    context = error.get("ctx", {})
    if kind == "refused":
        return Problem(mark, f"{subject(path)} {context['sentence']}")
    if kind in _TOO_SMALL and path == ("pages",):
        return _nothing_drawn(mark)
    if kind in _TOO_SMALL and path[-1:] == ("panels",):
        return Problem(mark, "the page has no panels", "add one under `panels:`")
    if kind in _TOO_SMALL:
        return Problem(mark, f"{subject(path)} is empty", f"it {_must_be(path)}")
    if kind in _TOO_LARGE:
        return Problem(mark, f"{subject(path)} is too long", f"at most {context['max_length']:,}")
    return _wrong_form(path, marks)


def _wrong_form(path: Path, marks: Marks) -> Problem:
    node = marks.node(path)
    found = "" if node is None else f", not {shown(node)}"
    return Problem(marks.at(path), f"{subject(path)} {_must_be(path)}{found}", _hint(node, path))


def _must_be(path: Path) -> str:
    return "must be " + words(annotation_at(Story, path), _mapping_words)


def _mapping_words(model: ModelType) -> str:
    keys = [f"`{key}`" for key in list(model.model_fields)[:3]]
    more = ", ..." if len(model.model_fields) > 3 else ""
    return f"a mapping with {', '.join(keys)}{more}"


def shown(node: Node) -> str:
    """What stands there, in a few words."""
    if isinstance(node, Scalar):
        return "empty" if not node.text else f"`{shortened(node.text)}`"
    many, name = (node.entries, "mapping") if isinstance(node, Mapping) else (node.items, "list")
    return f"a {name}" if many else f"an empty {name}"


def _takes_text(path: Path) -> bool:
    return str in forms(annotation_at(Story, path))


def _is_text_in_braces(path: Path, marks: Marks) -> bool:
    """Whether YAML took a text such as `{rain|snow}` for a mapping, as it looks."""
    node = marks.node(path)
    return (
        isinstance(node, Mapping)
        and node.flow
        and bool(node.entries)
        and all(_is_empty(entry.value) for entry in node.entries.values())
        and _takes_text(path)
    )


def _hint(node: Node | None, path: Path) -> str:
    """Where YAML took a prompt's brackets for structure, quotes are what was forgotten."""
    if node is None or isinstance(node, Scalar) or not _takes_text(path):
        return ""
    return f"if this is text, {QUOTE}" if node.flow else "if this is text, indent it below a `|`"


def sorted_problems(problems: Iterable[Problem], limit: int) -> Sequence[Problem]:
    """Each problem once, by file and line; beyond `limit` only how many more there are at least."""
    once = sorted(dict.fromkeys(problems), key=lambda p: (p.mark.file, p.mark.line, p.mark.column))
    if len(once) <= limit:
        return once
    last = Mark(once[limit].mark.file)
    return [*once[:limit], Problem(last, f"and {len(once) - limit:,} or more other problems")]
