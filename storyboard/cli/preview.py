"""`storyboard preview STORY [PANEL...]`: previews, a contact sheet, draft pages."""

from __future__ import annotations

import argparse

from storyboard.cli.console import Console, add_common, add_fast, add_stories
from storyboard.cli.drawing import add_states, draw_stories

HELP = "draw small previews, a contact sheet and draft pages"
DESCRIPTION = (
    "Draws the previews that are missing or stale (all, or the named panels'), a contact sheet, "
    "and the pages in draft with their real lettering."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Stories or one story with panels, and the common options."""
    add_stories(parser, panels=True)
    add_states(parser)
    add_fast(parser)
    add_common(parser)


def run(options: argparse.Namespace, console: Console) -> int:
    """Draws, and ends with 1 where a panel or a text could not be made."""
    return draw_stories(options, console, finals=False)
