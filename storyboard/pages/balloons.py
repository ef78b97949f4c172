"""Balloons as drawing commands: each kind's outline with its tail, uneven as if drawn by hand.

The unevenness comes from fixed functions of a balloon's `seed`: equal texts give equal outlines.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from storyboard.pages.bodies import Body
from storyboard.pages.commands import Color, FillPath, StrokePath
from storyboard.pages.content import BalloonKind
from storyboard.pages.shapes import Contour, Cubic, Line, Point, Shape, circle, flatten, polygon
from storyboard.pages.style import Style
from storyboard.pages.tails import Tail, bolt, bubbles, root_width, wedge

PUFF, SPIKE, TOOTH = 0.34, 0.85, 0.34
"""How far a cloud's puffs, a burst's spikes and a radio's teeth reach beyond the body, in em."""

_SUNKEN = 0.06
"""How far a cloud's own outline is drawn inside, so that it never shows between the puffs."""

_DASH, _PAUSE = 0.46, 0.36
"""A whisper's dashes and what is between them, in em."""

_GOLDEN = (math.sqrt(5) - 1) / 2

BEYOND: dict[BalloonKind, float] = {
    "says": 0.0,
    "thinks": PUFF,
    "whispers": 0.0,
    "shouts": SPIKE,
    "radios": TOOTH,
}
"""How far each kind's outline reaches beyond the body that holds its text, in em."""


@dataclass(frozen=True, slots=True)
class Inked:
    """A balloon's lines and its paper. Lines lie under the paper: their outer half shows, and
    nothing of them where parts meet; so papers are drawn when all lines are."""

    lines: tuple[StrokePath, ...]
    papers: tuple[FillPath, ...]


def balloon(
    kind: BalloonKind,
    body: Body,
    center: Point,
    bent: Tail | None,
    em: float,
    style: Style,
    seed: float = 0.0,
) -> Inked:
    """A balloon in pixels around `body`, which holds its text; its tail leaves the outline."""
    if kind == "thinks":
        return _thought(body, center, bent, em, style)
    if kind == "whispers":
        return _whisper(body, center, bent, em, style)
    if kind == "shouts":
        shape = _with_tail(burst(body, center, em, seed), bent, center, 1.15, SPIKE, body, em)
        return _inked(shape, style.ink, style.paper, 1.3 * style.stroke)
    if kind == "radios":
        jagged: Shape = (_jagged(body, center, em, seed),)
        if bent is not None:
            jagged = (*jagged, _clockwise(bolt(bent, center, 0.85 * em, TOOTH * em)))
        return _inked(jagged, style.ink, style.paper, style.stroke)
    shape = _with_tail(body.outline(center), bent, center, 1.0, 0.0, body, em)
    return _inked(shape, style.ink, style.paper, style.stroke)


def neck(start: Point, end: Point, em: float, style: Style) -> Inked:
    """The band between two joined balloons that stand apart, from middle to middle."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = math.hypot(dx, dy) or 1.0
    x, y = -dy / length * 0.36 * em, dx / length * 0.36 * em
    band = polygon(
        [
            (start[0] + x, start[1] + y),
            (start[0] - x, start[1] - y),
            (end[0] - x, end[1] - y),
            (end[0] + x, end[1] + y),
        ]
    )
    return _inked((_clockwise(band),), style.ink, style.paper, style.stroke)


def _inked(shape: Shape, ink: Color, paper: Color, stroke: float) -> Inked:
    return Inked((StrokePath(shape, ink, 2 * stroke),), (FillPath(shape, paper),))


def _with_tail(
    outline: Contour,
    bent: Tail | None,
    center: Point,
    wide: float,
    deep: float,
    body: Body,
    em: float,
) -> Shape:
    """An outline and the wedge of its tail, `wide` times as wide as usual, rooted `deep` em."""
    if bent is None:
        return (outline,)
    made = wedge(bent, center, wide * root_width(body, em), deep * em)
    return outline, _clockwise(made)


def _clockwise(contour: Contour) -> Contour:
    """Turned where needed, so that the contour unites with the body's instead of cutting it."""
    points = flatten(contour)
    area = sum(
        points[i - 1][0] * points[i][1] - points[i][0] * points[i - 1][1]
        for i in range(len(points))
    )
    if area >= 0:
        return contour
    ends = [contour.start, *(segment[-1] for segment in contour.segments)]
    turned = tuple(
        (segment[1], segment[0], ends[i]) if len(segment) == 3 else (ends[i],)
        for i, segment in reversed(list(enumerate(contour.segments)))
    )
    return Contour(ends[-1], turned)


@dataclass(frozen=True, slots=True)
class _Rim:
    """A body's rim by length: where one is after a share of the way round, and what is outward."""

    body: Body
    center: Point
    points: Sequence[Point]
    lengths: Sequence[float]

    @classmethod
    def of(cls, body: Body, center: Point) -> _Rim:
        points = body.rim(360)
        lengths = [0.0]
        for i in range(1, len(points) + 1):
            lengths.append(lengths[-1] + math.dist(points[i - 1], points[i % len(points)]))
        return cls(body, center, points, lengths)

    @property
    def length(self) -> float:
        return self.lengths[-1]

    def at(self, share: float, out: float = 0.0) -> Point:
        """The point after a share of the way round, `out` pixels outward."""
        wanted = (share % 1) * self.length
        index = next(i for i, length in enumerate(self.lengths) if length >= wanted)
        x, y = self.points[index % len(self.points)]
        across, down = self.body.normal((x, y))
        return self.center[0] + x + across * out, self.center[1] + y + down * out


