"""Borders lie inside their panels; what a panel shows ends at its border."""

from __future__ import annotations

import dataclasses
import math

import pytest

from storyboard.geometry import Rect, Size
from storyboard.pages.borders import outline
from storyboard.pages.content import Border, PanelContent
from storyboard.pages.coverage import fill_coverage
from storyboard.pages.shapes import Box, Shape, bounds, flatten, inside, polygon
from storyboard.pages.style import style_for

STYLE = style_for(Size(1200, 1800))
CELL = Rect(100, 100, 400, 300)
PANEL = PanelContent("1.a", CELL)
LEANING = dataclasses.replace(
    PANEL, shape=(polygon([(100, 100), (500, 120), (460, 400), (100, 380)]),)
)
KINDS: list[Border] = ["plain", "none", "rounded", "ragged"]


def with_border(panel: PanelContent, border: Border) -> PanelContent:
    return dataclasses.replace(panel, border=border)


def inked(line: Shape) -> float:
    covered = fill_coverage(line, 1, 600, 600)
    return 0.0 if covered is None else float(covered.values.sum()) / 255


def test_a_plain_border_is_a_frame_inside_the_cell() -> None:
    drawn = outline(PANEL, STYLE)
    assert drawn.clip is None
    assert drawn.line is not None
    assert bounds(drawn.line) == Box(100, 100, 500, 400)
    width = STYLE.border
    frame = 400 * 300 - (400 - 2 * width) * (300 - 2 * width)
    assert inked(drawn.line) == pytest.approx(frame, rel=0.01)


def test_a_leaning_panel_shows_its_outline_and_has_its_line_inside() -> None:
    drawn = outline(LEANING, STYLE)
    assert drawn.clip is not None
    assert drawn.clip == LEANING.shape
    assert drawn.line is not None
    assert drawn.line[0] == drawn.clip[0]
    around = math.fsum(
        math.dist(a, b)
        for a, b in zip(
            flatten(drawn.line[0]),
            [*flatten(drawn.line[0])[1:], flatten(drawn.line[0])[0]],
            strict=True,
        )
    )
    assert inked(drawn.line) == pytest.approx(around * STYLE.border, rel=0.02)


def test_sides_that_bleed_have_no_line() -> None:
    panel = dataclasses.replace(PANEL, bleeds=frozenset({"left", "top", "right"}))
    line = outline(panel, STYLE).line
    assert line is not None
    assert inked(line) == pytest.approx(400 * STYLE.border, rel=0.01)


@pytest.mark.parametrize("kind", KINDS)
def test_a_panel_that_bleeds_all_around_has_no_line_at_all(kind: Border) -> None:
    panel = dataclasses.replace(
        PANEL, border=kind, bleeds=frozenset({"left", "top", "right", "bottom"})
    )
    drawn = outline(panel, STYLE)
    assert drawn.line is None
    assert drawn.clip is None or bounds(drawn.clip) == Box(100, 100, 500, 400)


def test_no_border_is_no_line() -> None:
    assert outline(with_border(PANEL, "none"), STYLE).line is None


@pytest.mark.parametrize("panel", [PANEL, LEANING])
def test_round_corners_are_arcs_of_a_circle(panel: PanelContent) -> None:
    clip = outline(with_border(panel, "rounded"), STYLE).clip
    assert clip is not None
    corner = (100.0, 100.0)
    nearest = min(math.dist(corner, point) for point in flatten(clip[0]))
    turn = math.atan2(20, 400) if panel is LEANING else 0.0
    half = (math.pi / 2 - turn) / 2
    assert nearest == pytest.approx(0.9 * STYLE.em * (1 / math.sin(half) - 1), abs=0.2)


def test_a_corner_is_round_only_between_sides_with_a_line() -> None:
    panel = dataclasses.replace(PANEL, border="rounded", bleeds=frozenset({"left"}))
    clip = outline(panel, STYLE).clip
    assert clip is not None
    points = flatten(clip[0])
    assert (100.0, 100.0) in points
    assert min(math.dist((500, 100), point) for point in points) > 5


def test_ragged_borders_wander_but_little_and_inside_of_the_cell() -> None:
    drawn = outline(with_border(PANEL, "ragged"), STYLE)
    assert drawn.clip is not None
    assert drawn.line is not None
    assert len(drawn.line) == 4
    box, ink = bounds(drawn.clip), bounds(drawn.line)
    assert Box(100, 100, 500, 400).holds(box)
    assert box.holds(Box(100, 100, 500, 400).grown(-3 * STYLE.border))
    assert Box(100, 100, 500, 400).grown(3 * STYLE.border).holds(ink)


def test_ragged_borders_come_of_the_panels_address() -> None:
    ragged = with_border(PANEL, "ragged")
    assert outline(ragged, STYLE) == outline(ragged, STYLE)
    assert outline(ragged, STYLE) != outline(dataclasses.replace(ragged, address="1.b"), STYLE)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [Size(1, 1), Size(3, 200), Size(200, 3)])
def test_tiny_panels_have_borders_too(kind: Border, size: Size) -> None:
    panel = PanelContent("1.a", Rect(10, 10, size.width, size.height), border=kind)
    drawn = outline(panel, STYLE)
    assert drawn.line is None or inked(drawn.line) > 0


@pytest.mark.parametrize("panel", [PANEL, LEANING])
@pytest.mark.parametrize("kind", ["plain", "rounded"])
def test_the_line_stays_inside_the_panel(kind: Border, panel: PanelContent) -> None:
    line = outline(with_border(panel, kind), STYLE).line
    assert line is not None
    outer = flatten(line[0])
    assert all(inside(point, outer) for point in flatten(line[1]))
