"""Prompts become chunks of 77 tokens exactly as in the WebUI."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import CLIPTokenizer

from storyboard.models.roots import builtin_tokenizer
from storyboard.prompts import chunks
from storyboard.prompts.attention import parse_between_breaks
from storyboard.prompts.chunks import Fix, cut_phrases, equal_lengths, token_counts
from storyboard.prompts.tokenizer import ClipTokenizer

CASES = json.loads(
    (Path(__file__).parents[1] / "data" / "webui" / "chunk-cases.json").read_text(encoding="utf-8")
)["cases"]
CLIP = ClipTokenizer.load(builtin_tokenizer())
A, COMMA = CLIP.ids("a")[0], CLIP.ids(",")[0]

prompts = st.lists(
    st.sampled_from(["a", "cat ", ", ", ",", "(", ")", ":1.3)", " BREAK ", "猫", "easynegative "]),
    max_size=250,
).map("".join)


def repeated(word: str, times: int) -> str:
    return " ".join([word] * times)


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["prompt"])[:30])
def test_a_prompt_gives_the_webuis_chunks(case: dict[str, Any]) -> None:
    expected = [[(i, w) for i, w, times in chunk for _ in range(times)] for chunk in case["chunks"]]
    made = [[(i, pytest.approx(w, abs=1e-9)) for i, w in c] for c in chunks(case["prompt"], CLIP)]
    assert made == expected


def test_all_cases_are_there() -> None:
    assert len(CASES) == 40


def test_a_break_breaks_inside_brackets_too() -> None:
    first, second = chunks("(cat BREAK dog:1.3)", CLIP)
    assert (first.weights[1], second.weights[1]) == (1.3, 1.3)
    assert (first.used, second.used) == (1, 1)


def test_two_breaks_leave_an_empty_chunk_between() -> None:
    assert token_counts("a BREAK BREAK a", CLIP) == [1, 0, 1]


def test_a_phrase_that_does_not_fit_moves_on_whole() -> None:
    text = repeated("a", 60) + ", " + repeated("cat", 19)
    assert token_counts(text, CLIP) == [61, 19]


def test_a_comma_more_than_twenty_tokens_back_is_too_far() -> None:
    for before in range(50, 60):
        counts = token_counts(repeated("a", before) + ", " + repeated("cat", 30), CLIP)
        # The comma is token `before`, and 75 - `before` tokens are looked back on.
        assert counts == ([before + 1, 30] if 75 - before <= 20 else [75, before + 31 - 75])


def test_a_comma_that_opens_a_chunk_is_not_gone_back_to() -> None:
    """As in the WebUI: it was noted in the chunk that it had no room in."""
    text = repeated("a", 75) + ", " + repeated("cat", 80)
    assert token_counts(text, CLIP) == [75, 75, 6]


def theirs(**settings: object) -> Any:
    """transformers' own tokenizer, over the same files."""
    make: Any = CLIPTokenizer
    return make.from_pretrained(builtin_tokenizer(), **settings)


def test_transformers_own_tokenizer_gives_the_same_chunks() -> None:
    tokenizer = theirs()
    for case in CASES:
        assert chunks(case["prompt"], tokenizer) == chunks(case["prompt"], CLIP)
    text, embeddings = repeated("a", 65) + ", easynegative a cat BREAK b", {"EasyNegative": 8}
    assert chunks(text, tokenizer, embeddings) == chunks(text, CLIP, embeddings)


def test_transformers_own_tokenizer_fills_with_its_own_pad_token() -> None:
    tokenizer = theirs(pad_token="!")
    assert chunks("a", tokenizer) == chunks("a", CLIP.padded_with(0))
    tokenizer.pad_token = tokenizer.eos_token
    assert chunks("a", tokenizer) == chunks("a", CLIP)
    endless = theirs(model_max_length=10**30)  # what transformers says where nothing is said
    assert len(chunks("a", endless)[0]) == 77


def test_pad_tokens_follow_the_first_end_token(tmp_path: Path) -> None:
    for name in ("vocab.json", "merges.txt"):
        (tmp_path / name).write_bytes((builtin_tokenizer() / name).read_bytes())
    (tmp_path / "tokenizer_config.json").write_text('{"pad_token": "!"}', encoding="utf-8")
    tokenizer = ClipTokenizer.load(tmp_path)
    (chunk,) = chunks("a", tokenizer)
    assert chunk.tokens == (49406, A, 49407, *[tokenizer.pad] * 74)


