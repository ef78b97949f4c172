"""What texts are lettered in: families of faces by role, and what stands in for them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from storyboard.pages.content import Writing
from storyboard.pages.faces import Face
from storyboard.pages.families import Family, emphasised, looks_as_large, machine_families
from storyboard.pages.finding import System, this_machine
from storyboard.pages.markup import Emphasis

_FOLDER = Path(__file__).parent.parent / "builtin" / "fonts"


@dataclass(frozen=True, slots=True)
class Font:
    """What a text is lettered in.

    `families` are tried in their order, then the faces of the machine (`system`); the first one
    says how large the others look. `italic` is how the role speaks: emphasis in it is upright.
    `language` chooses among regional forms and line breaks, `writing` lines or columns.
    """

    families: tuple[Family, ...]
    italic: bool = False
    language: str = "en"
    writing: Writing = "horizontal"
    system: System = field(default_factory=this_machine)

    @property
    def face(self) -> Face:
        """The face that the text is lettered in where nothing else is needed."""
        return _face_for(self, self.families[0], "Latn", Emphasis(italic=self.italic))

    @property
    def vertical(self) -> bool:
        """Whether texts stand in columns, from right to left."""
        return self.writing == "vertical"

    @property
    def cap_height(self) -> float:
        """From the baseline up to the top of a capital letter, for size 1."""
        return self.face.cap_height

    def written(self, writing: Writing) -> Font:
        """The same font for lines or for columns."""
        return replace(self, writing=writing)

    def family_for(self, letters: str, script: str) -> Family | None:
        """The first family that has all of some letters of one script, the machine's last."""
        return _family_for(self, letters, script)

    def face_for(self, family: Family, script: str, emphasis: Emphasis) -> Face:
        """The family's face in a script, for letters that stand out so."""
        shown = emphasised(emphasis, self.italic, script, self.vertical)
        return _face_for(self, family, script, shown)


@lru_cache(maxsize=4096)
def _family_for(font: Font, letters: str, script: str) -> Family | None:
    return next(
        (family for family in _tried(font, letters, script) if family.covers(letters)), None
    )


def _tried(font: Font, letters: str, script: str) -> Iterator[Family]:
    yield from font.families
    rarest = max(letters, key=ord, default=" ")
    for face in machine_families(font.system, rarest, script, font.language):
        yield Family(face)


@lru_cache(maxsize=1024)
def _face_for(font: Font, family: Family, script: str, emphasis: Emphasis) -> Face:
    first = font.families[0]
    scale = 1.0 if family == first else looks_as_large(family.upright, script, first.upright)
    return family.face(emphasis, scale)


@dataclass(frozen=True, slots=True)
class Fonts:
    """The fonts of a page, by what is lettered."""

    speech: Font
    thought: Font
    caption: Font
    sound: Font

    def in_language(self, language: str) -> Fonts:
        """The same fonts for texts in another language."""
        return Fonts(
            *(
                replace(font, language=language)
                for font in (self.speech, self.thought, self.caption, self.sound)
            )
        )


def bundled_families() -> tuple[Family, Family, Family]:
    """Comic Neue, Comic Relief (for Cyrillic and Greek) and, for sounds, Bangers: they ship with
    the package, each under the Open Font License."""
    neue, relief = _FOLDER / "comic-neue", _FOLDER / "comic-relief"
    return (
        Family(Face(neue / "ComicNeue-Bold.ttf"), Face(neue / "ComicNeue-BoldItalic.ttf")),
        Family(Face(relief / "ComicRelief-Regular.ttf")),
        Family(Face(_FOLDER / "bangers" / "Bangers-Regular.ttf")),
    )


def bundled_fonts(language: str = "en", system: System | None = None) -> Fonts:
    """The fonts of a story that names none; `system` has what they lack, default: this machine."""
    neue, relief, bangers = bundled_families()
    speech = Font((neue, relief), False, language, system=system or this_machine())
    italic = replace(speech, italic=True)
    return Fonts(speech, italic, italic, replace(speech, families=(bangers, relief)))


def character_name(character: str) -> str:
    """A character as a person can look it up: `“好” (U+597D CJK UNIFIED IDEOGRAPH-597D)`."""
    name = unicodedata.name(character, "")
    code = f"U+{ord(character):04X}"
    shown = f"“{character}” " if character.isprintable() and not character.isspace() else ""
    return f"{shown}({code}{' ' + name if name else ''})"
