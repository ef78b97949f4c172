"""What a model is, is read from its header and from what stands beside it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from storyboard.models.describe import describe
from storyboard.models.entries import Entry, Family, Kind
from tests.models import made


def described(kind: Kind, path: Path) -> Entry:
    return describe(kind, path.stem, path)


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


def test_an_activation_text_is_a_part_of_a_prompt_to_the_letter(tmp_path: Path) -> None:
    path = made.lora(tmp_path / "mei.safetensors", {"ss_output_name": "mei-v2"})
    long = ", ".join(f"(red raincoat {number}:1.2)" for number in range(60))
    made.document(tmp_path / "mei.json", {"activation text": f" {long}, ", "negative text": "x,"})
    entry = described(Kind.LORA, path)
    assert (entry.activation, entry.negative, entry.trained_as) == (long, "x", "mei-v2")
    made.document(tmp_path / "mei.json", {"activation text": ["mei"]})
    made.document(tmp_path / "mei.civitai.info", {"trainedWords": ["mei, hat", "mei, coat"]})
    entry = described(Kind.LORA, path)
    assert (entry.activation, entry.trigger_words) == ("", ("mei", "hat", "coat"))


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


def test_a_description_is_a_few_lines_at_most(tmp_path: Path) -> None:
    path = made.lora(tmp_path / "a.safetensors")
    made.document(tmp_path / "a.json", {"description": "x" * 1_000})
    assert described(Kind.LORA, path).description == "x" * 500


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff", b"[" * 200_000, b"{}" + b" " * 2**22])
def test_a_broken_side_file_is_a_note_and_no_problem(tmp_path: Path, content: bytes) -> None:
    path = made.lora(tmp_path / "a.safetensors")
    (tmp_path / "a.json").write_bytes(content)
    entry = described(Kind.LORA, path)
    assert entry.problems == ()
    assert entry.notes[0].startswith("a.json was left out")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes on Windows")
def test_nobody_waits_for_a_side_file_that_is_a_pipe(tmp_path: Path) -> None:
    path = made.lora(tmp_path / "a.safetensors")
    os.mkfifo(tmp_path / "a.json")
    assert described(Kind.LORA, path).notes == ("a.json was left out: it is no file",)
