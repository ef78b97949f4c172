"""Bits that flip, files that are cut, moved, swapped: every one is found, and nothing else."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from storyboard import store as store_module
from storyboard.lock import StoreProblem
from storyboard.manifest import Manifest
from storyboard.store import LATENT, PICTURE, Store
from storyboard.takes import Take, TakeBook
from tests.faults.doors import Deaf
from tests.support.command import run
from tests.support.jobs import preview

COUNT = 300
FILES = (PICTURE, LATENT, "entry.json")

Harm = Callable[[Path, Path, random.Random], None]
"""Harms an entry; the other may be used for it, and is harmed too where it is."""


def flip(path: Path, chance: random.Random) -> None:
    """Turns one bit of a file."""
    data = bytearray(path.read_bytes())
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    path.write_bytes(data)


def _flip(entry: Path, _: Path, chance: random.Random) -> None:
    flip(entry / chance.choice(FILES), chance)


def _cut(entry: Path, _: Path, chance: random.Random) -> None:
    path = entry / chance.choice(FILES)
    data = path.read_bytes()
    path.write_bytes(data[: chance.randrange(len(data))])


def _lengthen(entry: Path, _: Path, chance: random.Random) -> None:
    with (entry / chance.choice((PICTURE, LATENT))).open("ab") as file:
        file.write(b"\0")


def _zero(entry: Path, _: Path, chance: random.Random) -> None:
    path = entry / chance.choice(FILES)
    path.write_bytes(bytes(path.stat().st_size))


def _lose(entry: Path, _: Path, chance: random.Random) -> None:
    (entry / chance.choice(FILES)).unlink()


def _mix_up(entry: Path, _: Path, chance: random.Random) -> None:
    _exchange(entry / PICTURE, entry / LATENT)


def _swap_files(entry: Path, other: Path, chance: random.Random) -> None:
    name = chance.choice(FILES)
    _exchange(entry / name, other / name)


def _swap_entries(entry: Path, other: Path, _: random.Random) -> None:
    _exchange(entry, other)


def _exchange(one: Path, other: Path) -> None:
    aside = one.with_name("aside")
    one.rename(aside)
    other.rename(one)
    aside.rename(other)


ALONE: tuple[Harm, ...] = (_flip, _flip, _flip, _cut, _lengthen, _zero, _lose, _mix_up)
PAIRED: tuple[Harm, ...] = (_swap_files, _swap_entries)


def full(folder: Path) -> tuple[Store, list[str]]:
    """A store of many entries, half of which are to be harmed."""
    chance = random.Random(5)
    store = Store(folder)
    digests = [f"{chance.getrandbits(256):064x}" for _ in range(2 * COUNT)]
    with Deaf.fsync(), store.writing():
        for digest in digests:
            files = {PICTURE: chance.randbytes(200), LATENT: chance.randbytes(100)}
            store.put(digest, files, {"seed": chance.randrange(1000)})
    return store, digests


def harmed(store: Store, digests: list[str]) -> set[str]:
    """The first entries, each harmed in some way; which they are."""
    chance = random.Random(7)
    waiting = digests[:COUNT]
    while len(waiting) > 1:
        entry, other = (store.path(digest) for digest in waiting[:2])
        harm = chance.choice((*ALONE, *PAIRED))
        harm(entry, other, chance)
        del waiting[: 2 if harm in PAIRED else 1]
    for digest in waiting:
        _flip(store.path(digest), store.path(digest), chance)
    return set(digests[:COUNT])


def test_three_hundred_harmed_entries_are_all_found_and_no_other(tmp_path: Path) -> None:
    store, digests = full(tmp_path / "output" / ".store")
    expected = harmed(store, digests)
    ended = run("verify", "--output", tmp_path / "output", "--json")
    assert ended.code == 1
    assert {one["digest"] for one in ended.document["damaged"]} == expected
    assert len(ended.document["damaged"]) == COUNT
    assert ended.document["entries"] == 2 * COUNT
    assert store.digests() == set(digests) - expected
    again = run("verify", "--output", tmp_path / "output")
    assert again.code == 0 and "all sound" in again.out


def test_reading_finds_them_too(tmp_path: Path) -> None:
    store, digests = full(tmp_path)
    expected = harmed(store, digests)
    assert {digest for digest in digests if store.get(digest) is None} == expected


def test_without_the_hash_check_they_are_taken_for_sound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, digests = full(tmp_path)
    expected = harmed(store, digests)
    monkeypatch.setattr(store_module, "_sha256", lambda _: Anything())
    found = {digest for digest in digests if store.get(digest) is None}
    assert len(expected - found) > COUNT / 4  # what is cut or gone is still noticed


class Anything(str):
    """A hash that is equal to every other."""

    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False

    __hash__ = str.__hash__


def test_a_changed_bit_in_a_list_is_found(tmp_path: Path) -> None:
    chance = random.Random(3)
    (tmp_path / "story.yaml").touch()
    folder = tmp_path / "tale"
    manifest = Manifest.load(folder, "tale", str(tmp_path / "story.yaml"))
    manifest.drawn("1.a", "preview", "1" * 64, {"kind": "preview", "prompt": "a lighthouse"})
    manifest.save()
    book = TakeBook(folder)
    book.add("1.a", Take(1, preview(), "a lighthouse", "seed 7"))
    book.save()
    for path in (manifest.path, book.path):
        whole = path.read_bytes()
        for _ in range(60):
            flip(path, chance)
            if path == book.path:
                assert TakeBook.load(folder).notes
            else:
                with pytest.raises(StoreProblem, match="is damaged"):
                    Manifest.read(folder)
            path.write_bytes(whole)
