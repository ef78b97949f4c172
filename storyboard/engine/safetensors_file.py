"""Tensors as the bytes of a safetensors file, one after the other, so that none is held twice."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

from storyboard.models.header import MAX_HEADER_BYTES, MAX_NAME, ModelFileProblem

_TYPES = {
    torch.bool: "BOOL",
    torch.uint8: "U8",
    torch.int8: "I8",
    torch.float8_e5m2: "F8_E5M2",
    torch.float8_e4m3fn: "F8_E4M3",
    torch.uint16: "U16",
    torch.int16: "I16",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.uint32: "U32",
    torch.int32: "I32",
    torch.float32: "F32",
    torch.uint64: "U64",
    torch.int64: "I64",
    torch.float64: "F64",
    torch.complex64: "C64",
}
_ALIGNED = 8


def laid_out(tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> Iterator[memoryview]:
    """The file's parts in order: its header, then each tensor's bytes.

    Tensors lie by the width of their numbers, then by name, as the format's own library writes
    them. Raises ModelFileProblem, before the first part, where a tensor cannot be held by it.
    """
    for name, tensor in tensors.items():
        _check(name, tensor)
    order = sorted(tensors, key=lambda name: (-tensors[name].element_size(), name))
    return _parts(_header(tensors, order, metadata), [tensors[name] for name in order])


def _parts(header: bytes, tensors: list[Tensor]) -> Iterator[memoryview]:
    yield memoryview(header)
    for tensor in tensors:
        # Views, shared and transposed tensors become plain ones here, one at a time.
        plain = tensor.detach().resolve_conj().resolve_neg().contiguous()
        yield plain.reshape(-1).view(torch.uint8).numpy().data


def _header(tensors: Mapping[str, Tensor], order: list[str], metadata: Mapping[str, str]) -> bytes:
    document: dict[str, object] = {"__metadata__": dict(metadata)} if metadata else {}
    place = 0
    for name in order:
        tensor = tensors[name]
        end = place + tensor.numel() * tensor.element_size()
        document[name] = {
            "dtype": _TYPES[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [place, end],
        }
        place = end
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    text += b" " * (-len(text) % _ALIGNED)
    if len(text) > MAX_HEADER_BYTES:
        raise ModelFileProblem(f"holds {len(tensors):,} tensors: too many for one file")
    return struct.pack("<Q", len(text)) + text


def _check(name: str, tensor: Tensor) -> None:
    called = repr(name[:100])
    try:
        name.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ModelFileProblem(f"holds a tensor whose name is no text, {called}") from error
    if not name or name == "__metadata__" or len(name) > MAX_NAME:
        raise ModelFileProblem(f"holds a tensor that cannot be named so, {called}")
    if tensor.is_meta:
        raise ModelFileProblem(f"holds tensor {called} without its numbers")
    if tensor.layout is not torch.strided or tensor.is_nested or tensor.dtype not in _TYPES:
        kind = tensor.layout if tensor.layout is not torch.strided else tensor.dtype
        said = str(kind).removeprefix("torch.")
        raise ModelFileProblem(f"holds tensor {called} of a type that safetensors lacks, {said}")
