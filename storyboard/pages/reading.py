"""A panel's texts in the order in which they are read, each set, with where its tail points to."""

from __future__ import annotations

import math
from collections.abc import Sequence

from storyboard.pages.breaking import clean
from storyboard.pages.busy import Busy
from storyboard.pages.content import (
    BalloonKind,
    BalloonText,
    CaptionKind,
    CaptionText,
    PanelContent,
    Reading,
    SoundText,
)
from storyboard.pages.costs import Mouth, Out, Role
from storyboard.pages.fonts import Font, Fonts, character_name
from storyboard.pages.groups import Group, SetText, stacked, ways_of
from storyboard.pages.itemising import missing
from storyboard.pages.space import heads, usual_head
from storyboard.pages.texts import (
    balloon_font,
    balloon_settings,
    caption_font,
    caption_settings,
    sound_settings,
)

_MOST_CHARACTERS = 1000
_MOST_STACKED = 4
"""More captions than these do not stand in one stack."""

_HEART = 0.7
"""How much the picture counts where nobody has said where a speaker is."""

_CALLED: dict[BalloonKind | CaptionKind, str] = {
    "says": "the balloon",
    "thinks": "the thought",
    "whispers": "the whisper",
    "shouts": "the shout",
    "radios": "the radio balloon",
    "narration": "the caption",
    "location": "the location",
    "editor": "the editor's note",
}


def grouped(
    panel: PanelContent, busy: Busy, fonts: Fonts, reading: Reading
) -> tuple[list[Group], list[str]]:
    """The texts that can be set, in reading order, and a sentence on each that cannot.

    Captions come first, balloons as they are written, editors' notes, and then the sounds.
    """
    reader = _Reader(panel, busy, fonts, reading)
    reader.captions([one for one in panel.captions if one.kind != "editor"], "caption")
    reader.balloons()
    reader.captions([one for one in panel.captions if one.kind == "editor"], "note")
    for sound in panel.sfx:
        reader.sound(sound)
    return reader.groups, reader.problems


