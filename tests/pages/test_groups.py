"""Texts that stand together: joined balloons touch, captions are stacked."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from storyboard.pages.balloons import BEYOND
from storyboard.pages.content import BalloonKind, CaptionKind, Reading
from storyboard.pages.fonts import bundled_fonts
from storyboard.pages.groups import SetText, stacked, ways_of
from storyboard.pages.hulls import gaps
from storyboard.pages.texts import balloon_settings, caption_settings

FONTS = bundled_fonts()


def balloons(kind: BalloonKind, *texts: str) -> list[SetText]:
    return [SetText(text, balloon_settings(text, kind, FONTS.speech)) for text in texts]


@pytest.mark.parametrize("kind", ["says", "thinks", "whispers", "shouts", "radios"])
@pytest.mark.parametrize("reading", ["ltr", "rtl"])
def test_joined_balloons_overlap_by_less_than_the_air_around_their_letters(
    kind: BalloonKind, reading: Reading
) -> None:
    ways = ways_of(balloons(kind, "It was here all the time.", "I never saw it!"), reading)
    assert ways
    for way in ways:
        apart = float(gaps(way.reaches[:1], way.reaches[1:])[0, 0])
        assert -0.3 - 0.9 * BEYOND[kind] < apart < 0


@pytest.mark.parametrize("reading", ["ltr", "rtl"])
def test_three_joined_balloons_are_a_chain(reading: Reading) -> None:
    ways = ways_of(balloons("says", "One.", "And then there were two.", "Three!"), reading)
    assert ways
    for way in ways:
        assert float(gaps(way.reaches[:1], way.reaches[2:])[0, 0]) >= 0


def test_the_best_way_comes_first() -> None:
    ways = ways_of(balloons("says", "It was here all the time.", "I never saw it!"), "ltr")
    assert [way.badness for way in ways] == sorted(way.badness for way in ways)


@pytest.mark.parametrize(("reading", "side"), [("ltr", -1), ("rtl", 1)])
def test_captions_are_stacked_flush_where_lines_begin(reading: Reading, side: int) -> None:
    kinds: tuple[CaptionKind, ...] = ("location", "narration")
    captions = [
        SetText(text, caption_settings(text, kind, FONTS.caption))
        for kind, text in zip(kinds, ("THE HARBOUR", "The light was out."), strict=True)
    ]
    for way in stacked(captions, reading):
        edges = [
            x + side * setting.body.half_width
            for setting, (x, _) in zip(way.settings, way.offsets, strict=True)
        ]
        assert edges[0] == pytest.approx(edges[1])
        for one, other in itertools.pairwise(way.reaches):
            assert float(gaps(one[None], other[None])[0, 0]) == pytest.approx(0.35)


def test_ways_stand_around_their_common_middle() -> None:
    for way in ways_of(balloons("says", "It was here.", "I never saw it!"), "ltr"):
        whole = way.reaches.max(axis=0)
        assert np.allclose(whole[[0, 8]], whole[[16, 24]])
