"""A job from its recipe: what a manifest or a picture remembers can be drawn on."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, TypeVar

from storyboard.geometry import Size
from storyboard.jobs import (
    DEEPEST,
    Adapter,
    Beginning,
    Box,
    Checkpoint,
    FinalJob,
    Job,
    Mask,
    ModelFile,
    PreviewJob,
    Rewording,
    Rng,
    Sampling,
    Upscaler,
    Variation,
)
from storyboard.prompts.wildcards import MOST_TEXT

Value = TypeVar("Value")

MOST_STEPS = 500
MOST_SIDE = 8192 * 4
_LAST_SEED = 2**32 - 1
_LAST_STEP = 10_000
_MOST_CLIP_SKIP = 12
_MOST_CFG = 100
"""A recipe may be a stranger's: it asks for no more than a story may."""

_HALF = re.compile("[\ud800-\udfff]")


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
    return _preview(recipe, DEEPEST)


def _preview(recipe: Mapping[str, Any], deepest: int) -> PreviewJob:
    """A preview that goes back to at most `deepest` others."""
    return PreviewJob(
        checkpoint=_checkpoint(_take(recipe, "checkpoint", dict)),
        adapters=tuple(_adapter(item) for item in _take(recipe, "adapters", list)),
        embeddings=tuple(_file(item) for item in _take(recipe, "embeddings", list)),
        prompt=_prompt(recipe, "prompt"),
        negative=_prompt(recipe, "negative"),
        size=_size(recipe),
        seed=_whole(recipe, "seed", 0, _LAST_SEED),
        sampling=_sampling(_take(recipe, "sampling", dict)),
        rng=_rng(recipe),
        variation=_variation(recipe.get("variation")),
        beginning=_beginning(recipe.get("beginning"), deepest),
    )


def restore_final(recipe: Mapping[str, Any]) -> FinalJob:
    """A final's job, its preview's in it. Raises `RecipeProblem`."""
    return FinalJob(
        preview=restore_preview(_take(recipe, "preview", dict)),
        size=_size(recipe),
        upscaler=_upscaler(recipe),
        denoise=_share(recipe, "denoise"),
        sampling=_sampling(_take(recipe, "sampling", dict)),
        wording=_wording(recipe.get("wording")),
        max_drift=None if recipe.get("max_drift") is None else _share(recipe, "max_drift"),
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


def _variation(recipe: Any) -> Variation | None:
    if recipe is None:
        return None
    strength = _share(recipe, "strength")
    if strength == 0:
        raise RecipeProblem("the recipe's variation has no strength")
    return Variation(_whole(recipe, "seed", 0, _LAST_SEED), strength)


def _beginning(recipe: Any, deepest: int) -> Beginning | None:
    if recipe is None:
        return None
    if deepest == 0:
        raise RecipeProblem(f"the recipe goes back to more than {DEEPEST} pictures")
    picture = _take(recipe, "picture", dict)
    return Beginning(
        picture=_preview(picture, deepest - 1) if "kind" in picture else _file(picture),
        denoise=_share(recipe, "denoise"),
        mask=_mask(recipe.get("mask")),
    )


def _mask(recipe: Any) -> Mask | None:
    if recipe is None:
        return None
    if isinstance(recipe, Mapping) and "sha256" in recipe:
        return _file(recipe)
    box = Box(*(_share(recipe, side) for side in ("left", "top", "width", "height")))
    if not box.lies_inside:
        raise RecipeProblem("the recipe's box is empty, or reaches beyond the picture")
    return box


def _share(recipe: Mapping[str, Any], key: str) -> float:
    return _between(recipe, key, 0, 1)


def _between(recipe: Mapping[str, Any], key: str, least: float, most: float) -> float:
    value = _number(recipe, key)
    if not least <= value <= most:
        raise RecipeProblem(f"the recipe's {key} is {value!r}, not between {least} and {most}")
    return value


def _rng(recipe: Mapping[str, Any]) -> Rng:
    rng = _take(recipe, "rng", str)
    if rng not in ("cpu", "nv"):
        raise RecipeProblem(f"the recipe's noise source {rng!r} is unknown")
    return "nv" if rng == "nv" else "cpu"


def _wording(recipe: Any) -> Rewording | None:
    if recipe is None:
        return None
    return Rewording(
        prompt=_prompt(recipe, "prompt"),
        negative=_prompt(recipe, "negative"),
        adapters=tuple(_adapter(item) for item in _take(recipe, "adapters", list)),
        embeddings=tuple(_file(item) for item in _take(recipe, "embeddings", list)),
    )


def _prompt(recipe: Mapping[str, Any], key: str) -> str:
    text = _take(recipe, key, str)
    if len(text) > MOST_TEXT:
        raise RecipeProblem(f"the recipe's {key} has more than {MOST_TEXT:,} characters")
    return text


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
        clip_skip=_whole(recipe, "clip_skip", 1, _MOST_CLIP_SKIP),
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
        start=_whole(recipe, "start", 0, _LAST_STEP) if "start" in recipe else 0,
        stop=None if stop is None else _whole(recipe, "stop", 0, _LAST_STEP),
    )


