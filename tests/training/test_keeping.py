"""Checkpoints are whole, averages are averages, and the clock goes on after an interruption."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from training.keeping import Average, Clock, cosine_from, save_atomically


class Breaking:
    """Cannot be written."""

    def __reduce__(self) -> str:
        raise OSError("the disk is full")


def test_a_state_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "runs" / "a.pt"
    save_atomically({"step": 3, "weight": torch.arange(4.0)}, path)
    found = torch.load(path, weights_only=True)
    assert found["step"] == 3
    assert found["weight"].tolist() == [0, 1, 2, 3]


def test_what_breaks_while_it_is_written_leaves_the_older_file(tmp_path: Path) -> None:
    path = tmp_path / "a.pt"
    save_atomically({"step": 3}, path)
    with pytest.raises(OSError, match="the disk is full"):
        save_atomically({"step": 4, "broken": Breaking()}, path)
    assert torch.load(path, weights_only=True) == {"step": 3}


def test_an_average_follows_the_weights_and_settles_on_them() -> None:
    layer = nn.Linear(2, 2)
    average = Average(layer, decay=0.9)
    with torch.no_grad():
        layer.weight.add_(1.0)
    start = average.state()["weight"].clone()
    average.update(layer)
    between = average.state()["weight"]
    assert bool((start < between).all()) and bool((between < layer.weight).all())
    for _ in range(200):
        average.update(layer)
    assert torch.allclose(average.state()["weight"], layer.weight, atol=1e-4)


def test_steps_taken_together_count_as_so_many() -> None:
    layer = nn.Linear(2, 2)
    one_by_one, together = Average(layer, 0.5), Average(layer, 0.5)
    with torch.no_grad():
        layer.weight.add_(1.0)
    for average, every in ((one_by_one, 1), (together, 4)):
        average.steps = 1000
        for _ in range(4 // every):
            average.update(layer, every)
    assert torch.allclose(one_by_one.state()["weight"], together.state()["weight"], atol=1e-6)


def test_the_clock_goes_on_from_what_was_trained_before() -> None:
    assert 600 <= Clock(1200, before=600).seconds < 660
    assert 0.5 <= Clock(1200, before=600).share < 0.55
    assert Clock(10, before=600).share == 1.0


def test_a_rate_holds_and_then_falls() -> None:
    shares = [cosine_from(share / 10, 0.5) for share in range(11)]
    assert shares[:6] == [1.0] * 6
    assert shares[5:] == sorted(shares[5:], reverse=True)
    assert shares[-1] == pytest.approx(0.02)
