"""A prompt that changes while it is drawn is, at each step, the text that the WebUI makes it."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storyboard.prompts.schedule import texts_by_step


def runs(text: str, steps: int = 10) -> list[tuple[int, str]]:
    """Each text with the last step, counted from 1, that it is heard at."""
    texts = texts_by_step(text, steps)
    texts = texts if len(texts) > 1 else texts * steps
    last = [n for n in range(steps) if n + 1 == steps or texts[n + 1] != texts[n]]
    return [(n + 1, texts[n]) for n in last]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cat", [(10, "cat")]),
        ("a [cat:dog:0.5] b", [(5, "a cat b"), (10, "a dog b")]),
        ("a [cat:dog:3]", [(3, "a cat"), (10, "a dog")]),
        ("a [hat:3]", [(3, "a "), (10, "a hat")]),
        ("a [hat: 3 ]", [(3, "a "), (10, "a hat")]),
        ("a [hat:.5] c", [(5, "a  c"), (10, "a hat c")]),
        ("a [hat::0.3]", [(3, "a hat"), (10, "a ")]),
        ("[:hat:4]", [(4, ""), (10, "hat")]),
        ("[(hat:2):3]", [(3, ""), (10, "(hat:2)")]),
        ("a [[[b]]:2]", [(2, "a "), (10, "a [[b]]")]),
        ("[b : c : 1]", [(1, "b "), (10, " c ")]),
        ("a[b:[c:d:2]:1]e", [(1, "abe"), (2, "ace"), (10, "ade")]),
        ("(x:[a:b:2])", [(2, "(x:a)"), (10, "(x:b)")]),
        ("[a|b:2]|c", [(10, "[a|b:2]|c")]),
        ("[[a|b]:c:2]", [(1, "a"), (2, "b"), (10, "c")]),
        ("[a:b:1.0]", [(10, "a")]),
        ("[a:b:1.5]", [(10, "a")]),
        ("[a:b:1]", [(1, "a"), (10, "b")]),
        ("[a:b:0]", [(10, "b")]),
        ("[a:b:-2]", [(10, "b")]),
        ("[a:b:-0.2]", [(10, "b")]),
        ("[a:b:1e1]", [(10, "a")]),
        ("[a:b:9e999]", [(10, "a")]),
        ("[a:b:0.26]", [(2, "a"), (10, "b")]),
        ("<lora:x:1> [a:b:5]", [(5, "<lora:x:1> a"), (10, "<lora:x:1> b")]),
    ],
)
def test_a_switch_happens_behind_its_step(text: str, expected: list[tuple[int, str]]) -> None:
    assert runs(text) == expected


@pytest.mark.parametrize(
    ("text", "texts"),
    [
        ("[a|b]", ("a", "b", "a", "b", "a")),
        ("[fe|]male", ("female", "male", "female", "male", "female")),
        ("[a|b|(c:1.1)]", ("a", "b", "(c:1.1)", "a", "b")),
        ("[|]x", ("x",)),
        ("[a|[b|c]]", ("a", "c", "a", "c", "a")),
        ("[a|[b:c:2]]", ("a", "b", "a", "c", "a")),
    ],
)
def test_turns_are_taken_step_by_step(text: str, texts: tuple[str, ...]) -> None:
    assert texts_by_step(text, 5) == texts


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a [unclosed:b:3",
        "closed:b:3] a",
        "[a:b:c:3]",
        "[a:b:c]",
        "[a:3) b]",
        "(a [b) c:3]",
        r"\[a:b:3\]",
        r"[a:b:3\]",
        "[a:b:3] | c",
        "(a|b) [c:d:3]",
        "[a:b:3] \\",
        "[weak]",
        "(strong:1.2)",
        "12:30, [soft]",
    ],
)
def test_what_is_no_form_is_text(text: str) -> None:
    assert texts_by_step(text, 10) == (text,)


def test_text_brackets_leave_the_forms_beside_them_alone() -> None:
    assert runs("((a][:b:c [d:3]") == [(3, "((a][:b:c "), (10, "((a][:b:c d")]
    assert runs("[a:b:c:3] [x:y:3]") == [(3, "[a:b:c:3] x"), (10, "[a:b:c:3] y")]


def test_shares_are_of_the_steps_at_hand() -> None:
    assert [len(set(texts_by_step("[a:b:0.5]", steps))) for steps in (1, 2, 20)] == [1, 2, 2]
    assert texts_by_step("[a:b:0.5]", 1) == ("b",)
    assert texts_by_step("[a:b:0.5]", 4) == ("a", "a", "b", "b")


# A reference by recursive descent: a form is tried at every bracket, and is there or not.


@dataclass(frozen=True)
class Failed(Exception):
    """The prompt as a whole is text."""


def expected(text: str, step: int, steps: int) -> str:
    try:
        return "".join(_top(text, step, steps))
    except Failed:
        return text


def _top(text: str, step: int, steps: int) -> list[str]:
    found, place = [], 0
    while place < len(text):
        form = _form(text, place, step, steps)
        if form:
            found.append(form[0])
            place = form[1]
        elif text[place] == "|" or (text[place] == "\\" and not re.match(r"\\.", text[place:])):
            raise Failed
        else:
            length = 2 if text[place] == "\\" else 1
            found.append(text[place : place + length])
            place += length
    return found


def _prompt(text: str, place: int, step: int, steps: int) -> tuple[str, int]:
    """Forms and plain letters, up to the first sign that is neither."""
    found = ""
    while place < len(text):
        form = _form(text, place, step, steps)
        plain = re.match(r"[^\\\[\]():|]|\\.", text[place:])
        if form is None and plain is None:
            break
        piece, place = form or (plain[0] if plain else "", place + len(plain[0] if plain else ""))
        found += piece
    return found, place


def _form(text: str, place: int, step: int, steps: int) -> tuple[str, int] | None:
    if text[place] not in "[(":
        return None
    parts, signs, raw, end = [], "", [], place + 1
    while True:
        part, stop = _prompt(text, end, step, steps)
        parts.append(part)
        raw.append(text[end:stop])
        if stop >= len(text):
            return None
        signs += text[stop]
        end = stop + 1
        if text[stop] not in ":|":
            break
    return _value(text[place] + signs, parts, raw, step, steps, end)


def _value(
    shape: str, parts: list[str], raw: list[str], step: int, steps: int, end: int
) -> tuple[str, int] | None:
    if shape in ("()", "[]"):
        return shape[0] + parts[0] + shape[1], end
    if shape == "(:)":
        return f"({parts[0]}:{parts[1]})", end
    if re.fullmatch(r"\[\|+\]", shape):
        return parts[(step - 1) % len(parts)], end
    number = re.fullmatch(r"\s*([+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?)\s*", raw[-1], re.I | re.A)
    if shape not in ("[:]", "[::]") or not number:
        return None
    before, after = (parts[0], parts[1]) if shape == "[::]" else ("", parts[0])
    when = float(number[1]) * (steps if "." in number[1] else 1)
    return (before if step <= int(when) else after), end


pieces = st.sampled_from(
    [*"[[[]]](():::||ab ", ":3]", ":0.5]", ": .25 ]", ":-1]", "cat", "\\", "\\[", "\n", "\\\n"]
)


@settings(deadline=None, max_examples=150)
@given(st.lists(pieces, max_size=14).map("".join), st.sampled_from([1, 4, 7]))
def test_any_prompt_is_read_as_the_reference_reads_it(text: str, steps: int) -> None:
    texts = texts_by_step(text, steps)
    found = texts if len(texts) > 1 else texts * steps
    assert list(found) == [expected(text, step, steps) for step in range(1, steps + 1)]


@pytest.mark.parametrize(
    "text",
    [
        "[" * 20_000,
        "[" * 8_000 + "a" + "]" * 8_000,
        "[a:" * 2_000 + "b" + ":5]" * 2_000,
        "[a|" * 6_000 + "b" + "]" * 6_000,
        "(" * 5_000 + "[a|b]" + ")" * 5_000,
        "(((a:b:c)" * 2_000 + "[x:y:3]",
    ],
)
def test_hostile_prompts_take_seconds_at_most(text: str) -> None:
    start = time.process_time()
    assert texts_by_step(text, 20)
    assert time.process_time() - start < 10
