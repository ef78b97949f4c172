"""Random pages for the properties of lettering, and what is seen of a page's lettering."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from hypothesis import strategies as st

from storyboard.geometry import Rect, Size
from storyboard.pages.busy import Busy
from storyboard.pages.commands import Command, FillPath, StrokePath, TextRun
from storyboard.pages.content import (
    BalloonKind,
    BalloonText,
    CaptionKind,
    CaptionText,
    PageContent,
    PanelContent,
    Reading,
    SoundText,
    Standing,
    Writing,
)
from storyboard.pages.shapes import Box, Contour, Point, Shape, bounds, flatten, polygon
from storyboard.pages.sheets import Sheet
from tests.pages.samples import At

_TEXTS = {
    "Latin": """The light has been out for three long nights and nobody knows why. Wait! Is somebody
        up here? Grandpa always said: “Keep it burning, *whatever* comes.” Übermorgen; garçon,
        señor, Straßenbahnhaltestelle... It's **only** rain.""",
    "Cyrillic": """Маяк не горит уже три ночи, и никто не знает почему. Подожди! Есть здесь
        кто-нибудь? Дедушка всегда говорил: «Пусть горит, что бы ни случилось».""",
    "Greek": """Ο φάρος είναι σβηστός εδώ και τρεις νύχτες και κανείς δεν ξέρει γιατί. Περίμενε!
        Είναι κανείς εδώ πάνω; Ο παππούς έλεγε πάντα: «Κράτα τον αναμμένο».""",
}
_TEXTS |= {
    "Hebrew": "המגדלור כבוי כבר שלושה לילות ואיש אינו יודע מדוע חכו יש כאן מישהו סבא אמר תמיד",
    "Arabic": "المنارة مطفأة منذ ثلاث ليال ولا أحد يعرف لماذا انتظر هل يوجد أحد هنا في الأعلى؟",
    "Chinese": "塔上的灯 已经三天没有亮了， 谁不知道？ 等等！ 有人在这里吗？ 我们快去看看， "
    "船出海了。",
    "Japanese": "もう三日も、 あかりは ついていない。 だれも 知らない。 まって！ だれか いるの？ "
    "おじいさんは いつも 言った。",
}
LANGUAGES = {
    "Latin": "en",
    "Cyrillic": "ru",
    "Greek": "el",
    "Hebrew": "he",
    "Arabic": "ar",
    "Chinese": "zh",
    "Japanese": "ja",
}
SCRIPTS: dict[str, Sequence[str]] = {name: text.split() for name, text in _TEXTS.items()}
"""Words of each script."""

_Polygon = np.ndarray[tuple[int, int], np.dtype[np.float64]]

NAMES = ("mei", "bo", "juno")
_KINDS: tuple[BalloonKind, ...] = ("says", "says", "says", "thinks", "whispers", "shouts", "radios")
_CAPTIONS: tuple[CaptionKind, ...] = ("narration", "narration", "location", "editor")
_SOUNDS = ("DRIP", "KRAKOOM!", "tick", "WHOOSH")
_PLACES = tuple(At(x, y) for x in (0.0, 0.5, 1.0) for y in (0.0, 0.5, 1.0))


@dataclass(frozen=True, slots=True)
class RandomPage:
    """A page and how busy its panels are."""

    content: PageContent
    busy: tuple[Busy, ...]


@st.composite
def texts(draw: st.DrawFn, most: int, script: str) -> str:
    """Some words of a script."""
    words = SCRIPTS[script]
    start = draw(st.integers(0, len(words) - 1))
    count = draw(st.integers(1, most))
    between = "" if script in ("Chinese", "Japanese") else " "
    return between.join(words[(start + i) % len(words)] for i in range(count))


@st.composite
def balloons(draw: st.DrawFn, script: str, bursts: bool, writing: Writing) -> BalloonText:
    """A balloon of any kind, placed by the author one time in ten."""
    return BalloonText(
        draw(texts(18, script)),
        draw(st.sampled_from(_KINDS)),
        draw(st.sampled_from((*NAMES, None))),
        tail=draw(st.sampled_from((None, None, None, *_PLACES[::4]))),
        off=draw(st.integers(0, 5)) == 0,
        joined=draw(st.integers(0, 4)) == 0,
        burst=bursts and draw(st.integers(0, 3)) == 0,
        writing=writing,
    )


