"""Several runs on one output folder at once, one of them killed, round after round.

    python -m tests.faults.together FOLDER RUNS ROUNDS SEED [unlocked]

A warm process forks the runs; it prints what was wrong as one JSON document. `unlocked` takes the
lock away.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from storyboard.lock import WriterLock
from tests.faults.doors import Deaf
from tests.faults.runs import begun, contents, faults_after, faults_in, views

DONE, BUSY, REFUSED, BROKEN = 0, 3, 4, 99


def forked(folder: Path) -> int:
    """A run in a child; its process id."""
    child = os.fork()
    if child:
        return child
    try:
        watched = begun(folder)
        with Deaf.fsync():
            outcome = watched.run()
        if outcome is None:
            (folder / f"refused-{os.getpid()}").write_text(watched.refused)
            os._exit(code_of(watched.refused))
        os._exit(DONE)
    finally:
        os._exit(BROKEN)


def code_of(refused: str) -> int:
    """Whether a run was told who holds the lock, or something else."""
    told = "is being written by another run (process", "(a process that has only just begun)"
    return BUSY if any(one in refused for one in told) else REFUSED


@contextmanager
def _not_held(_: WriterLock) -> Iterator[bool]:
    yield False


def main(folder: Path, runs: int, rounds: int, seed: int, unlocked: bool) -> None:
    """All rounds; prints what was found."""
    if unlocked:
        WriterLock.held = _not_held  # type: ignore[method-assign, assignment]
    with Deaf.fsync():
        whole_in = folder / "whole"
        began = time.perf_counter()
        begun(whole_in).run()
        takes = time.perf_counter() - began
        whole, shown = contents(whole_in), views(whole_in)
    chance = random.Random(seed)
    faults: list[str] = []
    codes: Counter[str] = Counter()
    for number in range(rounds):
        there = folder / str(number)
        there.mkdir()
        children = [forked(there) for _ in range(runs)]
        time.sleep(chance.uniform(0, 2 * takes))
        killed = chance.choice(children)
        os.kill(killed, signal.SIGKILL)
        for child in children:
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            codes[str(code)] += 1
            if code == BROKEN:
                faults.append(f"round {number}: a run ended with {code}")
        # It may have been about to write down why it was refused.
        (there / f"refused-{killed}").unlink(missing_ok=True)
        for path in there.glob("refused-*"):
            if code_of(path.read_text()) == REFUSED:
                faults.append(f"round {number}: a run was refused: {path.read_text()}")
            path.unlink()
        with Deaf.fsync():
            found = faults_in(there, whole)
            found += faults_after(there, whole, shown)
        faults += [f"round {number}: {fault}" for fault in found]
        shutil.rmtree(there)
        if unlocked and faults:
            break
    json.dump({"faults": faults, "codes": codes}, sys.stdout)


if __name__ == "__main__":
    asked_runs, asked_rounds, asked_seed = map(int, sys.argv[2:5])
    main(Path(sys.argv[1]).resolve(), asked_runs, asked_rounds, asked_seed, "unlocked" in sys.argv)
