"""A disk that is full, or read only: one sentence, exit code 1, and nothing is lost."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from storyboard.store import PICTURE, Store
from tests.faults.disks import memory_disk, remounted
from tests.faults.doors import Broken, broken
from tests.faults.test_crash_states import STORY
from tests.support.command import Ended, run


def rendered(output: Path, story: Path, how: Broken | None = None) -> Ended:
    """The whole job."""
    with broken(how):
        return run("render", story, "--output", output, "--json")


def pictures(output: Path) -> tuple[dict[str, bytes], list[str]]:
    """What is stored soundly, and what was found damaged."""
    store = Store(output / ".store")
    list(store.verify())
    found = {one: entry.picture for one in store.digests() if (entry := store.get(one))}
    return found, [str(damage) for damage in store.damages]


@pytest.fixture(name="story")
def _story(tmp_path: Path) -> Path:
    path = tmp_path / "rain.yaml"
    path.write_text(STORY.replace("64x64", "128x128"))
    return path


def phases(story: Path, disk: Path, need: int) -> list[int]:
    """How much is left free, from nothing to almost enough: the disk is full at the lock, at the
    first picture, at a final, at a page ..."""
    return [need * n // 12 for n in range(12)]


def told(ended: Ended) -> set[str]:
    """The pictures that were told to be safe."""
    return {e["digest"] for e in ended.events if e["event"] == "PanelDone"}


def full_at_each_phase(tmp_path: Path, story: Path, how: Broken | None) -> tuple[int, list[str]]:
    """In how many phases the disk was full, and what was wrong then or after."""
    assert rendered(tmp_path / "whole", story).code == 0
    whole, _ = pictures(tmp_path / "whole")
    need = sum(path.stat().st_size for path in (tmp_path / "whole").rglob("*"))
    found: list[str] = []
    refused = 0
    for number, free in enumerate(phases(story, tmp_path, need)):
        with memory_disk(tmp_path / f"disk{number}") as disk:
            ballast = disk / "ballast"
            with contextlib.suppress(OSError), ballast.open("wb") as file:
                file.write(bytes(2 * 1024 * 1024 - 8192 - free))
            ended = rendered(disk / "output", story, how)
            if ended.code != 0:
                refused += 1
            if ended.code not in (0, 1) or "Traceback" in ended.err:
                found.append(f"{free} bytes free: it ended with {ended.code}: {ended.err}")
            if ended.code == 1 and "No space left on device" not in ended.err:
                found.append(f"{free} bytes free: it does not say that the disk is full")
            held, damaged = pictures(disk / "output")
            found += damaged
            if not told(ended) <= held.keys():
                found.append(f"{free} bytes free: something is lost")
            ballast.unlink()
            if rendered(disk / "output", story).code != 0 or pictures(disk / "output")[0] != whole:
                found.append(f"{free} bytes free: the next run does not end as it should")
    return refused, found


def test_a_full_disk_of_two_megabytes_loses_nothing_at_any_phase(
    tmp_path: Path, story: Path
) -> None:
    refused, found = full_at_each_phase(tmp_path, story, None)
    assert found == []
    assert refused >= 6


def test_a_store_that_writes_directly_leaves_halves_on_a_full_disk(
    tmp_path: Path, story: Path
) -> None:
    _, found = full_at_each_phase(tmp_path, story, Broken.DIRECT)
    assert any("was damaged" in fault for fault in found)


def test_a_read_only_disk_is_told_in_a_sentence_and_reading_goes_on(
    tmp_path: Path, story: Path
) -> None:
    with memory_disk(tmp_path / "disk") as disk:
        output = disk / "output"
        assert rendered(output, story).code == 0
        before, _ = pictures(output)
        remounted(disk, "ro")
        for command in ("render", "preview", "pages"):
            ended = run(command, story, "--output", output)
            assert ended.code == 1
            assert "Read-only file system" in ended.err and "Traceback" not in ended.err
        planned = run("plan", story, "--finals", "--output", output, "--json")
        assert planned.code == 0, planned.err
        assert {one["state"] for one in planned.document["panels"]} == {"ready"}
        assert run("verify", "--output", output).code == 0
        remounted(disk, "rw")
        one = next(iter(before))
        (output / ".store" / one[:2] / one / PICTURE).write_bytes(b"harmed")
        remounted(disk, "ro")
        ended = run("verify", "--output", output)
        assert ended.code == 1 and "it cannot be set aside" in ended.err
        remounted(disk, "rw")
        assert rendered(output, story).code == 0
        assert pictures(output) == (before, [])