@st.composite
def panels(
    draw: st.DrawFn, cell: Rect, shape: Shape | None, script: str, writing: Writing
) -> PanelContent:
    """A panel with as many texts as its size bears, more or less."""
    size = cell.size.area / 90_000
    captions = draw(
        st.lists(
            st.builds(
                CaptionText,
                texts(10, script),
                kind=st.sampled_from(_CAPTIONS),
                writing=st.just(writing),
            ),
            max_size=1,
        )
    )
    spoken = draw(
        st.lists(balloons(script, draw(st.booleans()), writing), max_size=min(4, 1 + int(size)))
    )
    sounds = draw(
        st.lists(
            st.builds(
                SoundText,
                st.sampled_from(_SOUNDS),
                turn=st.sampled_from((None, 0.0, 25.0)),
                arc=st.sampled_from((0.0, 60.0, -40.0)),
            ),
            max_size=1,
        )
    )
    names = NAMES[: draw(st.integers(0, 3))]
    standing = tuple(
        Standing(name, draw(st.sampled_from((None, At((i + 0.5) / len(names), 0.55)))))
        for i, name in enumerate(names)
    )
    content = PanelContent(
        "1.a", cell, None, None, standing, tuple(captions), tuple(spoken), tuple(sounds), shape
    )
    if draw(st.integers(0, 4)) == 0:
        content = replace(content, blocked=(_corner(cell, draw(st.booleans())),))
    return content


def _corner(cell: Rect, left: bool) -> Rect:
    """An inset's place, below."""
    width, height = cell.width * 2 // 5, cell.height * 2 // 5
    start = cell.left if left else cell.right - width
    return Rect(start, cell.bottom - height, width, height)


@st.composite
def pages(draw: st.DrawFn) -> RandomPage:
    """One or two tiers of one or two panels, some with leaning gutters."""
    sheet = Sheet(Size(draw(st.integers(500, 1000)), draw(st.integers(500, 1000))), 24, 14)
    script = draw(st.sampled_from(list(SCRIPTS)))
    columns = script in ("Chinese", "Japanese") and draw(st.booleans())
    writing: Writing = "vertical" if columns else "horizontal"
    rows = draw(st.integers(1, 2))
    high = (sheet.inner.height - 14 * (rows - 1)) // rows
    found: list[PanelContent] = []
    for row in range(rows):
        top = sheet.inner.top + row * (high + 14)
        lean = draw(st.sampled_from((0, 0, 40, -30)))
        split = draw(st.booleans())
        for cell, shape in _tier(sheet.inner, top, high, lean, split):
            found.append(draw(panels(cell, shape, script, writing)))
    reading: Reading = draw(st.sampled_from(("ltr", "rtl")))
    named = tuple(replace(one, address=f"1.{i}") for i, one in enumerate(found))
    busy = tuple(_busy(one.cell, draw(st.integers(0, 3))) for one in named)
    return RandomPage(PageContent(1, sheet, reading, named, LANGUAGES[script]), busy)


def _tier(
    inner: Rect, top: int, high: int, lean: int, split: bool
) -> list[tuple[Rect, Shape | None]]:
    """The cells of a tier, the gutter between two of them leaning by so many pixels."""
    if not split:
        return [(Rect(inner.left, top, inner.width, high), None)]
    middle, extra = inner.left + inner.width // 2, abs(lean)
    left = Rect(inner.left, top, middle - 7 + extra - inner.left, high)
    right = Rect(middle + 7 - extra, top, inner.right - middle - 7 + extra, high)
    if not lean:
        return [(left, None), (right, None)]
    upper, lower = middle + lean, middle - lean
    return [
        (left, (_quad(left.left, top, upper - 7, high, left.left, lower - 7),)),
        (right, (_quad(upper + 7, top, right.right, high, lower + 7, right.right),)),
    ]


def _quad(
    left: float, top: float, right: float, high: float, low_left: float, low: float
) -> Contour:
    return polygon([(left, top), (right, top), (low, top + high), (low_left, top + high)])


def _busy(cell: Rect, number: int) -> Busy:
    """Calm, or with one, two or three discs of what is busy."""
    y, x = np.mgrid[:12, :12] / 11.0
    values = np.zeros((12, 12))
    for i in range(number):
        away = np.hypot(x - (i + 0.5) / number, y - 0.5)
        values = np.maximum(values, np.clip(1.2 - 5 * away, 0, 1))
    return Busy(values, cell)


