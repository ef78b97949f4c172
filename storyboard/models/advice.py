"""The settings that a checkpoint recommends for itself, in the words of the story format.

They stand under `settings` in a diffusers folder's `storyboard.json`, or in NAME.storyboard.json
beside NAME.safetensors. A story, page or panel that says something else wins.
"""

from __future__ import annotations

import json
from typing import Any

from pydantic import ValidationError

from storyboard.engine.names import SAMPLERS, sampler_hint
from storyboard.errors import Mark
from storyboard.models.entries import Family
from storyboard.nearest import did_you_mean
from storyboard.prompts.templates import TemplateProblem, compile_template
from storyboard.story.drawing import FinalSettings, SamplerSettings
from storyboard.story.marks import Marks, plain
from storyboard.story.model import DrawingSettings
from storyboard.story.nodes import Entry, Mapping, Node, Scalar, Sequence
from storyboard.story.problems import shape_problems
from storyboard.story.syntax import bad_character
from storyboard.story.values import BUILT_IN_VARIABLES, Plain

KEYS = ("sampler", "final", "quality", "negative")
"""What a checkpoint may say; all else is the story's alone."""

_NOWHERE = Mark("")
_KNOWN = BUILT_IN_VARIABLES.keys() - {"vars", "quality", "prompt", "negative"}


def read_settings(said: object) -> DrawingSettings:
    """The `settings` of a `storyboard.json`, nothing of them resolved; None says nothing.

    Raises ValueError, in words that go on after the file's name, for what a story could not say.
    """
    if said is None:
        return DrawingSettings()
    if not isinstance(said, dict):
        raise ValueError(f"its `settings` must be a mapping with {_listed()}")
    unknown = [key for key in said if key not in KEYS]
    if unknown:
        hint = did_you_mean(unknown[0], KEYS) or f"there may be {_listed()}"
        raise ValueError(f"its `settings` may not have {unknown[0][:60]!r}: {hint}")
    settings = _decoded(said)
    _check_samplers(settings)
    _check_templates(settings)
    return settings


def with_family(settings: DrawingSettings, family: Family | None) -> DrawingSettings:
    """What a checkpoint recommends, and below it what all of its family do: SDXL draws in its
    full size at once, so its previews are its finals."""
    said = settings.final or FinalSettings()
    if family != "sdxl" or said.scale is not None:
        return settings
    denoise = 0.0 if said.denoise is None else said.denoise
    final = said.model_copy(update={"scale": 1.0, "denoise": denoise})
    return settings.model_copy(update={"final": final})


def as_document(settings: DrawingSettings) -> dict[str, Any]:
    """What is said, as it stands in a `storyboard.json`."""
    said = settings.model_dump(include=set(KEYS), exclude_none=True)
    return {key: said[key] for key in KEYS if key in said}


def _decoded(said: dict[str, Any]) -> DrawingSettings:
    """The story's own models read it, as if it stood in a story."""
    try:
        root = _node(said)
    except RecursionError:
        raise ValueError("its `settings` are nested too deeply") from None
    try:
        return DrawingSettings.model_validate(plain(root))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
    problem = next(shape_problems([first], Marks(root)))
    steps = [str(step) for step in first["loc"][:-1] if not str(step).startswith("<")]
    hint = f" ({problem.hint})" if problem.hint else ""
    raise ValueError(f"in its `{'.'.join(['settings', *steps])}`, {problem.message}{hint}")


def _node(value: object) -> Node:
    """A value of JSON's as the node that the same words in a story would be."""
    if isinstance(value, dict):
        entries = {key: Entry(Scalar(key, _NOWHERE), _node(item)) for key, item in value.items()}
        return Mapping(entries, _NOWHERE, flow=True)
    if isinstance(value, list):
        return Sequence(tuple(_node(item) for item in value), _NOWHERE, flow=True)
    if value is None:  # as a key with nothing after it
        return Scalar(Plain(), _NOWHERE)
    if isinstance(value, str) and bad_character(value, ""):
        raise ValueError("its `settings` hold a control character")
    return Scalar(value if isinstance(value, str) else Plain(json.dumps(value)), _NOWHERE)


def _check_samplers(settings: DrawingSettings) -> None:
    said = settings.sampler
    first = said.name if isinstance(said, SamplerSettings) else said
    for name in (first, settings.final.sampler if settings.final else None):
        if name is not None and name not in SAMPLERS:
            hint = sampler_hint(name)
            raise ValueError(f"its `settings` name the sampler {name[:60]!r}, which is not: {hint}")


def _check_templates(settings: DrawingSettings) -> None:
    """They are filled like the story's own, but cannot know the author's variables."""
    final = settings.final or FinalSettings()
    known_later = _KNOWN | {"quality", "prompt", "negative"}
    for key, text, known in (
        ("quality", settings.quality, _KNOWN),
        ("negative", settings.negative, _KNOWN),
        ("final.prompt", final.prompt, known_later),
        ("final.negative", final.negative, known_later),
    ):
        try:
            unknown = sorted(compile_template(text or "").names - known)
        except TemplateProblem as problem:
            raise ValueError(f"in its template `settings.{key}`: {problem.message}") from None
        if unknown:
            raise ValueError(
                f"its template `settings.{key}` uses `{unknown[0]}`, which only a story can know"
            )


def _listed() -> str:
    return ", ".join(f"`{key}`" for key in KEYS)
