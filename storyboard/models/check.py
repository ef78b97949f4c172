"""Whether a LoRA fits a checkpoint: told from headers and values, without torch."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from storyboard.models.components import component_files
from storyboard.models.entries import Entry, Kind
from storyboard.models.header import ModelFileProblem, read_header
from storyboard.models.lora import Target, parse_lora, resolve, targets_of
from storyboard.models.remembered import Remembered, state_of
from storyboard.models.values import non_finite_keys

_NAMES = {"sd15": "SD 1.x", "sdxl": "SDXL", None: "another family"}
_SHOWN = 4


def lora_problems(entry: Entry, checkpoint: Entry, cache_file: Path | None = None) -> list[str]:
    """Why the LoRA does not fit the checkpoint, each as a sentence whose subject it is; empty where
    it does.

    It must be of the same family; each of its modules must be in the checkpoint with the same
    shape; all its values must be finite (remembered in `cache_file`, as that reads the whole file).
    """
    if entry.kind is not Kind.LORA or entry.problems:
        return list(entry.problems) or [f"is {entry.kind.one}, not a LoRA"]
    if entry.family != checkpoint.family:
        return [
            f"is made for {_NAMES[entry.family]}, but checkpoint '{checkpoint.name}' is "
            f"{_NAMES[checkpoint.family]}"
        ]
    try:
        targets = _targets(checkpoint.path)
    except ModelFileProblem as problem:
        return [f"cannot be checked, as checkpoint '{checkpoint.name}' is broken: {problem}"]
    try:
        _, problems = resolve(parse_lora(read_header(entry.path).shapes), targets)
    except ModelFileProblem as problem:
        return [str(problem)]
    return [*problems, *value_problems(entry.path, cache_file)]


def value_problems(path: Path, cache_file: Path | None = None) -> list[str]:
    """Which of a safetensors file's tensors hold NaN or infinity, in one sentence, if any does.

    For LoRAs and embeddings: the file is read whole, once, unless `cache_file` remembers it.
    """
    try:
        keys = _non_finite(path, Remembered(cache_file))
    except ModelFileProblem as problem:
        return [str(problem)]
    except OSError as error:
        return [f"cannot be read: {error.strerror or error}"]
    if not keys:
        return []
    rest = f" and {len(keys) - _SHOWN} more" if len(keys) > _SHOWN else ""
    return [f"holds values that are not finite, in {', '.join(keys[:_SHOWN])}{rest}"]


def _non_finite(path: Path, remembered: Remembered) -> list[str]:
    state = state_of(path)
    known = remembered.get(state)
    if isinstance(known, list) and all(isinstance(key, str) for key in known):
        return known
    keys = non_finite_keys(path, read_header(path))
    remembered.put(state, keys)
    return keys


def _targets(checkpoint: Path) -> Mapping[str, Target]:
    """The checkpoint's weights, read again only where its files have changed."""
    parts = ("unet", "text_encoder")
    try:
        files = [file for part in parts for file in component_files(checkpoint / part)]
        states = tuple(state_of(file) for file in files)
    except OSError as error:
        raise ModelFileProblem(f"cannot be read: {error.strerror or error}") from error
    return _targets_in_state(checkpoint, states)


@lru_cache(maxsize=4)  # a story's LoRAs are all checked against the same checkpoint
def _targets_in_state(checkpoint: Path, states: tuple[str, ...]) -> Mapping[str, Target]:
    return targets_of(checkpoint)
