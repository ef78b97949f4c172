"""Panels to measure, and the story that an author would write to have them drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import yaml

COUNTS = {"mei": "1girl", "bo": "1boy", "juno": "1girl"}
"""The characters that ship, and the one word that a prompt needs beside their trigger word."""

STYLES = {"manga-ink": "ink drawing, screentone", "watercolor": "watercolor, soft colors"}
"""The styles that ship, with their trigger words."""

Cell = tuple[int, int]
SQUARE: Cell = (900, 900)
TALL: Cell = (900, 1200)
BROAD: Cell = (1200, 900)
STRIP: Cell = (1500, 750)


@dataclass(frozen=True)
class Panel:
    """One panel. `cell` is its place's width and height on the page in pixels: `size: auto` makes
    the picture's size of it. `characters` are names with the LoRA's weight."""

    name: str
    scene: str
    seed: int
    shot: str = ""
    characters: tuple[tuple[str, float], ...] = ()
    styles: tuple[str, ...] = ()
    cell: Cell = SQUARE

    @property
    def loras(self) -> tuple[str, ...]:
        """The LoRAs that it needs, by name."""
        return (*(who for who, _ in self.characters), *self.styles)


def story_text(title: str, panels: Sequence[Panel]) -> str:
    """A story file with one panel a page and nothing said that has a default."""
    names = sorted({name for panel in panels for name, _ in panel.characters})
    styles = sorted({name for panel in panels for name in panel.styles})
    story = {
        "title": title,
        "characters": {name: {"lora": name, "prompt": f"{name}, {COUNTS[name]}"} for name in names},
        "styles": {name: {"lora": name, "prompt": STYLES[name]} for name in styles},
        "pages": [_page(panel) for panel in panels],
    }
    return yaml.safe_dump(story, sort_keys=False, allow_unicode=True, width=100)


def address(number: int, panel: Panel) -> str:
    """The address of the panel on page `number`, counted from 1."""
    return f"{number}.{panel.name}"


def _page(panel: Panel) -> dict[str, Any]:
    width, height = panel.cell
    said: dict[str, Any] = {"shot": panel.shot, "scene": panel.scene, "seed": panel.seed}
    if panel.characters:
        said["characters"] = [{"who": who, "weight": weight} for who, weight in panel.characters]
    if panel.styles:
        said["style"] = list(panel.styles)
    sheet = {"size": f"{width}x{height}", "margin": 0, "gutter": 0}
    return {"page": sheet, "panels": {panel.name: said}}
