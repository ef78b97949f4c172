"""A real power cut, of an ext4 in a file: each picture that was told to be safe is there, whole."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from storyboard.store import Store
from tests.faults.disks import Ext4
from tests.faults.doors import Broken
from tests.faults.keeping import files_of

SHORT = 40
"""Pictures that are kept in a moment."""


@pytest.fixture(name="ext4")
def _ext4(tmp_path: Path) -> Iterator[Ext4]:
    ext4 = Ext4(tmp_path)
    yield ext4
    ext4.close()


def told_until_the_cut(
    ext4: Ext4, count: int, seconds: float, how: Broken | None, then: float = 0.0
) -> int:
    """Keeps pictures, and cuts the power when all are kept or the time is over, or `then` seconds
    later; how many had been told to be safe by then."""
    command = [sys.executable, "-m", "tests.faults.keeping", str(ext4.place), str(count)]
    keeping = subprocess.Popen([*command, *([how] if how else [])], stdout=subprocess.PIPE)
    assert keeping.stdout is not None
    told, until = 0, None
    with keeping:
        for line in keeping.stdout:
            now = time.monotonic()
            until = until or now + seconds
            if line == b"all\n" or now > until:
                break
            told = int(line) + 1
        time.sleep(then)
        ext4.cut()
        keeping.kill()
    ext4.back()
    return told


def faults_of(ext4: Ext4, told: int) -> list[str]:
    """What is wrong with what is there when the power is back."""
    store = Store(ext4.place / "output" / ".store")
    list(store.verify())
    found = [str(damage) for damage in store.damages]
    for number in range(told):
        digest, files = files_of(number)
        entry = store.get(digest)
        if entry is None or entry.files != files:
            found.append(f"picture {number} of {told} is lost")
    return found


def test_a_power_cut_right_after_the_last_picture_loses_none(ext4: Ext4) -> None:
    told = told_until_the_cut(ext4, SHORT, 60, None)
    assert told == SHORT
    assert faults_of(ext4, told) == []


def test_a_power_cut_after_more_than_six_seconds_loses_none(ext4: Ext4) -> None:
    """ext4 writes its journal every five seconds: what is wrong often shows only then."""
    told = told_until_the_cut(ext4, 1200, 7, None)
    assert told > SHORT
    assert faults_of(ext4, told) == []


@pytest.mark.parametrize("how", [Broken.NO_FSYNC, Broken.NO_FOLDER_FSYNC])
def test_a_store_that_does_not_sync_does_not_survive_it(ext4: Ext4, how: Broken) -> None:
    told = told_until_the_cut(ext4, SHORT, 60, how)
    assert faults_of(ext4, told) != []


def test_a_store_that_writes_directly_leaves_halves(ext4: Ext4) -> None:
    """Not at every cut: it depends on the file that is being written."""
    assert any(
        faults_of(ext4, told_until_the_cut(ext4, 1200, 0.1, Broken.DIRECT, 0.0013 * cut))
        for cut in range(25)
    )