def _uneven(number: int, seed: float) -> float:
    """From 0 to 1, never alike twice in a row: steps of the golden ratio."""
    return ((number + 1) * _GOLDEN + seed) % 1


def _thought(body: Body, center: Point, bent: Tail | None, em: float, style: Style) -> Inked:
    """A cloud whose puffs reach `PUFF` em beyond the body, and its trail of bubbles."""
    core = body.grown(-_SUNKEN * em)
    cloud = _inked(
        (core.outline(center), *_puffs(body, center, em)), style.ink, style.paper, style.stroke
    )
    if bent is None:
        return cloud
    trail = _inked(bubbles(bent, em), style.ink, style.paper, style.stroke)
    return Inked((*trail.lines, *cloud.lines), (*trail.papers, *cloud.papers))


def _puffs(body: Body, center: Point, em: float) -> Shape:
    """Circles along the outline, evenly by length, a little uneven in size as by hand."""
    rim = _Rim.of(body, center)
    count = max(7, round(rim.length / (1.45 * em)))
    spacing = rim.length / count
    shape = []
    for number in range(count):
        radius = spacing * (0.65 + 0.04 * math.sin(1.7 * number + 1))
        inward = radius - PUFF * em * (0.9 + 0.1 * math.sin(3.1 * number))
        share = (number + 0.5 + 0.07 * math.sin(2.4 * number)) / count
        shape.append(circle(rim.at(share, -inward), radius))
    return tuple(shape)


def _whisper(body: Body, center: Point, bent: Tail | None, em: float, style: Style) -> Inked:
    shape = _with_tail(body.outline(center), bent, center, 0.85, 0.0, body, em)
    ways = [flatten(contour, 0.1) for contour in shape]
    ways[0].append(ways[0][0])
    dashes = tuple(dash for way in ways for dash in _dashes(way, em))
    line = StrokePath(dashes, style.whisper_ink, 2.2 * style.stroke)
    return Inked((line,), (FillPath(shape, style.paper),))


def _dashes(way: Sequence[Point], em: float) -> list[Contour]:
    """The way as dashes, each there and back again, since contours are closed."""
    length = sum(math.dist(way[i - 1], way[i]) for i in range(1, len(way)))
    count = max(2, round(length / ((_DASH + _PAUSE) * em)))
    step = length / count
    drawn = step * _DASH / (_DASH + _PAUSE)
    dashes = []
    for number in range(count):
        points = _between(way, number * step, number * step + drawn)
        dashes.append(polygon([*points, *points[-2:0:-1]]))
    return dashes


def _between(way: Sequence[Point], start: float, end: float) -> list[Point]:
    """The part of a way between two lengths along it."""
    points: list[Point] = []
    gone = 0.0
    for (x0, y0), (x1, y1) in itertools.pairwise(way):
        step = math.dist((x0, y0), (x1, y1))
        for wanted in (start, end):
            if gone <= wanted < gone + step:
                share = (wanted - gone) / step
                points.append((x0 + (x1 - x0) * share, y0 + (y1 - y0) * share))
        gone += step
        if start < gone < end:
            points.append((x1, y1))
    return points if len(points) > 1 else [*points, way[-1]]


def burst(body: Body, center: Point, em: float, seed: float) -> Contour:
    """Hollow spikes around the body, long and short ones, at most `SPIKE` em beyond it."""
    rim = _Rim.of(body, center)
    count = max(11, round(rim.length / (1.2 * em)))
    start = rim.at(0.0, 0.06 * em)
    valley = start
    segments: list[Line | Cubic] = []
    for number in range(count):
        tip_at = (number + 0.5 + 0.26 * (_uneven(number, seed) - 0.5)) / count
        long = 0.42 + 0.58 * _uneven(number, 3 * seed + 0.3)
        tip, foot = rim.at(tip_at, long * SPIKE * em), rim.at(tip_at, 0.06 * em)
        last = number == count - 1
        shift = 0.0 if last else 0.2 * (_uneven(number, 7 * seed) - 0.5)
        following = start if last else rim.at((number + 1 + shift) / count, 0.06 * em)
        segments.append(_hollow(valley, foot, tip))
        segments.append(_hollow(tip, foot, following))
        valley = following
    return Contour(start, tuple(segments))


def _hollow(start: Point, foot: Point, end: Point) -> Cubic:
    """A side of a spike, drawn a little toward the foot of its tip."""

    def drawn(share: float) -> Point:
        x, y = (start[i] + (end[i] - start[i]) * share for i in (0, 1))
        return x + (foot[0] - x) * 0.22, y + (foot[1] - y) * 0.22

    return drawn(1 / 3), drawn(2 / 3), end


def _jagged(body: Body, center: Point, em: float, seed: float) -> Contour:
    """A line that crackles: slanted teeth around the body, at most `TOOTH` em beyond it."""
    rim = _Rim.of(body, center)
    count = max(12, round(rim.length / (0.95 * em)))
    points: list[Point] = []
    for number in range(count):
        high = TOOTH * em * (0.6 + 0.4 * _uneven(number, seed))
        wide = 0.18 * (_uneven(number, 5 * seed) - 0.5)
        points.append(rim.at((number + wide) / count, 0.03 * em))
        points.append(rim.at((number + 0.36 + wide) / count, high))
        points.append(rim.at((number + 0.56 + wide) / count, 0.4 * high))
    return polygon(points)
