"""`storyboard doctor`: the machine, the model path, and what will be slow and why."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections import Counter

from storyboard import __version__
from storyboard.cli.console import Console, add_common

HELP = "describe this machine and what will be slow"
DESCRIPTION = "Tells versions, devices, memory, the model path, and what will be slow and why."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The common options."""
    add_common(parser)


def run(_options: argparse.Namespace, console: Console) -> int:
    """Prints what the engine says of the machine, and what is on the model path."""
    from storyboard.engine.machine import describe

    machine = dataclasses.asdict(describe())
    entries = console.workspace.catalog().entries()
    kinds = Counter(str(entry.kind) for entry in entries)
    problems = [f"{e.kind} {e.name}: {p}" for e in entries for p in e.problems]
    document = {
        "storyboard": __version__,
        "python": sys.version.split()[0],
        **machine,
        "output": str(console.output.resolve()),
        "models": dict(kinds),
        "problems": problems,
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
