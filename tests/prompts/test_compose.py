"""Empty parts leave no stray commas, and what was put in stays to the letter."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storyboard.prompts.compose import Piece, join_parts, join_pieces

texts = st.text(alphabet="ab,, ()[]:1.2\\<>{}|\n", max_size=12)
words = st.text(alphabet="ab,(\\", max_size=6).map(lambda text: f"a{text}a")
blanks = st.sampled_from(["", " ", "\n "])


def filled(template: str, **values: str) -> str:
    """A template in the manner of `{a}, {b}`, filled in."""
    parts = re.split(r"\{(\w+)\}", template)
    return join_pieces(
        Piece(values.get(part, "") if index % 2 else part, bool(index % 2))
        for index, part in enumerate(parts)
    )


@pytest.mark.parametrize(
    ("template", "values", "prompt"),
    [
        ("{a}, {b}, {c}", {"a": "A", "b": "B", "c": "C"}, "A, B, C"),
        ("{a}, {b}, {c}", {"b": "B"}, "B"),
        ("{a}, {b}, {c}", {"a": "A", "c": "C"}, "A, C"),
        ("{a}, {b}, {c}", {}, ""),
        ("{a}, {b}", {"a": " \n", "b": "B"}, "B"),
        ("{a} , {b} , {c}", {"a": "A", "c": "C"}, "A , C"),
        ("best, {a}, last", {}, "best, last"),
        ("best {a}, last", {}, "best, last"),
        ("best {a} last", {}, "best last"),
        ("{a},\n{b},\n{c}\n", {"a": "A", "c": "C"}, "A,\nC"),
        ("{a}, {b}", {"a": "x,, y,", "b": ", z"}, "x,, y,, , z"),
        ("a,, b, {a}", {}, "a,, b"),
        ("{a},", {"a": "A"}, "A"),
        (", {a}", {"a": "A"}, "A"),
        ("({a}:1.2), {b}", {"b": "B"}, "B"),
        ("{b}, ({a}:1.2)", {"b": "B"}, "B"),
        ("{b}, [{a}], x", {"b": "B"}, "B, x"),
        ("(({a})), {b}", {"b": "B"}, "B"),
        ("({a}, {b}:1.2)", {"a": "A"}, "(A:1.2)"),
        ("({a}, {b}:1.2)", {"b": "B"}, "(B:1.2)"),
        ("({a}, {b}:1.2), {c}", {"c": "C"}, "C"),
        (r"\({a}\), {b}", {"b": "B"}, r"\(\), B"),
        ("(), {b}", {"b": "B"}, "(), B"),
        ("({a}], {b}", {"b": "B"}, "(], B"),
        (") {a}, {b}", {"b": "B"}, "), B"),
        ("<lora:x:1>, {a}", {}, "<lora:x:1>"),
        ("{a} BREAK {b}", {"a": "A", "b": "B"}, "A BREAK B"),
    ],
)
def test_commas_go_with_what_they_joined(
    template: str, values: dict[str, str], prompt: str
) -> None:
    assert filled(template, **values) == prompt


def test_joints_of_parts_that_a_template_left_out_go_too() -> None:
    pieces = [Piece("a", True), Piece(", ", False), Piece(", ", False), Piece("b", True)]
    assert join_pieces(pieces) == "a, b"


@settings(deadline=None)
@given(st.lists(st.one_of(words, blanks), max_size=8))
def test_a_row_of_values_is_the_ones_that_are_not_blank(values: list[str]) -> None:
    pieces = [Piece(", ", False)] * (2 * len(values))
    pieces[::2] = [Piece(value, True) for value in values]
    assert join_pieces(pieces) == ", ".join(value for value in values if value.strip())
    assert join_parts(values) == ", ".join(value for value in values if value.strip())


@settings(deadline=None)
@given(st.lists(st.tuples(texts, st.booleans()), max_size=8))
def test_every_value_stays_to_the_letter_and_in_order(parts: list[tuple[str, bool]]) -> None:
    prompt = join_pieces(Piece(text, is_value) for text, is_value in parts)
    end = 0
    for text, is_value in parts:
        if is_value and text.strip():
            start = prompt.find(text, end)
            assert start >= 0
            end = start + len(text)


@settings(deadline=None)
@given(st.lists(st.tuples(texts, st.booleans()), max_size=8))
def test_nothing_but_joints_is_taken_from_a_template(parts: list[tuple[str, bool]]) -> None:
    def told(text: str) -> str:
        return re.sub(r"[,\s()\[\]:.\d\\]", "", text)

    prompt = join_pieces(Piece(text, is_value) for text, is_value in parts)
    assert told(prompt) == told("".join(text for text, _ in parts))


@settings(deadline=None)
@given(st.text(alphabet="ab, \n()[]", max_size=20).map(lambda text: f"a{text}a"))
def test_a_template_without_values_is_its_own_text(text: str) -> None:
    without_joints = re.sub(r"[,\s]", "", text)
    assert re.sub(r"[,\s]", "", join_pieces([Piece(text, False)])) == without_joints
    assert join_pieces([Piece("a, b,, c", False)]) == "a, b,, c"
