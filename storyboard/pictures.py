"""How a drawn picture becomes a store entry's files and record, and a preview a final's source."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from safetensors.numpy import load, save

from storyboard import __version__
from storyboard.digests import recipe
from storyboard.engine.base import Drawn, Latent, Pixels, Source
from storyboard.jobs import FinalJob, Job, PreviewJob
from storyboard.likeness import drift
from storyboard.parameters import parameters_text
from storyboard.pnginfo import decode_png, encode_png
from storyboard.recipes import without_paths
from storyboard.scoring import SCORERS
from storyboard.store import LATENT, PICTURE, Entry

ShortHashes = Callable[[Job], tuple[Mapping[str, str], str]]
"""For a job, the WebUI's short hashes: of its LoRAs by name, and of its checkpoint."""


class BadPicture(Exception):
    """The engine gave something that is not the picture it was asked for; one sentence."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What goes into the store for one picture."""

    files: Mapping[str, bytes]
    record: Mapping[str, Any]


def checkpoint_hash_only(job: Job) -> tuple[Mapping[str, str], str]:
    """The short hashes that are known without reading a file: the checkpoint's, no LoRA's."""
    preview = job if isinstance(job, PreviewJob) else job.preview
    return {}, preview.checkpoint.file.sha256[:10]


def keep(
    job: Job, drawn: Drawn, raw_prompt: str, source: Source | None, short_hashes: ShortHashes
) -> Kept:
    """A picture as it is stored. The PNG's bytes depend on the job and its pixels alone.

    The record has the recipe, provenance, the pixels' own sha256 and, for a final, that of the
    preview's pixels that it was drawn from, and how far it drifted from them. Raises `BadPicture`.
    """
    _check(job, drawn)
    lora_hashes, checkpoint_hash = short_hashes(job)
    made = recipe(job)
    version = f"storyboard {__version__}"
    text = parameters_text(job, raw_prompt, version, lora_hashes, checkpoint_hash)
    files = {PICTURE: encode_png(drawn.pixels, made, text)}
    if isinstance(job, PreviewJob) and drawn.latent is not None:
        files[LATENT] = _encode_latent(drawn.latent)
    record: dict[str, Any] = {
        "kind": made["kind"],
        "recipe": without_paths(made),
        "provenance": dict(drawn.provenance),
        "pixels": pixel_hash(drawn.pixels),
    }
    if source is not None:
        record["source_pixels"] = pixel_hash(source.pixels)
    if isinstance(job, PreviewJob):
        record["scores"] = {name: scorer(drawn.pixels) for name, scorer in SCORERS.items()}
    if source is not None and isinstance(job, FinalJob):
        record["drift"] = asdict(drift(source.pixels, drawn.pixels))
    return Kept(files, record)


def source_of(preview: Entry) -> Source:
    """What a final starts from."""
    latent = preview.files.get(LATENT)
    return Source(decode_png(preview.picture), None if latent is None else _decode_latent(latent))


def score_of(picture: Entry, scorer: str) -> float:
    """A stored picture's score, as it was noted when it was kept, or looked at again."""
    noted = picture.record.get("scores")
    score = noted.get(scorer) if isinstance(noted, Mapping) else None
    if isinstance(score, int | float):
        return float(score)
    return SCORERS[scorer](decode_png(picture.picture))


def drift_of(record: Mapping[str, Any]) -> float | None:
    """How far a stored final drifted from its preview; None for other pictures."""
    found = record.get("drift")
    amount = found.get("amount") if isinstance(found, Mapping) else None
    return float(amount) if isinstance(amount, int | float) else None


def pixel_hash(pixels: Pixels) -> str:
    """The sha256 of a picture's size and raw RGB values, whatever file they are in."""
    height, width = pixels.shape[:2]
    head = f"rgb:{width}x{height}:".encode("ascii")
    return hashlib.sha256(head + np.ascontiguousarray(pixels).tobytes()).hexdigest()


def _check(job: Job, drawn: Drawn) -> None:
    pixels = drawn.pixels
    expected = (job.size.height, job.size.width, 3)
    if pixels.shape != expected or pixels.dtype != np.uint8:
        raise BadPicture(
            f"the engine gave {pixels.dtype} numbers of the shape {pixels.shape}, "
            f"not an RGB picture of {job.size} pixels"
        )
    if drawn.latent is not None and not np.isfinite(drawn.latent).all():
        raise BadPicture("the engine gave a latent without numbers (NaN): it is not kept")


def _encode_latent(latent: Latent) -> bytes:
    data: bytes = save({"latent": np.ascontiguousarray(latent, dtype=np.float32)})
    return data


def _decode_latent(data: bytes) -> Latent:
    latent: Latent = load(data)["latent"]
    return latent
