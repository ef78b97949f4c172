"""What a pickle of torch's holds, through torch's weights-only loader and by no other way.

That loader builds tensors, numbers, texts, lists and mappings, and runs nothing that a file brings.
What it refuses is refused here, in one sentence that names what would have had to run.
"""

from __future__ import annotations

import re
import warnings
import zipfile
from pathlib import Path

import torch

from storyboard.models.header import ModelFileProblem

_MOST_PICKLED = 64 * 1024 * 1024
"""Bytes of the pickle itself, beside the tensors' own: those of the largest models have some."""

_AGAIN = "get the file again: it is damaged, or its download was cut off"
_ELSEWHERE = "get it as safetensors from where it comes from: what a model file brings is never run"
_NAMED = re.compile(
    r"(?:GLOBAL|unrecognized function|but got) <?(?:class |(?:built-in )?function )?'?([\w.]+)"
)
_OPERATION = re.compile(r"Unsupported operand (\d+)")


def read_pickle(path: Path) -> object:
    """The pickle's value, tensors on the CPU; those of torch's present format stay on the disk
    until they are read, so the file must stay as it is for that long.

    Raises ModelFileProblem where the file is damaged, torch did not write it, or reading it would
    have to run something.
    """
    is_archive = _starts_as_zip(path)
    if is_archive:
        _check_archive(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of torch's own older formats
            return torch.load(path, map_location="cpu", weights_only=True, mmap=is_archive)
    except Exception as error:  # whatever a stranger's file makes the loader do
        raise _refused(error) from error


def _starts_as_zip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"PK\x03\x04"


def _check_archive(path: Path) -> None:
    """That a zip is as torch writes it: no bytes of it stand for more bytes than are there."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise ModelFileProblem("is a pickle that is cut off or damaged", _AGAIN) from error
    names = {entry.filename.rpartition("/")[2] for entry in entries}
    if "constants.pkl" in names:
        raise ModelFileProblem("is a TorchScript program, which would have to be run", _ELSEWHERE)
    if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
        raise ModelFileProblem("is a compressed archive, which torch does not write", _AGAIN)
    pickled = sum(entry.file_size for entry in entries if entry.filename.endswith(".pkl"))
    if pickled > _MOST_PICKLED:
        raise ModelFileProblem(f"has {pickled:,} bytes beside its weights: too many to be read")


def _refused(error: Exception) -> ModelFileProblem:
    # The loader's own words stand behind torch's advice to load the file unsafely.
    text = str(error)
    reason = text.rpartition("WeightsUnpickler error:")[2].strip().partition("\n")[0]
    named = _NAMED.search(text)
    if named:
        return ModelFileProblem(
            f"is refused: reading it would have to run `{named[1][:100]}`", _ELSEWHERE
        )
    operation = _OPERATION.search(reason)
    if operation:
        return ModelFileProblem(
            f"is refused: it uses pickle's operation {operation[1]}, which no weights of torch's "
            "need",
            _ELSEWHERE,
        )
    if "legacy .tar" in text:
        return ModelFileProblem(
            "is in torch's oldest format, a tar, which only its unsafe loader reads", _ELSEWHERE
        )
    if isinstance(error, MemoryError) or "alloc" in reason:
        return ModelFileProblem("claims more weights than there is memory for", _AGAIN)
    said = f": {reason[:120]}" if reason else ""
    return ModelFileProblem(f"cannot be read as torch's weights{said}", _AGAIN)
