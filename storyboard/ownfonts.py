"""The fonts that a story names: files beside it, or the machine's, by name."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from storyboard.errors import Mark, Problems
from storyboard.ownfiles import LiesOutside, file_beside
from storyboard.pages.faces import Face
from storyboard.pages.families import Family, family_of
from storyboard.pages.finding import System, this_machine
from storyboard.pages.fonts import Font, Fonts, bundled_fonts
from storyboard.story.read import StoryFile

_ENDINGS = frozenset({".ttf", ".otf", ".ttc", ".otc", ".woff", ".woff2"})
_LARGEST = 64 * 2**20


def own_fonts(file: StoryFile, problems: Problems, system: System | None = None) -> Fonts:
    """What the story's texts are lettered in; a font that is not there is noted as a problem, and
    the usual one stands in. `system` is the machine whose fonts may be named."""
    finder = _Finder(file, problems, system or this_machine())
    named = file.story.fonts
    usual = bundled_fonts(file.story.language, system)
    more = [named.fallback] if isinstance(named.fallback, str) else named.fallback or []
    fallback = [
        found
        for number, name in enumerate(more)
        if (found := finder.family(name, "fallback", number if len(more) > 1 else None))
    ]

    def font(usual: Font, role: str, name: str | None) -> Font:
        own = finder.family(name, role) if name else None
        first, *others = (own, *usual.families) if own else usual.families
        return replace(usual, families=(first, *fallback, *others))

    speech = font(usual.speech, "speech", named.speech)
    thought = replace(speech, italic=True)
    return Fonts(
        speech,
        font(usual.thought, "thought", named.thought) if named.thought else thought,
        font(usual.caption, "caption", named.caption) if named.caption else thought,
        font(usual.sound, "sfx", named.sfx),
    )


class _Finder:
    """Finds one story's fonts."""

    def __init__(self, file: StoryFile, problems: Problems, system: System) -> None:
        self._file = file
        self._problems = problems
        self._system = system

    def family(self, name: str, key: str, number: int | None = None) -> Family | None:
        """The family that `fonts` names at a key (an item of a list by its number)."""
        path = ("fonts", key) if number is None else ("fonts", key, number)
        mark = self._file.marks.at(path)
        if Path(name).suffix.lower() in _ENDINGS:
            return self._file_beside(name, mark)
        found = family_of(self._system, name)
        if found is None:
            self._problems.add(
                mark,
                f"there is no font {name} on this machine",
                "install it, or name a file beside the story",
            )
        return found

    def _file_beside(self, name: str, mark: Mark) -> Family | None:
        try:
            path = file_beside(self._file.directory, name)
        except LiesOutside:
            self._problems.add(
                mark, f"the font {name} lies outside the story's folder", "copy it beside the story"
            )
            return None
        if path is None:
            self._problems.add(mark, f"there is no font {name} beside the story")
            return None
        if path.stat().st_size > _LARGEST:
            self._problems.add(mark, f"the font {name} is larger than {_LARGEST >> 20} MB")
            return None
        try:
            face = Face(path, sha256=hashlib.sha256(path.read_bytes()).hexdigest())
            face.covers("a")
        except OSError as error:
            self._problems.add(mark, str(error), "take another font, or download it again")
            return None
        return Family(face)
