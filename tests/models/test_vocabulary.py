"""A checkpoint's vocabulary is read in its groups; a LoRA's words from what its trainer counted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from storyboard.models.vocabulary import lora_words, read_vocabulary
from tests.models import made


def test_groups_and_words_keep_their_order() -> None:
    said = {"places": ["city street", "Sea"], "people": ["1girl"]}
    vocabulary = read_vocabulary(said)
    assert vocabulary is not None
    assert list(vocabulary.as_document().items()) == list(said.items())
    assert vocabulary.words == {"city", "street", "sea", "1girl"}


def test_nothing_said_is_no_vocabulary_and_not_an_empty_one() -> None:
    assert read_vocabulary(None) is None
    assert read_vocabulary({}) is not None


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (["sea"], "must be a mapping"),
        ({"places": "sea"}, "no list of words of at most 100 letters under 'places'"),
        ({"places": [1]}, "under 'places'"),
        ({"places": ["x" * 101]}, "under 'places'"),
        ({"places": ["sea"] * 5001}, "over 5,000 entries"),
        ({str(n): [] for n in range(65)}, "must be a mapping"),
    ],
)
def test_what_is_no_vocabulary_is_refused(said: object, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        read_vocabulary(said)


def test_control_characters_never_reach_the_terminal() -> None:
    vocabulary = read_vocabulary({"a\x1b[31m": ["b\x1b[0m c\n"]})
    assert vocabulary is not None
    assert vocabulary.groups == (("a[31m", ("b[0m c",)),)


def test_a_loras_words_are_those_of_its_captions(tmp_path: Path) -> None:
    counted = {"10_mei": {"mei": 10, "star hairpin": 3}, "5_reg": {"1girl": 5}}
    path = made.lora(tmp_path / "mei.safetensors", {"ss_tag_frequency": json.dumps(counted)})
    assert lora_words(path) == {"mei", "star", "hairpin", "1girl"}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"a": ["b"]}', "null", "[" * 100_000])
def test_counts_that_make_no_sense_are_no_words(tmp_path: Path, text: str) -> None:
    path = made.lora(tmp_path / "mei.safetensors", {"ss_tag_frequency": text})
    assert lora_words(path) == frozenset()
    assert lora_words(tmp_path / "none.safetensors") == frozenset()
