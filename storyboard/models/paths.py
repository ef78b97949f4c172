"""Model files by path: only what lies under the model path or the story's own folder."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path, PurePosixPath

from storyboard.models.entries import Kind, NotFound
from storyboard.models.scan import is_model

_ENDINGS_TRIED = ("", ".safetensors")
_LONGEST = 500


def plain(path: Path) -> Path:
    """The path from the root of the file system, without `..`; links are kept where they can be."""
    return path.resolve() if ".." in path.parts else path.absolute()


def checked_name(kind: Kind, name: str) -> str:
    """The name with `/` between its folders. Raises `NotFound` where it could lead astray."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if not parts or len(name) > _LONGEST or any(_is_control(letter) for letter in name):
        raise NotFound(f"{name[:80]!r} is no name of {kind.one}", "say a file's name, or a path")
    if ".." in parts:
        raise NotFound(
            f"'{name}' leads out of its folder", "name a file below the model path, without `..`"
        )
    return "/".join(parts)


@lru_cache(maxsize=4096)
def folded(text: str) -> str:
    """A name as it is compared: in any case of letters, and with each accent on its letter, which
    the archives of a Mac take apart."""
    return unicodedata.normalize("NFC", text.casefold())


def path_of(kind: Kind, name: str, roots: Sequence[Path], beside: Path | None) -> Path | None:
    """The model at a path, absolute or from the folder `beside`; None where there is none.

    Raises `NotFound` for an absolute path that is neither under a root nor under `beside`, and for
    a link under `beside` that leads out of both. What counts below a root are the names: the user
    named it, and a link there may lead anywhere.
    """
    bases = [*roots, *([plain(beside)] if beside else [])]
    place = Path(name) if beside is None else plain(beside) / name
    if not any(_lies_under(place, base) for base in bases):
        if not place.is_absolute():
            return None
        raise NotFound(
            f"'{name}' lies outside the model path and the story's folder",
            "name its folder with --models",
        )
    paths = (Path(f"{place}{ending}") for ending in _ENDINGS_TRIED)
    found = next((path for path in paths if _is_there(kind, path)), None)
    if found is None or any(_lies_under(found, root) for root in roots):
        return found
    if not any(_lies_under(found.resolve(), base) for base in bases):
        raise NotFound(
            f"'{name}' is a link that leads out of the story's folder",
            "copy the file there, or name its folder with --models",
        )
    return found


def _is_there(kind: Kind, path: Path) -> bool:
    try:
        return path.exists() and is_model(kind, path)
    except OSError:  # a name too long for the file system, or a folder that may not be read
        return False


def _is_control(letter: str) -> bool:
    """Control characters, and halves of characters, which no file system takes."""
    return unicodedata.category(letter) in ("Cc", "Cs")


def _lies_under(path: Path, base: Path) -> bool:
    return ".." not in path.parts and any(
        Path(os.path.normcase(path)).is_relative_to(os.path.normcase(one))
        for one in (base, base.resolve())
    )