@dataclass(frozen=True, slots=True)
class Seen:
    """What stands together on a page: its papers (a sound's letters, too), their outlines as
    polygons, and its lines."""

    papers: tuple[Shape, ...]
    contours: tuple[_Polygon, ...]
    runs: tuple[TextRun, ...]

    @property
    def sound(self) -> bool:
        """Whether these are drawn letters."""
        return all(run.color is None for run in self.runs)

    @property
    def said(self) -> str:
        """The text, without its spaces."""
        return "".join(run.text for run in self.runs).replace(" ", "")

    @property
    def body(self) -> Box:
        """The box around it without its tails: these come after their bodies, and a thought's
        three bubbles before its cloud."""
        bodies = [
            one
            for shape in self.papers
            if len(shape) != 3
            for one in (shape[:1] if len(shape) == 2 else shape)
        ]
        return bounds(tuple(bodies))


def seen(commands: Sequence[Command]) -> list[Seen]:
    """A panel's lettering, taken apart: each text is lines, papers and letters, in this order."""
    found: list[list[Command]] = []
    for command in commands:
        if isinstance(command, StrokePath) and (not found or isinstance(found[-1][-1], TextRun)):
            found.append([])
        found[-1].append(command)
    return [_seen(one) for one in found]


def _seen(commands: Sequence[Command]) -> Seen:
    papers = tuple(command.shape for command in commands if isinstance(command, FillPath))
    contours = tuple(np.array(flatten(one, 0.5)) for shape in papers for one in shape)
    runs = tuple(command for command in commands if isinstance(command, TextRun))
    return Seen(papers, contours, runs)


def ink(run: TextRun) -> Box:
    """The box around a run's letters and the control points of their curves."""
    shape = run.outline()
    points = np.array([end for one in shape for segment in one.segments for end in segment])
    if not len(points):
        points = np.array([(run.x, run.baseline)])
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    return Box(float(left), float(top), float(right), float(bottom))


def meet(one: Seen, other: Seen) -> bool:
    """Whether two things on a page overlap: outlines cross, or one holds the other."""
    for a in one.contours:
        for b in other.contours:
            if (a.min(0) < b.max(0)).all() and (b.min(0) < a.max(0)).all() and _overlap(a, b):
                return True
    return False


def _overlap(a: _Polygon, b: _Polygon) -> bool:
    return _crossing(a, b) or bool(holds(a, b[:1]).any() or holds(b, a[:1]).any())


def _crossing(a: _Polygon, b: _Polygon) -> bool:
    def side(p: _Polygon, q: _Polygon, r: _Polygon) -> _Polygon:
        way, to = q - p, r - p
        return np.asarray(way[..., 0] * to[..., 1] - way[..., 1] * to[..., 0])

    a0, a1 = a[:, None], np.roll(a, -1, axis=0)[:, None]
    b0, b1 = b[None], np.roll(b, -1, axis=0)[None]
    crossed = (side(a0, a1, b0) * side(a0, a1, b1) < 0) & (side(b0, b1, a0) * side(b0, b1, a1) < 0)
    return bool(crossed.any())


def holds(corners: _Polygon, points: _Polygon) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which points lie in a polygon (even-odd rule)."""
    x, y = points[:, 0][:, None], points[:, 1][:, None]
    (x0, y0), (x1, y1) = corners.T, np.roll(corners, -1, axis=0).T
    with np.errstate(divide="ignore", invalid="ignore"):
        at = (x1 - x0) * (y - y0) / (y1 - y0) + x0
    return np.asarray((((y0 > y) != (y1 > y)) & (x < at)).sum(axis=1) % 2 == 1)


def outside(panel: PanelContent, points: _Polygon) -> float:
    """By how much points stand out of their panel, in pixels."""
    cell = panel.cell
    corners = [
        (cell.left, cell.top),
        (cell.right, cell.top),
        (cell.right, cell.bottom),
        (cell.left, cell.bottom),
    ]
    outline: Sequence[Point] = flatten(panel.shape[0]) if panel.shape else corners
    most = -math.inf
    for (x0, y0), (x1, y1) in zip(outline, [*outline[1:], outline[0]], strict=True):
        way = math.hypot(x1 - x0, y1 - y0)
        away = ((points[:, 0] - x0) * (y1 - y0) - (points[:, 1] - y0) * (x1 - x0)) / way
        most = max(most, float(away.max()))
    return most
