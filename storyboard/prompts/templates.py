"""Templates of prompts: Jinja2 in its sandbox, behind an allow-list, with bounded cost.

Values are put in and never rendered again, so `{{` in a scene stays what it is. Rendering ends
after a bounded number of loop rounds and characters, whatever the template says.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jinja2 import StrictUndefined, Undefined, UndefinedError, nodes
from jinja2 import Template as JinjaTemplate
from jinja2.exceptions import TemplateSyntaxError
from jinja2.meta import find_undeclared_variables
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment

from storyboard.nearest import did_you_mean
from storyboard.prompts.allowed import check_tree
from storyboard.prompts.compose import Piece, join_pieces
from storyboard.prompts.filters import FILTERS, MOST_TEXT, bounded, text_of
from storyboard.prompts.problems import TemplateProblem

__all__ = ["Template", "TemplateProblem", "Value", "compile_template"]

Scalar = str | int | float | bool
Value = Scalar | Sequence[Scalar] | Mapping[str, "Scalar | Sequence[Scalar]"]
"""What may be put in: a text, a number, a truth value, a list of those, or named ones of those."""

MOST_SOURCE = 20_000
MOST_ROUNDS = 1_000
MOST_VALUE = 100_000
_FILE = "<template>"


class _PutIn(str):
    """A text that an expression put in, told apart from the template's own text."""

    __slots__ = ()

    def __str__(self) -> str:
        return self


class _Environment(ImmutableSandboxedEnvironment):
    """Values have items and no attributes: nothing of Python is within reach."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        """A named item of a mapping, or one of a loop's own numbers."""
        if isinstance(obj, LoopContext):
            return getattr(obj, attribute)
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """An item of a list by number, of a mapping by name."""
        if isinstance(obj, Undefined):
            return obj[argument]
        if isinstance(obj, Mapping) and isinstance(argument, str):
            if argument in obj:
                return obj[argument]
            hint = did_you_mean(argument, obj.keys())
            message = f"there is no variable `{argument}`"
            return self.undefined(hint=f"{message} ({hint})" if hint else message)
        if isinstance(obj, tuple) and isinstance(argument, int):
            if -len(obj) <= argument < len(obj):
                return obj[argument]
            raise TemplateProblem(f"a list of {len(obj)} has no item {argument}")
        raise TemplateProblem(f"a value has no `{argument}`")


def _environment() -> _Environment:
    environment = _Environment(
        undefined=StrictUndefined,
        autoescape=False,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: _PutIn(text_of(value)),
        cache_size=0,
    )
    environment.globals.clear()
    environment.filters = {name: one.function for name, one in FILTERS.items()}
    return environment


_ENVIRONMENT = _environment()


class _Text(str):
    """A text of one rendering; no loop goes through its letters."""

    __slots__ = ()

    def __iter__(self) -> Iterator[str]:
        raise TemplateProblem("a loop goes over a list, not over a text")


class _Named(dict[str, Any]):
    """Values by name; no loop goes through them."""

    def __iter__(self) -> Iterator[str]:
        raise TemplateProblem("a loop goes over a list, not over named values")


class _Rounds(tuple[Scalar, ...]):
    """A list of one rendering: going through it counts against that rendering's rounds."""

    left: list[int]

    def __iter__(self) -> Iterator[Scalar]:
        for item in super().__iter__():
            self.left[0] -= 1
            if self.left[0] < 0:
                raise TemplateProblem(f"the template's loops have over {MOST_ROUNDS:,} rounds")
            yield item


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """A template that was checked.

    `lines` has each name that must be known with the first line that uses it; `optional` are names
    that are only used with `default` or `is defined`.
    """

    source: str
    lines: Mapping[str, int]
    optional: frozenset[str]
    _code: JinjaTemplate

    @property
    def names(self) -> frozenset[str]:
        """The variables that must be known."""
        return frozenset(self.lines)

    def render(self, variables: Mapping[str, Value]) -> str:
        """The template filled in, without the commas that empty values would leave.

        Raises `TemplateProblem` for a variable that is not known, also where it would not be
        reached, and for a result or loops beyond the bounds.
        """
        used = [name for name in (*self.lines, *self.optional) if name in variables]
        said = tuple((name, variables[name]) for name in used)
        # Only texts are looked up: to a cache 1, 1.0 and true are one value.
        if len(used) == len(self.names | self.optional) and all(type(v) is str for _, v in said):
            return _filled(self, said)
        return join_pieces(self.pieces(variables))

    def pieces(self, variables: Mapping[str, Value]) -> Iterator[Piece]:
        """The filled template as a row of its own texts and of what was put in."""
        for name, line in self.lines.items():
            if name not in variables:
                hint = did_you_mean(name, variables) or "say it under `vars`"
                raise TemplateProblem(f"there is no variable `{name}`", hint, line)
        length = 0
        try:
            for text in self._code.generate(_frozen(variables, self.names | self.optional)):
                length += len(text)
                if length > MOST_TEXT:
                    bounded(" " * length)
                yield Piece(text, isinstance(text, _PutIn))
        except TemplateProblem as problem:
            raise TemplateProblem(problem.message, problem.hint, _line(problem)) from None
        except UndefinedError as error:
            raise TemplateProblem(str(error.message), "", _line(error)) from None
        except (TypeError, ValueError, ArithmeticError) as error:
            sentence = "the template asks of a value what it cannot do"
            raise TemplateProblem(sentence, str(error), _line(error)) from None


