"""A job's identity: sha256 over a canonical encoding of all that can change its pixels.

Every value in the encoding carries its type and its length, so no two jobs share one; numbers are
coerced, so that 7 and 7.0 are one job. Of a file only its contents' hash counts, never its name or
path; an embedding's name counts too, since it is the word in the prompt that stands for it.
A final's encoding holds its preview's digest, and a preview's that of the one it begins with.

A recipe is the same job as JSON, with names and paths: what people read and the manifest remembers.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from storyboard.differences import differences
from storyboard.errors import argument_error
from storyboard.jobs import (
    Adapter,
    Beginning,
    Checkpoint,
    FinalJob,
    Job,
    Mask,
    ModelFile,
    PreviewJob,
    Rewording,
    Sampling,
    Upscaler,
    Variation,
)

__all__ = [
    "RECIPE_VERSION",
    "Recipe",
    "canonical_number",
    "differences",
    "digest",
    "final_digest",
    "preview_digest",
    "recipe",
]

RECIPE_VERSION = "storyboard:recipe:1"
"""Changes whenever the same settings draw other pictures; every picture is then drawn anew."""

Recipe = dict[str, Any]
"""A job as JSON."""

Encoded = bytes


def digest(job: Job) -> str:
    """The job's identity, 64 hex digits.

    Raises `ProblemsError` where a number is not finite or a text is not Unicode (a lone surrogate).
    """
    return preview_digest(job) if isinstance(job, PreviewJob) else final_digest(job)


@lru_cache(maxsize=16_384)  # a final asks for its preview's, and planning for both again
def preview_digest(job: PreviewJob) -> str:
    """The identity of a preview."""
    return _sha256(
        _record(
            "preview",
            _checkpoint(job.checkpoint),
            _collection(_adapter(adapter) for adapter in job.adapters),
            _collection(_embedding(file) for file in job.embeddings),
            _text(job.prompt),
            _text(job.negative),
            _number(job.size.width),
            _number(job.size.height),
            _number(job.seed),
            _sampling(job.sampling),
            _text(job.rng),
            # What came later is written only where it is said: what it leaves alone keeps its
            # identity. So it is with all that is behind a star here.
            *([_variation(job.variation)] if job.variation else []),
            *([_beginning(job.beginning)] if job.beginning else []),
        )
    )


def final_digest(job: FinalJob, preview: str | None = None) -> str:
    """The identity of a final; `preview` is its preview's digest where it is known already."""
    return _sha256(
        _record(
            "final",
            _text(preview or preview_digest(job.preview)),
            _number(job.size.width),
            _number(job.size.height),
            _upscaler(job.upscaler),
            _number(job.denoise),
            _sampling(job.sampling),
            *([_wording(job.wording)] if job.wording else []),
            *([] if job.max_drift is None else [_record("max drift", _number(job.max_drift))]),
        )
    )


def recipe(job: Job) -> Recipe:
    """The job as JSON-able values, with its digest, its kind, and its files' names and paths.

    Equal jobs have equal recipes but for names and paths. `storyboard.recipes.restore` is the way
    back. Raises as `digest` does.
    """
    return _preview_recipe(job) if isinstance(job, PreviewJob) else _final_recipe(job)


def canonical_number(value: float) -> int | float:
    """The number as it is encoded: whole ones as `int`, no negative zero.

    Raises `ProblemsError` where it is not finite.
    """
    if isinstance(value, int):
        return int(value)
    if not math.isfinite(value):
        raise argument_error(f"{value} is not a number that a picture can be drawn with")
    return int(value) if value.is_integer() else float(value)


def _sha256(encoded: Encoded) -> str:
    return hashlib.sha256(_text(RECIPE_VERSION) + encoded).hexdigest()


def _checkpoint(checkpoint: Checkpoint) -> Encoded:
    return _record(
        "checkpoint",
        _text(checkpoint.family),
        _file(checkpoint.file),
        _text(checkpoint.prediction),
        _nothing() if checkpoint.vae is None else _file(checkpoint.vae),
        _number(checkpoint.clip_skip),
        *(_record("text encoder", _file(file)) for file in checkpoint.text_encoders),
        *([_record("zero snr")] if checkpoint.zero_snr else []),
    )


def _variation(variation: Variation) -> Encoded:
    return _record("variation", _number(variation.seed), _number(variation.strength))


def _beginning(beginning: Beginning) -> Encoded:
    picture = beginning.picture
    return _record(
        "beginning",
        _file(picture) if isinstance(picture, ModelFile) else _text(preview_digest(picture)),
        _number(beginning.denoise),
        *([_mask(beginning.mask)] if beginning.mask else []),
    )


def _mask(mask: Mask) -> Encoded:
    if isinstance(mask, ModelFile):
        return _file(mask)
    return _record("box", *map(_number, (mask.left, mask.top, mask.width, mask.height)))


def _wording(wording: Rewording) -> Encoded:
    return _record(
        "wording",
        _text(wording.prompt),
        _text(wording.negative),
        _collection(_adapter(adapter) for adapter in wording.adapters),
        _collection(_embedding(file) for file in wording.embeddings),
    )


def _sampling(sampling: Sampling) -> Encoded:
    return _record(
        "sampling",
        _text(sampling.sampler),
        _number(sampling.steps),
        _number(sampling.cfg),
        _number(sampling.eta),
        _number(sampling.ensd),
        *([_record("guided above", _number(above))] if (above := sampling.guided_above) else []),
    )


def _adapter(adapter: Adapter) -> Encoded:
    return _record(
        "adapter",
        _file(adapter.file),
        _number(adapter.unet),
        _number(adapter.text_encoder),
        *([_record("blocks", *map(_number, adapter.blocks))] if adapter.blocks else []),
        *([_record("start", _number(adapter.start))] if adapter.start else []),
        *([] if adapter.stop is None else [_record("stop", _number(adapter.stop))]),
    )


