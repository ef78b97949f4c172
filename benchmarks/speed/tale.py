"""A story to be measured with: panels that go round four sets of LoRAs, as those of a story do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from storyboard.files import write_atomic

SCENES = (
    "standing, harbor, dusk, rain",
    "smile, kitchen, day",
    "worried, forest, night",
    "sitting, library, day",
    "surprised, street, snow",
)


@dataclass(frozen=True)
class Cast:
    """What a model is drawn with: its name for the story, and sets of LoRAs with their words.
    `settings` are keys of the story that say how it is drawn."""

    checkpoint: str
    sets: tuple[tuple[str, ...], ...]
    settings: dict[str, Any]


INKLING = Cast("inkling", (("mei",), ("bo",), ("juno",), ("mei", "manga-ink")), {})
"""The built-in model, at its own settings and sizes."""


def write_tale(path: Path, cast: Cast, panels: int, seed: int) -> None:
    """A story file of so many panels, one a page; another seed, other pictures."""
    tale: dict[str, Any] = {
        "title": path.stem,
        "seed": seed,
        "model": {"checkpoint": cast.checkpoint},
        **cast.settings,
        "characters": {
            name: _character(name) for name in sorted({n for s in cast.sets for n in s})
        },
        "pages": [{"panels": {f"p{n}": _panel(cast.sets, n)}} for n in range(panels)],
    }
    tale.setdefault("page", {"size": "900x900", "margin": 0, "gutter": 0})
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, yaml.safe_dump(tale, sort_keys=False).encode())


def _character(name: str) -> dict[str, str]:
    return {"lora": name, "prompt": f"{name}, 1girl"}


def _panel(sets: Sequence[tuple[str, ...]], number: int) -> dict[str, Any]:
    said: dict[str, Any] = {"scene": SCENES[number % len(SCENES)], "shot": "medium shot"}
    if here := sets[number % len(sets)]:
        said["characters"] = list(here)
    return said
