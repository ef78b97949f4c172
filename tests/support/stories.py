"""Small stories, compiled against the models that ship, without hashing them."""

from __future__ import annotations

from pathlib import Path

from storyboard.compiled import CompiledStory, PanelJobs
from storyboard.compiler import compile_story
from storyboard.errors import Problem
from storyboard.models.catalog import Catalog, builtin_root
from storyboard.story.read import read_story


def compiled(folder: Path, text: str) -> tuple[CompiledStory, tuple[Problem, ...]]:
    """The story in `text`, compiled; files' hashes are made from their paths."""
    path = folder / "story.yaml"
    path.write_text(text, encoding="utf-8")
    catalog = Catalog([builtin_root()])
    return compile_story(read_story(path), catalog, lambda model: f"{abs(hash(model)):064x}"[:64])


def panels(folder: Path, text: str) -> dict[str, PanelJobs]:
    """The story's panels by address."""
    return {panel.address: panel for panel in compiled(folder, text)[0].panels}
