"""Weights are found where training programs put them, and come out bit for bit as safetensors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save
from torch import Tensor

from storyboard.engine import safetensors_file
from storyboard.engine.conversion import Converted, convert, weights_in
from storyboard.engine.safetensors_file import laid_out
from storyboard.models.header import ModelFileProblem, read_header
from tests.support.pickled import embedding, plain_pickle, saved

WEIGHTS = {"body.0.weight": torch.arange(12.0).reshape(3, 4), "body.1.bias": torch.ones(3)}


def converted(folder: Path, value: object, legacy: bool = False) -> dict[str, Tensor]:
    """What comes out for a value, read by the format's own library."""
    source = saved(folder / "x.pth", value, legacy)
    done = convert(source, folder / "x.safetensors")
    assert done.state == "written"
    read_header(done.target)
    tensors: dict[str, Tensor] = load_file(done.target)
    return tensors


def metadata(path: Path) -> dict[str, str]:
    with safe_open(path, "pt") as file:
        found: dict[str, str] = file.metadata()
    return found


def refusal(folder: Path, value: object) -> str:
    source = saved(folder / "x.pth", value)
    with pytest.raises(ModelFileProblem) as told:
        convert(source, folder / "x.safetensors")
    assert not (folder / "x.safetensors").exists()
    assert not list(folder.glob(".storyboard-*"))
    return str(told.value)


@pytest.mark.parametrize("legacy", [False, True])
def test_an_embedding_of_the_webui_keeps_its_vectors_name_and_step(
    tmp_path: Path, legacy: bool
) -> None:
    value = embedding()
    found = converted(tmp_path, value, legacy)
    assert list(found) == ["emb_params"]
    assert torch.equal(found["emb_params"], value["string_to_param"]["*"])
    assert metadata(tmp_path / "x.safetensors") == {
        "name": "EasyNegative",
        "step": "3999",
        "sd_checkpoint_name": "anything-v5",
    }
    assert weights_in(value).left_out == ("string_to_token",)


@pytest.mark.parametrize(
    ("value", "shapes"),
    [
        ({"emb_params": torch.ones(3, 768)}, {"emb_params": (3, 768)}),
        ({"<cat-toy>": torch.ones(768)}, {"emb_params": (1, 768)}),
        ({"<cat-toy>": torch.ones(2, 768)}, {"emb_params": (2, 768)}),
        (
            {"clip_l": torch.ones(2, 768), "clip_g": torch.ones(2, 1280)},
            {"clip_l": (2, 768), "clip_g": (2, 1280)},
        ),
        ({"string_to_param": {"*": torch.ones(2, 1024)}}, {"emb_params": (2, 1024)}),
    ],
    ids=["plain", "one vector by token", "by token", "sdxl", "sd2"],
)
def test_embeddings_of_other_programs_are_known(
    tmp_path: Path, value: object, shapes: dict[str, tuple[int, ...]]
) -> None:
    found = converted(tmp_path, value)
    assert {key: tuple(tensor.shape) for key, tensor in found.items()} == shapes


def test_a_token_is_the_embeddings_name(tmp_path: Path) -> None:
    converted(tmp_path, {"<cat-toy>": torch.ones(768)})
    assert metadata(tmp_path / "x.safetensors") == {"name": "<cat-toy>"}


@pytest.mark.parametrize(
    "value",
    [
        {"<cat\ud800>": torch.ones(768)},
        {"w" * 100_000: torch.ones(768)},
        {"a\ud800": 5, "b\ud800": [1], "params": WEIGHTS},
    ],
)
def test_what_cannot_be_written_as_text_stops_no_conversion(tmp_path: Path, value: object) -> None:
    assert converted(tmp_path, value)
    assert all(len(text) < 1000 for text in (metadata(tmp_path / "x.safetensors") or {}).values())


@pytest.mark.parametrize(
    "value",
    [
        WEIGHTS,
        {"state_dict": WEIGHTS},
        {"params_ema": WEIGHTS, "params": {"body.0.weight": torch.zeros(1)}},
        {"params": WEIGHTS},
        {"model": {"state_dict": WEIGHTS, "epoch": 3}, "optimizer": {"a": torch.ones(2)}},
        {"step": torch.tensor(5), "model": WEIGHTS},
        {"net_g": WEIGHTS, "epoch": 3},
    ],
)
def test_a_networks_weights_are_found_at_any_level(tmp_path: Path, value: object) -> None:
    found = converted(tmp_path, value)
    assert found.keys() == WEIGHTS.keys()
    assert all(torch.equal(found[key], WEIGHTS[key]) for key in WEIGHTS)


def test_of_many_texts_beside_the_weights_some_are_kept() -> None:
    value = {"state_dict": WEIGHTS, **{f"t{number:03}": "x" for number in range(100)}}
    told = {"format": "pt", **{f"t{number:03}": "x" for number in range(32)}}
    assert weights_in(value).metadata == told


def test_more_tensors_than_a_header_holds_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(safetensors_file, "MAX_HEADER_BYTES", 100)
    assert "too many for one file" in refusal(tmp_path, WEIGHTS)


def test_what_is_no_weight_is_left_out_and_told() -> None:
    state = {
        "model.diffusion_model.out.0.weight": torch.ones(2),
        "model_ema.diffusion_modelout0weight": torch.zeros(2),
        "model_ema.decay": torch.tensor(0.9),
        "first_stage_model.decoder.x": torch.ones(1),
        "betas": torch.ones(3),
        "note": [1, 2],
    }
    value = {"state_dict": state, "global_step": 9, "optimizer_states": [{}], "lr": []}
    found = weights_in(value)
    assert set(found.tensors) == {
        "model.diffusion_model.out.0.weight",
        "first_stage_model.decoder.x",
        "betas",
    }
    assert found.left_out == ("optimizer_states", "lr", "note", "model_ema (tensors: 2)")
    assert found.metadata == {"format": "pt", "global_step": "9"}


