"""The long part of the fault suite: the same checks, many more times. Prints what was done.

    python -m tests.faults.long [PART...] [--folder FOLDER]

The runs are made in FOLDER (default: a new one); what is found is printed as it is found.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from tests.faults import dying, signalled, together
from tests.faults.disks import Ext4
from tests.faults.test_power_cut import faults_of, told_until_the_cut

Part = Callable[[Path], tuple[int, list[str]]]


def printed(main: Callable[[], None]) -> Any:
    """The JSON document that a check prints."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        main()
    return json.loads(out.getvalue())


def kills(folder: Path) -> tuple[int, list[str]]:
    """kill -9 at random moments."""
    found = printed(lambda: dying.main("random", folder, "2000", "11"))
    return found["deaths"], found["faults"]


def points(folder: Path) -> tuple[int, list[str]]:
    """kill -9 at every point."""
    found = printed(lambda: dying.main("points", folder))
    return found["deaths"], found["faults"]


def signals(folder: Path) -> tuple[int, list[str]]:
    """SIGINT, SIGTERM and both at random moments."""
    found = printed(lambda: signalled.main(folder, 300, 11))
    return sum(found["codes"].values()), found["faults"]


def crowds(folder: Path) -> tuple[int, list[str]]:
    """Rounds of two and of four runs on one folder, one of them killed."""
    faults: list[str] = []
    for runs in (2, 4):
        there = folder / str(runs)
        faults += printed(partial(together.main, there, runs, 200, 11, False))["faults"]
    return 400, faults


def power_cuts(folder: Path) -> tuple[int, list[str]]:
    """Pictures told to be safe before a power cut, over many cuts of 0.3 to 9 seconds."""
    told, faults = 0, list[str]()
    for cut in range(30):
        there = folder / str(cut)
        there.mkdir(parents=True)
        ext4 = Ext4(there)
        try:
            count = told_until_the_cut(ext4, 1200, 0.3 + 0.3 * cut, None)
            faults += [f"cut {cut}: {fault}" for fault in faults_of(ext4, count)]
            told += count
        finally:
            ext4.close()
        (there / "disk.img").unlink()
    return told, faults


def _worked() -> float:
    """Seconds of processor time of this process and its children."""
    return sum(os.times()[:4])


PARTS: tuple[Part, ...] = (points, kills, signals, crowds, power_cuts)


def measured(part: Part, folder: Path) -> int:
    """Does a part, and prints what was found and how long it took; gives the number of faults."""
    began, worked = time.monotonic(), _worked()
    there = folder / part.__name__
    there.mkdir(parents=True)
    count, faults = part(there)
    took = f"{time.monotonic() - began:.0f} s, {_worked() - worked:.0f} s of processor time"
    print(f"{part.__name__}: {count} ({part.__doc__}), {len(faults)} faults, {took}", flush=True)
    for fault in faults[:20]:
        print(f"  {fault}", flush=True)
    return len(faults)


def main() -> int:
    """All parts, or those that are named; 1 where anything was wrong."""
    named = {part.__name__: part for part in PARTS}
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(named)}")
    arguments.add_argument("--folder", type=Path)
    options = arguments.parse_args()
    if unknown := [name for name in options.parts if name not in named]:
        arguments.error(f"no such part: {', '.join(unknown)}; there are {', '.join(named)}")
    folder = options.folder or Path(tempfile.mkdtemp())
    wrong = [measured(named[name], folder) for name in options.parts or named]
    return 1 if any(wrong) else 0


if __name__ == "__main__":
    sys.exit(main())
