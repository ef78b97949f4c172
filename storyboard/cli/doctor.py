"""`storyboard doctor`: the machine, the model path, and what will be slow and why."""

from __future__ import annotations

import argparse
import dataclasses
import shutil
import sys
from collections import Counter
from importlib.resources import files
from pathlib import Path

from storyboard import __version__
from storyboard.cli.console import Console, add_common

HELP = "describe this machine and what will be slow"
DESCRIPTION = (
    "Tells versions, devices, memory, the model path, the fonts, the room that is left for "
    "pictures, and what will be slow and why."
)
_GIBI = 1024**3
_LITTLE_ROOM = 1.0
"""GiB: a long story's pictures, with their latents."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The common options."""
    add_common(parser)


def run(_options: argparse.Namespace, console: Console) -> int:
    """Prints what the engine says of the machine, and what is on the model path."""
    from storyboard.engine.machine import describe

    machine = dataclasses.asdict(describe())
    catalog = console.workspace.catalog()
    entries = catalog.entries()
    kinds = Counter(str(entry.kind) for entry in entries)
    problems = [f"{e.kind} {e.name}: {p}" for e in entries for p in e.problems]
    room = _room(console.output)
    if room < _LITTLE_ROOM:
        problems.append(f"only {room:.1f} GiB are free for pictures; `storyboard gc` may find more")
    document = {
        "storyboard": __version__,
        "python": sys.version.split()[0],
        **machine,
        "output": str(console.output.resolve()),
        "free_gib": room,
        "model_path": [str(root) for root in catalog.roots],
        "models": dict(kinds),
        "fonts": _fonts(),
        "problems": [*catalog.problems, *problems],
    }
    if console.json:
        console.show(document)
        return 0
    for key, value in document.items():
        text = "; ".join(str(v) for v in value) if isinstance(value, list | tuple) else value
        if isinstance(value, dict):
            text = ", ".join(f"{count} {kind}" for kind, count in value.items())
        print(f"{key.replace('_', ' '):<16} {text}")
    return 0


def _room(output: Path) -> float:
    """GiB that are free where the output folder is, or will be."""
    there = next(path for path in (output.absolute(), *output.absolute().parents) if path.exists())
    return round(shutil.disk_usage(there).free / _GIBI, 1)


def _fonts() -> list[str]:
    """The fonts that pages are lettered with."""
    folder = files("storyboard.builtin") / "fonts"
    found = [
        font.name for family in folder.iterdir() if family.is_dir() for font in family.iterdir()
    ]
    return sorted(name for name in found if name.endswith((".ttf", ".otf")))
