"""What the pictures in a story's folder remember themselves, where the list of them was lost.

Every picture carries its recipe, and its file's name says whose it is. So a manifest or a list of
takes that was deleted or damaged is made again from them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from storyboard.digests import digest
from storyboard.errors import ProblemsError
from storyboard.events import Kind
from storyboard.jobs import Job
from storyboard.parameters import parse_parameters
from storyboard.pnginfo import read_info
from storyboard.recipes import RecipeProblem, restore

_FOLDERS: Mapping[str, Kind] = {"previews": "preview", "finals": "final"}
_TAKE = re.compile(r"take-(\d{2,9})\.png")


@dataclass(frozen=True, slots=True)
class Recalled:
    """A picture's panel (as its file is named), job and prompt; `number` where it is a take."""

    panel: str
    job: Job
    recipe: Mapping[str, Any]
    raw_prompt: str
    number: int = 0


def recalled_pictures(folder: Path) -> Iterator[tuple[Kind, Recalled]]:
    """The previews and finals that are shown in a story's output `folder`."""
    for name, kind in _FOLDERS.items():
        for path in sorted((folder / name).glob("*.png")):
            found = _recalled(path, path.stem)
            if found is not None and found.recipe["kind"] == kind:
                yield kind, found


def recalled_takes(folder: Path) -> Iterator[Recalled]:
    """The takes that are shown in the folder `takes/PANEL/`."""
    for path in sorted(folder.glob("*/take-*.png")):
        number = _TAKE.fullmatch(path.name)
        if number is not None and int(number[1]) > 0:
            found = _recalled(path, path.parent.name, int(number[1]))
            if found is not None and found.recipe["kind"] == "preview":
                yield found


def _recalled(path: Path, panel: str, number: int = 0) -> Recalled | None:
    """None where the file is no picture of ours, or not as it was written."""
    try:
        info = read_info(path)
        if info.recipe is None:
            return None
        job = restore(info.recipe)
        if digest(job) != info.recipe.get("digest"):
            return None
    except (ProblemsError, RecipeProblem, OSError):
        return None
    raw = parse_parameters(info.parameters).prompt if info.parameters else ""
    return Recalled(panel, job, info.recipe, raw, number)
