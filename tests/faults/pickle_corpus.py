"""Twelve files that leave a mark on the disk if anybody unpickles them carelessly."""

from __future__ import annotations

import io
import json
import pickle
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from tests.support.pickled import Trap

Make = Callable[[Path], bytes]
"""The file's bytes, from where its mark is to be left."""

ENDINGS = (".pt", ".ckpt", ".bin", ".pth", ".safetensors", ".x")


def _pickled(protocol: int) -> Make:
    return lambda mark: pickle.dumps({"state_dict": Trap(mark)}, protocol)


def _by_inst(mark: Path) -> bytes:
    return b"(S'" + str(mark).encode() + b"'\nios\nmkdir\n."


def _by_obj(mark: Path) -> bytes:
    return b"(cos\nmkdir\nS'" + str(mark).encode() + b"'\no."


def _by_torch(legacy: bool) -> Make:
    def made(mark: Path) -> bytes:
        stream = io.BytesIO()
        value = {"state_dict": {"a.weight": torch.zeros(2)}, "callbacks": Trap(mark)}
        torch.save(value, stream, _use_new_zipfile_serialization=not legacy)
        return stream.getvalue()

    return made


def _zipped(mark: Path) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(Trap(mark), 2))
        archive.writestr("archive/version", "3\n")
    return stream.getvalue()


def _tarred(mark: Path) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name in ("sys_info", "storages", "tensors", "pickle"):
            content = pickle.dumps(Trap(mark), 2)
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return stream.getvalue()


def _numpy(mark: Path) -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.array([Trap(mark)], dtype=object), allow_pickle=True)
    return stream.getvalue()


def _behind_a_header(mark: Path) -> bytes:
    """A safetensors file with torch's zip behind it, which those who look from the end find."""
    text = json.dumps({"emb_params": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}})
    return struct.pack("<Q", len(text)) + text.encode() + b"\0" * 4 + _zipped(mark)


CANARIES: dict[str, Make] = {
    "protocol 0": _pickled(0),
    "protocol 2": _pickled(2),
    "protocol 4": _pickled(4),
    "protocol 5": _pickled(5),
    "INST": _by_inst,
    "OBJ": _by_obj,
    "torch's zip": _by_torch(legacy=False),
    "torch's old format": _by_torch(legacy=True),
    "a compressed zip": _zipped,
    "torch's tar": _tarred,
    "numpy's objects": _numpy,
    "behind a safetensors header": _behind_a_header,
}
