"""Commands that get Ctrl-C, SIGTERM or both at random moments, and what is left of them.

    python -m tests.faults.signalled FOLDER COUNT SEED

A warm process forks a child for each; it prints what was wrong as one JSON document.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from storyboard.cli import main as command
from storyboard.cli.console import EngineMaker
from storyboard.engine.fake import FakeEngine
from storyboard.store import Store
from tests.faults.doors import Deaf
from tests.faults.test_crash_states import STORY

SORTS: dict[str, tuple[int, ...]] = {
    "SIGINT": (signal.SIGINT,),
    "SIGTERM": (signal.SIGTERM,),
    "both": (signal.SIGINT, signal.SIGTERM),
}
CODES = {
    "SIGINT": {130, -signal.SIGINT},
    "SIGTERM": {143, -signal.SIGTERM},
    "both": {130, 143, -signal.SIGINT, -signal.SIGTERM},
}
"""A shell shows a death by signal as 130 or 143 too; it happens once the command itself is over."""


def pictures(folder: Path) -> dict[str, bytes]:
    """The stored pictures; a damaged one raises AssertionError."""
    store = Store(folder / "output" / ".store")
    found = {one: entry.picture for one in store.digests() if (entry := store.get(one))}
    assert not store.damages, store.damages[0]
    return found


def warmed(folder: Path) -> None:
    """Has this process import all that a child would."""
    folder.mkdir(parents=True)
    (folder / "rain.yaml").write_text(STORY)
    with contextlib.redirect_stderr(None), Deaf.fsync():
        output = str(folder / "output")
        command.main(
            ["render", str(folder / "rain.yaml"), "-q", "--output", output], make_engine=FakeEngine
        )


def started(folder: Path) -> int:
    """A `render` in a child, whose handlers are in place; its process id."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "rain.yaml").write_text(STORY)
    ready, tell = os.pipe()
    child = os.fork()
    if child:
        os.close(tell)
        os.read(ready, 1)
        os.close(ready)
        return child
    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        os.chdir(folder)
        present = command._run

        def told(argv: Sequence[str] | None, make_engine: EngineMaker | None) -> int:
            os.write(tell, b"r")
            return present(argv, make_engine)

        command._run = told
        with (
            (folder / "told").open("w", buffering=1) as out,
            contextlib.redirect_stdout(out),
            (folder / "said").open("w", buffering=1) as said,
            contextlib.redirect_stderr(said),
            Deaf.fsync(),
        ):
            code = command.main(
                ["render", "rain.yaml", "--json"], make_engine=lambda: FakeEngine(delay=0.003)
            )
        os._exit(code)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(99)


def ended(child: int) -> int:
    """How a child ended: its exit code, or the signal that killed it, negative."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def faults_in(folder: Path, sort: str, code: int, whole: dict[str, bytes]) -> list[str]:
    """What is wrong with what is left of a command, and with going on from there."""
    found = []
    if code != 0 and code not in CODES[sort]:
        found.append(f"it ended with {code}: {(folder / 'said').read_text()[-500:]}")
    if "Traceback" in (folder / "said").read_text():
        found.append("it left a traceback")
    held = pictures(folder)
    events = [json.loads(line) for line in (folder / "told").read_text().splitlines(True)[:-1]]
    told = {event["digest"] for event in events if event["event"] == "PanelDone"}
    found += [f"{one[:8]} was told of, and is lost" for one in told - held.keys()]
    if ended(started(folder)) != 0 or pictures(folder) != whole:
        found.append("the next run does not end as an undisturbed one")
    return found


def main(folder: Path, count: int, seed: int) -> None:
    """All signals; prints what was found."""
    whole_in = folder / "whole"
    warmed(folder / "warm")
    ended(started(whole_in))
    began = time.perf_counter()
    shutil.rmtree(whole_in / "output")
    assert ended(started(whole_in)) == 0
    takes = time.perf_counter() - began
    whole = pictures(whole_in)
    moments = random.Random(seed)
    faults: list[str] = []
    codes: Counter[str] = Counter()
    for number in range(count):
        sort = list(SORTS)[number % len(SORTS)]
        there = folder / str(number)
        child = started(there)
        after = moments.uniform(0, takes)
        time.sleep(after)
        for one in SORTS[sort]:
            os.kill(child, one)
            time.sleep(0.001)
        code = ended(child)
        codes[f"{sort} {code}"] += 1
        when = f"{sort} after {after * 1000:.0f} of {takes * 1000:.0f} ms"
        faults += [f"{when}: {fault}" for fault in faults_in(there, sort, code, whole)]
        shutil.rmtree(there)
    json.dump({"faults": faults, "codes": codes}, sys.stdout)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), int(sys.argv[2]), int(sys.argv[3]))
