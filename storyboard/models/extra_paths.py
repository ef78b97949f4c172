"""ComfyUI's `extra_model_paths.yaml`: which other folders belong to a root.

Each of its sections has a `base_path` and, by kind, one folder or several in lines. Kinds that are
not ours are left out. The file can lead anywhere, so it is read only where the user has named the
root, never in a folder that came with a story.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from storyboard.models.entries import Kind
from storyboard.models.paths import plain
from storyboard.models.scan import Unreadable, folder_kind

FILE = "extra_model_paths.yaml"
_MOST_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class ExtraFolder:
    """A folder that holds models of one kind."""

    kind: Kind
    folder: Path


def extra_folders(root: Path, unreadable: Unreadable) -> tuple[ExtraFolder, ...]:
    """The folders that the root's file names and that are there, each once, in its order.

    `unreadable` is told, as a sentence, where the file is broken or a section's base is missing.
    Single folders may be missing: the file lists what a tree can have.
    """
    file = root / FILE
    try:
        document = _read(file)
    except (ValueError, OSError, RecursionError, yaml.YAMLError) as error:
        unreadable(f"{file} was left out: {' '.join(str(error).split())[:200]}")
        return ()
    found: dict[ExtraFolder, None] = {}
    for section in document.values():
        if not isinstance(section, Mapping):
            continue
        base = _base(root, section)
        if not base.is_dir():
            unreadable(f"{file} names a folder that is not there: {base}")
            continue
        found |= {extra: None for extra in _of_section(base, section) if extra.folder.is_dir()}
    return tuple(found)


def _read(file: Path) -> Mapping[object, object]:
    """The file's sections; none where there is no file."""
    if not file.is_file():
        return {}
    if file.stat().st_size > _MOST_BYTES:
        raise ValueError(f"it has over {_MOST_BYTES:,} bytes")
    document = yaml.safe_load(file.read_text(encoding="utf-8-sig"))
    if document is None:
        return {}
    if not isinstance(document, Mapping):
        raise ValueError("it holds no sections")
    return document


def _of_section(base: Path, section: Mapping[object, object]) -> Iterator[ExtraFolder]:
    for key, value in section.items():
        kind = folder_kind(key) if isinstance(key, str) else None
        if kind is None or not isinstance(value, str):
            continue
        for line in value.splitlines():
            if line.strip():
                yield ExtraFolder(kind, plain(base / _expanded(line)))


def _base(root: Path, section: Mapping[object, object]) -> Path:
    base = section.get("base_path")
    return root / _expanded(base) if isinstance(base, str) else root


def _expanded(text: str) -> Path:
    return Path(os.path.expandvars(text.strip())).expanduser()
