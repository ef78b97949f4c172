"""A file is made once, and again when what it is made from, or the file itself, has changed."""

from __future__ import annotations

from pathlib import Path

from storyboard.freshness import Freshness, key_of


class Maker:
    """Makes a file and counts."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> bytes:
        self.count += 1
        return b"made"


def write(folder: Path, key: str, maker: Maker) -> bool:
    fresh = Freshness(folder, folder / "memory.json")
    data, written = fresh.file("a.txt", key, maker)
    fresh.save()
    assert data == b"made"
    assert (folder / "a.txt").read_bytes() == b"made"
    return written


def test_it_is_made_once(tmp_path: Path) -> None:
    maker = Maker()
    assert [write(tmp_path, "k", maker) for _ in range(3)] == [True, False, False]
    assert maker.count == 1


def test_it_is_made_again_from_other_things(tmp_path: Path) -> None:
    maker = Maker()
    assert [write(tmp_path, key, maker) for key in "abba"] == [True, True, False, True]


def test_it_is_made_again_when_somebody_painted_into_it_or_deleted_it(tmp_path: Path) -> None:
    maker = Maker()
    write(tmp_path, "k", maker)
    (tmp_path / "a.txt").write_bytes(b"mode")
    assert write(tmp_path, "k", maker)
    (tmp_path / "a.txt").unlink()
    assert write(tmp_path, "k", maker)


def test_a_lost_or_damaged_memory_only_costs_time(tmp_path: Path) -> None:
    maker = Maker()
    write(tmp_path, "k", maker)
    for damage in (b"", b"[]", b"\xff", b'{"a.txt": 3}', b"[" * 100_000):
        (tmp_path / "memory.json").write_bytes(damage)
        assert write(tmp_path, "k", maker)


def test_a_key_tells_things_apart() -> None:
    assert key_of("a", "b") != key_of("ab")
    assert key_of(1) != key_of("1")
    assert key_of("\ud800") == key_of("\ud800")
