"""A run can be killed at any moment: what it said is safe is safe, and the next run goes on."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from storyboard.manifest import Manifest
from storyboard.store import Store
from tests.faults.dying import PANELS, run_in

Contents = Mapping[str, Mapping[str, bytes]]


def contents(folder: Path) -> Contents:
    """Every file of every entry, all of them sound."""
    store = Store(folder / ".store")
    entries = {digest: store.get(digest) for digest in store.digests()}
    assert store.damages == ()
    return {digest: entry.files for digest, entry in entries.items() if entry is not None}


def views(folder: Path) -> dict[str, bytes]:
    """The pictures that the author sees, and whatever else lies there."""
    files = [path for path in (folder / "tale").rglob("*") if path.is_file()]
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in files
        if path.name != "manifest.json"
    }


def told(folder: Path) -> set[str]:
    """The pictures that a run said were safe."""
    path = folder / "told"
    return set(path.read_text("ascii").split()) if path.exists() else set()


@pytest.fixture(name="undisturbed", scope="module")
def _undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("undisturbed")
    outcome, _ = run_in(folder)
    assert len(outcome.done) == 2 * PANELS
    return folder


@pytest.fixture(name="killed", scope="module")
def _killed(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    root = tmp_path_factory.mktemp("killed")
    command = [sys.executable, "-m", "tests.faults.dying", str(root)]
    subprocess.run(command, check=True, timeout=120)
    return sorted(root.iterdir(), key=lambda folder: int(folder.name))


def test_a_run_can_be_killed_at_every_touch_of_a_file(
    killed: list[Path], undisturbed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)
    whole, shown = contents(undisturbed), views(undisturbed)
    survivors, left_half_written = set(), 0
    for folder in killed:
        left_half_written += len(list(folder.glob(".store/.new/*")))
        held = contents(folder)
        assert told(folder) <= held.keys()
        assert all(held[digest] == whole[digest] for digest in held)
        assert Manifest.load(folder / "tale", "tale", str(folder / "story.yaml")).notes == ()
        outcome, engine = run_in(folder)
        assert sorted(engine.drawn) == sorted(whole.keys() - held.keys())
        assert outcome.failed == ()
        assert contents(folder) == whole
        assert views(folder) == shown
        assert list(folder.glob(".store/.new/*")) == []
        assert list(folder.rglob("*.tmp")) == []
        survivors.add(len(held))
    assert left_half_written > 0
    # The deaths were spread over the whole run: after none, one, two ... all of its pictures.
    assert survivors == set(range(2 * PANELS + 1))
    assert len(killed) > (60 if hasattr(os, "fork") else 4)


SLOW = """
import sys, time
from pathlib import Path
from tests.faults import dying
from tests.support.toy_engine import ToyEngine

class Slow(ToyEngine):
    def draw(self, batch, sources, on_step):
        if self.batches:
            print("drawing the second", flush=True)
            time.sleep(60)
        yield from super().draw(batch, sources, on_step)

dying.ToyEngine = Slow
dying.run_in(Path(sys.argv[1]))
"""


def test_a_run_that_is_killed_while_it_draws_frees_the_lock_and_loses_nothing(
    tmp_path: Path, undisturbed: Path
) -> None:
    command = [sys.executable, "-c", SLOW, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "drawing the second\n"
        child.kill()
    assert len(contents(tmp_path)) == 1
    outcome, engine = run_in(tmp_path)
    assert len(engine.drawn) == 2 * PANELS - 1
    assert outcome.failed == ()
    assert contents(tmp_path) == contents(undisturbed)
