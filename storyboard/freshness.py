"""Which written files are still what they would be, so that nothing is drawn twice for nothing.

A file is fresh if it was made from the same things (its key) and nobody has touched it since; its
bytes are looked at, never its time. What is remembered may be lost at any time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

from storyboard.files import write_atomic


class Freshness:
    """Remembers, for files in `folder`, what they were made from; kept in the file `memory`."""

    def __init__(self, folder: Path, memory: Path) -> None:
        self._folder = folder
        self._memory = memory
        self._known = _read(memory)

    def file(self, name: str, key: str, make: Callable[[], bytes]) -> tuple[bytes, bool]:
        """The bytes of `folder/name`, and whether they had to be made, and written, for it.

        Raises OSError where that cannot be done, and what `make` raises.
        """
        path = self._folder / name
        known = self._known.get(name)
        if known is not None and known[0] == key and path.is_file():
            data = path.read_bytes()
            if _sha256(data) == known[1]:
                return data, False
        data = make()
        write_atomic(path, data)
        self._known[name] = (key, _sha256(data))
        return data, True

    def save(self) -> None:
        """Writes what is remembered. Raises OSError."""
        write_atomic(self._memory, json.dumps(self._known).encode(), durable=False)


def key_of(*parts: object) -> str:
    """A key for things whose `repr` tells them apart: a sha256 over them all."""
    return _sha256("\0".join(map(repr, parts)).encode("utf-8", "surrogatepass"))


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _read(memory: Path) -> dict[str, tuple[str, str]]:
    try:
        document = json.loads(memory.read_bytes())
        return {str(name): (str(key), str(sha)) for name, (key, sha) in document.items()}
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        return {}
