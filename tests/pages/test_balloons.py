"""Balloons are one shape: no line shows where tail, puffs and body meet."""

from __future__ import annotations

import numpy as np

from storyboard.geometry import Size
from storyboard.pages.balloons import PUFF, speech, thought
from storyboard.pages.bodies import Body
from storyboard.pages.commands import INK, FillPath, StrokePath
from storyboard.pages.compose import PageDrawing
from storyboard.pages.raster import rasterise
from storyboard.pages.shapes import Box, bounds, flatten
from storyboard.pages.style import style_for
from storyboard.pages.tails import tail

STYLE = style_for(Size(1200, 1800))
BODY = Body(100, 60, 2.35)
CENTER = (150.0, 100.0)
ROOM = Box(10, 10, 290, 290)


def turning(points: list[tuple[float, float]]) -> float:
    pairs = zip(points, [*points[1:], points[0]], strict=True)
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairs)


def test_the_line_lies_under_the_paper() -> None:
    line, paper = speech(BODY, CENTER, None, 30, STYLE)
    assert isinstance(line, StrokePath)
    assert isinstance(paper, FillPath)
    assert line.shape == paper.shape
    assert line.width == 2 * STYLE.stroke


def test_tails_turn_as_bodies_do_on_every_side() -> None:
    for target in ((20, 280), (280, 280), (20, 20), (280, 20), (150, 290)):
        bent = tail(BODY, CENTER, target, 30, ROOM)
        paper = speech(BODY, CENTER, bent, 30, STYLE)[1]
        assert isinstance(paper, FillPath)
        assert all(turning(flatten(contour)) > 0 for contour in paper.shape)


def test_no_line_is_seen_between_body_and_tail() -> None:
    bent = tail(BODY, CENTER, (170, 290), 30, ROOM)
    page = rasterise(PageDrawing(Size(300, 300), tuple(speech(BODY, CENTER, bent, 30, STYLE))))
    pixels = np.asarray(page)
    way = [bent.at(step / 40) for step in range(34)]
    assert all(int(pixels[int(y), int(x)].min()) == 255 for x, y in way)
    assert (pixels == INK).all(axis=2).any()


def test_a_cloud_reaches_beyond_its_body_by_its_puffs() -> None:
    paper = thought(BODY, CENTER, None, 30, STYLE)[1]
    assert isinstance(paper, FillPath)
    box = bounds(paper.shape)
    allowed = BODY.grown(PUFF * 30 * 1.001).box(CENTER)
    assert allowed.holds(box)
    assert not BODY.box(CENTER).holds(box)
