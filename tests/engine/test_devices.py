"""Devices and dtypes are chosen by name, and what cannot be is told."""

from __future__ import annotations

import pytest
import torch

from storyboard.engine.devices import available, pictures_at_once, placement
from storyboard.errors import ProblemsError


def test_on_a_cpu_everything_is_float32() -> None:
    placed = placement("cpu")
    assert (placed.device.type, placed.unet, placed.vae) == ("cpu", torch.float32, torch.float32)


def test_auto_is_the_best_device_there_is() -> None:
    assert placement().device.type == available()[0]


def test_the_vae_is_spared_bfloat16() -> None:
    placed = placement("cpu", "bfloat16")
    assert (placed.unet, placed.vae) == (torch.bfloat16, torch.float32)


@pytest.mark.parametrize(
    ("device", "dtype", "sentence"),
    [
        ("tpu", "auto", "no device 'tpu'"),
        ("cpu", "float8", "no dtype 'float8'"),
        ("cpu", "float16", "float16 is no use on a CPU"),
        ("cpu:x", "auto", "no device 'cpu:x'"),
    ],
)
def test_what_cannot_be_is_told(device: str, dtype: str, sentence: str) -> None:
    with pytest.raises(ProblemsError, match=sentence):
        placement(device, dtype)


def test_a_device_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ProblemsError, match="torch finds no cuda device here"):
        placement("cuda")


def test_a_cpu_draws_one_picture_after_the_other_and_a_gpu_a_whole_batch() -> None:
    assert pictures_at_once(torch.device("cpu")) == 1
    assert pictures_at_once(torch.device("cuda")) is None