def _factor(value: Any) -> float:
    return _number({"block's factor": value}, "block's factor")


def _sampling(recipe: Mapping[str, Any]) -> Sampling:
    return Sampling(
        sampler=_take(recipe, "sampler", str),
        steps=_whole(recipe, "steps", 1, MOST_STEPS),
        cfg=_between(recipe, "cfg", 0, _MOST_CFG),
        eta=_share(recipe, "eta"),
        ensd=_whole(recipe, "ensd", -(2**31), _LAST_SEED),
        guided_above=_guided_above(recipe),
    )


def _guided_above(recipe: Mapping[str, Any]) -> float:
    """Only what is approximated has it."""
    above = _number(recipe, "guided_above") if "guided_above" in recipe else 0.0
    if above < 0:
        raise RecipeProblem(f"the recipe's guided_above is {above!r}, not a noise level")
    return above


def _upscaler(recipe: Mapping[str, Any]) -> Upscaler:
    file = recipe.get("upscaler")
    return _file(file) if isinstance(file, Mapping) else _take(recipe, "upscaler", str)


def _size(recipe: Mapping[str, Any]) -> Size:
    return Size(_whole(recipe, "width", 1, MOST_SIDE), _whole(recipe, "height", 1, MOST_SIDE))


def _file(recipe: Any) -> ModelFile:
    if not isinstance(recipe, Mapping):
        raise RecipeProblem("the recipe names a model file in no way that is known")
    path = recipe.get("path", "")
    return ModelFile(_take(recipe, "name", str), str(path), _take(recipe, "sha256", str))


def _number(recipe: Mapping[str, Any], key: str) -> float:
    value = recipe.get(key) if isinstance(recipe, Mapping) else None
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63:
        return float(value)
    if isinstance(value, float) and math.isfinite(value):
        return value
    raise RecipeProblem(f"the recipe's {key} is no number that a story may say")


def _whole(recipe: Mapping[str, Any], key: str, least: int, most: int) -> int:
    value = _take(recipe, key, int)
    if not least <= value <= most:
        raise RecipeProblem(f"the recipe's {key} is not between {least} and {most}")
    return value


def _list(recipe: Mapping[str, Any], key: str) -> list[Any]:
    """A list that a recipe of an earlier version does not have."""
    return _take(recipe, key, list) if key in recipe else []


def _take(recipe: Mapping[str, Any], key: str, kind: type[Value]) -> Value:
    value = recipe.get(key) if isinstance(recipe, Mapping) else None
    if not isinstance(value, kind) or isinstance(value, bool):
        raise RecipeProblem(f"the recipe has no {key}, or one of another kind")
    if isinstance(value, str) and not value.isascii() and _HALF.search(value):
        raise RecipeProblem(f"the recipe's {key} holds half a character (a lone surrogate)")
    return value
