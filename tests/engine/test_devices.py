"""Devices and dtypes are chosen by name, and what cannot be is told."""

from __future__ import annotations

import pytest
import torch

from storyboard.engine.devices import available, placement
from storyboard.errors import ProblemsError


@pytest.mark.parametrize(
    ("able", "dtype"),
    [
        ({"avx512_bf16": True}, torch.bfloat16),
        ({"amx_bf16": True}, torch.bfloat16),
        ({"avx512_f": True, "avx512_bf16": False}, torch.float32),
        ({}, torch.float32),
    ],
)
def test_a_cpu_draws_in_bfloat16_only_where_it_multiplies_it_by_itself(
    able: dict[str, bool], dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: able)
    placed = placement("cpu")
    assert (placed.device.type, placed.unet, placed.vae) == ("cpu", dtype, torch.float32)


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
