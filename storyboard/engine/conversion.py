"""From a pickle of torch's to safetensors: which of its parts are weights, and writing those."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from torch import Tensor

from storyboard.engine.pickles import read_pickle
from storyboard.engine.safetensors_file import laid_out
from storyboard.files import new_file
from storyboard.models.header import ModelFileProblem

State = Literal["written", "there already"]

LEVELS = (
    "state_dict",
    "params_ema",
    "params-ema",
    "params",
    "model_state_dict",
    "model",
    "net",
    "generator",
    "netG",
)
"""The names under which training programs put a network's weights, the likeliest to be meant
first: a running mean (`params_ema`) is what such a network is drawn with."""

_DEEPEST = 4
_SPARE_BYTES = 1_000_000
_MOST_SHARED = 4
_MOST_METADATA = 32
_LONGEST_TEXT = 300
_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Converted:
    """How a conversion ended. `left_out` are parts of the source that are no weights."""

    target: Path
    state: State
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """The weights in a pickle's value by name, short texts about them, and what else was there."""

    tensors: Mapping[str, Tensor]
    metadata: Mapping[str, str]
    left_out: tuple[str, ...]


def convert(source: Path, target: Path) -> Converted:
    """Writes the weights of a pickle to `target`, whole or not at all; never over another file.

    Raises ModelFileProblem, its subject the source, where that cannot be done; OSError where the
    disk does not let it.
    """
    if target == source:
        raise ModelFileProblem(
            "is a pickle under the name of a safetensors file",
            f"rename it to {source.with_suffix('.pt').name}, then convert that",
        )
    found = weights_in(read_pickle(source))
    _check_size(found.tensors, source.stat().st_size)
    parts = laid_out(found.tensors, found.metadata)
    if target.exists():
        _check_equal(parts, target)
        return Converted(target, "there already", found.left_out)
    with new_file(target) as file:
        for part in parts:
            file.write(part)
    return Converted(target, "written", found.left_out)


def weights_in(value: object) -> Found:
    """The weights in what a pickle holds: an embedding's vectors, or a network's state.

    An embedding's vectors are named as safetensors files of embeddings name them: `emb_params`, or
    SDXL's `clip_l` and `clip_g`. Raises ModelFileProblem where there are none, or several networks.
    """
    if not isinstance(value, Mapping):
        raise ModelFileProblem(f"holds {_called(value)}, and no weights by name")
    found = _embedding(value) or _network(value)
    if not found.tensors:
        raise ModelFileProblem("holds no weights")
    return found


def _embedding(value: Mapping[object, object]) -> Found | None:
    """A textual inversion embedding: of the WebUI and the first trainers (`string_to_param`), of
    SDXL, or of diffusers, where a token has a tensor."""
    vectors = value.get("string_to_param")
    if isinstance(vectors, Mapping):
        named = [tensor for tensor in vectors.values() if isinstance(tensor, Tensor)]
        if len(named) != 1:
            raise ModelFileProblem(f"holds {len(named)} embeddings, where one is read")
        return Found(_rows(named[0]), _texts(value), _others(value, "string_to_param"))
    pair = {key: one for key in ("clip_l", "clip_g") if isinstance(one := value.get(key), Tensor)}
    if pair:
        return Found(pair, _texts(value), _others(value, *pair))
    if isinstance(single := value.get("emb_params"), Tensor):
        return Found(_rows(single), _texts(value), _others(value, "emb_params"))
    if len(value) == 1:
        ((token, tensor),) = value.items()
        if isinstance(token, str) and isinstance(tensor, Tensor) and tensor.dim() in (1, 2):
            return Found(_rows(tensor), _texts({"name": token}), ())
    return None


def _rows(vectors: Tensor) -> dict[str, Tensor]:
    return {"emb_params": vectors[None] if vectors.dim() == 1 else vectors}


