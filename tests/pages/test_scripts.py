"""Every character has a script, and what is drawn as one stays together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyboard.pages.scripts import EASTERN, clusters, scripts_of


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Ab!", "en", ["Latn"] * 3),
        ("漢字かなカナ、。", "ja", [EASTERN] * 8),
        ("3日OK", "ja", [EASTERN, EASTERN, "Latn", "Latn"]),
        ("“好”", "zh", [EASTERN] * 3),
        ("(ש)", "he", ["Hebr"] * 3),
        ("ok (ש)", "he", ["Latn"] * 3 + ["Hebr"] * 3),
        ("...", "el", ["Grek"] * 3),
        ("", "el", []),
    ],
)
def test_what_has_no_script_takes_a_neighbours(
    text: str, language: str, expected: list[str]
) -> None:
    assert list(scripts_of(text, language)) == expected


def test_letters_and_their_marks_are_one() -> None:
    assert clusters("a\u0301b") == ("a\u0301", "b")
    assert clusters("किं") == ("किं",)
    assert clusters("👩\u200d🚀!") == ("👩\u200d🚀", "!")
    assert clusters("م\u200cی") == ("م\u200c", "ی")


@given(st.text())
def test_clusters_are_the_text(text: str) -> None:
    assert "".join(clusters(text)) == text
    assert len(scripts_of(text, "zh")) == len(text)
