"""A job from its recipe: what a manifest or a picture remembers can be drawn on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from storyboard.geometry import Size
from storyboard.jobs import (
    Adapter,
    Checkpoint,
    FinalJob,
    Job,
    ModelFile,
    PreviewJob,
    Rewording,
    Rng,
    Sampling,
    Upscaler,
)

Value = TypeVar("Value")


class RecipeProblem(Exception):
    """This is no recipe, or not a whole one."""


def restore(recipe: Mapping[str, Any]) -> Job:
    """The job that `storyboard.digests.recipe` was made of. Raises `RecipeProblem`."""
    kind = recipe.get("kind")
    if kind == "preview":
        return restore_preview(recipe)
    if kind == "final":
        return restore_final(recipe)
    raise RecipeProblem(f"the recipe's kind is {kind!r}, not preview or final")


def restore_preview(recipe: Mapping[str, Any]) -> PreviewJob:
    """A preview's job. Raises `RecipeProblem`."""
    return PreviewJob(
        checkpoint=_checkpoint(_take(recipe, "checkpoint", dict)),
        adapters=tuple(_adapter(item) for item in _take(recipe, "adapters", list)),
        embeddings=tuple(_file(item) for item in _take(recipe, "embeddings", list)),
        prompt=_take(recipe, "prompt", str),
        negative=_take(recipe, "negative", str),
        size=_size(recipe),
        seed=_take(recipe, "seed", int),
        sampling=_sampling(_take(recipe, "sampling", dict)),
        rng=_rng(recipe),
    )


def restore_final(recipe: Mapping[str, Any]) -> FinalJob:
    """A final's job, its preview's in it. Raises `RecipeProblem`."""
    return FinalJob(
        preview=restore_preview(_take(recipe, "preview", dict)),
        size=_size(recipe),
        upscaler=_upscaler(recipe),
        denoise=_number(recipe, "denoise"),
        sampling=_sampling(_take(recipe, "sampling", dict)),
        wording=_wording(recipe.get("wording")),
    )


def without_paths(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """The recipe without its files' paths."""
    stripped = _stripped(dict(recipe))
    assert isinstance(stripped, dict)
    return stripped


def _stripped(value: object) -> object:
    if isinstance(value, dict):
        return {key: _stripped(item) for key, item in value.items() if key != "path"}
    return [_stripped(item) for item in value] if isinstance(value, list) else value


def _rng(recipe: Mapping[str, Any]) -> Rng:
    rng = _take(recipe, "rng", str)
    if rng not in ("cpu", "nv"):
        raise RecipeProblem(f"the recipe's noise source {rng!r} is unknown")
    return "nv" if rng == "nv" else "cpu"


def _wording(recipe: Any) -> Rewording | None:
    if recipe is None:
        return None
    return Rewording(
        prompt=_take(recipe, "prompt", str),
        negative=_take(recipe, "negative", str),
        adapters=tuple(_adapter(item) for item in _take(recipe, "adapters", list)),
        embeddings=tuple(_file(item) for item in _take(recipe, "embeddings", list)),
    )


def _checkpoint(recipe: Mapping[str, Any]) -> Checkpoint:
    prediction = _take(recipe, "prediction", str)
    if prediction not in ("epsilon", "v_prediction"):
        raise RecipeProblem(f"the recipe's prediction type {prediction!r} is unknown")
    vae = recipe.get("vae")
    return Checkpoint(
        family=_take(recipe, "family", str),
        file=_file(recipe),
        prediction="epsilon" if prediction == "epsilon" else "v_prediction",
        vae=None if vae is None else _file(vae),
        clip_skip=_take(recipe, "clip_skip", int),
        text_encoders=tuple(_file(item) for item in _list(recipe, "text_encoders")),
        zero_snr=recipe.get("zero_snr") is True,
    )


def _adapter(recipe: Mapping[str, Any]) -> Adapter:
    stop = recipe.get("stop") if isinstance(recipe, Mapping) else None
    return Adapter(
        file=_file(recipe),
        unet=_number(recipe, "unet"),
        text_encoder=_number(recipe, "text_encoder"),
        blocks=tuple(_factor(item) for item in _list(recipe, "blocks")),
        start=_take(recipe, "start", int) if "start" in recipe else 0,
        stop=None if stop is None else _take(recipe, "stop", int),
    )


def _factor(value: Any) -> float:
    return _number({"block's factor": value}, "block's factor")


def _sampling(recipe: Mapping[str, Any]) -> Sampling:
    return Sampling(
        sampler=_take(recipe, "sampler", str),
        steps=_take(recipe, "steps", int),
        cfg=_number(recipe, "cfg"),
        eta=_number(recipe, "eta"),
        ensd=_take(recipe, "ensd", int),
    )


def _upscaler(recipe: Mapping[str, Any]) -> Upscaler:
    file = recipe.get("upscaler")
    return _file(file) if isinstance(file, Mapping) else _take(recipe, "upscaler", str)


def _size(recipe: Mapping[str, Any]) -> Size:
    return Size(_take(recipe, "width", int), _take(recipe, "height", int))


def _file(recipe: Any) -> ModelFile:
    if not isinstance(recipe, Mapping):
        raise RecipeProblem("the recipe names a model file in no way that is known")
    path = recipe.get("path", "")
    return ModelFile(_take(recipe, "name", str), str(path), _take(recipe, "sha256", str))


def _number(recipe: Mapping[str, Any], key: str) -> float:
    value = recipe.get(key) if isinstance(recipe, Mapping) else None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    raise RecipeProblem(f"the recipe's {key} is {value!r}, not a number")


def _list(recipe: Mapping[str, Any], key: str) -> list[Any]:
    """A list that a recipe of an earlier version does not have."""
    return _take(recipe, key, list) if key in recipe else []


def _take(recipe: Mapping[str, Any], key: str, kind: type[Value]) -> Value:
    value = recipe.get(key) if isinstance(recipe, Mapping) else None
    if isinstance(value, kind) and not isinstance(value, bool):
        return value
    raise RecipeProblem(f"the recipe has no {key}, or one of another kind")
