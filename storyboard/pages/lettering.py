"""A panel's lettering: texts set, sized, placed, drawn; what cannot be is told, never cut."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count, takewhile

from storyboard.geometry import Rect
from storyboard.pages.breaking import clean
from storyboard.pages.busy import Busy
from storyboard.pages.commands import Command
from storyboard.pages.content import (
    Anchor,
    BalloonText,
    CaptionText,
    PanelContent,
    Reading,
    SoundText,
)
from storyboard.pages.costs import Option, Place, Request, Role, Room
from storyboard.pages.fonts import Font, Fonts, character_name
from storyboard.pages.itemising import missing
from storyboard.pages.placement import place_all
from storyboard.pages.shapes import Box, Point
from storyboard.pages.style import Style
from storyboard.pages.texts import (
    SetText,
    Setting,
    balloon_settings,
    caption_settings,
    sound_settings,
)

_MOST_CHARACTERS = 1000
_MOST_COVER = 0.42
"""Letters shrink rather than cover more of a panel than this."""


@dataclass(frozen=True, slots=True)
class LetteringProblem:
    """A text that could not be lettered, by the panel's address."""

    panel: str
    message: str


@dataclass(frozen=True, slots=True)
class Lettering:
    """A panel's lettering in drawing order, its letters' size, and what is missing from it."""

    commands: tuple[Command, ...]
    em: float
    problems: tuple[LetteringProblem, ...]


def letter(
    panel: PanelContent, busy: Busy, style: Style, fonts: Fonts, reading: Reading
) -> Lettering:
    """Letters one panel, as large as it goes between `style.em` and `style.smallest`.

    A text that a font lacks characters for, or that finds no room even in the smallest letters,
    is left out whole and told as a problem.
    """
    texts, problems = _set_texts(panel, busy, fonts)
    fitted = _fitted(texts, panel.cell, busy, style, reading)
    if fitted is None:
        smallest = _room(panel.cell, busy, style, style.smallest, reading)
        texts, messages = _what_fits(texts, smallest)
        problems += messages
        fitted = _fitted(texts, panel.cell, busy, style, reading)
    told = tuple(LetteringProblem(panel.address, message) for message in problems)
    if fitted is None:
        return Lettering((), style.em, told)
    return Lettering(fitted.commands(texts, style), fitted.em, told)


@dataclass(frozen=True, slots=True)
class _Fitted:
    places: tuple[Place, ...]
    em: float

    def commands(self, texts: Sequence[SetText], style: Style) -> tuple[Command, ...]:
        """In reading order, as a PDF's text is read out; nothing overlaps, so none is hidden."""
        return tuple(
            command
            for text, place in zip(texts, self.places, strict=True)
            for command in text.settings[place.option].draw(place, self.em, style)
        )


def _set_texts(panel: PanelContent, busy: Busy, fonts: Fonts) -> tuple[list[SetText], list[str]]:
    texts: list[SetText] = []
    problems: list[str] = []
    sources: tuple[CaptionText | BalloonText | SoundText, ...]
    sources = (*panel.captions, *panel.balloons, *panel.sfx)
    for source in sources:
        made = _set_text(source, panel, busy, fonts)
        if isinstance(made, SetText):
            texts.append(made)
        else:
            problems.append(made)
    return texts, problems


def _set_text(
    source: CaptionText | BalloonText | SoundText, panel: PanelContent, busy: Busy, fonts: Fonts
) -> SetText | str:
    """The text set in lines, or the sentence that says why it cannot be."""
    text = clean(source.text)
    kind, font = _kind(source, fonts)
    label = f"{kind} “{_shortened(text)}”"
    problem = _unfit(text, label, font)
    if problem:
        return problem
    if isinstance(source, CaptionText):
        return _made("caption", label, caption_settings(text, font), source.at, None)
    if isinstance(source, SoundText):
        return _made("sound", label, sound_settings(text, font), source.at, None)
    settings = balloon_settings(text, source.kind, font)
    return _made("balloon", label, settings, source.at, _speaker(source.who, panel, busy))


def _made(
    role: Role,
    label: str,
    settings: tuple[Setting, ...],
    anchor: Anchor | None,
    speaker: Point | None,
) -> SetText:
    return SetText(role, label, settings, anchor, speaker)


def _kind(source: CaptionText | BalloonText | SoundText, fonts: Fonts) -> tuple[str, Font]:
    if isinstance(source, SoundText):
        return "the sound", fonts.sound
    if isinstance(source, CaptionText):
        return "the caption", fonts.caption.written(source.writing)
    named, font = ("the balloon", fonts.speech)
    if source.kind == "thinks":
        named, font = ("the thought", fonts.thought)
    return named, font.written(source.writing)


