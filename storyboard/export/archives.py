"""Zip archives without a clock: equal entries give equal bytes, on any system."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

_EPOCH = (1980, 1, 1, 0, 0, 0)


def add_bytes(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    """Adds an entry, stored as it is."""
    archive.writestr(_entry(name), data)


def add_file(archive: zipfile.ZipFile, name: str, path: Path) -> None:
    """Adds a file's bytes, stored as they are, without reading all of it at once. Raises
    OSError."""
    entry = _entry(name)
    entry.file_size = path.stat().st_size
    with path.open("rb") as source, archive.open(entry, "w") as target:
        shutil.copyfileobj(source, target, 1 << 20)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.create_system = 3  # the same archive on Windows as elsewhere
    entry.external_attr = 0o644 << 16
    entry.compress_type = zipfile.ZIP_STORED
    return entry
