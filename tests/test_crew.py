"""A crew does what one would do alone, in order, and ends with whoever asked for it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from storyboard.crew import FEW, Crew
from storyboard.errors import ProblemsError, argument_error
from tests.support.processes import in_a_group_of_its_own

_ASKS = """
import sys, time
from pathlib import Path
from storyboard.crew import Crew
from tests.test_crew import slow
if __name__ == "__main__":
    with Crew(2) as crew:
        for number in crew.map(slow, [(sys.argv[1], n) for n in range(50)]):
            print(number, flush=True)
"""


def double(number: int) -> tuple[int, int]:
    """Twice the number, and who worked it out."""
    return 2 * number, os.getpid()


def situation(_: int) -> tuple[int, int, bool]:
    """The process that asks, its niceness, and whether Ctrl-C is kept from it."""
    deaf = signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ())
    return os.getpid(), os.nice(0), deaf


def fail(number: int) -> int:
    """Fails at the third."""
    if number == 3:
        raise argument_error("the third is wrong", "leave it out", "three.png")
    return number


def slow(task: tuple[str, int]) -> int:
    """Writes down that it began, and that it ended."""
    folder, number = task
    Path(folder, f"{number}.begun").touch()
    time.sleep(0.3)
    Path(folder, f"{number}.ended").write_text(str(os.getpid()))
    return number


def test_results_come_in_the_tasks_order_from_other_processes() -> None:
    with Crew(2) as crew:
        results = list(crew.map(double, range(20)))
    assert [number for number, _ in results] == [2 * n for n in range(20)]
    assert os.getpid() not in {process for _, process in results}


def test_few_tasks_and_a_crew_of_one_are_done_here() -> None:
    with Crew(2) as crew, Crew(1) as alone:
        few = list(crew.map(double, range(FEW - 1)))
        many = list(alone.map(double, range(20)))
    assert {process for _, process in few + many} == {os.getpid()}


@pytest.mark.skipif(os.name == "nt", reason="Windows knows neither niceness nor masks")
def test_one_task_is_done_elsewhere_gently_and_deaf_to_ctrl_c_from_the_first_moment() -> None:
    with Crew(1, gentle=True) as gentle, Crew(1) as crew:
        process, niceness, deaf = gentle.begin(situation, 0).result()
        _, usual, _ = crew.begin(situation, 0).result()
    assert process != os.getpid()
    assert (niceness, usual) == (min(os.nice(0) + 5, 19), os.nice(0))
    assert deaf
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ()), "this one hears it"


@pytest.mark.parametrize("size", [1, 2])
def test_what_is_wrong_is_told_as_it_was_raised(size: int) -> None:
    with pytest.raises(ProblemsError) as caught, Crew(size) as crew:
        list(crew.map(fail, range(20)))
    (problem,) = caught.value.problems
    assert str(problem) == "three.png: the third is wrong (leave it out)"
    assert str(caught.value) == str(problem)


def end(_: int) -> None:
    """Ends the process that works on it, as a system without memory does."""
    os._exit(9)


def test_a_process_that_was_killed_is_told_in_a_sentence() -> None:
    with pytest.raises(ProblemsError, match="ended from outside"), Crew(2) as crew:
        list(crew.map(end, range(8)))


def test_torch_is_never_imported_for_pages() -> None:
    code = "import sys, storyboard.pagework\nprint('torch' in sys.modules)"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout == "False\n"


def asking(folder: Path) -> subprocess.Popen[str]:
    """A process with a crew at work, in a process group of its own as in a terminal."""
    script = folder / "asks.py"
    script.write_text(_ASKS, encoding="utf-8")
    process = in_a_group_of_its_own(str(script), str(folder))
    assert process.stdout is not None
    assert process.stdout.readline() == "0\n"
    return process


@pytest.mark.skipif(os.name == "nt", reason="Windows has no process groups to signal")
def test_ctrl_c_lets_what_is_begun_end_and_begins_nothing_more(tmp_path: Path) -> None:
    process = asking(tmp_path)
    os.killpg(process.pid, signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert told.count("KeyboardInterrupt") == 1, "only the one that was asked answers"
    begun = {path.stem for path in tmp_path.glob("*.begun")}
    assert begun == {path.stem for path in tmp_path.glob("*.ended")}
    assert len(begun) < 50


@pytest.mark.skipif(os.name == "nt", reason="Windows has no process groups to signal")
def test_nobody_is_left_when_the_one_that_asked_is_killed(tmp_path: Path) -> None:
    process = asking(tmp_path)
    process.kill()
    process.communicate(timeout=60)
    (worker, *_) = {path.read_text() for path in tmp_path.glob("*.ended")}
    end = time.monotonic() + 60
    while Path(f"/proc/{worker}").exists() and time.monotonic() < end:
        time.sleep(0.05)
    assert not Path(f"/proc/{worker}").exists()
