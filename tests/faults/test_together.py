"""Runs on one output folder at once: one writes, the others say who does; a kill frees the lock."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


def together(*arguments: str | Path) -> Any:
    """What `tests.faults.together` found."""
    command = [sys.executable, "-m", "tests.faults.together", *map(str, arguments)]
    ended = subprocess.run(command, check=False, capture_output=True, text=True, timeout=300)
    assert ended.returncode == 0, ended.stderr[-2000:]
    return json.loads(ended.stdout)


@pytest.mark.parametrize("runs", [2, 4])
def test_of_runs_at_once_one_writes_and_when_it_is_killed_nobody_has_to_unlock(
    tmp_path: Path, runs: int
) -> None:
    found = together(tmp_path, str(runs), "15", "1")
    assert found["faults"] == []
    assert found["codes"].get("3", 0) > 0  # some were told who holds it
    assert found["codes"].get("0", 0) > 0


def test_without_the_lock_runs_get_in_each_others_way(tmp_path: Path) -> None:
    assert together(tmp_path, "4", "40", "1", "unlocked")["faults"] != []
