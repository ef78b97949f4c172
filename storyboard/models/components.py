"""The weight files of one part of a diffusers folder (`unet/`, `text_encoder/`, `vae/`).

A part is one safetensors file, or shards with an index that tells which tensor lies in which file.
Whoever reads a part goes through here, so that both are read alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from storyboard.models.header import Header, ModelFileProblem, read_header, run_convert
from storyboard.models.side_files import read_mapping

_STEMS = ("diffusion_pytorch_model", "model")
# Full weights come before a smaller variant, whose indexes have two names: diffusers and
# transformers put the variant's into them in different ways.
_ENDINGS = (
    ".safetensors",
    ".safetensors.index.json",
    ".fp16.safetensors",
    ".fp16.safetensors.index.json",
    ".safetensors.index.fp16.json",
)
_PICKLES = ("*.bin", "*.ckpt", "*.pt", "*.pth")
_WHOLE = "get the folder again: its files belong together"

Placed = Mapping[Path, tuple[str, ...]]
"""A part's files, each with the tensors that the index places there; a single file has no index."""


def weights_name(is_there: Callable[[str], bool]) -> str | None:
    """Of a part's files, the one with its weights, or the index of its shards; None where no name
    of either is there."""
    names = (stem + ending for stem in _STEMS for ending in _ENDINGS)
    return next((name for name in names if is_there(name)), None)


def is_index(name: str) -> bool:
    """Whether a name that `weights_name` gives is that of an index."""
    return name.endswith(".json")


def shard_names(index: Path) -> dict[str, list[str]]:
    """The files beside it that an index names, each with its tensors, whether or not they are
    there. Raises `ModelFileProblem` where the index is broken or leads outside."""
    placed: dict[str, list[str]] = {}
    for key, name in _weight_map(index).items():
        placed.setdefault(name, []).append(key)
    for name in placed:
        if not name or Path(name).name != name:
            raise ModelFileProblem(
                f"its {_name(index)} names a file outside its folder, {name[:100]!r}",
                "an index names the files beside it",
            )
    return {name: placed[name] for name in sorted(placed)}


def component_files(folder: Path) -> list[Path]:
    """The part's safetensors file, or its shards as their index names them.

    Raises `ModelFileProblem` where there is none, a shard is missing, or the index is broken or
    leads outside.
    """
    return list(_placed(folder))


def component_headers(folder: Path) -> dict[Path, Header]:
    """Each of the part's files with its header, checked to be a whole together.

    Raises `ModelFileProblem` as `component_files` does, and where a file is damaged, lacks a tensor
    that the index places there, or holds one that another file holds too.
    """
    placed = _placed(folder)
    headers = {file: _header(file) for file in placed}
    holders: dict[str, Path] = {}
    for file, header in headers.items():
        missing = sorted(set(placed[file]) - header.tensors.keys())
        if missing:
            raise ModelFileProblem(
                f"its {_name(file)} lacks {_some(missing)}, which its index places there", _WHOLE
            )
        for key in header.tensors:
            if key in holders:
                raise ModelFileProblem(
                    f"its {_name(file)} and {holders[key].name} both hold {key[:100]!r}", _WHOLE
                )
            holders[key] = file
    return headers


def _placed(folder: Path) -> Placed:
    name = weights_name(lambda name: (folder / name).is_file())
    if name is None:
        raise ModelFileProblem(f"its part {folder.name}/ has no weights", _hint(folder))
    return _shards(folder / name) if is_index(name) else {folder / name: ()}


def _shards(index: Path) -> Placed:
    placed = shard_names(index)
    for name in placed:
        if not (index.parent / name).is_file():
            raise ModelFileProblem(
                f"its part {index.parent.name}/ lacks {name[:100]!r}, which its index names",
                _WHOLE,
            )
    return {index.parent / name: tuple(keys) for name, keys in placed.items()}


def _weight_map(index: Path) -> dict[str, str]:
    """Which file holds each tensor. Raises `ModelFileProblem` where that is not told."""
    try:
        found = read_mapping(index).get("weight_map")
    except ValueError as error:
        raise ModelFileProblem(f"its {_name(index)} is broken: {str(error)[:120]}") from error
    if not isinstance(found, dict) or not found:
        raise ModelFileProblem(f"its {_name(index)} is broken: it has no weight_map", _WHOLE)
    if not all(isinstance(name, str) for name in found.values()):
        raise ModelFileProblem(f"its {_name(index)} is broken: a file's name is no text", _WHOLE)
    return found


def _header(file: Path) -> Header:
    try:
        return read_header(file)
    except ModelFileProblem as problem:
        raise ModelFileProblem(f"its {_name(file)} {problem.message}", problem.hint) from problem


def _name(file: Path) -> str:
    return f"{file.parent.name}/{file.name}"


def _some(keys: list[str]) -> str:
    rest = f" and {len(keys) - 1:,} more" if len(keys) > 1 else ""
    return f"the tensor {keys[0][:100]!r}{rest}"


def _hint(folder: Path) -> str:
    pickles = sorted(file.name for pattern in _PICKLES for file in folder.glob(pattern))
    if pickles:
        return f"{pickles[0]} may be a pickle; {run_convert(str(folder / pickles[0]))}"
    return "a diffusers folder holds diffusion_pytorch_model.safetensors or model.safetensors"
