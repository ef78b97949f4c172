"""Texts that find their places together: one by itself, joined balloons, stacked captions."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from storyboard.pages.content import Anchor, Reading
from storyboard.pages.costs import Mouth, Option, Out, Part, Request, Role, reads_before
from storyboard.pages.hulls import Reach, gaps, moved, reach_box
from storyboard.pages.shapes import Point
from storyboard.pages.texts import Setting

_LEANINGS: tuple[tuple[Point, float], ...] = (
    ((0.75, 0.66), 0.0),
    ((0.25, 0.97), 0.1),
    ((-0.6, 0.8), 0.3),
    ((1.0, 0.12), 0.3),
)
"""Where a joined balloon stands from the one before it (for ltr), and how bad that is."""

_BETWEEN = 0.35
"""The gap between captions that stand one below the other, in em."""

_MOST_WAYS = 24
_TRIED = 2
"""How many settings of each joined balloon are tried."""


@dataclass(frozen=True, slots=True)
class SetText:
    """A text with its settings, best first. `label` names it to the author."""

    label: str
    settings: tuple[Setting, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Way:
    """One way to set a group: a setting for each text, where their middles stand in em, and how
    far they reach (a row each)."""

    settings: tuple[Setting, ...]
    offsets: tuple[Point, ...]
    reaches: Reach
    badness: float

    def option(self, em: float) -> Option:
        """The way in pixels."""
        parts = tuple(
            Part(setting.body.scaled(em), (x * em, y * em))
            for setting, (x, y) in zip(self.settings, self.offsets, strict=True)
        )
        return Option(parts, self.reaches * em, self.badness)


@dataclass(frozen=True, eq=False, slots=True)
class Group:
    """Texts that find a place together, and all the ways to set them, best first."""

    role: Role
    texts: tuple[SetText, ...]
    ways: tuple[Way, ...]
    anchor: Anchor | None = None
    aim: Mouth | Out | None = None
    burst: bool = False
    neck: int | None = None

    @property
    def label(self) -> str:
        """How the author is told of it."""
        return " with ".join(text.label for text in self.texts)

    def request(self, em: float) -> Request:
        """What is asked for in letters of `em` pixels."""
        options = tuple(way.option(em) for way in self.ways)
        return Request(self.role, options, self.anchor, self.aim, self.burst, self.neck)


def ways_of(texts: Sequence[SetText], reading: Reading) -> tuple[Way, ...]:
    """All ways to set texts that stand together, best first; joined ones overlap a little."""
    if len(texts) == 1:
        return tuple(
            Way((setting,), ((0.0, 0.0),), setting.reach[None], setting.badness)
            for setting in texts[0].settings
        )
    choices = itertools.product(*(text.settings[:_TRIED] for text in texts))
    found = [way for settings in choices for way in _joined(settings, reading)]
    return tuple(sorted(found, key=lambda way: way.badness)[:_MOST_WAYS])


def stacked(texts: Sequence[SetText], reading: Reading) -> tuple[Way, ...]:
    """All ways to set captions one below the other, flush where lines begin, best first."""
    choices = itertools.product(*(text.settings[:_TRIED] for text in texts))
    found = [_stack(settings, reading) for settings in itertools.islice(choices, _MOST_WAYS)]
    return tuple(sorted(found, key=lambda way: way.badness))


def _stack(settings: tuple[Setting, ...], reading: Reading) -> Way:
    side = -1 if reading == "ltr" else 1
    widest = max(one.body.half_width for one in settings)
    high = sum(2 * one.body.half_height for one in settings) + _BETWEEN * (len(settings) - 1)
    offsets, top = [], -high / 2
    for one in settings:
        offsets.append((side * (widest - one.body.half_width), top + one.body.half_height))
        top += 2 * one.body.half_height + _BETWEEN
    reaches = np.array(
        [moved(one.reach, np.array(at)) for one, at in zip(settings, offsets, strict=True)]
    )
    return Way(settings, tuple(offsets), reaches, sum(one.badness for one in settings))


def _joined(settings: tuple[Setting, ...], reading: Reading) -> Iterator[Way]:
    leanings = itertools.product(_LEANINGS, repeat=len(settings) - 1)
    for leaning in itertools.islice(leanings, 64):
        way = _chain(settings, [_facing(to, reading) for to, _ in leaning])
        if way is None or not _in_order(way.reaches, reading):
            continue
        bad = sum(setting.badness for setting in settings) + sum(worse for _, worse in leaning)
        box = reach_box(way.reaches.max(axis=0))
        bad += 0.012 * box.width * box.height
        yield Way(settings, way.offsets, way.reaches, bad)


def _facing(to: Point, reading: Reading) -> Point:
    return to if reading == "ltr" else (-to[0], to[1])


def _chain(settings: tuple[Setting, ...], leanings: Sequence[Point]) -> Way | None:
    """Each balloon touches the one before it and no other, all around their common middle."""
    offsets = [(0.0, 0.0)]
    for before, after, to in zip(settings, settings[1:], leanings, strict=False):
        x, y = offsets[-1]
        far = _touching(before, after, to)
        offsets.append((x + to[0] * far, y + to[1] * far))
    reaches = np.array(
        [moved(one.reach, np.array(at)) for one, at in zip(settings, offsets, strict=True)]
    )
    for i, j in itertools.combinations(range(len(settings)), 2):
        if j - i > 1 and gaps(reaches[i][None], reaches[j][None])[0, 0] < 0:
            return None
    x, y = reach_box(reaches.max(axis=0)).center
    middles = tuple((left - x, top - y) for left, top in offsets)
    return Way(settings, middles, moved(reaches, np.array((-x, -y))), 0.0)


def _touching(before: Setting, after: Setting, to: Point) -> float:
    """How far along `to` a balloon stands from another so that they overlap as they may."""
    wanted = -min(before.overlap, after.overlap)
    low, high = 0.0, 100.0
    for _ in range(24):
        middle = (low + high) / 2
        apart = gaps(before.reach[None], moved(after.reach, np.array(to) * middle)[None])[0, 0]
        low, high = (middle, high) if apart < wanted else (low, middle)
    return high


def _in_order(reaches: Reach, reading: Reading) -> bool:
    return all(
        bool(reads_before(before[None], after[None], reading)[0, 0])
        for before, after in itertools.pairwise(reaches)
    )
