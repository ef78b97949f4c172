"""Whether a safetensors file's numbers are finite, told from their bits, block by block."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from storyboard.models.header import Header, ModelFileProblem, TensorInfo

# A number is not finite where all bits of its mask are set: its exponent's; in the 8-bit types
# without an infinity, the one pattern (but for its sign) that stands for NaN.
_MASKS = {
    "F8_E5M2": ("u1", 0x7C),
    "F8_E4M3": ("u1", 0x7F),
    "F8_E8M0": ("u1", 0xFF),
    "F16": ("<u2", 0x7C00),
    "BF16": ("<u2", 0x7F80),
    "F32": ("<u4", 0x7F80_0000),
    "C64": ("<u4", 0x7F80_0000),
    "F64": ("<u8", 0x7FF0_0000_0000_0000),
}
_BLOCK = 4 * 1024 * 1024  # a multiple of every type's size


def non_finite_keys(path: Path, header: Header) -> list[str]:
    """The keys of tensors that hold NaN or an infinity, in the file's order.

    Whole numbers are always finite. Raises `ModelFileProblem` where the file cannot be read.
    """
    tensors = sorted(header.tensors.items(), key=lambda item: item[1].start)
    try:
        with path.open("rb") as file:
            return [key for key, info in tensors if not _is_finite(file, info)]
    except OSError as error:
        raise ModelFileProblem(f"cannot be read: {error.strerror or error}") from error


def _is_finite(file: BinaryIO, info: TensorInfo) -> bool:
    import numpy as np  # only here, so that what reads headers alone starts quickly

    if info.dtype not in _MASKS:
        return True
    kind, mask = _MASKS[info.dtype]
    file.seek(info.start)
    for start in range(info.start, info.end, _BLOCK):
        wanted = min(_BLOCK, info.end - start)
        block = file.read(wanted)
        if len(block) < wanted:
            raise ModelFileProblem("has become shorter while it was read", "try again")
        bits = np.frombuffer(block, dtype=kind)
        if bool(((bits & bits.dtype.type(mask)) == mask).any()):
            return False
    return True
