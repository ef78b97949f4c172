"""Processes that train side by side end with the mean of what they have."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
from torch import Tensor

from training.parallel import agree, average, launch


def meet(rank: int, processes: int, folder: Path) -> None:
    """A process: writes down what it has after meeting the others."""
    tensors = [torch.full((2, 3), 1.0 + rank), torch.full((4,), 10.0)]
    average(tensors)
    found = {"tensors": tensors, "agreed": agree(5.0), "processes": processes}
    torch.save(found, folder / f"{rank}.pt")


def test_a_process_alone_keeps_what_it_has(tmp_path: Path) -> None:
    threads = torch.get_num_threads()
    launch(meet, 1, tmp_path)
    torch.set_num_threads(threads)
    found = torch.load(tmp_path / "0.pt", weights_only=True)
    assert [tensor.tolist() for tensor in found["tensors"]] == [[[1.0] * 3] * 2, [10.0] * 4]
    assert (found["agreed"], found["processes"]) == (5.0, 1)
    assert not dist.is_initialized()


@pytest.fixture
def another(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A second process, played by what it would send: all its numbers, in one message."""
    numbers: list[float] = []

    def all_reduce(flat: Tensor) -> None:
        assert flat.numel() == len(numbers)
        flat += torch.tensor(numbers)

    def broadcast(box: Tensor, source: int) -> None:
        assert source == 0
        box.fill_(numbers[0])

    monkeypatch.setattr(dist, "get_world_size", lambda: 2)
    monkeypatch.setattr(dist, "all_reduce", all_reduce)
    monkeypatch.setattr(dist, "broadcast", broadcast)
    return numbers


def means(
    another: list[float], tensors: Sequence[Tensor], numbers: Sequence[float]
) -> list[object]:
    """What the tensors are after meeting a process that has these numbers."""
    another[:] = numbers
    average(tensors)
    return [tensor.tolist() for tensor in tensors]


def test_two_processes_have_the_mean_in_every_shape(another: list[float]) -> None:
    tensors = [torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor(5.0), torch.tensor([6.0, 7.0])]
    found = means(another, tensors, [3, 2, 1, 0, 15, 0, 1])
    assert found == [[[2.0, 2.0], [2.0, 2.0]], 10.0, [3.0, 4.0]]


def test_tensors_keep_their_own_precision(another: list[float]) -> None:
    half = torch.tensor([1.0, 2.0], dtype=torch.bfloat16)
    assert means(another, [half], [2, 4]) == [[1.5, 3.0]]
    assert half.dtype == torch.bfloat16


def test_the_first_process_has_the_last_word(another: list[float]) -> None:
    another[:] = [7.25]
    assert agree(1.0) == 7.25


def stay(_rank: int, _processes: int, folder: Path) -> None:
    """A process that would go on for ever."""
    (folder / f"{os.getpid()}.pid").touch()
    time.sleep(600)


def test_processes_end_with_the_one_that_began_them(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "from pathlib import Path\n"
        "from tests.training.test_parallel import stay\n"
        "from training.parallel import launch\n"
        "if __name__ == '__main__':\n"
        f"    launch(stay, 2, Path({str(tmp_path)!r}))\n",
        encoding="utf-8",
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(["", *sys.path])}
    parent = subprocess.Popen([sys.executable, str(program)], env=environment)
    children = waited(lambda: [int(p.stem) for p in tmp_path.glob("*.pid")], lambda p: len(p) == 2)
    assert all(map(is_running, children))
    parent.kill()
    parent.wait()
    assert not waited(lambda: [c for c in children if is_running(c)], lambda left: not left)


def waited(look: Callable[[], list[int]], good: Callable[[list[int]], bool]) -> list[int]:
    """What is seen once it is good, or after a minute."""
    end = time.monotonic() + 60
    while not good(found := look()) and time.monotonic() < end:
        time.sleep(0.1)
    return found


def is_running(process: int) -> bool:
    """Whether there is such a process, zombies aside."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
