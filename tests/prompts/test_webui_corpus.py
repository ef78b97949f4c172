"""Thousands of prompts more, each read as a reference of the WebUI's rules reads it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from transformers import CLIPTokenizer

from storyboard.models.roots import builtin_tokenizer
from storyboard.prompts import chunks, parse_attention
from storyboard.prompts.tokenizer import ClipTokenizer
from tests.support import webui_reference as reference

OURS = ClipTokenizer.load(builtin_tokenizer())


def cases(name: str) -> list[Any]:
    found: list[Any] = json.loads((reference.DATA / name).read_text(encoding="utf-8"))["cases"]
    return found


ATTENTION = cases("more-prompt-cases.json")
CHUNKS = cases("more-chunk-cases.json")
FIRST = cases("prompt-cases.json")


def test_all_cases_are_there() -> None:
    assert len(ATTENTION) > 2_500
    assert len(CHUNKS) > 400


def rounded(pairs: list[tuple[str, float]]) -> list[list[Any]]:
    return [[text, round(weight, 9)] for text, weight in pairs]


def test_every_prompt_gives_its_pieces_and_weights() -> None:
    wrong = [text for text, pairs in ATTENTION if rounded(parse_attention(text)) != pairs]
    assert wrong == []


def test_every_prompt_gives_its_chunks() -> None:
    wrong = []
    for text, used, digest in CHUNKS:
        made = chunks(text, OURS, reference.EMBEDDINGS)
        found = [list(chunk) for chunk in made], [chunk.used for chunk in made]
        if (reference.digest(found[0]), found[1]) != (digest, used):
            wrong.append(text)
    assert wrong == []


@pytest.mark.parametrize("start", range(4))
def test_the_cases_are_what_the_reference_gives(start: int) -> None:
    """A sample of them is derived again, so that file and reference cannot drift apart."""
    for text, pairs in ATTENTION[start::97]:
        assert rounded(reference.pairs(text)) == pairs
    assert [text for text, _ in ATTENTION] == [*dict.fromkeys(reference.attention_prompts(2750))]


def test_the_chunk_cases_are_what_the_reference_gives() -> None:
    clip: Any = CLIPTokenizer.from_pretrained(reference.TOKENIZER)

    def tokenize(text: str) -> list[int]:
        ids: list[int] = clip(text, add_special_tokens=False, verbose=False).input_ids
        return ids

    for text, _, digest in CHUNKS[::30]:
        assert reference.digest(reference.chunks(text, tokenize)) == digest


def test_the_reference_agrees_with_the_webuis_own_results() -> None:
    assert all(reference.pairs(text) == [tuple(p) for p in pairs] for text, pairs in FIRST)
