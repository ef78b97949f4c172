"""Hashes of model files and folders, computed once and remembered; and the WebUI's short ones."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from storyboard.models.entries import CARD
from storyboard.models.folder_files import INDEX, files_read
from storyboard.models.header import ModelFileProblem, read_header
from storyboard.models.loras.adapter_folder import config_beside
from storyboard.models.remembered import Remembered, settled_state, state_of

Progress = Callable[[Path, int, int], None]
"""Is called while a file is hashed: with its path, the bytes done, and its bytes in all."""

_BLOCK = 4 * 1024 * 1024
_FOLDER_ENDINGS = (".json", ".safetensors", ".txt")
_FOLDER_TAG = "storyboard model folder 1"
_ADAPTER_TAG = "storyboard peft adapter 1"


class Hasher:
    """Hashes model files; each one once, until its size, times or inode change."""

    def __init__(self, cache_file: Path | None, on_progress: Progress | None = None) -> None:
        self._remembered = Remembered(cache_file)
        self._on_progress = on_progress

    def file(self, path: Path) -> str:
        """The file's sha256, 64 hex digits. Raises `ModelFileProblem` where it cannot be read or
        is being written."""
        try:
            state = settled_state(path)
            known = self._remembered.get(state)
            if isinstance(known, str) and re.fullmatch("[0-9a-f]{64}", known):
                return known
            found = self._hash(path)
            if state_of(path) != state:
                raise _changed(path)
        except OSError as error:
            raise _unreadable(path, error) from error
        self._remembered.put(state, found)
        return found

    def model(self, path: Path) -> str:
        """A model's hash: a folder's, or a file's; of a LoRA of peft's, its configuration counts
        too, as it says how much the weights do. Raises `ModelFileProblem` as `file` does."""
        if path.is_dir():
            return self.folder(path)
        config = config_beside(path)
        if config is None:
            return self.file(path)
        lines = (_ADAPTER_TAG, self.file(path), self.file(config))
        return hashlib.sha256("\n".join(lines).encode("utf-8")).hexdigest()

    def lora(self, path: Path) -> str:
        """The WebUI's 12 digits for a LoRA, as `short_lora_hash`, remembered like the others."""
        try:
            state = f"lora|{settled_state(path)}"
        except OSError as error:
            raise _unreadable(path, error) from error
        known = self._remembered.get(state)
        if isinstance(known, str) and re.fullmatch("[0-9a-f]{12}", known):
            return known
        found = short_lora_hash(path)
        self._remembered.put(state, found)
        return found

    def folder(self, path: Path) -> str:
        """A diffusers folder's hash: sha256 over the names and hashes of the files that are read
        of it, in the order of their names. Others do not count, so that a model is the same one
        whether all of its repository was fetched or only what is read. Of a folder that is no
        whole model (a VAE's), all JSON, text and safetensors files count.

        Its `storyboard.json` does not: what of it can change a picture (family, sizes, settings)
        is in each job as resolved. The same weights in other shards are another hash: files are
        hashed, not tensors, so that a folder is read once and not understood.

        Raises `ModelFileProblem` as `file` does, and where there is no such file.
        """
        try:
            names = [name for name in _relevant(path) if name != CARD]
        except OSError as error:
            raise _unreadable(path, error) from error
        if not names:
            raise ModelFileProblem(f"{path} holds no model", "a diffusers folder is looked for")
        lines = [_FOLDER_TAG, *(f"{self.file(path / name)} {name}" for name in names)]
        return hashlib.sha256("\n".join(lines).encode("utf-8")).hexdigest()

    def _hash(self, path: Path) -> str:
        with path.open("rb") as file:
            size = path.stat().st_size
            digest = hashlib.sha256()
            done = 0
            for block in _blocks(file):
                digest.update(block)
                done += len(block)
                if done > size:
                    raise _changed(path)
                if self._on_progress:
                    self._on_progress(path, done, size)
        return digest.hexdigest()


def short_checkpoint_hash(sha256: str) -> str:
    """The WebUI's `Model hash`: the first 10 digits of the file's sha256."""
    return sha256[:10]


def short_lora_hash(path: Path) -> str:
    """The WebUI's 12 digits in `Lora hashes`: of the metadata's sshs_model_hash, or else of the
    sha256 of the bytes behind the header. Raises `ModelFileProblem` where that cannot be read."""
    header = read_header(path)
    said = header.metadata.get("sshs_model_hash", "").lower()
    if re.fullmatch("[0-9a-f]{12,}", said):
        return said[:12]
    try:
        with path.open("rb") as file:
            file.seek(header.data_start)
            return _sha256(_blocks(file))[:12]
    except OSError as error:
        raise _unreadable(path, error) from error


def _sha256(blocks: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for block in blocks:
        digest.update(block)
    return digest.hexdigest()


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    while block := file.read(_BLOCK):
        yield block


def _relevant(folder: Path) -> list[str]:
    """The files that decide what a folder draws, by name; hidden ones are not looked at."""
    if (folder / INDEX).is_file():
        return files_read(folder)
    below = ((file, file.relative_to(folder)) for file in folder.rglob("*"))
    return sorted(
        name.as_posix()
        for file, name in below
        if file.suffix.lower() in _FOLDER_ENDINGS
        and not any(part.startswith(".") for part in name.parts)
        and file.is_file()
    )


def _changed(path: Path) -> ModelFileProblem:
    return ModelFileProblem(f"{path} changed while it was read", "try again when it is complete")


def _unreadable(path: Path, error: OSError) -> ModelFileProblem:
    return ModelFileProblem(f"{path} cannot be read: {error.strerror or error}")
