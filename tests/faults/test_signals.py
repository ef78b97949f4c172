"""Ctrl-C, SIGTERM, or both, at any moment: 130 or 143, nothing lost; a second one ends at once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.test_crash_states import STORY

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


def test_signals_at_fifty_moments_end_with_their_codes_and_lose_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.faults.signalled", str(tmp_path), "51", "1"]
    ended = subprocess.run(command, check=False, capture_output=True, text=True, timeout=300)
    assert ended.returncode == 0, ended.stderr[-2000:]
    found = json.loads(ended.stdout)
    assert found["faults"] == []
    assert sum(found["codes"].get(f"SIGINT {code}", 0) for code in (130, -2)) > 5
    assert sum(found["codes"].get(f"SIGTERM {code}", 0) for code in (143, -15)) > 5


STUCK = """
import sys, time
from storyboard.cli.main import main
from storyboard.engine.fake import FakeEngine

class Stuck(FakeEngine):
    def draw(self, batch, sources, on_step):
        print("drawing", flush=True)
        while True:  # until a step is told that the run has ended
            time.sleep(0.02)
            on_step(0, 1)
        yield from ()

    def close(self):
        print("unwinding", flush=True)
        time.sleep(600)

sys.exit(main(["preview", sys.argv[1], "--output", sys.argv[2], "-q"], make_engine=Stuck))
"""


@pytest.mark.parametrize(("second", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_second_signal_ends_at_once_whatever_the_first_is_waiting_for(
    tmp_path: Path, second: signal.Signals, code: int
) -> None:
    (tmp_path / "rain.yaml").write_text(STORY)
    command = [sys.executable, "-c", STUCK, str(tmp_path / "rain.yaml"), str(tmp_path / "out")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        try:
            assert running.stdout.readline() == "drawing\n"
            running.send_signal(signal.SIGINT)
            assert running.stdout.readline() == "unwinding\n"
            running.send_signal(second)
            assert running.wait(60) == code  # not after the ten minutes that the engine would take
        finally:
            running.kill()
