"""`storyboard render STORY [PANEL...]`: finals, pages, exports."""

from __future__ import annotations

import argparse

from storyboard.cli.console import Console, add_common, add_fast, add_stories
from storyboard.cli.drawing import add_states, draw_stories
from storyboard.cli.exporting import add_formats

HELP = "draw finals, pages, and books such as a PDF"
DESCRIPTION = (
    "Draws previews where they are missing, finals from those very previews, and sets the pages "
    "and the books (PDF, CBZ). With panels named, only those and the pages that hold them."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Stories or one story with panels, and the common options."""
    add_stories(parser, panels=True)
    add_states(parser)
    add_fast(parser)
    add_formats(parser)
    add_common(parser)


def run(options: argparse.Namespace, console: Console) -> int:
    """Draws, and ends with 1 where a panel or a text could not be made."""
    return draw_stories(
        options, console, finals=True, formats=options.format, languages=options.language
    )