def _upscaler(upscaler: Upscaler) -> Encoded:
    return _file(upscaler) if isinstance(upscaler, ModelFile) else _text(upscaler)


def _embedding(file: ModelFile) -> Encoded:
    return _record("embedding", _text(file.name.lower()), _file(file))


def _file(file: ModelFile) -> Encoded:
    return _record("file", _text(file.sha256.lower()))


def _record(tag: str, *fields: Encoded) -> Encoded:
    return b"r" + _text(tag) + b"%d:" % len(fields) + b"".join(fields)


def _collection(items: Iterable[Encoded]) -> Encoded:
    """Order does not count: merged LoRAs are a sum, and embeddings are found by their words."""
    ordered = sorted(items)
    return b"c%d:" % len(ordered) + b"".join(ordered)


def _text(value: str) -> Encoded:
    try:
        encoded = value.encode("utf-8")
    except UnicodeEncodeError as problem:
        raise argument_error(
            f"the text {value[:60]!r} holds half a character (a lone surrogate) "
            f"at position {problem.start + 1}",
            "type that character anew",
        ) from None
    return b"s%d:" % len(encoded) + encoded


def _number(value: float) -> Encoded:
    return b"n%s;" % repr(canonical_number(value)).encode("ascii")


def _nothing() -> Encoded:
    return b"-;"


def _preview_recipe(job: PreviewJob) -> Recipe:
    return {
        "recipe": RECIPE_VERSION,
        "kind": "preview",
        "digest": preview_digest(job),
        "prompt": job.prompt,
        "negative": job.negative,
        "width": canonical_number(job.size.width),
        "height": canonical_number(job.size.height),
        "seed": canonical_number(job.seed),
        "rng": job.rng,
        "sampling": _sampling_recipe(job.sampling),
        "checkpoint": {
            "family": job.checkpoint.family,
            **_file_recipe(job.checkpoint.file),
            "prediction": job.checkpoint.prediction,
            "vae": None if job.checkpoint.vae is None else _file_recipe(job.checkpoint.vae),
            "clip_skip": canonical_number(job.checkpoint.clip_skip),
            "text_encoders": [_file_recipe(file) for file in job.checkpoint.text_encoders],
            "zero_snr": job.checkpoint.zero_snr,
        },
        "adapters": [_adapter_recipe(adapter) for adapter in job.adapters],
        "embeddings": [_file_recipe(file) for file in job.embeddings],
        "variation": None if job.variation is None else _variation_recipe(job.variation),
        "beginning": None if job.beginning is None else _beginning_recipe(job.beginning),
    }


def _final_recipe(job: FinalJob) -> Recipe:
    preview = _preview_recipe(job.preview)
    return {
        "recipe": RECIPE_VERSION,
        "kind": "final",
        "digest": final_digest(job, preview["digest"]),
        "width": canonical_number(job.size.width),
        "height": canonical_number(job.size.height),
        "upscaler": _upscaler_recipe(job.upscaler),
        "denoise": canonical_number(job.denoise),
        "sampling": _sampling_recipe(job.sampling),
        "wording": None if job.wording is None else _wording_recipe(job.wording),
        "max_drift": None if job.max_drift is None else canonical_number(job.max_drift),
        "preview": preview,
    }


def _variation_recipe(variation: Variation) -> Recipe:
    return {
        "seed": canonical_number(variation.seed),
        "strength": canonical_number(variation.strength),
    }


def _beginning_recipe(beginning: Beginning) -> Recipe:
    picture = beginning.picture
    return {
        "picture": (
            _file_recipe(picture) if isinstance(picture, ModelFile) else _preview_recipe(picture)
        ),
        "denoise": canonical_number(beginning.denoise),
        "mask": None if beginning.mask is None else _mask_recipe(beginning.mask),
    }


def _mask_recipe(mask: Mask) -> Recipe:
    if isinstance(mask, ModelFile):
        return _file_recipe(mask)
    return {
        "left": canonical_number(mask.left),
        "top": canonical_number(mask.top),
        "width": canonical_number(mask.width),
        "height": canonical_number(mask.height),
    }


def _adapter_recipe(adapter: Adapter) -> Recipe:
    return {
        **_file_recipe(adapter.file),
        "unet": canonical_number(adapter.unet),
        "text_encoder": canonical_number(adapter.text_encoder),
        "blocks": [canonical_number(factor) for factor in adapter.blocks],
        "start": canonical_number(adapter.start),
        "stop": None if adapter.stop is None else canonical_number(adapter.stop),
    }


def _wording_recipe(wording: Rewording) -> Recipe:
    return {
        "prompt": wording.prompt,
        "negative": wording.negative,
        "adapters": [_adapter_recipe(adapter) for adapter in wording.adapters],
        "embeddings": [_file_recipe(file) for file in wording.embeddings],
    }


def _sampling_recipe(sampling: Sampling) -> Recipe:
    return {
        "sampler": sampling.sampler,
        "steps": canonical_number(sampling.steps),
        "cfg": canonical_number(sampling.cfg),
        "eta": canonical_number(sampling.eta),
        "ensd": canonical_number(sampling.ensd),
        **({"guided_above": canonical_number(above)} if (above := sampling.guided_above) else {}),
    }


def _upscaler_recipe(upscaler: Upscaler) -> str | Recipe:
    return _file_recipe(upscaler) if isinstance(upscaler, ModelFile) else upscaler


def _file_recipe(file: ModelFile) -> Recipe:
    return {"name": file.name, "path": file.path, "sha256": file.sha256.lower()}