@pytest.mark.parametrize("name", ["EasyNegative", "easynegative", "EASYNEGATIVE"])
def test_an_embeddings_name_stands_for_its_vectors_whatever_its_case(name: str) -> None:
    (chunk,) = chunks(f"a, ({name}:1.3), a", CLIP, {"EasyNegative": 3})
    assert chunk.fixes == tuple(Fix(3 + i, "EasyNegative", i) for i in range(3))
    assert chunk.tokens[:8] == (CLIP.begin, A, COMMA, 0, 0, 0, COMMA, A)
    assert chunk.weights[2:7] == (1.0, 1.3, 1.3, 1.3, 1.0)


def test_the_longest_of_several_embeddings_names_counts() -> None:
    (chunk,) = chunks("bad hands, bad", CLIP, {"bad": 1, "bad hands": 2})
    assert [fix.name for fix in chunk.fixes] == ["bad hands", "bad hands", "bad"]


def test_a_part_of_a_word_is_no_embedding() -> None:
    (chunk,) = chunks("badger", CLIP, {"bad": 1})
    assert chunk.fixes == ()


def test_an_embedding_is_never_parted() -> None:
    first, second = chunks(repeated("a", 70) + " easynegative", CLIP, {"EasyNegative": 8})
    assert (first.used, second.used) == (70, 8)
    assert [fix.position for fix in second.fixes] == list(range(1, 9))


def test_an_embedding_moves_on_with_its_phrase() -> None:
    text = repeated("a", 65) + ", easynegative a cat"
    first, second = chunks(text, CLIP, {"EasyNegative": 8})
    assert (first.used, second.used) == (66, 10)
    assert first.fixes == ()
    assert second.fixes == tuple(Fix(1 + i, "EasyNegative", i) for i in range(8))


@pytest.mark.parametrize("vectors", [0, -1, 76])
def test_an_embedding_that_fits_in_no_chunk_is_refused(vectors: int) -> None:
    with pytest.raises(ValueError, match=r"'x' has -?[0-9]+ vectors, not 1 to 75"):
        chunks("a", CLIP, {"x": vectors})


def test_prompt_and_negative_become_equally_long() -> None:
    long, short = chunks("a BREAK b BREAK c", CLIP), chunks("d", CLIP)
    empty = chunks("", CLIP)[0]
    assert equal_lengths(long, short, CLIP) == (long, [*short, empty, empty])
    assert equal_lengths(short, long, CLIP) == ([*short, empty, empty], long)


def test_a_phrase_that_is_cut_is_told() -> None:
    text = "rain, " + repeated("cat", 80) + ", wind"
    ((before, after),) = cut_phrases(text, CLIP)
    assert before == repeated("cat", 73)
    assert after == repeated("cat", 7)


def test_a_cut_phrase_names_its_embeddings() -> None:
    text = repeated("cat", 60) + " easynegative " + repeated("dog", 20)
    ((before, _),) = cut_phrases(text, CLIP, {"EasyNegative": 8})
    assert before == f"{repeated('cat', 60)} EasyNegative {repeated('dog', 7)}"


def test_what_ends_with_its_chunk_is_not_cut() -> None:
    assert cut_phrases(repeated("cat", 75) + ", " + repeated("cat", 60), CLIP) == []
    assert cut_phrases(repeated("cat", 60) + ", " + repeated("cat", 60), CLIP) == []


@settings(deadline=None)
@given(prompts)
def test_no_token_is_lost_or_out_of_order(text: str) -> None:
    used = [token for c in chunks(text, CLIP) for token in c.tokens[1 : c.used + 1]]
    phrases = (phrase for part in parse_between_breaks(text) for phrase, _ in part)
    assert used == [token for phrase in phrases for token in CLIP.ids(phrase)]


@settings(deadline=None)
@given(prompts)
def test_every_chunk_is_whole(text: str) -> None:
    made = chunks(text, CLIP, {"EasyNegative": 8})
    for chunk in made:
        assert len(chunk) == len(list(chunk)) == 77
        assert [chunk[position] for position in range(77)] == list(chunk)
        assert (chunk.tokens[0], chunk.tokens[chunk.used + 1]) == (CLIP.begin, CLIP.end)
        assert set(chunk.tokens[chunk.used + 1 :]) == {CLIP.end}
        vectors = [fix.vector for fix in chunk.fixes]
        assert vectors == list(range(8)) * (len(vectors) // 8)
        assert all(chunk.tokens[fix.position] == 0 for fix in chunk.fixes)
