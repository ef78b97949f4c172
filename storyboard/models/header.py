"""The header of a safetensors file: which tensors it holds, told without reading them.

The format: eight bytes with the header's length (little endian), the header as JSON, then the
tensors' bytes, one after the other without a gap. Sizes and names come from strangers, so all of it
is checked before anything is believed. A pickle is refused by its content, whatever its name.
"""

from __future__ import annotations

import json
import math
import stat
import struct
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

Shape = tuple[int, ...]

MAX_HEADER_BYTES = 8 * 1024 * 1024
MAX_TENSORS = 50_000
MAX_NAME = 1_000

_LENGTH_BYTES = 8
_MAX_DIMENSIONS = 32
_MAX_COUNT = 2**63
_BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8,
    "U16": 16, "I16": 16, "F16": 16, "BF16": 16,
    "U32": 32, "I32": 32, "F32": 32,
    "U64": 64, "I64": 64, "F64": 64, "C64": 64,
    "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6,
}  # fmt: skip
FLOATS = frozenset({"F64", "F32", "F16", "BF16", "F8_E4M3", "F8_E5M2"})
"""The types of numbers that are weights as they are."""

_AGAIN = "get the file again: it is damaged, or its download was cut off"
_ONLY = "weights are read from safetensors files only"
_MAGIC = {
    b"GGUF": "a GGUF file",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"RIFF": "a picture",
    b"7z\xbc\xaf": "a 7z archive",
    b"Rar!": "a RAR archive",
    b"\x1f\x8b": "a gzip archive",
}


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """A tensor's type (as safetensors names it), shape, and bytes from the file's beginning."""

    dtype: str
    shape: Shape
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Header:
    """A file's tensors by name, its metadata, and where in the file the tensors' bytes begin."""

    tensors: Mapping[str, TensorInfo]
    metadata: Mapping[str, str]
    data_start: int

    @property
    def shapes(self) -> dict[str, Shape]:
        """Each tensor's shape."""
        return {key: info.shape for key, info in self.tensors.items()}


class ModelFileProblem(Exception):
    """A file that cannot be used as a model, in one sentence, and what to do about it."""

    def __init__(self, message: str, hint: str = "") -> None:
        self.message = message
        self.hint = hint
        super().__init__(f"{message} ({hint})" if hint else message)


class IsPickle(ModelFileProblem):
    """A pickle, whatever its name says: only `storyboard convert` reads it."""

    def __init__(self, path: str) -> None:
        hint = f"a pickle can run code when it is opened; {run_convert(path)}"
        super().__init__("is a pickle, whatever its name says", hint)


def run_convert(path: str) -> str:
    """The advice to make safetensors of a pickle."""
    return f'run: storyboard convert "{path}"' if " " in path else f"run: storyboard convert {path}"


