"""Whether files are still what they were: by their bytes, not by their times.

Size, times and inode are only the first look, since that is cheap enough to be done many times a
second; a file is read where they changed. One that was written a moment ago is read each time, as
file systems' clocks stand still for up to two seconds, and two changes within them look alike.
"""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Callable, Iterable
from pathlib import Path

_MOMENT = 2.5
"""Seconds for which a file's times are not believed."""
_LARGE = 64 * 1024 * 1024
"""Bytes beyond which a file (a checkpoint) is not read: size, times and inode stand for it."""

_State = tuple[int, int, int, int]


class Look:
    """Looks at files, and remembers what it read while they seem to be the same."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        """`now` is the time in seconds that files' times are compared with."""
        self._now = now
        self._read: dict[Path, tuple[_State, str]] = {}

    def __call__(self, paths: Iterable[Path]) -> dict[Path, str | None]:
        """What stands for each file's bytes: equal texts, equal bytes. None where there is no file;
        a folder counts as none, and so does what is neither (a pipe would be waited for)."""
        return {path: self._of(path) for path in paths}

    def _of(self, path: Path) -> str | None:
        try:
            found = path.stat()
        except (OSError, ValueError):
            return None
        if not stat.S_ISREG(found.st_mode):
            return None
        state = (found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)
        if found.st_size > _LARGE:
            return f"large: {state}"
        known = self._read.get(path)
        if known is not None and known[0] == state:
            return known[1]
        try:
            content = _sha256(path)
        except OSError as problem:
            return f"unreadable: {problem.errno}"
        if self._is_old(found):
            self._read[path] = (state, content)
        return content

    def _is_old(self, found: os.stat_result) -> bool:
        """Whether a later change would show in the file's times."""
        now = self._now()
        return all(abs(now - at) > _MOMENT for at in (found.st_mtime, found.st_ctime))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
