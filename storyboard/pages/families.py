"""Which face letters a character: the text's own families first, then the machine's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from storyboard.pages.faces import SLANT, Face
from storyboard.pages.finding import Found, System, best
from storyboard.pages.markup import Emphasis
from storyboard.pages.scripts import EASTERN, primary

_THICKER = 0.035
"""The stroke that makes bold letters bolder, in em."""

_REGULAR = 150
"""Fontconfig's weights below this are thickened to stand beside bold ones."""

_UPRIGHT = frozenset({EASTERN, "Hang", "Arab", "Hebr", "Thai", "Deva"})
_LEFTWARD = frozenset({"Arab", "Hebr"})


@dataclass(frozen=True, slots=True)
class Family:
    """A face with the one that it is italic in, where there is one."""

    upright: Face
    italic: Face | None = None

    def covers(self, text: str) -> bool:
        """Whether both faces, as far as there are, have every character."""
        return self.upright.covers(text) and (self.italic is None or self.italic.covers(text))

    def face(self, emphasis: Emphasis, scale: float = 1.0) -> Face:
        """The face for letters that stand out so."""
        face = self.upright
        if emphasis.italic:
            face = self.italic or replace(face, slant=SLANT)
        if not emphasis.bold and scale == 1:
            return face
        bold = face.bold + (_THICKER if emphasis.bold else 0.0)
        return replace(face, bold=bold, scale=face.scale * scale)


def machine_families(system: System, character: str, script: str, language: str) -> Iterator[Face]:
    """The machine's faces that have a character, best first."""
    for found in best(system.with_character(character), _spoken(script, language)):
        yield as_face(found)


def family_of(system: System, name: str) -> Family | None:
    """The machine's family of a name, in bold as lettering is, with its italics; None where there
    is none."""
    faces = best(system.of_family(name), "")
    upright = next((face for face in faces if not face.slanted), None)
    if upright is None:
        return Family(as_face(faces[0])) if faces else None
    slanted = (face for face in faces if face.slanted and face.weight == upright.weight)
    italic = next(slanted, None)
    return Family(as_face(upright), as_face(italic) if italic else None)


def as_face(found: Found) -> Face:
    """A found face, as bold as lettering is."""
    thin = found.weight < _REGULAR and not found.variable
    weight = 700 if found.variable else 0
    return Face(found.path, found.index, bold=_THICKER if thin else 0.0, weight=weight)


def _spoken(script: str, language: str) -> str:
    """The language that decides how characters look, where a text quotes a foreign one."""
    if script == EASTERN and primary(language) not in ("ja", "zh", "yue", "ko"):
        return "ja"
    return "ko" if script == "Hang" else language


def emphasised(said: Emphasis, role_italic: bool, script: str, vertical: bool) -> Emphasis:
    """How letters of a script stand out in a role that speaks in italics, or upright.

    In a role of italics emphasis is upright. Scripts without italics stay upright in it; what leans
    by the author's wish is bold where leaning looks broken: in columns, and in scripts that run to
    the left.
    """
    if script not in _UPRIGHT:
        return Emphasis(said.italic != role_italic, said.bold)
    if vertical or script in _LEFTWARD:
        return Emphasis(False, said.bold or said.italic)
    return said


_LOOKS = {
    EASTERN: "国",
    "Hang": "를",
    "Arab": "ا",
    "Hebr": "ה",
    "Thai": "ก",
    "Deva": "क",
    "Cyrl": "х",
    "Grek": "ο",
}
"""By which character a script's size is seen; for all others it is the x."""


def looks_as_large(face: Face, script: str, beside: Face) -> float:
    """The factor that makes a face look as large in a script as another one in Latin.

    The goals are by eye, in capitals' and small letters' heights: an ideograph that is to be read
    as easily stands a quarter higher than a capital, an alef as high as one.
    """
    sample = _LOOKS.get(script, "x")
    if not face.covers(sample):
        return 1.0
    above, below = face.reach(sample)
    own = above + below if script in (EASTERN, "Hang") else above
    goal = _goal(script, beside)
    return min(max(goal / own, 0.75), 1.5) if own > 0 and goal > 0 else 1.0


@lru_cache(maxsize=64)
def _goal(script: str, beside: Face) -> float:
    capital, small = beside.reach("H")[0], beside.reach("x")[0]
    goals = {
        EASTERN: 1.25 * capital,
        "Hang": 1.2 * capital,
        "Arab": 1.1 * capital,
        "Hebr": 0.5 * (capital + small),
        "Thai": 0.5 * (capital + small),
        "Deva": 0.5 * (capital + small),
    }
    return goals.get(script, small)
