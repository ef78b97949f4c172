"""`storyboard schema`: the story format as JSON Schema, for editors."""

from __future__ import annotations

import argparse
import json

from storyboard.cli.console import Console

HELP = "print the story format as JSON Schema, for editors"
DESCRIPTION = (
    "Prints the story format as JSON Schema. Save it, and a line like "
    "`# yaml-language-server: $schema=story.schema.json` on top of a story gives completion."
)


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """It takes none."""


def run(_options: argparse.Namespace, _console: Console) -> int:
    """Prints the schema."""
    from storyboard.story.model import json_schema

    print(json.dumps(json_schema(), indent=2))
    return 0