class _Reader:
    def __init__(self, panel: PanelContent, busy: Busy, fonts: Fonts, reading: Reading) -> None:
        self._panel, self._busy, self._fonts, self._reading = panel, busy, fonts, reading
        self.groups: list[Group] = []
        self.problems: list[str] = []

    def captions(self, sources: Sequence[CaptionText], role: Role) -> None:
        """Every caption; those without a place of their own stand one below the other."""
        stack: list[SetText] = []
        for source in sources:
            made = self._caption(source)
            if made is None:
                continue
            if source.at is None:
                stack.append(made)
                continue
            self._stacked(stack, role)
            stack = []
            self.groups.append(Group(role, (made,), ways_of((made,), self._reading), source.at))
        self._stacked(stack, role)

    def _caption(self, source: CaptionText) -> SetText | None:
        font = caption_font(source.kind, source.writing, self._fonts)
        text = clean(source.text)
        text = text.upper() if source.kind == "location" else text
        label = _label(_CALLED[source.kind], text)
        if not self._fit(text, label, font):
            return None
        return SetText(label, caption_settings(text, source.kind, font))

    def _stacked(self, stack: Sequence[SetText], role: Role) -> None:
        if len(stack) > _MOST_STACKED:
            for one in stack:
                self._stacked([one], role)
        elif stack:
            ways = (
                ways_of(stack, self._reading) if len(stack) == 1 else stacked(stack, self._reading)
            )
            self.groups.append(Group(role, tuple(stack), ways))

    def sound(self, source: SoundText) -> None:
        text, font = clean(source.text), self._fonts.sound
        label = _label("the sound", text)
        if self._fit(text, label, font):
            made = SetText(label, sound_settings(text, font, source.turn, source.arc, source.color))
            self.groups.append(Group("sound", (made,), ways_of((made,), self._reading), source.at))

    def balloons(self) -> None:
        """Every balloon, those together that are joined and have no place of their own."""
        chain: list[tuple[BalloonText, SetText]] = []
        broken = True  # nothing to be joined with
        for source in self._panel.balloons:
            made = self._balloon(source)
            if made is None:
                broken = True
                continue
            joined = source.joined and not broken
            if not joined or source.at is not None:
                self._chained(chain)
                neck = len(self.groups) - 1 if joined else None
                chain = []
                if neck is not None:
                    self._necked(source, made, neck)
                    continue
            chain.append((source, made))
            broken = False
        self._chained(chain)

    def _balloon(self, source: BalloonText) -> SetText | None:
        text, font = clean(source.text), balloon_font(source.kind, source.writing, self._fonts)
        label = _label(_CALLED[source.kind], text)
        if not self._fit(text, label, font):
            return None
        shown = f"**{text}**" if source.kind == "shouts" and "*" not in text else text
        return SetText(label, balloon_settings(shown, source.kind, font))

    def _chained(self, chain: Sequence[tuple[BalloonText, SetText]]) -> None:
        if not chain:
            return
        sources = [source for source, _ in chain]
        texts = tuple(made for _, made in chain)
        speaking = next((one for one in sources if one.tail is not None), sources[0])
        self.groups.append(
            Group(
                "balloon",
                texts,
                ways_of(texts, self._reading),
                sources[0].at,
                self._aim(speaking),
                any(source.burst for source in sources),
            )
        )

    def _necked(self, source: BalloonText, made: SetText, neck: int) -> None:
        """A joined balloon with a place of its own: it has a neck instead of a tail."""
        ways = ways_of((made,), self._reading)
        self.groups.append(Group("balloon", (made,), ways, source.at, None, source.burst, neck))

    def _fit(self, text: str, label: str, font: Font) -> bool:
        problem = _unfit(text, label, font)
        if problem:
            self.problems.append(problem)
        return not problem

    def _aim(self, source: BalloonText) -> Mouth | Out:
        """Where a balloon's tail points to: what the author says, or where the speaker's face is,
        or where it may be."""
        cell = self._panel.cell
        spot = source.tail
        point = (
            None
            if spot is None
            else (cell.left + spot.x * cell.width, cell.top + spot.y * cell.height)
        )
        if source.off:
            return Out(point, self._side(source.who))
        known = heads(self._panel, self._busy)
        if point is not None:
            around = (one.radius for _, one in known if math.dist(one.center, point) < one.radius)
            return Mouth(point, next(around, 0.3 * usual_head(cell)))
        for name, head in known:
            if name == source.who:
                x, y = head.center
                return Mouth((x, y + 0.3 * head.radius), 1.1 * head.radius)
        return self._guess(source.who)

    def _side(self, who: str | None) -> int:
        """Of which side somebody stands in the list of characters; 0 where nobody can tell."""
        names = [one.name for one in self._panel.characters]
        if who not in names or len(names) < 2:
            return 0
        middle = (len(names) - 1) / 2
        place = names.index(who)
        return -1 if place < middle else 1 if place > middle else 0

    def _guess(self, who: str | None) -> Mouth:
        """Where a speaker's mouth may be: characters stand side by side in their order.

        Within the speaker's share of the width, what is busiest in the picture counts most.
        """
        cell = self._panel.cell
        seen = [one.name for one in self._panel.characters]
        names = list(dict.fromkeys([*seen, *(b.who for b in self._panel.balloons if b.who)]))
        position, among = (names.index(who), len(names)) if who in names else (0, 1)
        x = cell.left + (position + 0.5) / among * cell.width
        y = cell.top + 0.58 * cell.height
        heart = self._busy.heart(position / among, (position + 1) / among)
        usual = usual_head(cell)
        if heart is None:
            return Mouth((x, y), usual)
        there = x + (heart.center[0] - x) * _HEART, y + (heart.center[1] - y) * _HEART
        return Mouth(there, min(max(usual, heart.radius), 2 * usual))


def _label(called: str, text: str) -> str:
    flat = " ".join(text.split())
    shown = flat if len(flat) <= 32 else flat[:31].rstrip() + "…"
    return f"{called} “{shown}”"


def _unfit(text: str, label: str, font: Font) -> str | None:
    """The sentence that says why a text cannot be set."""
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
