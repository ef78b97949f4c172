"""The weight files of a diffusers folder's part."""

from __future__ import annotations

from pathlib import Path

import pytest

from storyboard.models.components import component_files, component_headers
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


@pytest.mark.parametrize("ending", [".fp16.safetensors.index", ".safetensors.index.fp16"])
def test_a_smaller_variant_may_be_in_shards_too(tmp_path: Path, ending: str) -> None:
    shard = made.weights(tmp_path / f"{NAME}.fp16-00001-of-00001.safetensors", {"a": (1,)})
    made.document(tmp_path / f"{NAME}{ending}.json", {"weight_map": {"a": shard.name}})
    assert component_files(tmp_path) == [shard]


@pytest.mark.parametrize("name", ["../out.safetensors", "/etc/passwd", "sub/in.safetensors", ""])
def test_an_index_that_leads_outside_its_folder_is_refused(tmp_path: Path, name: str) -> None:
    made.weights(tmp_path / "out.safetensors", {"a": (1,)})
    made.weights(tmp_path / "unet" / "sub" / "in.safetensors", {"a": (1,)})
    made.document(tmp_path / "unet" / f"{NAME}.safetensors.index.json", {"weight_map": {"a": name}})
    with pytest.raises(ModelFileProblem, match="names a file outside its folder"):
        component_files(tmp_path / "unet")


@pytest.mark.parametrize("name", ["none.safetensors", "..", "x\0y"])
def test_a_missing_shard_is_told_by_name(tmp_path: Path, name: str) -> None:
    index = tmp_path / "unet" / f"{NAME}.safetensors.index.json"
    made.document(index, {"weight_map": {"a": name}})
    with pytest.raises(ModelFileProblem, match=r"its part unet/ lacks '.*', which its index names"):
        component_files(tmp_path / "unet")


@pytest.mark.parametrize(
    "index", [[], {}, {"weight_map": []}, {"weight_map": {}}, {"weight_map": {"a": 1}}]
)
def test_a_broken_index_is_a_problem(tmp_path: Path, index: object) -> None:
    made.document(tmp_path / f"{NAME}.safetensors.index.json", index)
    with pytest.raises(ModelFileProblem, match="is broken"):
        component_files(tmp_path)


def test_shards_and_a_single_file_hold_the_same_tensors(tmp_path: Path) -> None:
    halves = {"a": (2, 3), "b": (4,)}, {"c": (1,)}
    made.shards(tmp_path / "shards", *halves)
    made.weights(tmp_path / "whole" / f"{NAME}.safetensors", {**halves[0], **halves[1]})
    found = [
        {
            key: shape
            for header in component_headers(folder).values()
            for key, shape in header.shapes.items()
        }
        for folder in (tmp_path / "shards", tmp_path / "whole")
    ]
    assert found[0] == found[1] == {"a": (2, 3), "b": (4,), "c": (1,)}


def test_a_truncated_shard_is_told_by_name(tmp_path: Path) -> None:
    _, second = made.shards(tmp_path / "unet", {"a": (1,)}, {"b": (2,)})
    second.write_bytes(second.read_bytes()[:-1])
    with pytest.raises(ModelFileProblem, match=r"its unet/\S+-00002-of-00002\S+ is cut off"):
        component_headers(tmp_path / "unet")


def test_a_tensor_that_its_shard_lacks_is_told(tmp_path: Path) -> None:
    first, _ = made.shards(tmp_path / "unet", {"a": (1,), "b": (1,), "c": (1,)}, {"d": (2,)})
    made.weights(first, {"a": (1,)})
    told = r"its unet/\S+-00001-of-00002\S+ lacks the tensor 'b' and 1 more, which its index places"
    with pytest.raises(ModelFileProblem, match=told):
        component_headers(tmp_path / "unet")


def test_a_tensor_that_two_shards_hold_is_told(tmp_path: Path) -> None:
    _, second = made.shards(tmp_path / "unet", {"a": (1,)}, {"b": (2,)})
    made.weights(second, {"a": (1,), "b": (2,)})
    with pytest.raises(ModelFileProblem, match="both hold 'a'"):
        component_headers(tmp_path / "unet")


def test_a_pickle_among_the_shards_is_refused(tmp_path: Path) -> None:
    _, second = made.shards(tmp_path / "unet", {"a": (1,)}, {"b": (2,)})
    second.write_bytes(b"\x80\x02}q\x00.")
    with pytest.raises(ModelFileProblem, match="is a pickle, whatever its name says"):
        component_headers(tmp_path / "unet")


def test_a_pickle_alone_is_named_in_the_hint(tmp_path: Path) -> None:
    (tmp_path / f"{NAME}.bin").write_bytes(b"")
    with pytest.raises(ModelFileProblem, match="no weights") as caught:
        component_files(tmp_path)
    assert f"{NAME}.bin" in caught.value.hint
