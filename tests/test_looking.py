"""A file is another one when its bytes are; times only say where to look."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from storyboard import looking
from storyboard.looking import Look

OLD = 1_000_000_000


def written(path: Path, text: str, at: float = OLD) -> Path:
    """A file as it was written at some time."""
    path.write_text(text)
    os.utime(path, (at, at))
    return path


def later() -> float:
    """A clock at which every change made by now is long ago."""
    return time.time() + 60


def test_other_bytes_are_seen_and_equal_bytes_are_equal(tmp_path: Path) -> None:
    path, look = written(tmp_path / "a", "one"), Look(later)
    before = look([path])
    assert look([path]) == before != {path: None}
    written(path, "two!", OLD + 5)
    after = look([path])
    assert after != before
    written(path, "one", OLD + 9)
    assert look([path]) == before


def test_a_touched_file_is_the_same(tmp_path: Path) -> None:
    path, look = written(tmp_path / "a", "one"), Look(later)
    before = look([path])
    os.utime(path)
    assert look([path]) == before


@pytest.mark.parametrize(("now", "seen"), [(time.time, True), (later, False)])
def test_while_a_file_is_young_its_times_are_not_believed(
    now: Callable[[], float], seen: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Same size, times and inode: what a file system's coarse clock makes of two quick saves."""
    path, look = written(tmp_path / "a", "one", time.time()), Look(now)
    before = look([path])
    stat = path.stat()
    written(path, "two", time.time())
    monkeypatch.setattr(Path, "stat", lambda _: stat)
    assert (look([path]) != before) is seen


def test_a_file_that_seems_the_same_is_not_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, look = written(tmp_path / "a", "one"), Look(later)
    before = look([path])
    monkeypatch.setattr(looking, "_sha256", lambda _: pytest.fail("it was read"))
    assert look([path]) == before


def test_what_is_no_file_is_none(tmp_path: Path) -> None:
    missing, zero = tmp_path / "missing", Path("a\0b")
    assert Look()([missing, tmp_path, zero]) == {missing: None, tmp_path: None, zero: None}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes on this system")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert Look()([tmp_path / "pipe"]) == {tmp_path / "pipe": None}


def test_a_file_renamed_over_is_seen(tmp_path: Path) -> None:
    path, look = written(tmp_path / "a", "one"), Look(later)
    before = look([path])
    written(tmp_path / "b", "two").replace(path)
    assert look([path]) != before


def test_a_checkpoint_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "_LARGE", 2)
    monkeypatch.setattr(looking, "_sha256", lambda _: pytest.fail("it was read"))
    path, look = written(tmp_path / "a", "one"), Look()
    before = look([path])
    assert look([path]) == before != {path: None}
    written(path, "four", OLD + 5)
    assert look([path]) != before


def test_what_cannot_be_read_for_a_while_is_looked_at_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, look = written(tmp_path / "a", "one"), Look(later)

    def refused(_: Path) -> str:
        raise PermissionError(13, "Permission denied")

    before = look([path])
    monkeypatch.setattr(looking, "_sha256", refused)
    written(path, "two", OLD + 5)
    assert look([path]) != before
    monkeypatch.undo()
    written(tmp_path / "b", "two")
    assert look([path]).get(path) == look([tmp_path / "b"]).get(tmp_path / "b")
