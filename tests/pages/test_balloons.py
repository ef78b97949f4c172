"""Balloons are one shape each: no line shows where tail, puffs and body meet."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from storyboard.geometry import Size
from storyboard.pages.balloons import BEYOND, Inked, balloon, neck
from storyboard.pages.bodies import Body
from storyboard.pages.commands import INK
from storyboard.pages.compose import PageDrawing
from storyboard.pages.content import BalloonKind
from storyboard.pages.raster import rasterise
from storyboard.pages.shapes import bounds, flatten
from storyboard.pages.style import style_for
from storyboard.pages.tails import tail

STYLE = style_for(Size(1200, 1800))
BODY = Body(100, 60, 2.35)
CENTER = (150.0, 100.0)
KINDS: tuple[BalloonKind, ...] = ("says", "thinks", "whispers", "shouts", "radios")
kinds = pytest.mark.parametrize("kind", KINDS)


def drawn(kind: BalloonKind, target: tuple[float, float] | None = (170, 290)) -> Inked:
    body = BODY.grown(BEYOND[kind] * 30)
    bent = tail(body, CENTER, target, 20, 30) if target else None
    return balloon(kind, BODY, CENTER, bent, 30, STYLE, 0.3)


def turning(points: list[tuple[float, float]]) -> float:
    pairs = zip(points, [*points[1:], points[0]], strict=True)
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairs)


def _between(a: tuple[float, float], b: tuple[float, float], t: float) -> tuple[float, float]:
    return a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t


@pytest.mark.parametrize("kind", ["says", "thinks", "shouts", "radios"])
def test_the_line_lies_under_the_paper(kind: BalloonKind) -> None:
    inked = drawn(kind)
    for line, paper in zip(inked.lines, inked.papers, strict=True):
        assert line.shape == paper.shape
        assert line.width >= 2 * STYLE.stroke


@kinds
def test_tails_turn_as_bodies_do_on_every_side(kind: BalloonKind) -> None:
    for target in ((20, 280), (280, 280), (20, 20), (280, 20), (150, 290)):
        for paper in drawn(kind, target).papers:
            assert all(turning(flatten(contour)) > 0 for contour in paper.shape)


@pytest.mark.parametrize("kind", ["says", "whispers", "shouts", "radios"])
def test_no_line_is_seen_between_body_and_tail(kind: BalloonKind) -> None:
    inked = drawn(kind)
    page = rasterise(PageDrawing(Size(300, 300), (*inked.lines, *inked.papers)))
    pixels = np.asarray(page)
    bent = tail(BODY.grown(BEYOND[kind] * 30), CENTER, (170, 290), 20, 30)
    way = [_between(CENTER, bent.base, step / 20) for step in range(21)]
    assert all(int(pixels[int(y), int(x)].min()) == 255 for x, y in way)
    assert (pixels == INK).all(axis=2).any() or kind == "whispers"


@kinds
def test_a_balloon_reaches_beyond_its_body_by_no_more_than_its_kind_says(kind: BalloonKind) -> None:
    paper = drawn(kind, None).papers[-1]
    allowed = BODY.grown(BEYOND[kind] * 30 + 0.1).box(CENTER)
    assert allowed.holds(bounds(paper.shape))


@pytest.mark.parametrize("kind", ["says", "whispers", "shouts", "radios"])
def test_a_balloons_outline_never_comes_into_its_body(kind: BalloonKind) -> None:
    outline = drawn(kind, None).papers[0].shape[0]
    inner = BODY.grown(-0.5)
    assert not any(inner.holds(x - CENTER[0], y - CENTER[1]) for x, y in flatten(outline))


def test_a_whisper_is_dashed() -> None:
    line = drawn("whispers").lines[0]
    assert len(line.shape) > 15
    assert all(max(bounds((dash,)).width, bounds((dash,)).height) < 30 for dash in line.shape)


def test_spikes_are_long_and_short_and_teeth_are_even() -> None:
    def lengths(kind: BalloonKind) -> list[float]:
        points = flatten(drawn(kind, None).papers[0].shape[0])
        away = [
            (abs(x - CENTER[0]) / 100) ** 2.35 + (abs(y - CENTER[1]) / 60) ** 2.35
            for x, y in points
        ]
        return [b for a, b, c in zip(away, away[1:], away[2:], strict=False) if a < b > c]

    spikes, teeth = lengths("shouts"), lengths("radios")
    assert max(spikes) > 1.3 * min(spikes)
    assert len(teeth) > len(spikes)
    assert max(teeth) < max(spikes)


@kinds
def test_the_same_balloon_is_drawn_the_same(kind: BalloonKind) -> None:
    assert drawn(kind) == drawn(kind)


def test_two_shouts_are_not_alike() -> None:
    one, other = (
        balloon("shouts", BODY, CENTER, None, 30, STYLE, seed).papers for seed in (0.1, 0.7)
    )
    assert one != other


def test_a_neck_reaches_from_middle_to_middle() -> None:
    box = bounds(neck((50, 50), (250, 50), 30, STYLE).papers[0].shape)
    assert (box.left, box.right) == (50, 250)
    assert 0.5 * 30 < box.height < 30


def test_all_kinds_differ() -> None:
    for one, other in itertools.combinations(KINDS, 2):
        assert drawn(one) != drawn(other)
