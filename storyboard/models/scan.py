"""What model files lie on the model path, by kind and name; file contents are not read.

The folder trees of the WebUI (`models/Lora`, `embeddings`) and of ComfyUI (`models/loras`) are
understood as they are, whether a root is the tree's top or its `models` folder, in any case of
letters. A folder in `checkpoints` that holds a `model_index.json` is one model.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from storyboard.models.entries import Kind

WEIGHTS = (".safetensors", ".sft")
PICKLES = (".ckpt", ".pt", ".pth", ".bin")

_FOLDERS = {
    "stable-diffusion": Kind.CHECKPOINT,
    "checkpoints": Kind.CHECKPOINT,
    "lora": Kind.LORA,
    "loras": Kind.LORA,
    "lycoris": Kind.LORA,
    "vae": Kind.VAE,
    "clip": Kind.TEXT_ENCODER,
    "text_encoder": Kind.TEXT_ENCODER,
    "text_encoders": Kind.TEXT_ENCODER,
    "embeddings": Kind.EMBEDDING,
    "upscalers": Kind.UPSCALER,
    "esrgan": Kind.UPSCALER,
    "realesrgan": Kind.UPSCALER,
    "swinir": Kind.UPSCALER,
    "scunet": Kind.UPSCALER,
    "dat": Kind.UPSCALER,
    "hat": Kind.UPSCALER,
    "upscale_models": Kind.UPSCALER,
}
# What makes a folder of this kind one model.
_FOLDER_MARKS = {
    Kind.CHECKPOINT: "model_index.json",
    Kind.VAE: "config.json",
    Kind.TEXT_ENCODER: "config.json",
}

Unreadable = Callable[[str], None]
"""Is told, as a sentence, of a folder that cannot be listed."""


@dataclass(frozen=True, slots=True)
class Found:
    """A model file or folder. `name` is its path below the kind's folder, without its ending, with
    `/` between folders; `kind` is None where only the file's content can tell."""

    kind: Kind | None
    name: str
    path: Path

    @property
    def stem(self) -> str:
        """The name without its folders."""
        return self.name.rpartition("/")[2]

    @property
    def address(self) -> str:
        """The whole path without its ending, with `/` between folders."""
        return without_ending(self.path.as_posix())


def scan(root: Path, unreadable: Unreadable) -> list[Found]:
    """Everything below one root, ordered by path. A pickle beside a safetensors file of its name
    is left out."""
    found: dict[Path, Found] = {}
    for base in _bases(root, unreadable):
        for item in _scan_base(base, unreadable):
            found.setdefault(item.path, item)
    whole = {item.path.with_suffix("") for item in found.values() if _is(item.path, WEIGHTS)}
    return [
        item
        for item in found.values()
        if not (_is(item.path, PICKLES) and item.path.with_suffix("") in whole)
    ]


def without_ending(name: str) -> str:
    """The name without a model file's ending, if it has one."""
    stem, dot, ending = name.rpartition(".")
    return stem if dot and stem and f".{ending}".lower() in (*WEIGHTS, *PICKLES) else name


def has_ending(path: Path, name: str) -> bool:
    """Whether the name is said with an ending, and the path has that one."""
    ending = name[len(without_ending(name)) :]
    return bool(ending) and path.suffix.lower() == ending.lower()


def folder_kind(name: str) -> Kind | None:
    """What a folder of this name holds in the WebUI's or ComfyUI's tree; None if it is none."""
    return _FOLDERS.get(name.lower())


def walk(folder: Path, kind: Kind, unreadable: Unreadable) -> Iterator[Found]:
    """Everything of one kind below a folder, wherever that is."""
    return _walk(folder, "", kind, frozenset(), unreadable)


def is_model(kind: Kind | None, path: Path) -> bool:
    """Whether the path is a model's file by its ending, or a model's folder by what is in it."""
    if path.is_dir():
        return kind in _FOLDER_MARKS and _holds(path, _FOLDER_MARKS[kind])
    return _is(path, (*WEIGHTS, *PICKLES))


def _bases(root: Path, unreadable: Unreadable) -> Iterator[Path]:
    """The root, and its `models` folder if it has one."""
    yield root
    for path in _listed(root, unreadable):
        if path.name.lower() == "models" and path.is_dir():
            yield path


def _scan_base(base: Path, unreadable: Unreadable) -> Iterator[Found]:
    if is_model(Kind.CHECKPOINT, base):
        yield Found(Kind.CHECKPOINT, base.name, base)
        return
    for path in _listed(base, unreadable):
        kind = folder_kind(path.name)
        if is_model(Kind.CHECKPOINT, path) and path.is_dir():
            yield Found(Kind.CHECKPOINT, path.name, path)
        elif kind is not None and path.is_dir():
            yield from _walk(path, "", kind, frozenset(), unreadable)
        elif is_model(None, path):
            yield Found(None, without_ending(path.name), path)


def _walk(
    folder: Path, above: str, kind: Kind, walked: frozenset[str], unreadable: Unreadable
) -> Iterator[Found]:
    """Below a kind's folder; `walked` are the real paths above, so that a link cannot run in a
    circle."""
    real = os.path.realpath(folder)
    if real in walked:
        return
    for path in _listed(folder, unreadable):
        if is_model(kind, path):
            name = path.name if path.is_dir() else without_ending(path.name)
            yield Found(_kind_by_name(kind, name), above + name, path)
        elif path.is_dir():
            yield from _walk(path, f"{above}{path.name}/", kind, walked | {real}, unreadable)


def _kind_by_name(kind: Kind, name: str) -> Kind:
    """The WebUI lets a checkpoint's own VAE lie beside it as NAME.vae.safetensors."""
    return Kind.VAE if kind is Kind.CHECKPOINT and name.lower().endswith(".vae") else kind


def _listed(folder: Path, unreadable: Unreadable) -> list[Path]:
    """What is in a folder, ordered by name, hidden things left out."""
    try:
        paths = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
        for path in paths:
            path.is_dir()  # raises where the folder may be listed, but nothing in it looked at
        return paths
    except OSError as error:
        unreadable(f"the folder {folder} cannot be listed: {error.strerror or error}")
        return []


def _holds(folder: Path, name: str) -> bool:
    try:
        return (folder / name).is_file()
    except OSError:  # it may not be read: walking into it tells so
        return False


def _is(path: Path, endings: tuple[str, ...]) -> bool:
    return path.suffix.lower() in endings
