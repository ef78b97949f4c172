"""One writer at a time: a lock that frees itself when its holder dies, and says who holds it."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from storyboard import disk
from storyboard.files import make_folders, sync_way_to, write_atomic


class StoreProblem(Exception):
    """The store cannot be read or written (disk full, no permission); one sentence."""


class Busy(StoreProblem):
    """Another run is writing to the same output folder; one sentence says which."""


class WriterLock:
    """The right to write into a folder: held by one process at a time.

    The operating system holds the lock itself (on `.lock`), so kill -9 frees it. Who holds it
    stands in `.lock.json`, a file of its own because Windows lets nobody read a locked one; it is
    taken away at a good end, so one that is left tells of a holder that was killed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / ".lock"
        self._lock = FileLock(self._file, blocking=False)
        self._holder = folder / ".lock.json"

    @contextmanager
    def held(self) -> Iterator[bool]:
        """Holds the lock; may be nested. Gives whether the last holder did not come to a good end
        (killed, or refused by the system), so that what it wrote may not be on the disk yet.

        Raises `Busy` at once where another process has the lock.
        """
        try:
            self._prepare()
            self._lock.acquire()
        except Timeout:
            raise Busy(self._told()) from None
        except (OSError, NotImplementedError) as problem:
            raise StoreProblem(f"{self._folder} cannot be locked: {reason(problem)}") from problem
        try:
            if self._lock.lock_counter > 1:
                yield False
                return
            orphaned = self._holder.exists()
            self._sign()
            yield orphaned
            with suppress(OSError):  # then the next holder only takes a little longer
                disk.unlink(self._holder)
        finally:
            self._lock.release()

    def _prepare(self) -> None:
        """Makes the folder. That the lock's file is there says that the disk has all names above
        it, also where a process was killed on the way."""
        if self._file.exists():
            return
        make_folders(self._folder)
        sync_way_to(self._folder)

    def _sign(self) -> None:
        holder = {
            "pid": os.getpid(),
            "host": platform.node(),
            "since": datetime.now().astimezone().isoformat(sep=" ", timespec="seconds"),
        }
        try:
            write_atomic(self._holder, json.dumps(holder).encode("utf-8"), durable=False)
        except OSError as problem:
            raise StoreProblem(f"{self._folder} cannot be written: {reason(problem)}") from problem

    def _told(self) -> str:
        try:
            holder = json.loads(self._holder.read_text("utf-8"))
            who = f"process {holder['pid']} on {holder['host']}, since {holder['since']}"
        except (OSError, ValueError, KeyError, TypeError):
            who = "a process that has only just begun"
        return f"{self._folder} is being written by another run ({who}); wait for it or stop it"


def reason(problem: BaseException) -> str:
    """An operating system's refusal in a few words: `No space left on device`."""
    if isinstance(problem, OSError) and problem.strerror:
        return problem.strerror
    return str(problem) or type(problem).__name__
