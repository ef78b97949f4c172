"""Runs that are killed by SIGKILL, at every point or at random moments, and what is left of them.

    python -m tests.faults.dying points FOLDER [BROKEN]
    python -m tests.faults.dying random FOLDER COUNT SEED [BROKEN]

A warm process forks a child for each death, so that one takes a blink; then it looks at what the
child has left, goes on from there, and prints what was wrong as one JSON document.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from storyboard import disk
from tests.faults.doors import Broken, Counter, Deaf, die
from tests.faults.runs import (
    Contents,
    begun,
    contents,
    faults_after,
    faults_in,
    views,
)


class Deaths:
    """Deaths one after the other, each in a folder of its own that is looked at and removed."""

    def __init__(self, folder: Path, how: Broken | None) -> None:
        self.faults: list[str] = []
        self.survivors: list[int] = []
        self.points: list[str] = []
        self.left = 0
        self._how = how
        self._folder = folder
        undisturbed = folder / "undisturbed"
        begun(undisturbed).run()
        self._whole: Contents = contents(undisturbed)
        self._shown = views(undisturbed)

    def at_every_point(self) -> None:
        """Killed before its first, second ... change of the disk, and halfway through each file
        that it writes."""
        at = 0
        while True:
            at += 1
            counter: Counter | None = None
            for half in (False, True):
                folder = self._folder / f"{at}{'h' if half else ''}"
                counter = Counter(folder.resolve(), at, half)
                lived = self._die(folder, self._counted(folder, counter))
                name = (folder / "point").read_text() if (folder / "point").exists() else ""
                self._look(folder, f"killed {'halfway through' if half else 'before'} {name}")
                if lived or self._caught:
                    return
                if not half:
                    self.points.append(name)
                if not name.startswith("write"):
                    break

    def at_random(self, count: int, seed: int) -> None:
        """Killed `count` times, at any moment of the time that a run takes."""
        moments = random.Random(seed)
        begun_at = time.perf_counter()
        for n in range(3):
            self._die(self._folder / f"warm{n}", lambda: None)
        whole = (time.perf_counter() - begun_at) / 3
        for number in range(count):
            folder = self._folder / f"random{number}"
            after = moments.uniform(0, whole)
            self._die(folder, lambda: None, after)
            self._look(folder, f"killed after {after * 1000:.1f} of {whole * 1000:.1f} ms")
            if self._caught:
                return

    @property
    def _caught(self) -> bool:
        """Whether a broken store was found out: once is enough."""
        return self._how is not None and bool(self.faults)

    def _counted(self, folder: Path, counter: Counter) -> Callable[[], None]:
        """Sets a child up to die when the counter says so, after it has written down where."""

        def note_and_die() -> None:
            (folder / "point").write_text(counter.names[-1])
            die()

        def prepare() -> None:
            counter.then = note_and_die
            for name, door in counter.doors().items():
                setattr(disk, name, door)

        return prepare

    def _die(self, folder: Path, prepare: Callable[[], None], after: float | None = None) -> bool:
        """A run in a child; whether it lived to its end."""
        watched = begun(folder, self._how)
        child = os.fork()
        if child == 0:
            try:
                with Deaf.fsync():
                    prepare()
                    watched.run()
                os._exit(0)
            finally:
                os._exit(1)
        if after is not None:
            time.sleep(after)
            os.kill(child, signal.SIGKILL)
        ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert ended in (0, -signal.SIGKILL), f"a run ended with {ended}"
        return ended == 0

    def _look(self, folder: Path, when: str) -> None:
        self.left += len(list(folder.glob(".store/.new/*")))
        with Deaf.fsync():
            found = faults_in(folder, self._whole)
            self.survivors.append(len(contents(folder)))
            found += faults_after(folder, self._whole, self._shown)
        self.faults += [f"{when}: {fault}" for fault in found]
        shutil.rmtree(folder)


def main(what: str, folder: Path, *rest: str) -> None:
    """All deaths of one sort; prints what was found."""
    count, seed = (int(rest[0]), int(rest[1])) if what == "random" else (0, 0)
    how = Broken(rest[-1]) if len(rest) in (1, 3) else None
    with Deaf.fsync():
        deaths = Deaths(folder, how)
    if what == "random":
        deaths.at_random(count, seed)
    else:
        deaths.at_every_point()
    json.dump(
        {
            "faults": deaths.faults,
            "deaths": len(deaths.survivors),
            "survivors": deaths.survivors,
            "points": deaths.points,
            "left": deaths.left,
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]).resolve(), *sys.argv[3:])
