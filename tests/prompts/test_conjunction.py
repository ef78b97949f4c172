"""`AND` parts a prompt into texts that pull at the picture together."""

from __future__ import annotations

import time

import pytest

from storyboard.prompts.conjunction import Subprompt, subprompts, texts_of


@pytest.mark.parametrize(
    ("prompt", "parts"),
    [
        ("a cat", [("a cat", 1.0)]),
        ("", [("", 1.0)]),
        ("a cat AND a dog", [("a cat", 1.0), ("a dog", 1.0)]),
        ("a cat :1.2 AND a dog :0.8", [("a cat", 1.2), ("a dog", 0.8)]),
        ("a cat:1.2 AND a dog: -.5 ", [("a cat", 1.2), ("a dog", -0.5)]),
        ("a AND b AND c:2.", [("a", 1.0), ("b", 1.0), ("c", 2.0)]),
        ("(a:1.2) AND [b:c:5]", [("(a:1.2)", 1.0), ("[b:c:5]", 1.0)]),
        ("a: b AND c:x", [("a: b", 1.0), ("c:x", 1.0)]),
        ("AND b", [("", 1.0), ("b", 1.0)]),
        ("sANDy, and, BAND", [("sANDy, and, BAND", 1.0)]),
        ("a:1e3 AND b", [("a:1e3", 1.0), ("b", 1.0)]),
        (f"a:{'9' * 400} AND b", [(f"a:{'9' * 400}", 1.0), ("b", 1.0)]),  # it is infinite
    ],
)
def test_a_prompt_is_parted_at_and(prompt: str, parts: list[tuple[str, float]]) -> None:
    assert subprompts(prompt) == tuple(Subprompt(*part) for part in parts)


def test_without_and_a_prompt_is_left_as_it_is() -> None:
    assert subprompts(" the clock says 12:30 ") == (Subprompt(" the clock says 12:30 "),)


def test_every_text_that_is_heard_is_told_once() -> None:
    assert texts_of("[a:b:0.5] AND [b|c]", 4) == ("a", "b", "c")
    assert texts_of("a", 4) == ("a",)


def test_a_long_run_of_blanks_takes_no_time() -> None:
    start = time.process_time()
    subprompts("a" + " " * 100_000 + "AND b:" + " " * 100_000)
    assert time.process_time() - start < 2
