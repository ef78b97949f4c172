"""Which files of a diffusers folder are read, and when all of them are there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from storyboard.models.components import component_files
from storyboard.models.folder_files import files_read, missing_from
from storyboard.models.roots import builtin_root
from tests.models import made

INKLING = builtin_root() / "checkpoints" / "inkling"
UNET = "unet/diffusion_pytorch_model"


def copy(folder: Path) -> Path:
    """The built-in model's folder, its weights linked."""
    for path in INKLING.rglob("*"):
        if path.is_file():
            target = folder / path.relative_to(INKLING)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(path)
    return folder


def test_all_that_the_built_in_model_has_is_read() -> None:
    here = [path for path in INKLING.rglob("*") if path.is_file()]
    assert files_read(INKLING) == sorted(path.relative_to(INKLING).as_posix() for path in here)
    assert missing_from(INKLING) == []


def test_what_lies_beside_it_is_not(tmp_path: Path) -> None:
    folder = copy(tmp_path)
    before = files_read(folder)
    for name in (
        "README.md",
        "pipeline.py",
        "v1-5-pruned.safetensors",
        "safety_checker/model.safetensors",
        "feature_extractor/preprocessor_config.json",
        "tokenizer/tokenizer.json",
        f"{UNET}.bin",
        f"{UNET}.fp16.safetensors",
        f"{UNET}.non_ema.safetensors",
    ):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"x")
    assert files_read(folder) == before


def test_full_weights_in_shards_come_before_a_smaller_variant(tmp_path: Path) -> None:
    shards = made.shards(tmp_path / "unet", {"a": (1,)}, {"b": (1,)})
    half = made.weights(tmp_path / f"{UNET}.fp16.safetensors", {"a": (1,), "b": (1,)})
    assert component_files(tmp_path / "unet") == shards
    (tmp_path / f"{UNET}.safetensors.index.json").unlink()
    assert component_files(tmp_path / "unet") == [half]
    assert files_read(tmp_path) == [f"{UNET}.fp16.safetensors"]


NOT_IN_EVERY_MODEL = ("storyboard.json", "tokenizer/special_tokens_map.json")
NAMED_BY_PART = ("unet/diffusion_pytorch_model.safetensors.index.json", "text_encoder", "vae")


@pytest.mark.parametrize("name", files_read(INKLING))
def test_a_folder_that_lacks_any_of_them_is_not_whole(tmp_path: Path, name: str) -> None:
    (copy(tmp_path) / name).unlink()
    part = name.startswith(NAMED_BY_PART) and not name.endswith("/config.json")
    told = [f"{name.partition('/')[0]}/*.safetensors"] if part else [name]
    assert missing_from(tmp_path) == ([] if name in NOT_IN_EVERY_MODEL else told)


def test_what_the_model_says_that_it_has_not_is_not_missed(tmp_path: Path) -> None:
    folder = copy(tmp_path)
    index = json.loads((INKLING / "model_index.json").read_text(encoding="utf-8"))
    (folder / "model_index.json").unlink()
    made.document(folder / "model_index.json", {**index, "vae": [None, None]})
    (folder / "vae" / "config.json").unlink()
    assert missing_from(folder) == []


@pytest.mark.parametrize("name", ["model_index.json", f"{UNET}.safetensors.index.json"])
def test_a_broken_index_is_not_whole(tmp_path: Path, name: str) -> None:
    folder = copy(tmp_path)
    (folder / name).unlink()
    (folder / name).write_text("{", encoding="utf-8")
    assert missing_from(folder) != []


def test_a_vocabulary_in_one_file_serves(tmp_path: Path) -> None:
    folder = copy(tmp_path)
    for name in ("vocab.json", "merges.txt"):
        (folder / "tokenizer" / name).unlink()
    (folder / "tokenizer" / "tokenizer.json").write_text("{}", encoding="utf-8")
    assert missing_from(folder) == []
    assert "tokenizer/tokenizer.json" in files_read(folder)
