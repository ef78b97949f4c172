"""Stars that mean emphasis are marks; all others are stars."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyboard.pages.markup import Emphasis, Span, plain, spans

ITALIC, BOLD, BOTH = Emphasis(italic=True), Emphasis(bold=True), Emphasis(True, True)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a *so* b", [("a ", Emphasis()), ("so", ITALIC), (" b", Emphasis())]),
        ("**so**!", [("so", BOLD), ("!", Emphasis())]),
        ("***so***", [("so", BOTH)]),
        ("**a *b* c**", [("a ", BOLD), ("b", BOTH), (" c", BOLD)]),
        ("*a **b** c*", [("a ", ITALIC), ("b", BOTH), (" c", ITALIC)]),
        ("«*Oh!*»", [("«", Emphasis()), ("Oh!", ITALIC), ("»", Emphasis())]),
        ("这*是*什么", [("这", Emphasis()), ("是", ITALIC), ("什么", Emphasis())]),
        ("two\n*lines\nlong*", [("two\n", Emphasis()), ("lines\nlong", ITALIC)]),
    ],
)
def test_stars_around_words_are_emphasis(text: str, parts: list[tuple[str, Emphasis]]) -> None:
    assert spans(text) == tuple(Span(*part) for part in parts)


@pytest.mark.parametrize(
    "text", ["2*3*4", "a * b * c", "*open", "open*", "wait*stop*go", "*a*b", "****", "* *", ""]
)
def test_other_stars_are_stars(text: str) -> None:
    assert plain(text) == text
    assert all(span.emphasis == Emphasis() for span in spans(text))


def test_a_star_can_be_written() -> None:
    assert spans(r"\*so\* *b\*c*") == (Span("*so* ", Emphasis()), Span("b*c", ITALIC))


@given(st.text("ab *\\!海\n"))
def test_a_text_with_its_stars_escaped_is_itself(text: str) -> None:
    assert plain(text.replace("*", r"\*")) == text


@given(st.text("ab *\\!海\n"))
def test_marks_take_nothing_but_stars_and_their_escapes(text: str) -> None:
    kept = "".join(span.text for span in spans(text))
    assert kept.replace("*", "").replace("\\", "") == text.replace("*", "").replace("\\", "")
    assert len({span.emphasis for span in spans(text)}) <= 4


@given(st.lists(st.tuples(st.sampled_from(["a", "bc", "d!"]), st.sampled_from(["", "*", "**"]))))
def test_emphasised_words_come_back(words: list[tuple[str, str]]) -> None:
    text = " ".join(f"{stars}{word}{stars}" for word, stars in words)
    found = [(span.text, span.emphasis) for span in spans(text)]
    assert "".join(part for part, _ in found) == " ".join(word for word, _ in words)
    emphasised = {part for part, emphasis in found if emphasis == BOLD}
    assert emphasised <= {word for word, stars in words if stars == "**"}
    assert bool(emphasised) == any(stars == "**" for _, stars in words)
