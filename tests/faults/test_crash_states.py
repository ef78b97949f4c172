"""Every call of a session is recorded, and every state that a power cut may leave is looked at."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from storyboard import disk
from storyboard.cli.main import main
from storyboard.engine.fake import FakeEngine
from storyboard.manifest import Manifest
from storyboard.picks import read_picks
from storyboard.store import Store
from storyboard.takes import TakeBook
from tests.faults.doors import CHANGES, Broken, Deaf, broken, standing_in
from tests.faults.model import Model, Tree, recording, written
from tests.faults.runs import in_memory

STORY = """\
title: Rain
size: 64x64
sampler: {steps: 1}
final: {steps: 1}
page: {size: 160x160, margin: 8, gutter: 4}
pages:
  - layout: 2x1
    panels: [{scene: harbour, caption: A.}, {scene: lighthouse}]
"""
SESSION = (
    ("preview", "rain.yaml"),
    ("reroll", "rain.yaml", "1.1", "-n", "2"),
    ("pick", "rain.yaml", "1.1", "2"),
    ("render", "rain.yaml"),
)

MADE_AGAIN = frozenset(
    {".cache", "previews", "finals", "draft", "pages", ".html", ".pdf", ".cbz", "contact-sheet.png"}
)
"""What is written without care, since it is only a copy, or drawn from copies."""


@dataclass
class Safe:
    """What had been told to be safe at a moment."""

    digests: set[str] = field(default_factory=set)
    takes: set[int] = field(default_factory=set)
    picked: bool = False

    def copy(self) -> Safe:
        """As it is now."""
        return Safe(set(self.digests), set(self.takes), self.picked)


class Telling(io.StringIO):
    """Standard output of a command with `--json`; what it tells is noted at once."""

    def __init__(self, safe: Safe) -> None:
        super().__init__()
        self._safe = safe

    def write(self, text: str) -> int:
        """One or more whole lines."""
        for line in text.splitlines():
            with contextlib.suppress(ValueError):
                event = json.loads(line)
                if isinstance(event, dict) and event.get("event") == "PanelDone":
                    self._safe.digests.add(event["digest"])
                    if event["take"]:
                        self._safe.takes.add(event["take"])
        return len(text)


def crash_states(folder: Path, how: Broken | None) -> Iterator[tuple[Tree, Safe]]:
    """The different states that a power cut may leave, each with what had been told to be safe; one
    after each call of the whole session."""
    (folder / "rain.yaml").write_text(STORY)
    (folder / "output").mkdir()
    model, safe, seen = Model(folder, MADE_AGAIN), Safe(), set[int]()
    model.have({"rain.yaml": STORY.encode(), "output": None})
    moments: list[tuple[Tree, Safe]] = []

    def look(*_: object) -> None:
        for tree in model.states(thorough=how is None):
            known = (frozenset(tree.items()), len(safe.digests), len(safe.takes), safe.picked)
            if hash(known) not in seen:
                seen.add(hash(known))
                moments.append((tree, safe.copy()))

    def looked(name: str) -> None:
        recorded = doors[name]

        def door(*arguments: object) -> None:
            recorded(*arguments)
            look()

        doors[name] = door

    doors = recording(model, {name: getattr(disk, name) for name in CHANGES})
    for name in list(doors):
        looked(name)
    with standing_in(doors), broken(how):
        for arguments in SESSION:
            with contextlib.redirect_stdout(Telling(safe)), contextlib.redirect_stderr(None):
                assert main([*arguments, "--json"], make_engine=FakeEngine) == 0
            safe.picked |= arguments[0] == "pick"
            look()
    yield from moments


def faults_after(tree: Tree, safe: Safe, folder: Path, whole: Mapping[str, bytes]) -> list[str]:
    """What is wrong with a state."""
    written(folder, tree)
    store = Store(folder / "output" / ".store")
    list(store.verify())
    found = [str(damage) for damage in store.damages]
    held = store.digests()
    found += [f"{digest[:8]} is lost" for digest in safe.digests - held]
    for digest in held:
        entry = store.get(digest)
        if entry is None or whole.get(digest) != entry.picture:
            found.append(f"{digest[:8]} is another picture")
    story = folder / "output" / "rain"
    found += Manifest.load(story, "rain", str(folder / "rain.yaml")).notes
    book = TakeBook.load(story)
    numbers = {take.number for take in book.of("1.1")}
    found += [f"take {number} is lost" for number in safe.takes - numbers]
    if safe.picked and "1.1" not in read_picks(folder / "rain.takes.yaml"):
        found.append("the pick is lost")
    return found


def looked_at(tmp_path: Path, how: Broken | None) -> tuple[int, list[str]]:
    """How many states there were, and what was wrong with them."""
    states_in = in_memory(tmp_path)
    (tmp_path / "session").mkdir()
    session = (tmp_path / "session").resolve()
    os.chdir(session)
    with Deaf.fsync():
        states = list(crash_states(session, how))
    store = Store(session / "output" / ".store")
    found: list[str] = []
    whole = {digest: entry.picture for digest in store.digests() if (entry := store.get(digest))}
    for number, (tree, safe) in enumerate(states):
        folder = states_in / str(number)
        found += [f"state {number}: {fault}" for fault in faults_after(tree, safe, folder, whole)]
        if found and how is not None:
            break
        if how is None and number % 150 == 0:
            found += [f"state {number}: {fault}" for fault in faults_going_on(folder, whole)]
        shutil.rmtree(folder)
    if states_in != tmp_path:
        shutil.rmtree(states_in)
    return len(states), found


def faults_going_on(folder: Path, whole: Mapping[str, bytes]) -> list[str]:
    """What is wrong with the same commands after the power has come back."""
    os.chdir(folder)
    with Deaf.fsync():
        for arguments in SESSION:
            if (folder / "rain.takes.yaml").exists() and arguments[0] in ("reroll", "pick"):
                continue
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(None):
                if main([*arguments, "-q"], make_engine=FakeEngine) != 0:
                    return [f"`{arguments[0]}` does not go on"]
    store = Store(folder / "output" / ".store")
    for digest, picture in whole.items():
        entry = store.get(digest)
        if entry is not None and entry.picture != picture:
            return [f"{digest[:8]} is drawn otherwise"]
    return [] if (folder / "output" / "rain" / "rain.pdf").exists() else ["there is no PDF"]


def test_no_state_that_a_power_cut_may_leave_has_lost_or_damaged_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    count, found = looked_at(tmp_path, None)
    assert found == []
    assert count > 200


@pytest.mark.parametrize("how", Broken)
def test_a_broken_store_loses_something_in_some_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: Broken
) -> None:
    monkeypatch.chdir(tmp_path)
    assert looked_at(tmp_path, how)[1] != []
