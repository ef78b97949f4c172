"""The system's fonts: found by a character, a language or a family's name."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import uharfbuzz as hb

from storyboard.pages.scripts import primary

_FORMAT = "%{file}\t%{index}\t%{family[0]}\t%{weight}\t%{slant}\t%{spacing}\t%{variable}\n"
_BOLD = 200
"""Fontconfig's number for bold; regular is 80."""

_FITTING = 165
"""The weight that stands best beside the bundled faces: between medium and bold."""

_ENDINGS = frozenset({".ttf", ".otf", ".ttc", ".otc"})


@dataclass(frozen=True, slots=True)
class Found:
    """A face on this machine. `weight` is fontconfig's: 80 is regular, 200 bold."""

    path: Path
    index: int
    family: str
    weight: int = 80
    slanted: bool = False
    spaced: bool = False
    """All letters equally wide."""
    variable: bool = False


class System(Protocol):
    """Knows the fonts of a machine."""

    def with_character(self, character: str) -> tuple[Found, ...]:
        """All faces that have a glyph in one colour for a character, in any order."""
        ...

    def of_family(self, family: str) -> tuple[Found, ...]:
        """All faces of a family, by its name in any case."""
        ...


@dataclass(frozen=True, slots=True)
class Fontconfig:
    """Asks fontconfig's `fc-list`."""

    def with_character(self, character: str) -> tuple[Found, ...]:
        return _listed(f":charset={ord(character):x}:color=false")

    def of_family(self, family: str) -> tuple[Found, ...]:
        name = "".join(f"\\{c}" if c in "\\-:,=" else c for c in family)
        return _listed(f"{name}:color=false")


@lru_cache(maxsize=1024)
def _listed(pattern: str) -> tuple[Found, ...]:
    try:
        answer = subprocess.run(
            ["fc-list", "--format", _FORMAT, "--", pattern],
            capture_output=True,
            timeout=60,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ()
    lines = answer.stdout.decode("utf-8", "replace").splitlines()
    return tuple(sorted(_parsed(lines), key=lambda found: (str(found.path), found.index)))


def _parsed(lines: Iterable[str]) -> Iterator[Found]:
    for line in lines:
        fields = line.split("\t")
        if len(fields) == 7 and Path(fields[0]).suffix.lower() in _ENDINGS:
            file, index, family, weight, slant, spacing, variable = fields
            yield Found(
                Path(file),
                int(index or 0) & 0xFFFF,
                family,
                _first_number(weight),
                _first_number(slant) > 0,
                _first_number(spacing) >= 90,
                variable == "True",
            )


def _first_number(text: str) -> int:
    """Of `80`, `[40 210]` (a variable font's range), or nothing."""
    digits = text.strip("[]").split()
    return int(float(digits[0])) if digits else 0


@dataclass(frozen=True, slots=True)
class Folders:
    """Looks into the folders where fonts usually lie: for machines without fontconfig."""

    folders: tuple[Path, ...]

    def with_character(self, character: str) -> tuple[Found, ...]:
        return tuple(
            found for found, characters in _read(self.folders) if ord(character) in characters
        )

    def of_family(self, family: str) -> tuple[Found, ...]:
        wanted = family.casefold()
        return tuple(found for found, _ in _read(self.folders) if found.family.casefold() == wanted)


@lru_cache(maxsize=4)
def _read(folders: tuple[Path, ...]) -> tuple[tuple[Found, frozenset[int]], ...]:
    files = [file for folder in folders if folder.is_dir() for file in sorted(folder.rglob("*"))]
    return tuple(
        face for file in files if file.suffix.lower() in _ENDINGS for face in _faces_of(file)
    )


def _faces_of(file: Path) -> Iterator[tuple[Found, frozenset[int]]]:
    """A file's faces with what they cover; none of a file that cannot be read."""
    try:
        blob = hb.Blob.from_file_path(str(file))
    except hb.HarfBuzzError:
        return
    for index in range(hb.Face(blob, 0).count):
        face = hb.Face(blob, index)
        if face.has_color_png or face.has_color_layers or face.has_color_svg:
            continue
        style = hb.Font(face)
        found = Found(
            file,
            index,
            face.get_name(1) or file.stem,
            _BOLD if style.get_style_value(hb.StyleTag.WEIGHT) >= 600 else 80,
            bool(style.get_style_value(hb.StyleTag.ITALIC)),
            variable=bool(face.has_var_data),
        )
        yield found, frozenset(face.unicodes)


_USUAL_FOLDERS = {
    "darwin": ("/System/Library/Fonts", "/Library/Fonts", "~/Library/Fonts"),
    "win32": ("C:/Windows/Fonts", "~/AppData/Local/Microsoft/Windows/Fonts"),
}
_OTHER_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts")


def this_machine() -> System:
    """Fontconfig where it is installed, else the usual folders."""
    if shutil.which("fc-list"):
        return Fontconfig()
    names = _USUAL_FOLDERS.get(sys.platform, _OTHER_FOLDERS)
    return Folders(tuple(Path(name).expanduser() for name in names))


_PREFERRED = {
    "ja": ("Noto Sans CJK JP", "Noto Sans JP", "Source Han Sans JP", "Hiragino Sans", "Yu Gothic"),
    "ko": ("Noto Sans CJK KR", "Noto Sans KR", "Apple SD Gothic Neo", "Malgun Gothic"),
    "zh": ("Noto Sans CJK SC", "Noto Sans SC", "PingFang SC", "Microsoft YaHei"),
    "zh-Hant": ("Noto Sans CJK TC", "Noto Sans TC", "PingFang TC", "Microsoft JhengHei"),
    "zh-HK": ("Noto Sans CJK HK", "Noto Sans HK", "PingFang HK", "Microsoft JhengHei"),
    "ar": ("Noto Sans Arabic", "Noto Naskh Arabic", "Geeza Pro", "Segoe UI"),
    "ur": ("Noto Naskh Arabic", "Noto Sans Arabic", "Geeza Pro", "Segoe UI"),
}
"""Families by language, best first: plain and even in weight, as lettering is."""


def _preferred(language: str) -> tuple[str, ...]:
    parts = {part.lower() for part in language.split("-")[1:]}
    if primary(language) == "yue" or (primary(language) == "zh" and parts & {"hk", "mo"}):
        return _PREFERRED["zh-HK"]
    if primary(language) == "zh" and parts & {"hant", "tw"}:
        return _PREFERRED["zh-Hant"]
    return _PREFERRED.get(primary(language), ())


def best(found: Iterable[Found], language: str) -> tuple[Found, ...]:
    """Faces in the order in which lettering should try them: the language's own families, upright
    and bold, Noto before others, sans before serif; equal ones by name, the same everywhere."""
    wanted = _preferred(language)

    def rank(face: Found) -> tuple[object, ...]:
        name = face.family
        return (
            face.slanted or face.spaced or "Mono" in name or "UI" in name.split(),
            wanted.index(name) if name in wanted else len(wanted),
            not name.startswith("Noto"),
            "Sans" not in name,
            abs(face.weight - _FITTING) if not face.variable else 0,
            len(name),
            name,
            face.index,
            str(face.path),
        )

    return tuple(sorted(found, key=rank))
