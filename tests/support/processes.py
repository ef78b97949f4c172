"""Processes that are sent signals, as a terminal sends them."""

from __future__ import annotations

import os
import subprocess
import sys


def in_a_group_of_its_own(*arguments: str) -> subprocess.Popen[str]:
    """This Python with a script and its arguments, in a process group as in a terminal."""
    return subprocess.Popen(
        [sys.executable, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
