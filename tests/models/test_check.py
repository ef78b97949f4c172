"""A LoRA that does not fit its checkpoint is told before anything is drawn."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from storyboard.models.check import lora_problems, value_problems
from storyboard.models.describe import describe
from storyboard.models.entries import Entry, Family, Kind
from tests.models import made, singles


@pytest.fixture
def checkpoint(tmp_path: Path) -> Entry:
    return describe(Kind.CHECKPOINT, "inkling", made.checkpoint(tmp_path / "inkling"))


def lora(path: Path) -> Entry:
    return describe(Kind.LORA, path.stem, path)


def test_a_lora_that_fits_has_no_problem(tmp_path: Path, checkpoint: Entry) -> None:
    assert lora_problems(lora(made.lora(tmp_path / "mei.safetensors")), checkpoint) == []


def test_a_checkpoint_in_shards_takes_the_same_loras(tmp_path: Path, checkpoint: Entry) -> None:
    unet = checkpoint.path / "unet"
    (unet / f"{made.UNET_STEM}.safetensors").unlink()
    keys = sorted(made.UNET)
    halves = [{key: made.UNET[key] for key in half} for half in (keys[:2], keys[2:])]
    shards = made.shards(unet, *halves)
    sharded = describe(Kind.CHECKPOINT, "inkling", checkpoint.path)
    assert sharded.problems == ()
    mei = lora(made.lora(tmp_path / "mei.safetensors"))
    assert lora_problems(mei, sharded) == []
    shards[0].unlink()
    assert "lacks 'diffusion_pytorch_model-00001-of-00002" in lora_problems(mei, sharded)[0]


@pytest.mark.parametrize(("width", "family"), [(2048, "SDXL"), (1024, "SD 2.x")])
def test_another_family_is_told(tmp_path: Path, checkpoint: Entry, width: int, family: str) -> None:
    shapes = made.lora_shapes(made.ATTENTION, width=width)
    entry = lora(made.weights(tmp_path / "x.safetensors", shapes))
    assert lora_problems(entry, checkpoint) == [
        f"is made for {family}, but checkpoint 'inkling' is SD 1.x"
    ]


@pytest.mark.parametrize(
    ("module", "width", "out"),
    [
        ("lora_te1_text_model_encoder_layers_0_mlp_fc1", 32, 64),
        ("lora_unet_mid_block_attentions_0_transformer_blocks_0_attn1_to_q", 96, 96),
    ],
)
@pytest.mark.parametrize("family", ["sd15", "sdxl"])
def test_a_lora_of_layers_that_both_families_have_is_for_whatever_it_fits(
    tmp_path: Path, family: Family, module: str, width: int, out: int
) -> None:
    """Nothing in such a file tells for which of them it was made."""
    shapes = singles.single(singles.narrow(family))
    base = describe(Kind.CHECKPOINT, family, singles.sparse(tmp_path / "base.safetensors", shapes))
    path = made.weights(tmp_path / "x.safetensors", made.lora_shapes(module, width=width, out=out))
    assert lora_problems(lora(path), base) == []


def test_an_sdxl_checkpoint_takes_no_sd1_lora(tmp_path: Path, checkpoint: Entry) -> None:
    entry = lora(made.weights(tmp_path / "x.safetensors", made.lora_shapes(made.ATTENTION)))
    assert lora_problems(entry, replace(checkpoint, family="sdxl")) == [
        "is made for SD 1.x, but checkpoint 'inkling' is SDXL"
    ]


def test_alphas_in_the_metadata_are_checked_too(tmp_path: Path, checkpoint: Entry) -> None:
    path = made.lora(tmp_path / "x.safetensors", {"lora_adapter_metadata": "{"})
    (problem,) = lora_problems(lora(path), checkpoint)
    assert problem == "has metadata that make no sense: lora_adapter_metadata is no JSON mapping"


def test_missing_modules_and_wrong_shapes_are_told_together(
    tmp_path: Path, checkpoint: Entry
) -> None:
    shapes = {**made.lora_shapes(made.ATTENTION, width=768), **made.lora_shapes("lora_unet_none")}
    missing, misfit = lora_problems(
        lora(made.weights(tmp_path / "x.safetensors", shapes)), checkpoint
    )
    assert missing == "changes what the checkpoint does not have: lora_unet_none"
    assert "is 16x768, not 16x24" in misfit


def test_the_files_own_problems_come_alone(tmp_path: Path, checkpoint: Entry) -> None:
    (tmp_path / "x.safetensors").write_bytes(b"\x80\x02")
    (problem,) = lora_problems(lora(tmp_path / "x.safetensors"), checkpoint)
    assert "is a pickle" in problem


def test_another_kind_is_no_lora(checkpoint: Entry) -> None:
    assert lora_problems(checkpoint, checkpoint) == ["is a checkpoint, not a LoRA"]


def test_a_broken_checkpoint_is_blamed_for_itself(tmp_path: Path, checkpoint: Entry) -> None:
    entry = lora(made.lora(tmp_path / "mei.safetensors"))
    (checkpoint.path / "unet" / "diffusion_pytorch_model.safetensors").unlink()
    (problem,) = lora_problems(entry, replace(checkpoint, problems=()))
    assert problem.startswith(
        "cannot be checked, as checkpoint 'inkling' is broken: its part unet/"
    )


def test_a_checkpoint_that_changes_is_read_again(tmp_path: Path, checkpoint: Entry) -> None:
    entry = lora(made.lora(tmp_path / "mei.safetensors"))
    assert lora_problems(entry, checkpoint) == []
    unet = checkpoint.path / "unet" / "diffusion_pytorch_model.safetensors"
    made.weights(unet, {"conv_in.weight": (16, 4, 3, 3)})
    (problem,) = lora_problems(entry, checkpoint)
    assert made.ATTENTION in problem


def with_values(path: Path, value: float) -> Path:
    key = f"{made.ATTENTION}.lora_up.weight"
    tensors = {
        key: np.full((16, 2), value, np.float16),
        f"{made.ATTENTION}.lora_down.weight": np.ones((2, 24), np.float16),
    }
    return made.arrays(path, tensors)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_not_finite_are_told(
    tmp_path: Path, checkpoint: Entry, value: float
) -> None:
    entry = lora(with_values(tmp_path / "x.safetensors", value))
    assert lora_problems(entry, checkpoint) == [
        f"holds values that are not finite, in {made.ATTENTION}.lora_up.weight"
    ]


def test_values_are_remembered_until_the_file_changes(tmp_path: Path) -> None:
    path, cache = with_values(tmp_path / "x.safetensors", 1.0), tmp_path / "cache" / "finite.json"
    assert value_problems(path, cache) == []
    (state,) = json.loads(cache.read_text(encoding="utf-8"))
    cache.write_text(json.dumps({state: ["remembered"]}), encoding="utf-8")
    assert value_problems(path, cache) == ["holds values that are not finite, in remembered"]
    path.unlink()
    with_values(path, np.nan)
    assert value_problems(path, cache) == [
        f"holds values that are not finite, in {made.ATTENTION}.lora_up.weight"
    ]


def test_a_file_that_is_gone_is_a_problem(tmp_path: Path) -> None:
    assert "cannot be read" in value_problems(tmp_path / "none")[0]
