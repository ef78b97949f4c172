"""Whether a LoRA fits a checkpoint: told from headers and values, without torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from storyboard.models.entries import Entry, Kind
from storyboard.models.header import Header, ModelFileProblem, read_header
from storyboard.models.loras.adapter_folder import lora_metadata
from storyboard.models.loras.family import told_family
from storyboard.models.loras.file import parse_lora, some
from storyboard.models.loras.foreign import OTHER
from storyboard.models.loras.targets import PARTS, Target, resolve, targets_of
from storyboard.models.remembered import Remembered, state_of
from storyboard.models.values import non_finite_keys

_NAMES = {"sd15": "SD 1.x", "sdxl": "SDXL", None: OTHER}


def lora_problems(
    entry: Entry,
    checkpoint: Entry,
    cache_file: Path | None = None,
    text_encoders: Sequence[Path] = (),
) -> list[str]:
    """Why the LoRA does not fit the checkpoint, each as a sentence whose subject it is; empty where
    it does.

    It must be of the same family, if it tells its own; each of its modules must be in the
    checkpoint (or in the `text_encoders` that take the place of its own) with the same shape; all
    its values must be finite (remembered in `cache_file`, as that reads the whole file).
    """
    if entry.kind is not Kind.LORA or entry.problems:
        return list(entry.problems) or [f"is {entry.kind.one}, not a LoRA"]
    try:
        header = read_header(entry.path)
    except ModelFileProblem as problem:
        return [str(problem)]
    family, made_for = _NAMES[checkpoint.family], told_family(header)
    if made_for not in (family, None):
        return [f"is made for {made_for}, but checkpoint '{checkpoint.name}' is {family}"]
    misfits = _misfits(entry.path, header, checkpoint, tuple(text_encoders))
    return [*misfits, *value_problems(entry.path, cache_file)]


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
    return [f"holds values that are not finite, in {some(keys)}"]


def _non_finite(path: Path, remembered: Remembered) -> list[str]:
    state = state_of(path)
    known = remembered.get(state)
    if isinstance(known, list) and all(isinstance(key, str) for key in known):
        return known
    keys = non_finite_keys(path, read_header(path))
    remembered.put(state, keys)
    return keys


def _misfits(
    path: Path, lora: Header, checkpoint: Entry, text_encoders: tuple[Path, ...]
) -> list[str]:
    try:
        targets = _targets(checkpoint.path, text_encoders)
    except ModelFileProblem as problem:
        return [f"cannot be checked, as checkpoint '{checkpoint.name}' is broken: {problem}"]
    return resolve(parse_lora(lora.shapes, lora_metadata(path, lora)), targets)[1]


def _targets(checkpoint: Path, text_encoders: tuple[Path, ...]) -> Mapping[str, Target]:
    """The checkpoint's weights, read again only where its files have changed."""
    try:
        files = [file for path in (checkpoint, *text_encoders) for file in _files(path)]
        states = tuple(state_of(file) for file in files)
    except OSError as error:
        raise ModelFileProblem(f"cannot be read: {error.strerror or error}") from error
    return _targets_in_state(checkpoint, text_encoders, states)


def _files(model: Path) -> list[Path]:
    """A model's weights and configurations: its file's, or its folder's and its folder's parts'."""
    if model.is_file():
        return [model]
    folders = (model, *(model / part for part in PARTS))
    return [
        file
        for folder in folders
        for pattern in ("*.safetensors", "*.json")
        for file in sorted(folder.glob(pattern))
    ]


@lru_cache(maxsize=4)  # a story's LoRAs are all checked against the same checkpoint
def _targets_in_state(
    checkpoint: Path, text_encoders: tuple[Path, ...], states: tuple[str, ...]
) -> Mapping[str, Target]:
    return targets_of(checkpoint, text_encoders)
