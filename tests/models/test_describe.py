"""What a model is, is read from its header and from what stands beside it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from storyboard.models.describe import describe
from storyboard.models.entries import Entry, Family, Kind
from storyboard.models.roots import builtin_tokenizer
from tests.models import made


def described(kind: Kind, path: Path) -> Entry:
    return describe(kind, path.stem, path)


def test_a_diffusers_folder_says_what_it_is(tmp_path: Path) -> None:
    folder = made.checkpoint(tmp_path / "inkling")
    entry = described(Kind.CHECKPOINT, folder)
    assert (entry.family, entry.prediction, entry.problems) == ("sd15", "v_prediction", ())
    assert (entry.native_pixels, entry.size_multiple) == (49152, 32)
    assert entry.tokenizer_folder == folder / "tokenizer"


def test_a_community_folder_is_known_by_its_unet(tmp_path: Path) -> None:
    folder = made.checkpoint(tmp_path / "any", storyboard={})
    made.document(folder / "unet" / "config.json", {"cross_attention_dim": 768})
    made.document(folder / "scheduler" / "scheduler_config.json", {})
    entry = described(Kind.CHECKPOINT, folder)
    assert (entry.family, entry.prediction, entry.problems) == ("sd15", "epsilon", ())
    assert (entry.native_pixels, entry.size_multiple) == (512 * 512, 64)


@pytest.mark.parametrize(
    ("file", "content", "says"),
    [
        ("model_index.json", {"text_encoder_2": []}, "SDXL comes in a later version"),
        ("storyboard.json", {"family": "sdxl"}, "SDXL comes in a later version"),
        ("storyboard.json", {"family": "sd3"}, "not supported"),
        ("storyboard.json", {"family": "sd15", "native_pixels": "big"}, "native_pixels"),
        ("storyboard.json", {"family": "sd15", "size_multiple": 0}, "size_multiple"),
        ("storyboard.json", [], "storyboard.json is broken"),
        ("scheduler/scheduler_config.json", {"prediction_type": "sample"}, "prediction type"),
    ],
)
def test_what_a_folder_says_wrong_is_told(
    tmp_path: Path, file: str, content: Any, says: str
) -> None:
    folder = made.checkpoint(tmp_path / "x")
    made.document(folder / file, content)
    assert any(says in problem for problem in described(Kind.CHECKPOINT, folder).problems)


def test_sd2_is_of_another_family(tmp_path: Path) -> None:
    folder = made.checkpoint(tmp_path / "x", storyboard={})
    made.document(folder / "unet" / "config.json", {"cross_attention_dim": 1024})
    entry = described(Kind.CHECKPOINT, folder)
    assert entry.family is None
    assert "not supported" in entry.problems[0]


def test_a_damaged_part_of_a_folder_is_told_by_name(tmp_path: Path) -> None:
    folder = made.checkpoint(tmp_path / "x")
    file = folder / "unet" / "diffusion_pytorch_model.safetensors"
    file.write_bytes(file.read_bytes()[:-1])
    (folder / "vae" / "diffusion_pytorch_model.safetensors").unlink()
    damaged, missing = described(Kind.CHECKPOINT, folder).problems
    assert "its unet/diffusion_pytorch_model.safetensors is cut off" in damaged
    assert "its part vae/ has no weights" in missing


SD1_KEY = "cond_stage_model.transformer.text_model.x"
SINGLE = "a single-file checkpoint comes in a later version"


@pytest.mark.parametrize(
    ("key", "family", "says"),
    [
        (SD1_KEY, "sd15", SINGLE),
        ("conditioner.embedders.1.model.x", "sdxl", "SDXL comes in a later version"),
        ("cond_stage_model.model.x", None, "not supported"),
    ],
)
def test_a_single_file_checkpoints_family_is_told_and_that_it_cannot_be_drawn_yet(
    tmp_path: Path, key: str, family: Family | None, says: str
) -> None:
    shapes = {"model.diffusion_model.x": (1,), key: (1,)}
    entry = described(Kind.CHECKPOINT, made.weights(tmp_path / "any.safetensors", shapes))
    assert entry.family == family
    assert entry.tokenizer_folder == (builtin_tokenizer() if family == "sd15" else None)
    (problem,) = entry.problems
    assert says in problem


@pytest.mark.parametrize(
    ("shapes", "metadata", "family"),
    [
        (made.lora_shapes(made.ATTENTION, width=768), {}, "sd15"),
        (made.lora_shapes(made.ATTENTION, width=24), {}, "sd15"),
        (made.lora_shapes(made.ATTENTION, width=1024), {}, None),
        (made.lora_shapes(made.ATTENTION, width=2048), {}, "sdxl"),
        (made.lora_shapes("lora_te1_text_model_x", "lora_unet_x"), {}, "sdxl"),
        (made.lora_shapes(made.QUERY), {}, "sd15"),
        (made.lora_shapes("lora_unet_x"), {"ss_base_model_version": "sdxl_base_v1-0"}, "sdxl"),
        (made.lora_shapes("lora_unet_x"), {"ss_base_model_version": "sd_v2"}, None),
        (
            made.lora_shapes("lora_unet_x"),
            {"modelspec.architecture": "stable-diffusion-xl-v1-base/lora"},
            "sdxl",
        ),
    ],
)
def test_a_loras_family_is_read_from_keys_shapes_and_metadata(
    tmp_path: Path,
    shapes: Mapping[str, made.Shape],
    metadata: Mapping[str, str],
    family: Family | None,
) -> None:
    path = made.weights(tmp_path / "x.safetensors", shapes, metadata)
    assert described(Kind.LORA, path).family == family


def test_a_lora_of_a_later_format_has_that_problem(tmp_path: Path) -> None:
    shapes = {"lora_unet_x.hada_w1_a": (2, 2)}
    entry = described(Kind.LORA, made.weights(tmp_path / "x.safetensors", shapes))
    assert "not supported yet: LoHa" in entry.problems[0]


def test_what_cannot_be_opened_has_that_problem(tmp_path: Path) -> None:
    (problem,) = described(Kind.LORA, tmp_path / ("a" * 300)).problems
    assert "cannot be read" in problem


def test_a_checkpoint_among_loras_is_told(tmp_path: Path) -> None:
    path = made.weights(tmp_path / "x.safetensors", {"model.diffusion_model.x": (1,)})
    assert described(Kind.LORA, path).problems == ("is a checkpoint, not a LoRA",)


@pytest.mark.parametrize(
    ("shapes", "family", "vectors", "problems"),
    [
        ({"emb_params": (8, 768)}, "sd15", 8, 0),
        ({"EasyNegative": (8, 24)}, "sd15", 8, 0),
        ({"emb_params": (8, 1024)}, None, 8, 0),
        ({"clip_l": (4, 768), "clip_g": (4, 1280)}, "sdxl", 4, 0),
        ({"emb_params": (76, 768)}, "sd15", 76, 1),
        ({"emb_params": (0, 768)}, "sd15", 0, 1),
        ({"a": (1,), "b": (1,)}, None, 0, 1),
    ],
)
def test_an_embeddings_vectors_are_counted(
    tmp_path: Path,
    shapes: Mapping[str, made.Shape],
    family: Family | None,
    vectors: int,
    problems: int,
) -> None:
    entry = described(Kind.EMBEDDING, made.weights(tmp_path / "x.safetensors", shapes))
    assert (entry.family, entry.vectors, len(entry.problems)) == (family, vectors, problems)


def test_the_webuis_side_file_tells_words_weight_and_negative(tmp_path: Path) -> None:
    path = made.lora(tmp_path / "mei.safetensors")
    said = {
        "activation text": "mei,  red raincoat, mei",
        "preferred weight": 0.8,
        "negative text": "hat",
        "description": "The heroine.\nIn \x1b[31mred.",
    }
    made.document(tmp_path / "mei.json", said)
    made.document(tmp_path / "mei.civitai.info", {"trainedWords": ["other"]})
    entry = described(Kind.LORA, path)
    assert entry.trigger_words == ("mei", "red raincoat")
    assert (entry.preferred_weight, entry.negative) == (0.8, "hat")
    assert entry.description == "The heroine. In [31mred."


def test_civitais_words_and_the_metadatas_come_next(tmp_path: Path) -> None:
    path = made.lora(tmp_path / "a.safetensors", {"modelspec.trigger_phrase": "ink, dots"})
    assert described(Kind.LORA, path).trigger_words == ("ink", "dots")
    made.document(tmp_path / "a.civitai.info", {"trainedWords": ["mei", "red, raincoat", 3]})
    assert described(Kind.LORA, path).trigger_words == ("mei", "red", "raincoat")


@pytest.mark.parametrize(
    ("said", "weight"),
    [("0.7", 0.7), (0, None), (1, 1.0), ("nan", None), ("high", None), (True, None), ([], None)],
)
def test_a_preferred_weight_is_a_finite_number_other_than_0(
    tmp_path: Path, said: object, weight: float | None
) -> None:
    path = made.lora(tmp_path / "a.safetensors")
    made.document(tmp_path / "a.json", {"preferred weight": said})
    assert described(Kind.LORA, path).preferred_weight == weight


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff", b"[" * 200_000, b" " * 5_000_000])
def test_a_broken_side_file_is_a_note_and_no_problem(tmp_path: Path, content: bytes) -> None:
    path = made.lora(tmp_path / "a.safetensors")
    (tmp_path / "a.json").write_bytes(content)
    entry = described(Kind.LORA, path)
    assert entry.problems == ()
    assert entry.notes[0].startswith("a.json was left out")
