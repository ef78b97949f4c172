"""Upscalers are found where the WebUI and ComfyUI keep them, and told from their headers."""

from __future__ import annotations

from pathlib import Path

import pytest

from storyboard.models.catalog import Catalog, Entry, Kind
from tests.models import made

COMPACT = {"body.0.weight": (4, 3, 3, 3), "body.1.weight": (4,), "body.2.weight": (12, 4, 3, 3)}


def found(root: Path, name: str = "4x") -> Entry:
    return Catalog([root]).find(Kind.UPSCALER, name)


@pytest.mark.parametrize(
    "folder", ["ESRGAN", "RealESRGAN", "models/SwinIR", "upscale_models", "upscalers", "DAT", "."]
)
def test_an_upscaler_is_found_wherever_it_is_kept(tmp_path: Path, folder: str) -> None:
    made.weights(tmp_path / folder / "4x.safetensors", COMPACT)
    assert found(tmp_path).problems == ()


def test_keys_may_be_wrapped_as_training_leaves_them(tmp_path: Path) -> None:
    wrapped = {f"module.{key}": shape for key, shape in COMPACT.items()}
    made.weights(tmp_path / "ESRGAN" / "4x.safetensors", wrapped)
    assert found(tmp_path).problems == ()


def test_a_file_of_no_known_architecture_is_told(tmp_path: Path) -> None:
    made.weights(tmp_path / "ESRGAN" / "4x.safetensors", {"conv_first.weight": (1,)})
    (problem,) = found(tmp_path).problems
    assert problem.startswith("is no upscaler of a known architecture")


def test_a_file_of_another_kind_is_told(tmp_path: Path) -> None:
    made.lora(tmp_path / "ESRGAN" / "4x.safetensors")
    assert found(tmp_path).problems == ("is a LoRA, not an upscaler",)


def test_a_pickle_is_to_be_converted(tmp_path: Path) -> None:
    path = tmp_path / "ESRGAN" / "4x.pth"
    path.parent.mkdir()
    path.write_bytes(b"\x80\x02}q\x00.")
    (problem,) = found(tmp_path).problems
    assert "is a pickle" in problem and f"run: storyboard convert {path}" in problem


def test_a_file_that_asks_for_endless_layers_is_refused(tmp_path: Path) -> None:
    keys = {**COMPACT, "body.99999999.weight": (1,)}
    made.weights(tmp_path / "ESRGAN" / "4x.safetensors", keys)
    (problem,) = found(tmp_path).problems
    assert "beyond 1000" in problem