@lru_cache(maxsize=4096)  # most panels of a story say the same in most of their templates
def _filled(template: Template, said: tuple[tuple[str, Value], ...]) -> str:
    return join_pieces(template.pieces(dict(said)))


def compile_template(source: str) -> Template:
    """Checks a template against the allow-list and compiles it; equal sources give the same one.

    Raises `TemplateProblem`.
    """
    return _compiled(source)


@lru_cache(maxsize=512)
def _compiled(source: str) -> Template:
    if len(source) > MOST_SOURCE:
        raise TemplateProblem(f"a template has at most {MOST_SOURCE:,} characters")
    try:
        tree = _ENVIRONMENT.parse(source)
        check_tree(tree)
        code = _ENVIRONMENT.from_string(tree)
    except TemplateSyntaxError as error:
        raise TemplateProblem(_sentence(error.message or ""), _BRACES, error.lineno) from None
    except (RecursionError, MemoryError, SyntaxError, ValueError):
        raise TemplateProblem(
            "the template is nested too deep, or has a number too large"
        ) from None
    lines, optional = _names(tree)
    return Template(source, lines, optional, code)


def _sentence(message: str) -> str:
    """Jinja2's complaint as one sentence."""
    unclosed = re.search(r"needs to be closed is '(\w+)'", message)
    if unclosed:
        return f"`{{% {unclosed[1]} %}}` is never closed by `{{% end{unclosed[1]} %}}`"
    first = message.split(". ")[0].rstrip(".")
    return f"this is not a template: {first[:1].lower()}{first[1:]}"


_BRACES = "{{ name }} puts a value in; {% if name %} ... {% endif %} chooses"


def _names(tree: nodes.Template) -> tuple[dict[str, int], frozenset[str]]:
    """The names that must be known with their first lines, and those that need not be."""
    free = find_undeclared_variables(tree)
    tested = [test.node for test in tree.find_all(nodes.Test)]
    asked = {node.name for node in tested if isinstance(node, nodes.Name)}
    lenient = {id(one.node) for one in tree.find_all(nodes.Filter) if one.name == "default"}
    lines: dict[str, int] = {}
    for name in tree.find_all(nodes.Name):
        if name.name in free - asked and name.ctx == "load" and id(name) not in lenient:
            lines.setdefault(name.name, name.lineno)
    return lines, frozenset(free - set(lines))


def _frozen(variables: Mapping[str, Value], used: Iterable[str]) -> dict[str, Any]:
    """The used values as texts, numbers, tuples and dictionaries of those, and nothing else."""
    left = [MOST_ROUNDS]
    values = {name: _value(variables[name], left) for name in used if name in variables}
    if sum(map(_weight, values.values())) > MOST_VALUE:
        raise TemplateProblem(f"a template's values have at most {MOST_VALUE:,} characters")
    return values


def _value(value: Value, left: list[int]) -> Any:
    if isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str):
        return _Text(value)
    if isinstance(value, Mapping):
        return _Named((name, _value(item, left)) for name, item in value.items())
    rounds = _Rounds(_value(item, left) for item in value)
    rounds.left = left
    return rounds


def _weight(value: Any) -> int:
    if isinstance(value, Mapping):
        return sum(map(_weight, value.values()))
    if isinstance(value, tuple):
        return sum(map(_weight, tuple.__iter__(value)))
    return len(value) if isinstance(value, str) else 1


def _line(error: BaseException) -> int:
    """The template's line in which the error arose."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == _FILE]
    return (lines[-1] if lines else None) or 1