def test_a_vaes_judge_is_left_out() -> None:
    found = weights_in({"decoder.x": torch.ones(1), "loss.logvar": torch.ones(1)})
    assert (list(found.tensors), found.left_out) == (["decoder.x"], ("loss (tensors: 1)",))


def test_elsewhere_such_names_are_weights() -> None:
    tensors = {"loss.weight": torch.ones(1), "body.0.weight": torch.ones(1)}
    assert set(weights_in(tensors).tensors) == set(tensors)


TYPES = [
    torch.float64,
    torch.float32,
    torch.float16,
    torch.bfloat16,
    torch.float8_e4m3fn,
    torch.int64,
    torch.int32,
    torch.uint8,
    torch.bool,
]


def test_numbers_keep_their_type_and_every_bit(tmp_path: Path) -> None:
    torch.manual_seed(1)
    value = {f"t{n}.weight": (torch.randn(5, 3) * 9).to(of) for n, of in enumerate(TYPES)}
    value["empty.weight"] = torch.zeros(0, 4)
    value["number"] = torch.tensor(3.5)
    found = converted(tmp_path, value)
    assert found.keys() == value.keys()
    for key, tensor in value.items():
        assert (found[key].dtype, found[key].shape) == (tensor.dtype, tensor.shape)
        assert torch.equal(found[key].double(), tensor.double())


def test_shared_turned_and_partial_tensors_become_their_own(tmp_path: Path) -> None:
    base = torch.arange(24.0).reshape(4, 6)
    value = {
        "a.weight": base,
        "same.weight": base,
        "turned.weight": base.t(),
        "part.weight": base[1:3, ::2],
        "parameter.weight": torch.nn.Parameter(base * 2),
    }
    found = converted(tmp_path, value)
    assert all(torch.equal(found[key], value[key]) for key in value)


def test_the_file_is_what_the_formats_own_library_writes() -> None:
    tensors = {"b": torch.ones(3, dtype=torch.float16), "a": torch.ones(2), "c": torch.zeros(2, 2)}
    ours = b"".join(laid_out(tensors, {"format": "pt"}))
    assert ours == save(tensors, {"format": "pt"})


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (torch.zeros(3), "holds a tensor, and no weights by name"),
        ([torch.zeros(3)], "holds a list"),
        ({}, "holds no weights"),
        ({"epoch": 3}, "holds no weights"),
        ({"state_dict": {}}, "holds no weights"),
        ({"a": {"x": torch.zeros(1)}, "b": {"x": torch.zeros(1)}}, "under 2 names (a, b)"),
        ({"string_to_param": {}}, "holds 0 embeddings"),
        (
            {"string_to_param": {"*": torch.zeros(1, 4), "+": torch.zeros(1, 4)}},
            "holds 2 embeddings",
        ),
        ({"model": {"model": {"model": {"model": {"model": WEIGHTS}}}}}, "holds no weights"),
        ({"a" * 1001: torch.zeros(2), "b": torch.zeros(2)}, "cannot be named so"),
        ({3: torch.zeros(2), 4: torch.zeros(2)}, "holds a tensor under 3, which is no name"),
        ({"": torch.zeros(2), "b": torch.zeros(2)}, "cannot be named so, ''"),
        ({"__metadata__": torch.zeros(2), "b": torch.zeros(2)}, "cannot be named so"),
        ({"\ud800": torch.zeros(2), "b": torch.zeros(2)}, "whose name is no text"),
        ({"a": torch.zeros(2).to_sparse(), "b": torch.zeros(2)}, "safetensors lacks, sparse_coo"),
        ({"a": torch.zeros(2, dtype=torch.complex128), "b": torch.zeros(2)}, "lacks, complex128"),
        ({"a": torch.empty(3, device="meta"), "b": torch.zeros(2)}, "without its numbers"),
        ({"a": torch.zeros(1).expand(10**6, 10**6)}, "claims 4,000,000,000,000 bytes"),
        ({f"{n}.w": torch.zeros(1).expand(9_999, 100) for n in range(9)}, "bytes of weights, in"),
    ],
)
def test_what_holds_no_weights_is_one_sentence_and_leaves_no_file(
    tmp_path: Path, value: Any, said: str
) -> None:
    assert said in refusal(tmp_path, value)


def test_a_second_time_nothing_is_written(tmp_path: Path) -> None:
    source, target = saved(tmp_path / "x.pt", embedding()), tmp_path / "x.safetensors"
    convert(source, target)
    before = target.stat()
    assert convert(source, target) == Converted(target, "there already", ("string_to_token",))
    assert (target.stat().st_mtime_ns, target.stat().st_ino) == (before.st_mtime_ns, before.st_ino)


def test_another_file_is_never_overwritten(tmp_path: Path) -> None:
    source, target = saved(tmp_path / "x.pt", embedding()), tmp_path / "x.safetensors"
    target.write_bytes(b"mine")
    with pytest.raises(ModelFileProblem, match="is there already, and is another file"):
        convert(source, target)
    assert target.read_bytes() == b"mine"


def test_a_pickle_under_the_name_of_safetensors_is_told(tmp_path: Path) -> None:
    bad = plain_pickle(tmp_path / "y.safetensors", {"a": 1})
    with pytest.raises(ModelFileProblem, match=r"rename it to y\.pt"):
        convert(bad, bad)
