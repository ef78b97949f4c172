"""Pickled models as torch and its users write them, sound and hostile."""

from __future__ import annotations

import io
import os
import pickle
from pathlib import Path
from typing import Any

import torch


class Trap:
    """Something that, once unpickled by a careless reader, leaves a mark on the disk."""

    def __init__(self, mark: Path) -> None:
        self._mark = mark

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.mkdir, (str(self._mark),)


def saved(path: Path, value: object, legacy: bool = False) -> Path:
    """A file by torch, in its present format, a zip, or its old one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(value, path, _use_new_zipfile_serialization=not legacy)
    return path


def plain_pickle(path: Path, value: object, protocol: int = 2) -> Path:
    """A file by pickle itself."""
    path.write_bytes(pickle.dumps(value, protocol))
    return path


def embedding(vectors: int = 8, width: int = 768) -> dict[str, Any]:
    """A textual inversion embedding as the WebUI saves one."""
    torch.manual_seed(vectors)
    return {
        "string_to_token": {"*": 265},
        "string_to_param": {"*": torch.randn(vectors, width)},
        "name": "EasyNegative",
        "step": 3999,
        "sd_checkpoint": None,
        "sd_checkpoint_name": "anything-v5",
    }


def archive(value: object) -> bytes:
    """The same as bytes, a zip."""
    stream = io.BytesIO()
    torch.save(value, stream)
    return stream.getvalue()
