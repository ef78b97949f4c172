"""NaN and infinity are found in every type that can hold them, wherever they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from storyboard.models.header import ModelFileProblem, read_header
from storyboard.models.values import non_finite_keys
from tests.models import made

NAN, INFINITY = float("nan"), float("inf")


@pytest.mark.parametrize("bad", [NAN, -NAN, INFINITY, -INFINITY])
@pytest.mark.parametrize(
    "dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.float8_e5m2]
)
def test_every_type_with_infinities(tmp_path: Path, dtype: torch.dtype, bad: float) -> None:
    tensors = {"good": torch.tensor([1.0, -0.0, 0.5]), "bad": torch.tensor([1.0, bad, 0.0])}
    path = tmp_path / "x.safetensors"
    save_file({key: tensor.to(dtype) for key, tensor in tensors.items()}, path)
    assert non_finite_keys(path, read_header(path)) == ["bad"]


@pytest.mark.parametrize(
    "dtype",
    [torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.float8_e5m2,
     torch.float8_e4m3fn],
)  # fmt: skip
def test_the_largest_and_smallest_numbers_are_finite(tmp_path: Path, dtype: torch.dtype) -> None:
    limits = torch.finfo(dtype)
    values = torch.tensor([limits.max, limits.min, limits.tiny], dtype=torch.float64).to(dtype)
    path = tmp_path / "x.safetensors"
    save_file({"a": values}, path)
    assert non_finite_keys(path, read_header(path)) == []


def test_the_only_nan_of_the_type_without_infinities(tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    values = torch.arange(256, dtype=torch.uint8).view(torch.float8_e4m3fn)
    tensors = {f"{i:03}": values[i : i + 1].clone() for i in range(256)}
    save_file(tensors, path)
    expected = [key for key, value in tensors.items() if bool(value.float().isnan().any())]
    assert non_finite_keys(path, read_header(path)) == expected == ["127", "255"]


def test_whole_numbers_are_finite(tmp_path: Path) -> None:
    ones = np.full((64,), 0xFF, np.uint8)
    path = made.arrays(tmp_path / "x.safetensors", {"u": ones, "i": ones.view(np.int64)})
    assert non_finite_keys(path, read_header(path)) == []


@pytest.mark.parametrize("place", [0, 2 * 1024 * 1024, -1])
def test_one_value_in_millions_is_found(tmp_path: Path, place: int) -> None:
    """At a block's beginning and at the very end, too."""
    values = np.zeros(2 * 1024 * 1024 + 3, np.float16)
    values[place] = np.nan
    tensors = {"first": np.zeros(3, np.float32), "second": values}
    path = made.arrays(tmp_path / "x.safetensors", tensors)
    assert non_finite_keys(path, read_header(path)) == ["second"]


def test_a_file_that_shrinks_meanwhile_is_a_problem(tmp_path: Path) -> None:
    path = made.weights(tmp_path / "x.safetensors", {"a": (100,)})
    header = read_header(path)
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(ModelFileProblem, match="shorter"):
        non_finite_keys(path, header)


def test_a_file_that_is_gone_is_a_problem(tmp_path: Path) -> None:
    path = made.weights(tmp_path / "x.safetensors", {"a": (100,)})
    header = read_header(path)
    path.unlink()
    with pytest.raises(ModelFileProblem, match="cannot be read"):
        non_finite_keys(path, header)
