"""What a model's annotations mean to a person: the words for a type, and the type at a path.

Works on the annotations themselves, so that error sentences and the format reference say what the
models say.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from annotated_types import Ge, Gt, Le, Lt
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from storyboard.story.values import TEXT, Words

ModelType = type[BaseModel]


@cache
def field_types(model: ModelType) -> dict[str, Any]:
    """Each field's annotation, with everything that is said in `Annotated`."""
    hints = get_type_hints(model, include_extras=True)
    return {name: hints[name] for name in model.model_fields}


@cache
def text_fields(model: ModelType) -> frozenset[str]:
    """The fields that take text to the letter, alone or beside other forms."""
    return frozenset(name for name, hint in field_types(model).items() if _takes_text(hint))


def _takes_text(annotation: Any) -> bool:
    if get_origin(annotation) is Annotated:
        base, *said = get_args(annotation)
        return TEXT in said or _takes_text(base)
    return _is_union(annotation) and any(map(_takes_text, get_args(annotation)))


def _is_union(annotation: Any) -> bool:
    return get_origin(annotation) in (Union, types.UnionType)


def forms(annotation: Any) -> Iterator[Any]:
    """The forms that a value may have, `Annotated` and None taken away."""
    if get_origin(annotation) is Annotated:
        yield from forms(get_args(annotation)[0])
    elif _is_union(annotation):
        for form in get_args(annotation):
            yield from forms(form)
    elif annotation is not types.NoneType:
        yield annotation


def models_in(annotation: Any) -> list[ModelType]:
    """The models among a value's forms."""
    return [form for form in forms(annotation) if isinstance(form, type) and _is_model(form)]


def _is_model(form: type) -> bool:
    return issubclass(form, BaseModel)


def annotation_at(model: ModelType, path: Sequence[str | int]) -> Any:
    """The annotation of the value at `path`; None where no model knows such a path."""
    annotation: Any = model
    for step in path:
        annotation = next(_below(annotation, step), None)
    return annotation


def _below(annotation: Any, step: str | int) -> Iterator[Any]:
    for form in forms(annotation):
        origin = get_origin(form)
        if isinstance(step, int) and origin is list:
            yield get_args(form)[0]
        elif isinstance(step, str) and origin is dict:
            yield get_args(form)[1]
        elif isinstance(step, str) and isinstance(form, type) and _is_model(form):
            yield from filter(None, [field_types(form).get(step)])


def words(annotation: Any, of_model: Callable[[ModelType], str]) -> str:
    """The type in words, to go on after "must be"; `of_model` says what a model is called."""
    if get_origin(annotation) is Annotated:
        base, *said = get_args(annotation)
        given = [one.text for one in said if isinstance(one, Words)]
        return given[-1] if given else words(base, of_model) + _range(said)
    if _is_union(annotation):
        options = [
            words(form, of_model) for form in get_args(annotation) if form is not types.NoneType
        ]
        return ", or ".join(dict.fromkeys(options))
    if get_origin(annotation) is Literal:
        return " or ".join(f"`{option}`" for option in get_args(annotation))
    return _plain_words(annotation, of_model)


def _plain_words(annotation: Any, of_model: Callable[[ModelType], str]) -> str:
    if get_origin(annotation) is list:
        return f"a list; each item is {words(get_args(annotation)[0], of_model)}"
    if get_origin(annotation) is dict:
        return f"a mapping from names; each value is {words(get_args(annotation)[1], of_model)}"
    if isinstance(annotation, type) and _is_model(annotation):
        return of_model(annotation)
    names = {bool: "true or false", int: "a whole number", float: "a finite number", str: "text"}
    return names.get(annotation, "a value")


def _range(said: Sequence[Any]) -> str:
    limits = [limit for one in said if isinstance(one, FieldInfo) for limit in one.metadata]
    low = next((limit.ge for limit in limits if isinstance(limit, Ge)), None)
    above = next((limit.gt for limit in limits if isinstance(limit, Gt)), None)
    high = next((limit.le for limit in limits if isinstance(limit, Le)), None)
    below = next((limit.lt for limit in limits if isinstance(limit, Lt)), None)
    if low is not None and high is not None:
        return f" from {low} to {high}"
    return "".join(
        f" {relation} {limit}"
        for relation, limit in (
            ("above", above),
            ("from", low),
            ("below", below),
            ("up to", high),
        )
        if limit is not None
    )


def all_models(model: ModelType) -> dict[ModelType, None]:
    """A model and those below it, in the order in which the format tells them."""
    found: dict[ModelType, None] = {}

    def visit(annotation: object) -> None:
        for form in forms(annotation):
            if isinstance(form, type) and _is_model(form) and form not in found:
                found[form] = None
                for inner in field_types(form).values():
                    visit(inner)
            for argument in getattr(form, "__args__", ()):
                visit(argument)

    visit(model)
    return found
