"""The disk refuses the first, second, third ... call: one sentence, and nothing is lost."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from storyboard import disk
from tests.faults.conftest import Undisturbed
from tests.faults.doors import CALLS, Broken, Deaf, around, standing_in
from tests.faults.model import written
from tests.faults.runs import Contents, begun, faults_after, faults_in

ERRORS = (errno.EIO, errno.ENOSPC, errno.EINTR)


class Refusing:
    """The disk's calls, of which the nth within a folder fails. A file that it does not take to
    the end is left as far as it came."""

    def __init__(self, within: Path, at: int, error: int) -> None:
        self.count = 0
        self._within = within
        self._at = at
        self._error = error

    def doors(self) -> dict[str, Callable[..., Any]]:
        """Stand-ins for all calls."""
        return {name: around(name, self._maybe) for name in CALLS}

    def _maybe(self, name: str, arguments: tuple[Any, ...]) -> None:
        path = arguments[0]
        if not path.is_relative_to(self._within):
            return
        self.count += 1
        if self.count == self._at:
            if name == "write":
                path.write_bytes(arguments[1][: len(arguments[1]) // 2])
            raise OSError(self._error, os.strerror(self._error), str(path))


def refused(folder: Path, error: int, how: Broken | None = None) -> Iterator[tuple[str, Path]]:
    """Runs whose first, second ... call fails; what each said, and its folder."""
    for at in range(1, 1000):
        there = (folder / str(at)).resolve()
        watched = begun(there, how)
        with Deaf.fsync():
            refusing = Refusing(there, at, error)
            with standing_in(refusing.doors()):
                watched.run()
        if refusing.count < at:
            return
        yield watched.refused, there


@pytest.mark.parametrize("error", ERRORS, ids=os.strerror)
def test_whichever_call_fails_nothing_is_lost_and_the_next_run_ends_the_same(
    tmp_path: Path, undisturbed: Undisturbed, error: int
) -> None:
    said: list[str] = []
    for sentence, folder in refused(tmp_path, error):
        said.append(sentence)
        with Deaf.fsync():
            assert faults_in(folder, undisturbed.whole) == []
            assert faults_after(folder, undisturbed.whole, undisturbed.shown) == []
        shutil.rmtree(folder)
    assert len(said) > 60
    told = [sentence for sentence in said if sentence]
    assert len(told) > 40  # the others were views: told in a note, and the run went on
    for sentence in told:
        assert sentence.endswith(os.strerror(error)) and "\n" not in sentence


class Lying:
    """A disk that takes everything, and drops something later: the bytes of the nth write, which
    the sync that waits for them is told; or names, which the nth sync of a folder is told."""

    def __init__(self, within: Path, call: str, at: int) -> None:
        self.count = 0
        self._within = within
        self._call = call
        self._at = at
        self._write, self._sync_folder = disk.write, disk.sync_folder

    def doors(self) -> dict[str, Callable[..., Any]]:
        """Stand-ins for the call."""
        doors: dict[str, Callable[..., Any]] = {"write": self.write, "sync_folder": self.sync}
        return {self._call: doors[self._call]}

    def write(self, path: Path, data: bytes, synced: bool) -> None:
        """In the place of `disk.write`."""
        dropped = self._now(path)
        self._write(path, b"" if dropped else data, synced and not dropped)
        if dropped and synced:
            raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))

    def sync(self, folder: Path) -> None:
        """In the place of `disk.sync_folder`."""
        if self._now(folder):
            raise OSError(errno.EIO, os.strerror(errno.EIO), str(folder))
        self._sync_folder(folder)

    def _now(self, path: Path) -> bool:
        self.count += path.is_relative_to(self._within)
        return self.count == self._at


def faults_of_a_lying_disk(
    tmp_path: Path, whole: Contents, call: str, how: Broken | None
) -> list[str]:
    """What is lost where the nth call is dropped, for every n, and then the power goes."""
    found: list[str] = []
    for at in range(1, 1000):
        folder = (tmp_path / f"{call}-{at}").resolve()
        watched = begun(folder, how)
        lying = Lying(folder, call, at)
        with Deaf.fsync(), standing_in(lying.doors()):
            watched.run()
        assert watched.model is not None
        after = tmp_path / f"{call}-{at}-after"
        written(after, next(iter(watched.model.states())))
        if (folder / "told").exists():
            shutil.copy(folder / "told", after / "told")
        found += faults_in(folder, whole) + faults_in(after, whole)
        if found or lying.count < at:
            return found
    return found


@pytest.mark.parametrize("call", ["write", "sync_folder"])
def test_what_the_disk_drops_later_is_never_told_to_be_safe(
    tmp_path: Path, undisturbed: Undisturbed, call: str
) -> None:
    assert faults_of_a_lying_disk(tmp_path, undisturbed.whole, call, None) == []


@pytest.mark.parametrize("how", Broken)
def test_a_broken_store_tells_that_something_is_safe_that_is_not(
    tmp_path: Path, undisturbed: Undisturbed, how: Broken
) -> None:
    call = "sync_folder" if how is Broken.NO_FOLDER_FSYNC else "write"
    if how is Broken.DIRECT:
        found = [
            fault
            for _, folder in refused(tmp_path, errno.ENOSPC, how)
            for fault in faults_in(folder, undisturbed.whole)
        ]
    else:
        found = faults_of_a_lying_disk(tmp_path, undisturbed.whole, call, how)
    assert found != []
