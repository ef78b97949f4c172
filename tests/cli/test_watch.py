"""A story is watched: what is saved is drawn, in a process of its own as an author runs it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_loop import change, wait_for
from tests.support.command import run

WATCH = """\
import signal, sys
from storyboard.cli.main import main
from storyboard.engine.fake import FakeEngine
signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job of a shell ignores it
code = main(['watch', *sys.argv[1:]], make_engine=lambda: FakeEngine(delay=0.01))
print('torch' in sys.modules, file=sys.stderr)
sys.exit(code)
"""
VIEW = Path("output/rain/previews/1.face.png")


@dataclass
class Watching:
    """A `watch --json` that runs, with what it prints."""

    process: subprocess.Popen[bytes]
    out: Path
    err: Path

    def events(self, name: str = "") -> list[dict[str, Any]]:
        """All of this name that it told so far."""
        whole = self.out.read_text().rpartition("\n")[0]
        told: list[dict[str, Any]] = [json.loads(line) for line in whole.splitlines()]
        return [event for event in told if name in ("", event["event"])]

    def wait_for(self, name: str, count: int) -> None:
        """Until it has told so many events of this name."""

        def is_so() -> bool:
            assert self.process.poll() is None, self.err.read_text()
            return len(self.events(name)) >= count

        wait_for(is_so, 120)

    def end(self) -> tuple[int, str]:
        """Ctrl-C, once; the exit code, and what it said on standard error."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(60), self.err.read_text()


@pytest.fixture
def watching(story: Path) -> Iterator[Callable[..., Watching]]:
    """Starts watching the story."""
    if os.name == "nt":
        pytest.skip("Windows has no SIGINT for one process")
    started: list[Watching] = []

    def start(code: str = WATCH) -> Watching:
        out, err = story.parent / "told", story.parent / "said"
        with out.open("wb") as stdout, err.open("wb") as stderr:
            command = [sys.executable, "-c", code, str(story), "--json"]
            process = subprocess.Popen(command, stdout=stdout, stderr=stderr)
        started.append(Watching(process, out, err))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.wait()


def test_a_save_changes_the_picture_of_its_panel(
    watching: Callable[..., Watching], story: Path
) -> None:
    child = watching()
    child.wait_for("Watching", 1)
    before = {path: path.read_bytes() for path in VIEW.parent.iterdir()}
    assert len(before) == 4
    change(story, "close-up, smile", "close-up, tears")
    wait_for(lambda: VIEW.read_bytes() != before[VIEW], 120)
    child.wait_for("Watching", 2)
    after = {path: path.read_bytes() for path in VIEW.parent.iterdir()}
    assert {path for path in after if after[path] != before[path]} == {VIEW}
    last = [event["event"] for event in child.events()[-5:]]
    assert last == ["PanelDone", *["FileWritten"] * 3, "Watching"]
    assert run("render", story, "1.pier").code == 0, "the lock is not held while it waits"
    code, said = child.end()
    assert code == 130
    assert said.startswith("storyboard: interrupted"), said
    assert "Traceback" not in said


def test_a_broken_save_is_told_in_a_json_line_and_the_next_goes_on(
    watching: Callable[..., Watching], story: Path
) -> None:
    child = watching()
    child.wait_for("Watching", 1)
    text = story.read_text()
    story.write_text(text[:200])
    child.wait_for("Problems", 1)
    child.wait_for("Watching", 2)
    [problem] = child.events("Problems")[0]["problems"][:1]
    assert problem["file"].endswith("rain.yaml") and problem["severity"] == "error"
    story.write_text(text.replace("close-up, smile", "close-up, tears"))
    child.wait_for("Watching", 3)
    assert [event["panel"] for event in child.events("PanelDone")][4:] == ["1.face"]
    assert child.end()[0] == 130


def test_where_nothing_is_to_be_drawn_torch_stays_out(
    watching: Callable[..., Watching], story: Path
) -> None:
    run("preview", story)
    child = watching(WATCH.replace(", make_engine=lambda: FakeEngine(delay=0.01)", ""))
    child.wait_for("Watching", 1)
    assert child.events("PanelDone") == []
    code, said = child.end()
    assert (code, said.splitlines()[-1]) == (130, "False")


def test_bad_use_ends_with_2(story: Path) -> None:
    for arguments, told in (
        (["no.yaml"], "there is no such file"),
        (["face"], "one story is watched at a time"),
        ([story, story], "one story is watched at a time"),
        ([story, "fase"], "there is no panel fase"),
        ([story, "--models", "nowhere"], "there is no folder"),
    ):
        ended = run("watch", *arguments)
        assert ended.code == 2
        assert ended.err.startswith("reading the story\n"), "somebody is there before the imports"
        assert told in ended.err
