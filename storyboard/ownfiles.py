"""The author's own files that a story names, pictures and fonts: they lie beside it, or below."""

from __future__ import annotations

from pathlib import Path


class LiesOutside(Exception):
    """A name leads out of the story's folder."""


def file_beside(folder: Path, name: str) -> Path | None:
    """The file of that name in a story's folder, links followed; None where there is none. Raises
    `LiesOutside`."""
    base = folder.resolve()
    try:
        path = (base / name).resolve()
        is_inside = path.is_relative_to(base)
        is_there = is_inside and path.is_file()
    except (OSError, ValueError, RuntimeError):  # a name too long, NUL in it, links in a circle
        return None
    if not is_inside:
        raise LiesOutside(name)
    return path if is_there else None
