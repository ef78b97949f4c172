"""Stand-ins for the disk: they fail a call, die at one, or leave out what a careful store does.

All that storyboard changes on the disk goes through the functions of `storyboard.disk`; here some
of them are replaced for a while.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any

from storyboard import disk
from storyboard.store import Store

CHANGES = ("write", "sync_folder", "make_folder", "rename", "link", "unlink", "remove_folder")
"""The calls that change something, or wait for the disk to have it."""
CALLS = ("read", *CHANGES)

Call = Callable[..., Any]


@contextmanager
def standing_in(doors: Mapping[str, Call]) -> Iterator[None]:
    """Functions in the place of `storyboard.disk`'s own of the same names."""
    before = {name: getattr(disk, name) for name in doors}
    for name, door in doors.items():
        setattr(disk, name, door)
    try:
        yield
    finally:
        for name, door in before.items():
            setattr(disk, name, door)


def around(name: str, before: Callable[[str, tuple[Any, ...]], None]) -> Call:
    """The present function of this name, with something done before it."""
    present: Call = getattr(disk, name)

    def door(*arguments: Any) -> Any:
        before(name, arguments)
        return present(*arguments)

    return door


class Broken(StrEnum):
    """A store that lacks one of its protections. Whatever test finds nothing wrong with it proves
    nothing."""

    DIRECT = "writes directly"
    NO_FSYNC = "without fsync"
    NO_FOLDER_FSYNC = "without the folder's fsync"


@contextmanager
def broken(how: Broken | None) -> Iterator[None]:
    """Everything that is done within is done with such a store; with a sound one for None."""
    present = Store._write
    doors: dict[str, Call] = {}
    if how is Broken.NO_FSYNC:
        doors["write"] = lambda path, data, synced: _write(path, data, False)
    if how is Broken.NO_FOLDER_FSYNC:
        doors["sync_folder"] = lambda folder: None
    if how is Broken.DIRECT:
        Store._write = _write_directly  # type: ignore[method-assign]
    _write = disk.write
    try:
        with standing_in(doors):
            yield
    finally:
        Store._write = present  # type: ignore[method-assign]


def _write_directly(self: Store, digest: str, files: Mapping[str, bytes]) -> None:
    """What `Store._write` would be without a folder of its own that is renamed at the end."""
    folder = self._entry_folder(digest)
    for new in (folder.parent, folder):
        if not new.is_dir():
            disk.make_folder(new)
            disk.sync_folder(new.parent)
    for name in ("entry.json", *files):
        if not (folder / name).exists():
            disk.write(folder / name, files[name], True)
    disk.sync_folder(folder)


class Deaf:
    """No waiting for the disk: for runs that are killed, since a kill is no power cut."""

    @staticmethod
    @contextmanager
    def fsync() -> Iterator[None]:
        """`os.fsync` returns at once."""
        present = os.fsync
        os.fsync = lambda fd: None
        try:
            yield
        finally:
            os.fsync = present


class Counter:
    """Counts the calls within a folder, and does something at the nth: before it, or, where it
    writes a file, halfway."""

    def __init__(self, within: Path, at: int, half: bool = False) -> None:
        self.names: list[str] = []
        self.then: Callable[[], None] = die
        self._within = within
        self._at = at
        self._half = half

    def doors(self, calls: tuple[str, ...] = CHANGES) -> dict[str, Call]:
        """Stand-ins for these calls."""
        return {name: around(name, self._count) for name in calls}

    def _count(self, name: str, arguments: tuple[Any, ...]) -> None:
        path = arguments[0]
        if not path.is_relative_to(self._within):
            return
        self.names.append(point(name, path.relative_to(self._within), arguments))
        if len(self.names) == self._at:
            if self._half and name == "write":
                path.write_bytes(arguments[1][: len(arguments[1]) // 2])
            self.then()


def die() -> None:
    """By SIGKILL, at once."""
    os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))


def point(name: str, path: Path, arguments: tuple[Any, ...]) -> str:
    """What a call is about, in words that are the same in every run: `rename entry`."""
    if name in ("rename", "link"):
        return f"{name} {_what(path, Path(arguments[1]).name)}"
    return f"{name} {_what(path, path.name)}"


def _what(path: Path, name: str) -> str:
    parts = path.parts
    if ".store" in parts:
        inside = parts[parts.index(".store") + 1 :]
        if not inside:
            return "store"
        if len(name) == 64:
            return "entry"
        if inside[0] == ".new":
            return f"new {name}" if len(inside) > 2 else "new entry" if len(inside) > 1 else "new"
        return "shelf" if len(inside) == 1 and len(inside[0]) == 2 else name
    if name.startswith(".storyboard-"):
        return f"temporary in {path.parent.name or 'folder'}"
    return name
