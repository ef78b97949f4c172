"""Lines end where a reader of the language lets them end."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storyboard.pages.itemising import itemised
from storyboard.pages.pieces import INNER, PHRASE, pieces
from tests.support.fonts import speech

NO_START = set("、。，．！？：；」』）】》…—ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ”’!?,.:;)")
NO_END = set("「『（【《“‘(")


def parts(text: str, language: str, fine: bool = False) -> list[str]:
    return [text[p.start : p.end] for p in pieces(itemised(text, speech(language)), fine)]


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "Oh, no!", ["Oh,", "no!"]),
        ("en", "well-known", ["well-", "known"]),
        ("en", "10\u00a0km", ["10\u00a0km"]),
        ("fr", "Quoi ! Non ?", ["Quoi !", "Non ?"]),
        ("fr", "« Oui », dit-il", ["« Oui »,", "dit-", "il"]),
        ("de", "Er rief: »Halt! Wer da?«", ["Er", "rief:", "»Halt!", "Wer", "da?«"]),
        ("es", "¿Quién? ¡Yo!", ["¿Quién?", "¡Yo!"]),
        ("ru", "Кто там? — Я.", ["Кто", "там?", "—", "Я."]),
        ("el", "Ποιος; Εγώ.", ["Ποιος;", "Εγώ."]),
        ("ko", "등대의 불이", ["등대의", "불이"]),
        ("ja", "灯台が見えない。", ["灯台が", "見えない。"]),
        ("zh", "灯塔没有亮，快走！", ["灯塔", "没有", "亮，", "快走！"]),
        ("en", "off\u200bset", ["off", "set"]),
    ],
)
def test_pieces_stay_together(language: str, text: str, expected: list[str]) -> None:
    assert parts(text, language) == expected


def test_words_are_hyphenated_by_their_language_and_at_a_cost() -> None:
    found = pieces(itemised("Feuerwehrhauptfrau", speech("de")), True)
    assert parts("Feuerwehrhauptfrau", "de", fine=True) == ["Feu", "er", "wehr", "haupt", "frau"]
    assert [piece.hyphen for piece in found] == [True] * 4 + [False]
    assert [piece.cost > 0 for piece in found] == [False] + [True] * 4


@pytest.mark.parametrize("word", ["LIGHTHOUSES", "Aurelia", "light", "x2345678", "Lighthou"])
def test_shouts_names_and_short_words_stay_whole(word: str) -> None:
    assert parts(word, "en", fine=True) == [word]


def test_an_authors_own_hyphen_is_cheaper_and_not_set_where_no_line_ends() -> None:
    found = pieces(itemised("light\u00adhouse", speech("en")), False)
    assert [(piece.start, piece.end, piece.hyphen) for piece in found] == [
        (0, 5, True),
        (6, 11, False),
    ]


def test_phrases_are_cut_only_at_a_cost() -> None:
    whole, cut = parts("灯台が見えない。", "ja"), parts("灯台が見えない。", "ja", fine=True)
    assert len(cut) > len(whole)
    costs = [p.cost for p in pieces(itemised("灯台が見えない。", speech("ja")), True)]
    assert sum(cost < INNER for cost in costs) == len(whole)


def test_the_end_of_a_clause_is_the_best_place_for_a_line_to_end() -> None:
    text = "海が見える、海は広い。"
    found = {text[p.start]: p.cost for p in pieces(itemised(text, speech("ja")), False)}
    assert found == {"海": 0, "見": PHRASE, "広": PHRASE}


@settings(max_examples=150, deadline=None)
@given(
    st.text("海が見えるっゃー、。「」『』！？…—OK12()!. 灯塔", min_size=1, max_size=24),
    st.sampled_from(["ja", "zh", "zh-Hant", "ko", "en"]),
)
def test_kinsoku_is_never_broken(text: str, language: str) -> None:
    text = " ".join(text.split())
    if not text:
        return
    found = pieces(itemised(text, speech(language)), True)
    for one, two in pairwise(found):
        if not two.space:
            assert text[two.start] not in NO_START
            assert text[one.end - 1] not in NO_END
    kept = "".join(text[piece.start : piece.end] for piece in found)
    assert kept.replace(" ", "") == text.replace(" ", "")
