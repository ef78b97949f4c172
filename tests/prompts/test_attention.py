"""Emphasis is read exactly as the WebUI reads it."""

from __future__ import annotations

import json
import math
import time
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyboard.prompts import parse_attention
from storyboard.prompts.attention import parse_between_breaks, read_pieces

CASES = Path(__file__).parents[1] / "data" / "webui" / "prompt-cases.json"

prompts = st.lists(
    st.sampled_from([*"()[]:\\., -1", "BREAK", ":1.3)", ":.5)", "cat", "猫", "\n"]), max_size=40
).map("".join)


@pytest.mark.parametrize(("text", "pairs"), json.loads(CASES.read_text(encoding="utf-8"))["cases"])
def test_a_prompt_gives_the_webuis_pairs(text: str, pairs: list[tuple[str, float]]) -> None:
    assert parse_attention(text) == [tuple(pair) for pair in pairs]


def test_all_cases_are_there() -> None:
    assert len(json.loads(CASES.read_text(encoding="utf-8"))["cases"]) == 294


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("(a:1.2.3)", [("a:1.2.3", 1.1)]),
        ("(a:.)", [("a:.", 1.1)]),
        ("((a:1.2.3):2) b", [("a:1.2.3", 2.2), (" b", 1.0)]),
        ("(a:..5", [("a:..5", 1.1)]),
        (f"(a:{'9' * 400})", [(f"a:{'9' * 400}", 1.1)]),
    ],
)
def test_a_weight_that_is_no_finite_number_is_text(
    text: str, pairs: list[tuple[str, float]]
) -> None:
    read = parse_attention(text)
    assert [piece for piece, _ in read] == [piece for piece, _ in pairs]
    assert [weight for _, weight in read] == pytest.approx([weight for _, weight in pairs])


def test_round_and_square_brackets_may_overlap() -> None:
    assert parse_attention("(a[b)c]d") == [("a", 1.1), ("b", 1.0), ("c", 1 / 1.1), ("d", 1.0)]


def test_seventeen_breaks_break_seventeen_times() -> None:
    assert len(parse_between_breaks(" BREAK ".join(["a"] * 18))) == 18


def test_a_break_breaks_inside_brackets_of_any_weight() -> None:
    assert parse_between_breaks("(a BREAK b:0) c") == [[("a", 0.0)], [("b", 0.0), (" c", 1.0)]]


@given(prompts)
def test_any_prompt_is_read_and_its_weights_are_finite(text: str) -> None:
    pairs = parse_attention(text)
    assert pairs
    assert all(math.isfinite(weight) for _, weight in pairs)


@given(st.text())
def test_any_text_at_all_is_read(text: str) -> None:
    assert parse_attention(text)


@given(st.text(alphabet=st.characters(exclude_characters="()[]:\\")))
def test_text_without_brackets_stays_as_it_is(text: str) -> None:
    if "BREAK" not in text:
        assert parse_attention(text) == [(text, 1.0)]


@given(prompts)
def test_neighbours_of_equal_weight_are_joined(text: str) -> None:
    weights = [weight for _, weight in parse_attention(text)]
    assert all(one != other for one, other in pairwise(weights))


@given(prompts)
def test_escaping_every_special_letter_gives_the_text_back(text: str) -> None:
    plain = text.replace("BREAK", "break")
    escaped = "".join("\\" + letter if letter in "()[]\\" else letter for letter in plain)
    assert parse_attention(escaped) == [(plain, 1.0)]


@pytest.mark.parametrize(
    "text",
    [
        "(" * 100_000,
        "(" * 50_000 + "a" + ")" * 50_000,
        "([a" * 33_000,
        "(a" * 20_000 + ")" * 20_000,
        " " * 100_000 + "BREAK",
        "BREAK " * 16_000,
        ":1" * 50_000,
        "\\" * 100_000,
    ],
    ids=["open", "deep", "overlapping", "nested text", "spaces", "breaks", "colons", "backslashes"],
)
def test_hostile_prompts_of_100_000_letters_take_seconds_at_most(text: str) -> None:
    start = time.process_time()
    assert parse_attention(text)
    assert time.process_time() - start < 10


def test_brackets_that_divide_are_as_quick_as_those_that_multiply() -> None:
    """Numbers next to nothing, which so many divisions make, are slow to multiply."""

    def seconds(bracket: str) -> float:
        start = time.process_time()
        assert len(parse_attention(f"{bracket}a" * 30_000)) > 7_000
        return time.process_time() - start

    assert seconds("[") < 5 * seconds("(")


def test_many_brackets_weigh_to_the_last_bit_what_few_do() -> None:
    """The array that many products are made in multiplies as the loop does."""
    depth = 700
    deep = "(a" * depth + ")" * depth
    few = [piece.weight for piece in read_pieces(deep)]
    padded = read_pieces(deep + "(b" * 1500)
    assert [piece.weight for piece in padded[:depth]] == few
