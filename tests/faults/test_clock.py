"""A clock that is moved by ten years, either way, draws nothing again and loses nothing."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from tests.faults.test_crash_states import STORY
from tests.support.command import run

YEARS = 10 * 365.25 * 24 * 3600


@pytest.mark.parametrize("by", [YEARS, -YEARS], ids=["forth", "back"])
@pytest.mark.parametrize("what", ["the clock", "the files"])
def test_a_moved_clock_draws_nothing_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by: float, what: str
) -> None:
    (tmp_path / "rain.yaml").write_text(STORY)
    monkeypatch.chdir(tmp_path)
    assert run("render", "rain.yaml").code == 0
    assert run("reroll", "rain.yaml", "1.1", "-n", "1").code == 0
    output = [path for path in Path("output").rglob("*") if path.is_file()]
    before = {path: path.read_bytes() for path in output if ".cache" not in path.parts}
    if what == "the files":
        for path in output:
            then = path.stat().st_mtime + by
            os.utime(path, (then, then))
    else:
        now = time.time
        monkeypatch.setattr(time, "time", lambda: now() + by)
        monkeypatch.setattr(time, "time_ns", lambda: round((now() + by) * 1e9))
    ended = run("render", "rain.yaml", "--json")
    assert ended.code == 0 and ended.drawn() == []
    assert [e["event"] for e in ended.events if e["event"] == "FileWritten"] == []
    assert {path: path.read_bytes() for path in before} == before
    assert run("verify").code == 0
    assert run("gc", "--json").document["garbage"] == [
        one for one in run("gc", "--json").document["garbage"] if one["sort"] == "cache"
    ]
