"""Lines break where a letterer breaks them, and no word is lost."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storyboard.pages.breaking import Block, Profile, blocks, clean
from storyboard.pages.fonts import bundled_fonts
from storyboard.pages.setting import one_line

FONT = bundled_fonts().speech
PROFILES: list[Profile] = ["lens", "level"]


def texts_of(block: Block) -> list[str]:
    return [line.text for line in block.lines]


def block_of(text: str, count: int, profile: Profile = "lens") -> list[str]:
    found = [block for block in blocks(text, FONT, profile) if len(block.lines) == count]
    return texts_of(found[0])


def test_a_lens_is_widest_in_its_middle() -> None:
    text = "Then why are you holding the lantern as if it were the last one on earth?"
    widths = [one_line(line, FONT).width for line in block_of(text, 5)]
    assert max(widths[1:4]) > widths[0]
    assert max(widths[1:4]) > widths[4]


def test_level_lines_are_as_even_as_can_be() -> None:
    assert block_of("aaa bb cc ddddd", 2, "level") == ["aaa bb", "cc ddddd"]


def test_breaks_stand_after_dashes_and_hyphens_inside_words() -> None:
    assert block_of("Wait—what", 2) == ["Wait—", "what"]
    assert block_of("well-known", 2) == ["well-", "known"]
    assert block_of("So...what", 2) == ["So...", "what"]


def test_a_leading_dash_stays_with_its_word() -> None:
    assert [texts_of(block) for block in blocks("—What?", FONT, "lens")] == [["—What?"]]


def test_the_authors_own_breaks_are_kept() -> None:
    for block in blocks("one two\nthree", FONT, "lens"):
        assert "three" in texts_of(block)
        assert len(block.lines) >= 2


def test_a_space_that_may_not_break_does_not() -> None:
    assert [texts_of(block) for block in blocks("10\u00a0km", FONT, "lens")] == [["10\u00a0km"]]


def test_text_is_composed_and_spaced_once() -> None:
    assert clean("  Cafe\u0301 \t au   lait \r\n\n  now ") == "Café au lait\nnow"
    assert clean(" \n\t ") == ""


words = st.lists(
    st.text("abcdefgWMil.,!?'-—…", min_size=1, max_size=9).filter(lambda w: w.strip()), min_size=1
)


@settings(max_examples=60, deadline=None)
@given(words, st.sampled_from(PROFILES))
def test_no_word_is_lost_and_widths_are_true(parts: list[str], profile: Profile) -> None:
    text = clean(" ".join(parts))
    found = blocks(text, FONT, profile)
    assert found
    for block in found:
        told = "".join(texts_of(block))  # beside hyphens that a long word has got
        assert told.replace(" ", "").replace("-", "") == text.replace(" ", "").replace("-", "")
        for line in block.lines:
            assert line.text == line.text.strip(" ")
            assert line.text
            assert line.width == pytest.approx(one_line(line.text, FONT).width)
        assert len({tuple(texts_of(other)) for other in found}) == len(found)
