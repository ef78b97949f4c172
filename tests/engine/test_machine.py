"""`doctor` tells what this machine is, and what will be slow and why."""

from __future__ import annotations

import torch

from storyboard.engine.machine import _slow, describe


def test_the_machine_is_described() -> None:
    machine = describe()
    assert machine.torch == torch.__version__
    assert machine.devices[-1] == "cpu"
    assert machine.cores >= 1
    assert machine.threads >= 1
    assert machine.memory_gib > 0
    assert machine.dtype in ("float32", "bfloat16", "float16")


def test_without_a_gpu_checkpoints_are_slow() -> None:
    (sentence,) = _slow(torch.device("cpu"), memory=16 << 30, load=0.5, cores=2)
    assert sentence.startswith("no GPU")


def test_a_busy_processor_is_told() -> None:
    sentences = _slow(torch.device("cpu"), memory=16 << 30, load=4.0, cores=2)
    assert "load 4.0 on 2 cores" in sentences[-1]


def test_little_memory_is_told_but_not_unknown_memory() -> None:
    assert "2.0 GiB" in _slow(torch.device("mps"), memory=2 << 30, load=0.0, cores=8)[0]
    assert _slow(torch.device("mps"), memory=0, load=0.0, cores=8) == []