def _shortened(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 32 else flat[:31].rstrip() + "…"


def _unfit(text: str, label: str, font: Font) -> str | None:
    if not text:
        return f"{label} is empty: write a text or take it away"
    if len(text) > _MOST_CHARACTERS:
        return (
            f"{label} has {len(text)} characters, at most {_MOST_CHARACTERS} can be lettered "
            "together: split it"
        )
    lacking = missing(text, font)
    if lacking:
        names = ", ".join(character_name(character) for character in lacking[:5])
        more = f" and {len(lacking) - 5} more" if len(lacking) > 5 else ""
        return f"{label} has what no font for lettering has: {names}{more}"
    return None


def _speaker(who: str | None, panel: PanelContent, busy: Busy) -> Point:
    """Where a speaker's mouth may be: characters stand side by side in their order.

    Within the speaker's share of the width, what is busiest in the picture counts half.
    """
    seen = [one.name for one in panel.characters]
    names = list(dict.fromkeys([*seen, *(b.who for b in panel.balloons if b.who)]))
    position, among = (names.index(who), len(names)) if who in names else (0, 1)
    share = (position + 0.5) / among
    x = panel.cell.left + share * panel.cell.width
    y = panel.cell.top + 0.58 * panel.cell.height
    heart = busy.heart(position / among, (position + 1) / among)
    if heart is None:
        return x, y
    return (x + heart[0]) / 2, (y + heart[1]) / 2


def _room(cell: Rect, busy: Busy, style: Style, em: float, reading: Reading) -> Room:
    air = style.border / 2 + style.stroke + 0.3 * em
    box = Box(cell.left, cell.top, cell.right, cell.bottom).grown(-air)
    return Room(box, busy, reading, 0.35 * em, em)


def _requests(texts: Sequence[SetText], em: float) -> list[Request]:
    return [
        Request(
            text.role,
            tuple(Option(setting.body.scaled(em), setting.badness) for setting in text.settings),
            text.anchor,
            text.speaker,
        )
        for text in texts
    ]


def _fitted(
    texts: Sequence[SetText], cell: Rect, busy: Busy, style: Style, reading: Reading
) -> _Fitted | None:
    """The best trade between large letters and a panel that can be seen; None where none fit."""
    best: _Fitted | None = None
    least = math.inf
    for em in _sizes(style):
        if _smallness(em, style) >= least:  # smaller letters can only cost more
            break
        found = place_all(_requests(texts, em), _room(cell, busy, style, em, reading))
        if found is None:
            continue
        covered = max(0.0, _cover(found.places, cell) - _MOST_COVER)
        cost = found.cost + _smallness(em, style) + 20 * covered
        if cost < least:
            best, least = _Fitted(found.places, em), cost
    return best


def _sizes(style: Style) -> list[float]:
    shrinking = (style.em * 0.92**step for step in count())
    return [*takewhile(lambda em: em > style.smallest * 1.01, shrinking), style.smallest]


def _smallness(em: float, style: Style) -> float:
    """What smaller letters cost, in the measure of `costs`."""
    return 14 * (1 - em / style.em)


def _cover(places: Sequence[Place], cell: Rect) -> float:
    return sum(4 * p.body.half_width * p.body.half_height for p in places) / cell.size.area


def _what_fits(texts: Sequence[SetText], room: Room) -> tuple[list[SetText], list[str]]:
    """Those texts that fit together in the smallest letters, and a sentence on each other one."""
    kept: list[SetText] = []
    messages: list[str] = []
    for text in texts:
        if place_all(_requests([*kept, text], room.em), room) is not None:
            kept.append(text)
        else:
            messages.append(_no_room(text, texts, room))
    return kept, messages


def _no_room(text: SetText, texts: Sequence[SetText], room: Room) -> str:
    bodies = [setting.body.scaled(2 * room.em) for setting in text.settings]
    wide, high = max(1.0, room.box.width), max(1.0, room.box.height)
    least = min(bodies, key=lambda body: max(body.half_width / wide, body.half_height / high))
    letters = f"in the smallest letters ({room.em:.0f} pixels)"
    if least.half_width > wide or least.half_height > high:
        return (
            f"{text.label} needs {least.half_width:.0f}x{least.half_height:.0f} pixels {letters}, "
            f"the panel offers {wide:.0f}x{high:.0f}: shorten it, split it or enlarge the panel"
        )
    all_of_it = sum(_least_area(other, room.em) for other in texts) / (wide * high)
    return (
        f"{text.label} finds no room beside the other texts {letters}: together they need "
        f"{100 * all_of_it:.0f} % of the panel, apart from the gaps between them; "
        "shorten them, move them (at:) or enlarge the panel"
    )


def _least_area(text: SetText, em: float) -> float:
    bodies = [setting.body.scaled(2 * em) for setting in text.settings]
    return min(body.half_width * body.half_height for body in bodies)
