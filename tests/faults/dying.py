"""Runs that are killed by SIGKILL at their first, second, third ... touch of a file.

`python -m tests.faults.dying FOLDER` makes one run after another in FOLDER/1, FOLDER/2 ..., each
killed one touch later than the one before, until one lives to its end. Where the system can fork
that takes a blink a run; elsewhere every run is a fresh process, and touches are skipped.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from itertools import count
from pathlib import Path

from storyboard.events import Event, PanelDone
from storyboard.manifest import Manifest
from storyboard.planning import plan
from storyboard.run import Outcome, draw
from storyboard.store import Store
from tests.support.jobs import tale
from tests.support.toy_engine import ToyEngine

PANELS = 2
TOUCHES = frozenset({"open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.link"})


def run_in(folder: Path) -> tuple[Outcome, ToyEngine]:
    """A whole run, as a command makes it; prints a line for each picture that it says is safe."""

    def report(event: Event) -> None:
        if isinstance(event, PanelDone):
            with (folder / "told").open("a", encoding="ascii") as told:
                told.write(f"{event.digest}\n")

    folder.mkdir(exist_ok=True)
    (folder / "story.yaml").touch()
    compiled = tale(PANELS)
    store = Store(folder / ".store")
    manifest = Manifest.load(folder / "tale", "tale", str(folder / "story.yaml"))
    items = plan(compiled, store.digests(), manifest, finals=True).items
    engine = ToyEngine()
    outcome = draw(items, compiled, lambda: engine, store, manifest, report, 1)
    return outcome, engine


def run_and_die(folder: Path, at: int) -> None:
    """A run that is killed when it touches a file of its own for the `at`th time."""
    touches = 0
    within = str(folder)

    def touch(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal touches
        if event in TOUCHES and any(str(one).startswith(within) for one in arguments):
            touches += 1
            if touches == at:
                os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))

    sys.addaudithook(touch)
    run_in(folder)


def lived(folder: Path, at: int) -> bool:
    """Whether a run of its own process lived to its end."""
    if not hasattr(os, "fork"):
        command = [sys.executable, "-m", "tests.faults.dying", str(folder), str(at)]
        return subprocess.run(command, check=False).returncode == 0
    child = os.fork()
    if child == 0:
        os.fsync = lambda fd: None  # a kill is no power cut: what was written is there
        run_and_die(folder, at)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def main(folder: Path, at: int | None) -> None:
    """All deaths, or one."""
    if at is not None:
        run_and_die(folder, at)
        return
    stride = 1 if hasattr(os, "fork") else 15
    for touch in count(1, stride):
        if lived(folder / str(touch), touch):
            return


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), int(sys.argv[2]) if len(sys.argv) > 2 else None)
