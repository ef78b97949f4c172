"""A prompt's words are what the model reads, without weights, brackets and BREAK."""

from __future__ import annotations

import pytest

from storyboard.prompts.words import all_words, prompt_words, words_in


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("close-up, 1girl", ["close", "up", "1girl"]),
        ("(red:1.2) [hat], ((sea))", ["red", "hat", "sea"]),
        ("(red:1.2)(hat)", ["red", "hat"]),
        ("(red)(hat)", ["redhat"]),  # of one weight, and so one run of letters to the tokenizer
        (r"smile \(wide\)", ["smile", "wide"]),
        ("pier BREAK night", ["pier", "night"]),
        ("Harbour_at DUSK", ["harbour", "at", "dusk"]),
        ("don't, l’eau", ["don't", "l’eau"]),
        ("夜 Straße", ["夜", "strasse"]),
        ("(a:1.2.3)", ["a", "1", "2", "3"]),
        (" ,.!", []),
    ],
)
def test_words_are_told_without_the_attention_grammar(prompt: str, words: list[str]) -> None:
    assert prompt_words(prompt) == words


def test_letters_are_composed_so_that_equal_words_are_equal() -> None:
    assert words_in("cafe\N{COMBINING ACUTE ACCENT}") == ["café"]


def test_all_words_of_several_texts_are_a_set() -> None:
    assert all_words(["red hat", "red sea"]) == {"red", "hat", "sea"}
