"""Which written files are still what they would be, so that nothing is drawn twice for nothing.

A file is fresh if it was made from the same things (its key) and nobody has touched it since; its
bytes are looked at, never its time. What is remembered may be lost at any time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection
from copy import copy
from pathlib import Path

from storyboard import disk
from storyboard.files import write_atomic


class Freshness:
    """Remembers, for files in `folder`, what they were made from; kept in the file `memory`."""

    def __init__(self, folder: Path, memory: Path) -> None:
        self.folder = folder
        self._memory = memory
        self._known = _read(memory)

    def is_fresh(self, name: str, key: str) -> bool:
        """Whether `folder/name` was made from these things and is as it was made. Raises OSError
        where it cannot be read."""
        known = self._known.get(name)
        return known is not None and known[0] == key and self._is_untouched(name)

    def part(self, names: Collection[str]) -> Freshness:
        """What is remembered of these files alone, to be asked in another process; not saved."""
        part = copy(self)
        part._known = {name: self._known[name] for name in names if name in self._known}
        return part

    def file(self, name: str, key: str, make: Callable[[], bytes]) -> tuple[bytes, bool]:
        """The bytes of `folder/name`, and whether they had to be made, and written, for it.

        Raises OSError where that cannot be done, and what `make` raises.
        """
        path = self.folder / name
        if self.is_fresh(name, key):
            return path.read_bytes(), False
        data = make()
        write_atomic(path, data)
        self.made(name, key, hashlib.sha256(data).hexdigest())
        return data, True

    def made(self, name: str, key: str, sha256: str) -> None:
        """Remembers that `folder/name` was written, from what, and its bytes' sha256."""
        self._known[name] = (key, sha256)

    def tidy(self, folder: str, keep: Collection[str], ending: str) -> None:
        """Removes what was once written into a folder of `folder` and is no more of the book: all
        files of that ending, but those in `keep` and those that somebody has touched since. Raises
        OSError."""
        for name in [name for name in self._known if name.startswith(f"{folder}/")]:
            if name.endswith(f".{ending}") and name not in keep:
                if self._is_untouched(name):
                    disk.unlink(self.folder / name)
                del self._known[name]

    def save(self) -> None:
        """Writes what is remembered. Raises OSError."""
        write_atomic(self._memory, json.dumps(self._known).encode(), durable=False)

    def _is_untouched(self, name: str) -> bool:
        path = self.folder / name
        return path.is_file() and sha256_of(path) == self._known[name][1]


def key_of(*parts: object) -> str:
    """A key for things whose `repr` tells them apart: a sha256 over them all."""
    text = "\0".join(map(repr, parts))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def sha256_of(path: Path) -> str:
    """The sha256 of a file's bytes, however large. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read(memory: Path) -> dict[str, tuple[str, str]]:
    try:
        document = json.loads(memory.read_bytes())
        return {str(name): (str(key), str(sha)) for name, (key, sha) in document.items()}
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        return {}
