"""The weight files of a diffusers folder's part."""

from __future__ import annotations

from pathlib import Path

import pytest

from storyboard.models.components import component_files
from storyboard.models.header import ModelFileProblem
from tests.models import made

NAME = "diffusion_pytorch_model"


def test_a_whole_file_comes_before_its_smaller_variant(tmp_path: Path) -> None:
    half = made.weights(tmp_path / f"{NAME}.fp16.safetensors", {"a": (1,)})
    assert component_files(tmp_path) == [half]
    full = made.weights(tmp_path / f"{NAME}.safetensors", {"a": (1,)})
    assert component_files(tmp_path) == [full]


def test_shards_are_those_that_the_index_names(tmp_path: Path) -> None:
    shards = [made.weights(tmp_path / f"{n}.safetensors", {"a": (1,)}) for n in (1, 2, 3)]
    weight_map = {"a": "2.safetensors", "b": "1.safetensors", "c": "2.safetensors"}
    made.document(tmp_path / f"{NAME}.safetensors.index.json", {"weight_map": weight_map})
    assert component_files(tmp_path) == shards[:2]


@pytest.mark.parametrize("name", ["../out.safetensors", "/etc/passwd", "none.safetensors", ""])
def test_an_index_never_leads_outside(tmp_path: Path, name: str) -> None:
    made.weights(tmp_path / "out.safetensors", {"a": (1,)})
    made.document(tmp_path / "unet" / f"{NAME}.safetensors.index.json", {"weight_map": {"a": name}})
    with pytest.raises(ModelFileProblem, match="lacks the file"):
        component_files(tmp_path / "unet")


@pytest.mark.parametrize("index", [[], {}, {"weight_map": []}])
def test_a_broken_index_is_a_problem(tmp_path: Path, index: object) -> None:
    made.document(tmp_path / f"{NAME}.safetensors.index.json", index)
    with pytest.raises(ModelFileProblem, match="is broken"):
        component_files(tmp_path)


def test_a_pickle_alone_is_named_in_the_hint(tmp_path: Path) -> None:
    (tmp_path / f"{NAME}.bin").write_bytes(b"")
    with pytest.raises(ModelFileProblem, match="no weights") as caught:
        component_files(tmp_path)
    assert f"{NAME}.bin" in caught.value.hint
