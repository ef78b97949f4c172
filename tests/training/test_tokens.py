"""The vocabulary that is learnt from captions loads as CLIP's, and takes any text."""

from __future__ import annotations

from pathlib import Path

import pytest
from transformers import CLIPTokenizer

from storyboard.prompts.tokenizer import ClipTokenizer
from training.tokens import LENGTH, byte_letters, write_tokenizer


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A vocabulary from a few captions."""
    home = tmp_path_factory.mktemp("tokens") / "tokenizer"
    write_tokenizer(home, captions=120)
    return home


def test_words_of_prompts_are_one_token_each(folder: Path) -> None:
    tokenizer = ClipTokenizer.load(folder)
    for word in ("masterpiece", "quality", "girl", "hair"):
        assert len(tokenizer.ids(word)) == 1, word


def test_any_text_goes_in_and_comes_out(folder: Path) -> None:
    tokenizer = ClipTokenizer.load(folder)
    for text in ("grüße", "日本", "zxqv", "🙂", "(worst quality:1.4)"):
        assert tokenizer.decode(tokenizer.ids(text)).replace(" ", "") == text.replace(" ", "")


def test_transformers_reads_it_to_the_same_ids(folder: Path) -> None:
    theirs, ours = CLIPTokenizer.from_pretrained(folder), ClipTokenizer.load(folder)
    for text in ("1girl, short black hair, red raincoat", "Ein Straßenfest 2026!"):
        assert theirs(text, add_special_tokens=False).input_ids == ours.ids(text)
    assert ours.positions == LENGTH


def test_every_byte_has_a_letter_of_its_own() -> None:
    letters = byte_letters()
    assert sorted(letters) == list(range(256))
    assert len(set(letters.values())) == 256
    assert all(letter.isprintable() and not letter.isspace() for letter in letters.values())
