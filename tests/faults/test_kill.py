"""kill -9 at any moment: what a run said is safe is safe, and the next run draws only the rest."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.faults.doors import Broken
from tests.faults.runs import PANELS

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


def died(*arguments: str | Path) -> Any:
    """What `tests.faults.dying` found."""
    command = [sys.executable, "-m", "tests.faults.dying", *map(str, arguments)]
    ended = subprocess.run(command, check=False, capture_output=True, text=True, timeout=300)
    assert ended.returncode == 0, ended.stderr[-2000:]
    return json.loads(ended.stdout)


def test_killed_at_every_point_nothing_is_lost_and_the_next_run_ends_the_same(
    tmp_path: Path,
) -> None:
    found = died("points", tmp_path)
    assert found["faults"] == []
    # The deaths were spread over the whole run: after none, one, two ... all of its pictures.
    assert set(found["survivors"]) == set(range(2 * PANELS + 1))
    assert found["left"] > 0
    for named in (
        "write new picture.png",
        "rename entry",
        "sync_folder shelf",
        "make_folder shelf",
    ):
        assert found["points"].count(named) == 2 * PANELS, named
    assert {"rename manifest.json", "rename 1.p0.png", "sync_folder tale"} <= set(found["points"])


@pytest.mark.parametrize("seed", [1, 2])
def test_killed_at_a_hundred_random_moments_nothing_is_lost(tmp_path: Path, seed: int) -> None:
    found = died("random", tmp_path, "100", str(seed))
    assert found["faults"] == []
    assert found["deaths"] == 100
    assert set(found["survivors"]) == set(range(2 * PANELS + 1))


@pytest.mark.parametrize("how", Broken)
@pytest.mark.parametrize("moments", ["points", "random"])
def test_a_broken_store_loses_what_was_told_to_be_safe(
    tmp_path: Path, moments: str, how: Broken
) -> None:
    """A kill shows what is half written; that the disk may not have it yet, the model shows."""
    count = [] if moments == "points" else ["400", "3"]
    found = died(moments, tmp_path, *count, how)
    said = "was damaged" if how is Broken.DIRECT else "may be lost"
    assert said in found["faults"][0]
