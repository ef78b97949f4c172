"""Which files of a diffusers folder are read, told from names: so the same ones are fetched, missed
where they are not there, and hashed; whatever else lies beside them does not count."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from storyboard.models.components import is_index, shard_names, weights_name
from storyboard.models.entries import CARD
from storyboard.models.header import ModelFileProblem
from storyboard.models.side_files import read_mapping

INDEX = "model_index.json"
"""What says of a folder that it is a diffusers model, and which parts it has."""

_PARTS = ("unet", "vae", "text_encoder", "text_encoder_2")
_TOKENIZERS = ("tokenizer", "tokenizer_2")
_SCHEDULER = "scheduler/scheduler_config.json"

IsThere = Callable[[str], bool]
"""Whether the folder has a file of this name, which is its path with `/`."""


def small_files(is_there: IsThere) -> list[str]:
    """All that is read but weights: configurations, tokenizers, the indexes of shards."""
    names = [INDEX, CARD, _SCHEDULER, *(f"{part}/config.json" for part in _PARTS)]
    for folder in _TOKENIZERS:
        names += [*_tokenizer_files(folder, is_there), f"{folder}/special_tokens_map.json"]
    names += [name for name in part_weights(is_there).values() if is_index(name)]
    return [name for name in names if is_there(name)]


def part_weights(is_there: IsThere) -> dict[str, str]:
    """The file with each part's weights, or the index of their shards; parts without are left
    out."""
    found = ((part, _weights(part, is_there)) for part in _PARTS)
    return {part: name for part, name in found if name is not None}


def weight_files(folder: Path, weights: Mapping[str, str]) -> list[str]:
    """The files behind what `part_weights` gave: shards for an index, which must be in the folder.
    Raises `ModelFileProblem` where that is broken."""
    return [
        name
        for part, weight in weights.items()
        for name in (
            [f"{part}/{shard}" for shard in shard_names(folder / weight)]
            if is_index(weight)
            else [weight]
        )
    ]


def files_read(folder: Path) -> list[str]:
    """Every file that is read of a diffusers folder, ordered by name, its card included; shards
    even where they are missing. Raises `ModelFileProblem` where an index of shards is broken."""
    is_there = _in(folder)
    return sorted({*small_files(is_there), *weight_files(folder, part_weights(is_there))})


def missing_from(folder: Path) -> list[str]:
    """Which of the files that are read a diffusers folder lacks: a fetch that was broken off, by
    whatever program, leaves one that lacks some."""
    is_there = _in(folder)
    try:
        index = read_mapping(folder / INDEX)
        if not index:
            return [INDEX]
        weights = weight_files(folder, part_weights(is_there))
    except (ValueError, ModelFileProblem):
        return ["a file that can be read as an index"]
    return [*unlisted(index, is_there), *(name for name in weights if not is_there(name))]


def unlisted(index: Mapping[str, Any], is_there: IsThere) -> list[str]:
    """Which of the files that are read are missing, of the parts that a `model_index.json` says
    are there; a part without weights lacks `unet/*.safetensors`. Shards are not looked for."""
    parts = [name for name, value in index.items() if isinstance(value, list) and any(value)]
    needed = (name for part in parts for name in _needed(part, is_there))
    return [name for name in needed if not is_there(name)]


def _needed(part: str, is_there: IsThere) -> Iterator[str]:
    if part == "scheduler":
        yield _SCHEDULER
    elif part in _TOKENIZERS:
        yield from _tokenizer_files(part, is_there)
    elif part in _PARTS:
        yield f"{part}/config.json"
        yield _weights(part, is_there) or f"{part}/*.safetensors"


def _tokenizer_files(folder: str, is_there: IsThere) -> list[str]:
    whole, vocabulary = f"{folder}/tokenizer.json", f"{folder}/vocab.json"
    settings = f"{folder}/tokenizer_config.json"
    if is_there(whole) and not is_there(vocabulary):
        return [settings, whole]
    return [settings, vocabulary, f"{folder}/merges.txt"]


def _weights(part: str, is_there: IsThere) -> str | None:
    name = weights_name(lambda name: is_there(f"{part}/{name}"))
    return None if name is None else f"{part}/{name}"


def _in(folder: Path) -> IsThere:
    return lambda name: (folder / name).is_file()
