"""The tokenizer equals transformers' CLIPTokenizer, id by id."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import CLIPTokenizer

from storyboard.errors import ProblemsError
from storyboard.models.roots import builtin_tokenizer
from storyboard.prompts.tokenizer import ClipTokenizer

CLIP = ClipTokenizer.load(builtin_tokenizer())
REFERENCE: Any = CLIPTokenizer.from_pretrained(builtin_tokenizer())


def reference_ids(text: str) -> list[int]:
    ids: list[int] = REFERENCE(text, add_special_tokens=False, verbose=False)["input_ids"]
    return ids


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of CLIP's tokenizer, to be changed."""
    return Path(shutil.copytree(builtin_tokenizer(), tmp_path / "tokenizer"))


def test_clips_vocabulary_has_49408_entries() -> None:
    vocabulary = json.loads((builtin_tokenizer() / "vocab.json").read_text(encoding="utf-8"))
    assert len(vocabulary) == 49_408
    assert sorted(vocabulary.values()) == list(range(49_408))


def test_special_ids_are_clips() -> None:
    assert (CLIP.begin, CLIP.end, CLIP.pad, CLIP.comma) == (49406, 49407, 49407, 267)
    assert CLIP.positions == 77


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a photo of a girl, 1girl",
        "A  PHOTO\tof\n\na   Girl ",
        "it's the cat's; they'll we're I'm I'd I've don't",
        "ultra-detailed, close-up!! (?) 8k 2048x2048 #1 100%",
        "猫耳, 日本語, 女の子",
        "café Ünïcødé e\u0301 ﬁ Ⅷ ²",
        "😀👩‍👩‍👧 ♥",
        "<|endoftext|> a <|startoftext|> b <|ENDOFTEXT|>",
        "_underscore_ snake_case \\( \\)",
        "\u00a0\u3000\u200b\ufeff\x00\x1c",
        "a,b , c,, d",
    ],
)
def test_ids_are_those_of_transformers(text: str) -> None:
    assert CLIP.ids(text) == reference_ids(text)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_ids_are_those_of_transformers_for_any_text(text: str) -> None:
    assert CLIP.ids(text) == reference_ids(text)


@pytest.mark.parametrize("text", ["a photo of 猫耳, café", "solo", "harbour at dusk 😀"])
def test_decoding_gives_the_text_back_word_by_word(text: str) -> None:
    assert CLIP.decode(CLIP.ids(text)) == text.replace(",", " ,")


def test_a_folder_saved_by_transformers_is_read(tmp_path: Path) -> None:
    REFERENCE.save_pretrained(tmp_path)
    text = "a photo of 猫耳, it's 1girl"
    assert ClipTokenizer.load(tmp_path).ids(text) == CLIP.ids(text)


def test_special_tokens_may_be_given_with_their_settings(folder: Path) -> None:
    config = {
        "model_max_length": 77,
        "bos_token": {"__type": "AddedToken", "content": "<|startoftext|>", "normalized": True},
        "eos_token": {"content": "<|endoftext|>"},
        "pad_token": "!",
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config), encoding="utf-8")
    loaded = ClipTokenizer.load(folder)
    assert (loaded.begin, loaded.end, loaded.pad) == (49406, 49407, 0)


@pytest.mark.parametrize(
    ("file", "content", "says"),
    [
        ("vocab.json", None, "there is no vocab.json"),
        ("merges.txt", None, "there is no merges.txt"),
        ("tokenizer_config.json", None, "there is no tokenizer_config.json"),
        ("vocab.json", "{", "cannot be read"),
        ("vocab.json", "[]", "no mapping"),
        ("vocab.json", '{"a": 0}', "cannot be read"),
        ("vocab.json", '{"a": "b"}', "cannot be read"),
        ("merges.txt", "only-one\n", "no pair"),
        ("merges.txt", "no such\n", "cannot be read"),
    ],
)
def test_a_broken_folder_is_one_clear_problem(
    folder: Path, file: str, content: str | None, says: str
) -> None:
    if content is None:
        (folder / file).unlink()
    else:
        (folder / file).write_text(content, encoding="utf-8")
    with pytest.raises(ProblemsError, match=says) as caught:
        ClipTokenizer.load(folder)
    (problem,) = caught.value.problems
    assert problem.hint
    assert str(folder) in problem.mark.file


def test_a_vocabulary_without_an_end_token_is_refused(folder: Path) -> None:
    vocabulary = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
    del vocabulary["<|startoftext|>"]
    (folder / "vocab.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    with pytest.raises(ProblemsError, match=r"lacks '<\|startoftext\|>'"):
        ClipTokenizer.load(folder)
