"""The store holds whole entries, gives back what was put in, and lets one writer in at a time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from storyboard import disk, store
from storyboard.store import LATENT, PICTURE, Busy, Store, StoreProblem

ONE, OTHER = "1" * 64, "ab" * 32
FILES = {PICTURE: b"picture", LATENT: b"latent"}
RECORD = {"recipe": {"prompt": "ein Leuchtturm \ud800", "size": (1, 2)}, "cfg": 7.5}


@pytest.fixture(name="kept")
def _kept(tmp_path: Path) -> Store:
    kept = Store(tmp_path / "store")
    kept.put(ONE, FILES, RECORD)
    return kept


def test_what_is_put_is_given_back(kept: Store) -> None:
    entry = kept.get(ONE)
    assert entry is not None
    assert entry.files == FILES
    assert entry.picture == b"picture"
    assert entry.picture_path.read_bytes() == b"picture"
    assert entry.record == {
        "recipe": {"prompt": "ein Leuchtturm \ud800", "size": [1, 2]},
        "cfg": 7.5,
    }
    assert kept.has(ONE) and not kept.has(OTHER)
    assert kept.get(OTHER) is None
    assert kept.digests() == {ONE}
    assert kept.damages == ()


def test_put_answers_as_get_does(kept: Store) -> None:
    assert kept.put(OTHER, FILES, RECORD) == kept.get(OTHER)
    assert (kept.folder / "ab" / OTHER / PICTURE).is_file()


def test_an_entry_that_is_there_is_kept(kept: Store) -> None:
    entry = kept.put(ONE, {PICTURE: b"another"}, {})
    assert entry.picture == b"picture"
    assert kept.get(ONE) == entry


def test_a_store_that_is_not_there_is_empty_and_is_not_made(tmp_path: Path) -> None:
    empty = Store(tmp_path / "none")
    assert empty.digests() == frozenset()
    assert empty.get(ONE) is None
    assert not empty.has(ONE)
    assert not (tmp_path / "none").exists()


def test_an_entry_needs_a_picture_and_plain_names(kept: Store) -> None:
    for wrong in ({LATENT: b""}, {PICTURE: b"", "../evil.png": b""}):
        with pytest.raises(ValueError, match="an entry holds"):
            kept.put(OTHER, wrong, {})
    for name in ("..", "A" * 64, "1" * 63, ""):
        with pytest.raises(ValueError, match="not a digest"):
            kept.get(name)


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def _forge(path: Path) -> None:
    """A record that leads out of its folder, with a hash that fits."""
    document = {"digest": ONE, "files": {PICTURE: {}, "../../x.png": {}}, "record": {}}
    said = store._sha256(store._encoded(document))
    path.write_text(json.dumps({**document, "sha256": said}), "utf-8")


@pytest.mark.parametrize(
    ("name", "harm", "told"),
    [
        (PICTURE, _flip, "picture.png is not what was written"),
        (LATENT, _flip, "latent.safetensors is not what was written"),
        (LATENT, lambda path: path.write_bytes(b"lat"), "has 3 bytes instead of 6"),
        (LATENT, lambda path: path.unlink(), "latent.safetensors is missing"),
        ("entry.json", lambda path: path.unlink(), "entry.json is missing"),
        ("entry.json", lambda path: path.write_bytes(b"{"), "entry.json is no record"),
        ("entry.json", lambda path: path.write_bytes(b"[" * 99999), "entry.json is no record"),
        ("entry.json", lambda path: path.write_bytes(b"[]"), "entry.json is no record"),
        ("entry.json", _flip, "entry.json is"),
        ("entry.json", _forge, "entry.json is not what was written"),
    ],
)
def test_damage_is_found_told_and_set_aside(
    kept: Store, name: str, harm: Callable[[Path], Any], told: str
) -> None:
    harm(kept.folder / "11" / ONE / name)
    assert kept.get(ONE) is None
    assert not kept.has(ONE)
    [damage] = kept.damages
    assert told in str(damage)
    assert damage.aside is not None and damage.aside.parent == kept.folder / "quarantine"
    assert told in (damage.aside / "reason.txt").read_text("utf-8")
    kept.put(ONE, FILES, RECORD)
    assert kept.get(ONE) is not None


def test_an_entry_under_another_digest_is_damage(kept: Store) -> None:
    (kept.folder / "11" / ONE).rename(kept.folder / "11" / ("11" + "a" * 62))
    assert kept.get("11" + "a" * 62) is None
    assert "its record is that of 1111" in str(kept.damages[0])


def test_put_mends_what_is_damaged(kept: Store) -> None:
    _flip(kept.folder / "11" / ONE / PICTURE)
    assert kept.put(ONE, FILES, RECORD).picture == b"picture"
    assert kept.get(ONE) is not None


def test_a_picture_that_is_gone_does_not_count(kept: Store) -> None:
    (kept.folder / "11" / ONE / PICTURE).unlink()
    assert kept.digests() == frozenset()


def test_removing_takes_the_whole_entry(kept: Store) -> None:
    kept.remove(ONE)
    kept.remove(OTHER)
    assert kept.digests() == frozenset()
    assert kept.sweep() == 0


def test_what_a_killed_run_left_is_swept(kept: Store) -> None:
    left = kept.folder / ".new" / "0123"
    left.mkdir()
    (left / PICTURE).write_bytes(b"half")
    (kept.folder / ".storyboard-0123456789abcdef.tmp").write_bytes(b"half")
    assert kept.sweep() == 2
    assert kept.sweep() == 0
    assert kept.get(ONE) is not None


@pytest.mark.parametrize("at", range(7))
def test_a_full_disk_leaves_nothing_half_written(
    kept: Store, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    """The disk says no at the `at`th request to sync: a file, or one of its folders."""
    calls = 0

    def full(_: int) -> None:
        nonlocal calls
        calls += 1
        if calls == at + 1:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    if at < 6:
        with pytest.raises(StoreProblem, match="cannot be written: No space left on device"):
            kept.put(OTHER, FILES, RECORD)
    else:
        kept.put(OTHER, FILES, RECORD)
        assert calls == 6  # three files, the entry, the store with its new shelf, the shelf
    monkeypatch.undo()
    assert kept.digests() == ({ONE, OTHER} if at > 4 else {ONE})
    assert list((kept.folder / ".new").iterdir()) == []


def test_every_file_is_synced_before_the_rename_and_the_folder_after(
    kept: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    write, sync, rename = disk.write, disk.sync_folder, disk.rename

    def written(path: Path, data: bytes, synced: bool) -> None:
        write(path, data, synced)
        done.append(path.name if synced else "unsynced")

    def synced(path: Path) -> None:
        sync(path)
        done.append(f"sync {path.name[:2]}")

    def renamed(old: Path, new: Path) -> None:
        rename(old, new)
        done.append("rename")

    with kept.writing():
        monkeypatch.setattr(disk, "write", written)
        monkeypatch.setattr(disk, "sync_folder", synced)
        monkeypatch.setattr(disk, "rename", renamed)
        kept.put(OTHER, FILES, RECORD)
    entry = done.pop(3)
    assert done == [PICTURE, LATENT, "entry.json", "sync st", "rename", "sync ab"]
    assert entry.startswith("sync ")


def test_what_a_killed_writer_may_not_have_synced_is_synced_by_the_next(
    kept: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[Path] = []
    monkeypatch.setattr(disk, "sync_folder", synced.append)
    with kept.writing():
        pass
    assert synced == []  # the last writer came to a good end
    (kept.folder / ".lock.json").write_text("{}")  # as one leaves it that is killed
    with kept.writing():
        assert {kept.folder / "11", kept.folder, kept.folder.parent} <= set(synced)


def test_what_leads_to_a_store_is_synced_though_another_process_was_killed_as_it_made_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path / "new" / "output" / ".store")
    store.folder.mkdir(parents=True)
    synced: list[Path] = []
    monkeypatch.setattr(disk, "sync_folder", synced.append)
    with store.writing():
        pass
    assert [path.name for path in synced[:2]] == ["output", "new"]
    synced.clear()
    with store.writing():
        pass
    assert synced == []  # once is enough


def test_a_place_that_cannot_be_written_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreProblem, match=r"cannot be locked: .*"):
        Store(tmp_path / "file" / "store").put(ONE, FILES, RECORD)


HOLD = """
import sys, time
from pathlib import Path
from storyboard.store import Store
with Store(Path(sys.argv[1])).writing():
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_writer_is_told_who_holds_the_lock_and_a_kill_frees_it(kept: Store) -> None:
    command = [sys.executable, "-c", HOLD, str(kept.folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(Busy, match=rf"process {holder.pid} on .*, since 2.*; wait for it"):
            kept.put(OTHER, FILES, RECORD)
        assert kept.get(ONE) is not None  # reading goes on
        holder.kill()
    deadline = time.monotonic() + 5
    while True:
        try:
            kept.put(OTHER, FILES, RECORD)
            break
        except Busy:
            assert time.monotonic() < deadline
            time.sleep(0.01)
    assert kept.get(OTHER) is not None


def test_the_right_to_write_can_be_nested(kept: Store) -> None:
    with kept.writing(), kept.writing():
        kept.put(OTHER, FILES, RECORD)
        with pytest.raises(Busy, match=rf"process {os.getpid()} "), Store(kept.folder).writing():
            pass
    with Store(kept.folder).writing():
        pass


def test_a_thousand_entries_are_listed_at_once(tmp_path: Path) -> None:
    many = Store(tmp_path)
    for number in range(1000):
        digest = f"{number:03x}".ljust(64, "0")
        folder = tmp_path / digest[:2] / digest
        folder.mkdir(parents=True)
        (folder / PICTURE).touch()
        (folder / "entry.json").touch()
    begun = time.process_time()
    assert len(many.digests()) == 1000
    assert time.process_time() - begun < 0.3
