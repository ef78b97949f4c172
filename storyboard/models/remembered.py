"""What was found out about files by reading them whole, remembered while they stay as they are.

A file counts as the same while its absolute path, size, inode and times are. A modification time
can be set by anybody (archives and downloads are unpacked with old ones), so the time of the last
change counts too, which the system alone keeps; Windows has none to tell, so there the state
holds a sample of the file's bytes instead.

The cache is a JSON file that may be deleted at any time: where it is broken it is begun anew, and
where it cannot be written, the next run only takes longer.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from storyboard.files import write_atomic

_TICK = 0.02
"""Seconds that file systems' clocks may stand still: two changes within them look alike."""
_SAMPLES = 16
_SAMPLE_BYTES = 4096


class Remembered:
    """Facts by file, kept in `cache_file`, or for this object's life only if that is None.

    Where a `stamp` is given, facts that were put under another one are forgotten.
    """

    def __init__(self, cache_file: Path | None, stamp: str = "") -> None:
        self._cache_file = cache_file
        self._stamp = stamp
        self._facts = self._kept()

    def get(self, state: str) -> Any:
        """The fact that was put for a file in this state; None if there is none."""
        return self._facts.get(self._stamp + state)

    def put(self, state: str, fact: Any) -> None:
        """Remembers a fact (a value of JSON's, but not null) and writes the cache file."""
        self.put_all({state: fact})

    def put_all(self, facts: Mapping[str, Any]) -> None:
        """Remembers many facts and writes the cache file once."""
        self._facts |= {self._stamp + state: fact for state, fact in facts.items()}
        if self._cache_file and facts:
            # What another process has found out meanwhile is kept.
            self._facts = {**self._kept(), **self._facts}
            with contextlib.suppress(OSError):
                text = json.dumps(self._facts, indent=0, sort_keys=True)
                write_atomic(self._cache_file, text.encode("ascii"), durable=False)

    def _kept(self) -> dict[str, Any]:
        facts = _load(self._cache_file) if self._cache_file else {}
        return {state: fact for state, fact in facts.items() if state.startswith(self._stamp)}


def state_of(path: Path) -> str:
    """A file's path, size, times and inode in one text. Raises OSError where it cannot be told."""
    stat = path.stat()
    changed = sample(path, stat.st_size) if os.name == "nt" else str(stat.st_ctime_ns)
    return f"{path.absolute()}|{stat.st_size}|{stat.st_mtime_ns}|{stat.st_ino}|{changed}"


def settled_state(path: Path) -> str:
    """The same, once the file's last change is a tick of the clock ago: whatever is written to it
    from now on, its state will be another one. Raises OSError."""
    stat = path.stat()
    age = time.time() - max(stat.st_ctime, stat.st_mtime)
    if abs(age) < _TICK:
        time.sleep(_TICK)
    return state_of(path)


def sample(path: Path, size: int) -> str:
    """A hash over the file's ends and some places between them. Raises OSError."""
    digest = hashlib.sha256()
    last = max(size - _SAMPLE_BYTES, 0)
    with path.open("rb") as file:
        for place in sorted({last * n // (_SAMPLES - 1) for n in range(_SAMPLES)}):
            file.seek(place)
            digest.update(file.read(_SAMPLE_BYTES))
    return digest.hexdigest()[:32]


def _load(cache_file: Path) -> dict[str, Any]:
    try:
        facts = json.loads(cache_file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return facts if isinstance(facts, dict) else {}