def read_header(path: Path) -> Header:
    """Reads and checks the header; of the tensors' bytes, none.

    Raises `ModelFileProblem` for anything but a whole safetensors file.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # to open a pipe would wait for ever
            raise ModelFileProblem("is no file", "a model is a file, or a folder of its parts")
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(0)
            return _read(file, size)
    except OSError as error:
        raise ModelFileProblem(f"cannot be read: {error.strerror or error}") from error


def _read(file: BinaryIO, size: int) -> Header:
    start = file.read(_LENGTH_BYTES + 1)
    if start[_LENGTH_BYTES:] != b"{":
        raise _foreign(file, start, size)
    (length,) = struct.unpack("<Q", start[:_LENGTH_BYTES])
    if length > MAX_HEADER_BYTES:
        raise ModelFileProblem(
            f"has a header of {length:,} bytes; at most {MAX_HEADER_BYTES:,} are read", _AGAIN
        )
    data_start = _LENGTH_BYTES + length
    if data_start > size:
        raise ModelFileProblem("is cut off within its header", _AGAIN)
    file.seek(_LENGTH_BYTES)
    document = _parse(file.read(length))
    if len(document) > MAX_TENSORS:
        raise ModelFileProblem(
            f"says that it holds {len(document):,} tensors; at most {MAX_TENSORS:,} are read",
            "no model has so many: it is damaged, or meant to harm",
        )
    metadata = _metadata(document.pop("__metadata__", {}))
    tensors = {key: _tensor(key, value, data_start) for key, value in document.items()}
    _check_layout(tensors, data_start, size)
    return Header(tensors, metadata, data_start)


def _foreign(file: BinaryIO, start: bytes, size: int) -> ModelFileProblem:
    """What the file is, if it is no safetensors file."""
    if _is_pickle(file, start):
        return IsPickle(str(file.name))
    if size <= _LENGTH_BYTES + 1:
        return ModelFileProblem(f"has only {size} bytes and holds no weights", _AGAIN)
    if start.startswith(b"version "):
        return ModelFileProblem(
            "is a Git LFS pointer, not the model itself", "fetch it with `git lfs pull`"
        )
    file.seek(0)
    return _text_or_other(file.read(64).lstrip())


def _text_or_other(start: bytes) -> ModelFileProblem:
    """What a download brought instead of a model, by how it begins."""
    if start.startswith(b"<"):
        return ModelFileProblem(
            "is a web page, not a model",
            "a site sent it instead of the file: sign in there, and get the file again",
        )
    if start.startswith(b"{"):
        return ModelFileProblem(
            "is an answer in JSON, not a model",
            "a site sent it instead of the file: read what it says, and get the file again",
        )
    for magic, what in _MAGIC.items():
        if start.startswith(magic):
            return ModelFileProblem(f"is {what}, not a safetensors file", _ONLY)
    return ModelFileProblem("is not a safetensors file", _ONLY)


def _is_pickle(file: BinaryIO, start: bytes) -> bool:
    """Whether torch wrote it: a zip around a pickle, a tar around some, or a bare one."""
    if start.startswith(b"PK\x03\x04"):
        try:
            with zipfile.ZipFile(file) as archive:
                names = archive.namelist()
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
            return True  # torch's file, cut off
        return any(name.endswith(".pkl") for name in names)
    if len(start) > 1 and start[0] == 0x80 and 1 <= start[1] <= 5:  # PROTO and its number
        return True
    file.seek(257)
    return file.read(5) == b"ustar"


def _parse(text: bytes) -> dict[str, object]:
    try:
        document: dict[str, object] = json.loads(  # no other value begins with {
            text.decode("utf-8"), object_pairs_hook=_no_twins, parse_constant=_no_constant
        )
    except (ValueError, RecursionError) as error:
        raise ModelFileProblem(f"has a broken header: {str(error)[:120]}", _AGAIN) from error
    return document


def _no_twins(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"it says {key[:60]!r} twice")
        found[key] = value
    return found


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON's")


def _metadata(value: object) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise ModelFileProblem("has a broken header: its metadata are not all text", _AGAIN)
    return value


def _tensor(key: str, value: object, data_start: int) -> TensorInfo:
    fields = value if isinstance(value, dict) else {}
    dtype = fields.get("dtype")
    shape, offsets = _counts(fields.get("shape")), _counts(fields.get("data_offsets"))
    if not isinstance(dtype, str) or shape is None or offsets is None or len(offsets) != 2:
        raise ModelFileProblem(f"has a broken header: tensor {_short(key)} makes no sense", _AGAIN)
    if len(key) > MAX_NAME:
        raise ModelFileProblem(
            f"holds a tensor with a name of {len(key):,} letters; at most {MAX_NAME:,} are read",
            "no model has such names: it is damaged, or meant to harm",
        )
    if dtype not in _BITS:
        raise ModelFileProblem(f"holds tensor {_short(key)} of an unknown type, {_short(dtype)}")
    start, end = (data_start + offset for offset in offsets)
    return TensorInfo(dtype, shape, start, end)


def _counts(value: object) -> Shape | None:
    """A list of whole numbers from 0 on, if it is one; True and False are no numbers."""
    if not isinstance(value, list) or len(value) > _MAX_DIMENSIONS:
        return None
    numbers = tuple(n for n in value if type(n) is int and 0 <= n < _MAX_COUNT)
    return numbers if len(numbers) == len(value) else None


def _check_layout(tensors: Mapping[str, TensorInfo], data_start: int, size: int) -> None:
    """The tensors' bytes must fill the file to its end, without gaps and overlaps."""
    place = data_start
    for key, info in sorted(tensors.items(), key=lambda item: (item[1].start, item[1].end)):
        if info.end > size:
            raise ModelFileProblem(
                f"is cut off: tensor {_short(key)} ends at byte {info.end:,} of {size:,}", _AGAIN
            )
        if info.start != place:
            what = "a gap before" if info.start > place else "bytes shared by two tensors at"
            raise ModelFileProblem(f"has {what} tensor {_short(key)}", _AGAIN)
        if (info.end - info.start) * 8 != math.prod(info.shape) * _BITS[info.dtype]:
            raise ModelFileProblem(
                f"has {info.end - info.start:,} bytes for tensor {_short(key)}, which do not "
                f"make {info.dtype} {list(info.shape)}",
                _AGAIN,
            )
        place = info.end
    if place != size:
        raise ModelFileProblem(f"has {size - place:,} bytes behind its last tensor", _AGAIN)


def _short(text: str) -> str:
    """A stranger's name, fit for a message."""
    return repr(text[:100])
