"""A panel's texts set into lines, each in several ways, and how every way is drawn."""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from storyboard.pages.balloons import BEYOND, Inked, balloon
from storyboard.pages.bodies import ROUND, Body, SetLine, box_body, flatness, round_body, set_lines
from storyboard.pages.breaking import Block, blocks
from storyboard.pages.commands import Color, Command, FillPath, StrokePath
from storyboard.pages.content import BalloonKind, CaptionKind, Writing
from storyboard.pages.fonts import Font, Fonts
from storyboard.pages.hulls import Reach, body_reach
from storyboard.pages.setting import drawn
from storyboard.pages.shapes import Point, rectangle
from storyboard.pages.sounds import RISE, Sound, draw_sound, sound
from storyboard.pages.style import Style
from storyboard.pages.tails import Tail

_CAPTION_AIR = (0.55, 0.5)
_REMEMBERED = 512
"""A page's panels are lettered more than once, for letters of one size: texts are set once."""

_SOUND_SIZES = (4.2, 3.5, 2.9, 2.4, 2.0, 1.6)


@dataclass(frozen=True, slots=True)
class _Manner:
    """How a kind of balloon is set: the air around its lines and the power of its body (in em of
    its own letters), and its letters' size relative to the page's."""

    air: Point
    power: float
    letters: float


_MANNERS: dict[BalloonKind, _Manner] = {
    "says": _Manner((0.55, 0.52), ROUND, 1.0),
    "thinks": _Manner((0.56, 0.54), 2.6, 1.0),  # squarer, since its puffs round it off again
    "whispers": _Manner((0.6, 0.56), ROUND, 0.88),
    "shouts": _Manner((0.44, 0.46), ROUND, 1.2),
    "radios": _Manner((0.45, 0.42), 3.0, 0.96),
}

_CAPTION_LETTERS: dict[CaptionKind, float] = {"narration": 1.0, "location": 0.84, "editor": 0.8}


class Drawn(Protocol):
    """What is drawn of a text, in layers: what is joined unites by them."""

    @property
    def lines(self) -> Sequence[Command]:
        """Under every paper."""
        ...

    @property
    def papers(self) -> Sequence[Command]:
        """Under all letters."""
        ...

    @property
    def letters(self) -> Sequence[Command]:
        """On top."""
        ...


@dataclass(frozen=True, slots=True)
class _Layers:
    lines: Sequence[Command]
    papers: Sequence[Command]
    letters: Sequence[Command]


class Setting(Protocol):
    """One way to set a text; its body is in em and has all that is drawn, but for the tail."""

    @property
    def body(self) -> Body: ...

    @property
    def reach(self) -> Reach:
        """How far all that is drawn reaches from the middle, in em."""
        ...

    @property
    def badness(self) -> float: ...

    @property
    def overlap(self) -> float:
        """How far, in em, a joined balloon may come in."""
        ...

    def draw(self, center: Point, bent: Tail | None, em: float, style: Style) -> Drawn:
        """The commands, where letters of usual size have `em` pixels."""
        ...


@dataclass(frozen=True, slots=True)
class _Balloon:
    kind: BalloonKind
    lines: tuple[SetLine, ...]
    core: Body
    badness: float
    seed: float

    @property
    def body(self) -> Body:
        return self.core.grown(BEYOND[self.kind])

    @property
    def reach(self) -> Reach:
        return body_reach(self.body)

    @property
    def overlap(self) -> float:
        return 0.28 + 0.9 * BEYOND[self.kind]

    def draw(self, center: Point, bent: Tail | None, em: float, style: Style) -> Drawn:
        inked: Inked = balloon(self.kind, self.core.scaled(em), center, bent, em, style, self.seed)
        color = style.whisper_ink if self.kind == "whispers" else style.ink
        size = em * _MANNERS[self.kind].letters
        return _Layers(inked.lines, inked.papers, drawn(self.lines, center, size, color))


@dataclass(frozen=True, slots=True)
class _Caption:
    kind: CaptionKind
    lines: tuple[SetLine, ...]
    body: Body
    badness: float
    overlap: float = 0.0

    @property
    def reach(self) -> Reach:
        return body_reach(self.body)

    def draw(self, center: Point, bent: Tail | None, em: float, style: Style) -> Drawn:
        shape = (rectangle(self.body.scaled(em).box(center)),)
        paper, ink = style.caption_paper, style.ink
        if self.kind == "location":
            paper, ink = style.location_paper, style.location_ink
        if self.kind == "editor":
            paper = style.paper
        size = em * _CAPTION_LETTERS[self.kind]
        line = StrokePath(shape, style.ink, 2 * style.stroke * min(1.0, size / em))
        letters = drawn(self.lines, center, size, ink)
        return _Layers((line,), (FillPath(shape, paper),), letters)


@dataclass(frozen=True, slots=True)
class _Sound:
    sound: Sound
    size: float
    badness: float
    font: Font
    color: Color | None
    overlap: float = 0.0

    @property
    def body(self) -> Body:
        return self.sound.body.scaled(self.size)

    @property
    def reach(self) -> Reach:
        return self.sound.reach * self.size

    def draw(self, center: Point, bent: Tail | None, em: float, style: Style) -> Drawn:
        commands = draw_sound(self.sound, center, self.size * em, self.font, style, self.color)
        return _Layers((), (), commands)


def balloon_font(kind: BalloonKind, writing: Writing, fonts: Fonts) -> Font:
    """Thoughts and machines lean, everybody else stands upright."""
    font = fonts.thought if kind in ("thinks", "radios") else fonts.speech
    return font.written(writing)


@lru_cache(maxsize=_REMEMBERED)
def balloon_settings(text: str, kind: BalloonKind, font: Font) -> tuple[Setting, ...]:
    """A balloon's settings, best first; `text` is clean, not empty and covered by `font`."""
    manner = _MANNERS[kind]
    found = []
    for block in blocks(text, font, "lens"):
        lines = set_lines(block, font, centered=True)
        body = round_body(lines, font, manner.air, manner.power).scaled(manner.letters)
        found.append((block, lines, body))
    least = min(body.half_width * body.half_height for _, _, body in found)
    seed = zlib.crc32(text.encode()) / 2**32
    settings = [
        _Balloon(kind, lines, body, _balloon_badness(block, body, least, font), seed)
        for block, lines, body in found
    ]
    return tuple(sorted(settings, key=lambda setting: setting.badness))


def _balloon_badness(block: Block, body: Body, least: float, font: Font) -> float:
    """Wasted area, how far the shape is from nine to five, and short lines."""
    waste = body.half_width * body.half_height / least - 1
    aspect = math.log(flatness(body, font) / 1.8)
    return 0.8 * waste + 1.6 * aspect * aspect + 3.0 * block.raggedness


def caption_font(kind: CaptionKind, writing: Writing, fonts: Fonts) -> Font:
    """Narrators and editors lean; places are told in upright capitals."""
    return (fonts.speech if kind == "location" else fonts.caption).written(writing)


@lru_cache(maxsize=_REMEMBERED)
def caption_settings(text: str, kind: CaptionKind, font: Font) -> tuple[Setting, ...]:
    """A caption's settings, best first; `text` is clean, not empty and covered by `font`."""
    settings = []
    size = _CAPTION_LETTERS[kind]
    for block in blocks(text, font, "level"):
        body = box_body(block, font, _CAPTION_AIR).scaled(size)
        lines = set_lines(block, font, centered=False)
        settings.append(_Caption(kind, lines, body, _caption_badness(block, body, font)))
    return tuple(sorted(settings, key=lambda setting: setting.badness))


def _caption_badness(block: Block, body: Body, font: Font) -> float:
    """Captions are flat, and their last line is no lonely word."""
    aspect = math.log(flatness(body, font) / 4)
    lonely = len(block.lines) > 1 and block.lines[-1].width < 0.3 * block.width
    return 0.35 * aspect * aspect + (0.4 if lonely else 0.0)


@lru_cache(maxsize=_REMEMBERED)
def sound_settings(
    text: str, font: Font, turn: float | None = None, arc: float = 0.0, color: Color | None = None
) -> tuple[Setting, ...]:
    """A sound's settings, largest first; `text` is clean, not empty and covered by `font`."""
    made = sound(" ".join(text.split("\n")), font, RISE if turn is None else turn, arc)
    return tuple(
        _Sound(made, size, 0.8 * number, font, color) for number, size in enumerate(_SOUND_SIZES)
    )
