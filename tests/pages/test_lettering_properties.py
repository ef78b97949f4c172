"""What a reader may rely on, on 1,000 random pages of every kind of text, panel and reading."""

from __future__ import annotations

import itertools
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import hypothesis
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from storyboard.pages.content import PanelContent, Reading
from storyboard.pages.hulls import reach_box
from storyboard.pages.lettering import Lettering
from storyboard.pages.reading import grouped
from storyboard.pages.style import Style, style_for
from storyboard.pages.whole import letter_page
from tests.pages.pages import LANGUAGES, RandomPage, Seen, holds, ink, meet, outside, pages, seen
from tests.support.fonts import small_fonts

FONTS = {language: small_fonts(language) for language in LANGUAGES.values()}
CHUNKS, PAGES = 8, 125
PADDING = 0.2
"""How much air every line has at least around it inside its balloon, in em of its letters."""


@dataclass
class Tally:
    """How many pages with little text there were, and how many of them were lettered whole."""

    light: int = 0
    whole: int = 0
    pages: list[str] = field(default_factory=list)


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_lettering_keeps_its_promises_on_random_pages(chunk: int) -> None:
    tally = Tally()

    def kept(page: RandomPage) -> None:
        _keeps_promises(page, tally)

    run = settings(
        max_examples=PAGES,
        deadline=None,
        database=None,
        phases=(Phase.generate,),  # pages take long to shrink, and are told in full anyway
        suppress_health_check=list(HealthCheck),
    )(given(pages())(kept))
    hypothesis.seed(chunk)(run)()
    assert tally.light >= PAGES / 3
    assert tally.whole >= 0.95 * tally.light, tally


def _keeps_promises(page: RandomPage, tally: Tally) -> None:
    content, style = page.content, style_for(page.content.sheet.size)
    found = letter_page(content, page.busy, style, FONTS[content.language])
    drawn = [seen(one.commands) for one in found]
    for panel, things in zip(content.panels, drawn, strict=True):
        _text_has_its_padding(things)
        _everything_stays_inside(page, panel, things)
        _nothing_covers_an_inset(panel, things)
    for one, other in itertools.combinations([thing for things in drawn for thing in things], 2):
        assert not meet(one, other), f"{one.said} meets {other.said}"
    for panel, things, lettering in zip(content.panels, drawn, found, strict=True):
        if not lettering.problems:
            assert _letters(_texts(panel)) == _letters(
                run.text for one in things for run in one.runs
            )
        _reading_order_is_kept(things, content.reading)
    _count(page, style, found, tally)


def _text_has_its_padding(things: list[Seen]) -> None:
    for thing in things:
        if thing.sound:
            continue
        contours = thing.contours
        for run in thing.runs:
            box = ink(run).grown(PADDING * run.size)
            corners = [(x, y) for x in (box.left, box.right) for y in (box.top, box.bottom)]
            held = np.any([holds(one, np.array(corners)) for one in contours], axis=0)
            assert held.all(), f"{run.text} comes too near to its balloon's edge"


def _everything_stays_inside(page: RandomPage, panel: PanelContent, things: list[Seen]) -> None:
    size = page.content.sheet.size
    bursts = any(balloon.burst for balloon in panel.balloons)
    for thing in things:
        for points in thing.contours:
            if bursts:
                assert points.min() > 0
                assert (points.max(axis=0) < (size.width, size.height)).all()
            else:
                assert outside(panel, points) <= 0, f"{thing.said} leaves its panel"


def _nothing_covers_an_inset(panel: PanelContent, things: list[Seen]) -> None:
    for blocked in panel.blocked:
        corners = np.array(
            [
                (blocked.left, blocked.top),
                (blocked.right, blocked.top),
                (blocked.right, blocked.bottom),
                (blocked.left, blocked.bottom),
            ]
        )
        for thing in things:
            for points in thing.contours:
                assert not holds(corners, points).any(), f"{thing.said} covers an inset"


def _texts(panel: PanelContent) -> Iterator[str]:
    yield from (text.text for text in panel.captions)
    yield from (text.text for text in panel.balloons)
    yield from (text.text for text in panel.sfx)


def _letters(texts: Iterable[str]) -> Counter[str]:
    """All letters, in one case: nothing else is added or lost by marks, breaks and hyphens."""
    joined = unicodedata.normalize("NFC", "".join(texts)).casefold()
    return Counter(character for character in joined if character.isalnum())


def _reading_order_is_kept(things: list[Seen], reading: Reading) -> None:
    told = [thing.body for thing in things if not thing.sound]
    for first, second in itertools.combinations(told, 2):
        assert second.bottom > first.top, "what is read later stands above"
        shared = min(first.bottom, second.bottom) - max(first.top, second.top)
        if shared > 0.5 * min(first.height, second.height) + 0.2 * first.height:
            onward = second.center[0] > first.center[0]
            assert onward == (reading == "ltr"), "what is read later stands before"


def _count(page: RandomPage, style: Style, found: list[Lettering], tally: Tally) -> None:
    """Counts a page if its texts, in the usual letters, would cover under a third of its art."""
    content = page.content
    art = sum(panel.cell.size.area for panel in content.panels)
    covered = 0.0
    for panel, busy in zip(content.panels, page.busy, strict=True):
        for group in grouped(panel, busy, FONTS[content.language], content.reading)[0]:
            box = reach_box(group.ways[0].reaches.max(axis=0) * style.em)
            covered += box.width * box.height
    if covered < art / 3:
        tally.light += 1
        problems = [problem for lettering in found for problem in lettering.problems]
        tally.whole += not problems
        tally.pages += [f"{problem.panel}: {problem.message}" for problem in problems]