def _network(value: Mapping[object, object]) -> Found:
    metadata: dict[str, str] = {}
    left_out: list[str] = []
    level = value
    for _ in range(_DEEPEST):
        found = _deeper(level)
        if found is None:
            break
        key, inner = found
        metadata |= _texts(level)
        left_out += _others(level, key)
        level = inner
    tensors = {key: one for key, one in level.items() if isinstance(one, Tensor)}
    unnamed = next((key for key in tensors if not isinstance(key, str)), None)
    if unnamed is not None:
        raise ModelFileProblem(f"holds a tensor under {str(unnamed)[:60]}, which is no name")
    named = {str(key): one for key, one in tensors.items()}
    kept, dropped = _without_duplicates(named)
    left_out += (*_others(level, *tensors), *dropped)
    return Found(kept, {"format": "pt", **metadata, **_texts(level)}, tuple(left_out))


def _deeper(level: Mapping[object, object]) -> tuple[object, Mapping[object, object]] | None:
    """The mapping in which the weights lie, if they lie deeper, and its key."""
    for key in LEVELS:
        inner = level.get(key)
        if isinstance(inner, Mapping) and inner:
            return key, inner
    if _has_weights(level):
        return None
    inside = [
        (key, inner)
        for key, inner in level.items()
        if isinstance(inner, Mapping) and _has_weights(inner)
    ]
    if len(inside) > 1:
        names = ", ".join(str(key)[:40] for key, _ in inside[:_SHOWN])
        raise ModelFileProblem(f"holds weights under {len(inside)} names ({names}): not one model")
    return inside[0] if inside else None


def _has_weights(value: Mapping[object, object]) -> bool:
    return any(isinstance(one, Tensor) for one in value.values())


def _without_duplicates(tensors: dict[str, Tensor]) -> tuple[dict[str, Tensor], Iterator[str]]:
    """Without the running mean that training keeps of a checkpoint's or VAE's weights, which
    nobody draws with, and without what its training judged it by."""
    dropped: dict[str, list[str]] = {}
    is_model = any(key.startswith(("model.diffusion_model.", "decoder.")) for key in tensors)
    for key in tensors if is_model else ():
        head = key.partition(".")[0]
        if head in ("model_ema", "loss"):
            dropped.setdefault(head, []).append(key)
    gone = {key for keys in dropped.values() for key in keys}
    kept = {key: tensor for key, tensor in tensors.items() if key not in gone}
    return kept, (f"{head} (tensors: {len(keys):,})" for head, keys in dropped.items())


def _texts(level: Mapping[object, object]) -> dict[str, str]:
    """The short texts and numbers beside weights: an embedding's name, a training's step."""
    said = {
        _plain(key): _plain(one)
        for key, one in level.items()
        if isinstance(key, str) and isinstance(one, str | int | float)
    }
    short = [(key, one) for key, one in said.items() if len(key) + len(one) <= _LONGEST_TEXT]
    return dict(short[:_MOST_METADATA])


def _plain(value: object) -> str:
    """A stranger's text; halves of characters can be written nowhere."""
    return str(value).encode("utf-8", "replace").decode()


def _others(level: Mapping[object, object], *taken: object) -> tuple[str, ...]:
    """What is neither taken nor told in the metadata."""
    told = {*taken, *_texts(level)}
    names = [_plain(key)[:60] for key, one in level.items() if key not in told and one is not None]
    rest = [f"{len(names) - _SHOWN:,} more"] if len(names) > _SHOWN else []
    return (*names[:_SHOWN], *rest)


def _check_size(tensors: Mapping[str, Tensor], size: int) -> None:
    """Tensors may share memory, but not so that a small file fills a disk."""
    claimed = sum(tensor.numel() * tensor.element_size() for tensor in tensors.values())
    if claimed > _MOST_SHARED * size + _SPARE_BYTES:
        raise ModelFileProblem(f"claims {claimed:,} bytes of weights, in a file of {size:,}")


def _check_equal(parts: Iterator[memoryview], target: Path) -> None:
    new = hashlib.sha256()
    for part in parts:
        new.update(part)
    with target.open("rb") as file:
        old = hashlib.file_digest(file, "sha256")
    if new.digest() != old.digest():
        raise ModelFileProblem(
            f"was not converted: {target} is there already, and is another file",
            "move that one away, or name a folder with --out",
        )


def _called(value: object) -> str:
    return "a tensor" if isinstance(value, Tensor) else f"a {type(value).__name__}"
