"""Entries of model files, described once and remembered while the files stay as they are.

A folder of thousands of LoRAs is then listed by looking at the files' times alone. What is
remembered is forgotten where the code that tells it has changed. Checkpoints are described each
time: they are few, and other files than their own tell of them.
"""

from __future__ import annotations

import hashlib
from dataclasses import fields, replace
from functools import cache
from pathlib import Path
from typing import Any

from storyboard.models.describe import describe
from storyboard.models.entries import Entry, Kind
from storyboard.models.families import kind_of
from storyboard.models.header import read_header
from storyboard.models.loras.adapter_folder import config_beside
from storyboard.models.remembered import Remembered, state_of
from storyboard.models.side_files import side_files_of

_OWN = frozenset({"kind", "name", "path"})
_PLAIN = (str, int, float, bool)
_NO_KIND = "unknown"
_MOST_UNSAVED = 256
"""Whoever stops a long first listing loses no more than this many."""


class Described:
    """Describes model files; `cache_file` None: remembers nothing beyond this object."""

    def __init__(self, cache_file: Path | None = None) -> None:
        self._remembered = Remembered(cache_file, _stamp() if cache_file else "")
        self._new: dict[str, Any] = {}

    def entry(self, kind: Kind, name: str, path: Path) -> Entry:
        """What is known of a model file or folder; see `describe`."""
        state = _state(kind, path)
        known = self._remembered.get(state) if state else None
        if isinstance(known, dict):
            try:
                return replace(Entry(kind, name, path), **_as_tuples(known))
            except TypeError:  # a cache that somebody else wrote
                pass
        entry = describe(kind, name, path)
        facts = _facts(entry)
        if state is not None and facts is not None:
            self._new[state] = facts
            if len(self._new) >= _MOST_UNSAVED:
                self.save()
        return entry

    def kind(self, path: Path) -> Kind | None:
        """What kind a model file is by its keys. Raises `ModelFileProblem`."""
        state = _state(None, path)
        known = self._remembered.get(state) if state else None
        if isinstance(known, str) and known in (*Kind, _NO_KIND):
            return None if known == _NO_KIND else Kind(known)
        kind = kind_of(read_header(path))
        if state is not None:
            self._new[state] = _NO_KIND if kind is None else str(kind)
        return kind

    def save(self) -> None:
        """Writes down what was found out since the last time."""
        self._remembered.put_all(self._new)
        self._new = {}


def _state(kind: Kind | None, path: Path) -> str | None:
    """The file's state and that of what stands beside it; None where it is not remembered."""
    if kind is Kind.CHECKPOINT:
        return None
    try:
        if path.is_dir():
            return None
        sides = (*side_files_of(path), config_beside(path))
        beside = [state_of(file) for file in sides if file is not None and file.exists()]
        return "|".join((kind or "kind", state_of(path), *beside))
    except OSError:
        return None


def _facts(entry: Entry) -> dict[str, Any] | None:
    """What is known of a file beyond the usual; None where JSON could not hold it."""
    said = {
        field.name: getattr(entry, field.name)
        for field in fields(entry)
        if field.name not in _OWN and getattr(entry, field.name) != field.default
    }
    return said if all(_is_plain(value) for value in said.values()) else None


def _is_plain(value: object) -> bool:
    if isinstance(value, tuple):
        return all(isinstance(item, _PLAIN) for item in value)
    return value is None or isinstance(value, _PLAIN)


def _as_tuples(facts: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in facts.items()}


@cache
def _stamp() -> str:
    """Changes with the code that reads model files."""
    digest = hashlib.sha256()
    for file in sorted(Path(__file__).parent.rglob("*.py")):
        stat = file.stat()
        digest.update(f"{file.name} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return f"{digest.hexdigest()[:16]}|"
