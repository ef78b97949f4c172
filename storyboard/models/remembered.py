"""What was found out about files by reading them whole, remembered while they stay as they are.

A file counts as the same while its absolute path, size, modification time and inode are. The cache
is a JSON file that may be deleted at any time: where it is broken it is begun anew, and where it
cannot be written, the next run only takes longer.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any


class Remembered:
    """Facts by file, kept in `cache_file`, or for this object's life only if that is None."""

    def __init__(self, cache_file: Path | None) -> None:
        self._cache_file = cache_file
        self._facts: dict[str, Any] = _load(cache_file) if cache_file else {}

    def get(self, state: str) -> Any:
        """The fact that was put for a file in this state; None if there is none."""
        return self._facts.get(state)

    def put(self, state: str, fact: Any) -> None:
        """Remembers a fact (a value of JSON's, but not null) and writes the cache file."""
        self._facts[state] = fact
        if self._cache_file:
            # What another process has found out meanwhile is kept.
            self._facts = {**_load(self._cache_file), **self._facts}
            with contextlib.suppress(OSError):
                _replace(self._cache_file, json.dumps(self._facts, indent=0, sort_keys=True))


def state_of(path: Path) -> str:
    """A file's path, size, time and inode in one text. Raises OSError where it cannot be told."""
    stat = path.stat()
    return f"{path.absolute()}|{stat.st_size}|{stat.st_mtime_ns}|{stat.st_ino}"


def _load(cache_file: Path) -> dict[str, Any]:
    try:
        facts = json.loads(cache_file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return facts if isinstance(facts, dict) else {}


def _replace(file: Path, text: str) -> None:
    """Writes the file as a whole or not at all. No fsync: a lost cache costs only time."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=file.name, suffix=".tmp")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
        os.replace(temporary, file)  # noqa: PTH105 -- mkstemp gives a text
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise
