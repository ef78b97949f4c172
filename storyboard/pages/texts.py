"""A panel's texts set into lines, each in several ways, and how every way is drawn."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from storyboard.pages.balloons import PUFF, speech, thought
from storyboard.pages.bodies import ROUND, Body, SetLine, box_body, flatness, round_body, set_lines
from storyboard.pages.breaking import Block, blocks
from storyboard.pages.commands import Command, FillPath, StrokePath
from storyboard.pages.content import Anchor, BalloonKind
from storyboard.pages.costs import Place, Role
from storyboard.pages.fonts import Font
from storyboard.pages.setting import drawn
from storyboard.pages.shapes import Point, rectangle
from storyboard.pages.sounds import Sound, draw_sound, sound
from storyboard.pages.style import Style

_SPEECH_AIR = (0.55, 0.52)
_THOUGHT_AIR = (0.5, 0.45)
_CAPTION_AIR = (0.55, 0.5)
_SOUND_SIZES = (4.2, 3.5, 2.9, 2.4, 2.0, 1.6)
_CLOUD = 2.6
"""A cloud's body is squarer than a balloon's, since its puffs round it off again."""


class Setting(Protocol):
    """One way to set a text; its body is in em and has all that is drawn, but for the tail."""

    @property
    def body(self) -> Body: ...

    @property
    def badness(self) -> float: ...

    def draw(self, place: Place, em: float, style: Style) -> list[Command]:
        """The commands, with letters of `em` pixels."""
        ...


@dataclass(frozen=True, slots=True)
class SetText:
    """A text with its settings, best first. `label` names it to the author."""

    role: Role
    label: str
    settings: tuple[Setting, ...]
    anchor: Anchor | None
    speaker: Point | None


@dataclass(frozen=True, slots=True)
class _Balloon:
    kind: BalloonKind
    lines: tuple[SetLine, ...]
    core: Body
    badness: float
    font: Font

    @property
    def body(self) -> Body:
        return self.core.grown(PUFF) if self.kind == "thinks" else self.core

    def draw(self, place: Place, em: float, style: Style) -> list[Command]:
        shape = thought if self.kind == "thinks" else speech
        outline = shape(self.core.scaled(em), place.center, place.tail, em, style)
        return [*outline, *drawn(self.lines, place.center, em, style.ink)]


@dataclass(frozen=True, slots=True)
class _Caption:
    lines: tuple[SetLine, ...]
    body: Body
    badness: float
    font: Font

    def draw(self, place: Place, em: float, style: Style) -> list[Command]:
        shape = (rectangle(self.body.scaled(em).box(place.center)),)
        return [
            StrokePath(shape, style.ink, 2 * style.stroke),
            FillPath(shape, style.caption_paper),
            *drawn(self.lines, place.center, em, style.ink),
        ]


@dataclass(frozen=True, slots=True)
class _Sound:
    sound: Sound
    size: float
    badness: float
    font: Font

    @property
    def body(self) -> Body:
        return self.sound.body.scaled(self.size)

    def draw(self, place: Place, em: float, style: Style) -> list[Command]:
        return draw_sound(self.sound, place.center, self.size * em, self.font, style)


def balloon_settings(text: str, kind: BalloonKind, font: Font) -> tuple[Setting, ...]:
    """A balloon's settings, best first; `text` is clean, not empty and covered by `font`."""
    found = []
    for block in blocks(text, font, "lens"):
        lines = set_lines(block, font, centered=True)
        air, power = (_SPEECH_AIR, ROUND) if kind == "says" else (_THOUGHT_AIR, _CLOUD)
        found.append((block, lines, round_body(lines, font, air, power)))
    least = min(body.half_width * body.half_height for _, _, body in found)
    settings = [
        _Balloon(kind, lines, body, _balloon_badness(block, body, least, font), font)
        for block, lines, body in found
    ]
    return tuple(sorted(settings, key=lambda setting: setting.badness))


def _balloon_badness(block: Block, body: Body, least: float, font: Font) -> float:
    """Wasted area, how far the shape is from nine to five, and short lines."""
    waste = body.half_width * body.half_height / least - 1
    aspect = math.log(flatness(body, font) / 1.8)
    return 0.8 * waste + 1.6 * aspect * aspect + 3.0 * block.raggedness


def caption_settings(text: str, font: Font) -> tuple[Setting, ...]:
    """A caption's settings, best first; `text` is clean, not empty and covered by `font`."""
    settings = []
    for block in blocks(text, font, "level"):
        body = box_body(block, font, _CAPTION_AIR)
        lines = set_lines(block, font, centered=False)
        settings.append(_Caption(lines, body, _caption_badness(block, body, font), font))
    return tuple(sorted(settings, key=lambda setting: setting.badness))


def _caption_badness(block: Block, body: Body, font: Font) -> float:
    """Captions are flat, and their last line is no lonely word."""
    aspect = math.log(flatness(body, font) / 4)
    lonely = len(block.lines) > 1 and block.lines[-1].width < 0.3 * block.width
    return 0.35 * aspect * aspect + (0.4 if lonely else 0.0)


def sound_settings(text: str, font: Font) -> tuple[Setting, ...]:
    """A sound's settings, largest first; `text` is clean, not empty and covered by `font`."""
    drawn = sound(" ".join(text.split("\n")), font)
    return tuple(
        _Sound(drawn, size, 0.5 * number, font) for number, size in enumerate(_SOUND_SIZES)
    )
