"""`storyboard pick STORY PANEL TAKE`: makes a take the panel's own, or goes back to the story."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from storyboard.cli.console import Console, add_common

HELP = "make a take the panel's own"
DESCRIPTION = (
    "Makes a take the panel's own: the pages show it, and its final is drawn from it. The pick is "
    "kept, with all its settings, in NAME.takes.yaml beside the story. With - as the take the "
    "panel goes back to what the story asks for. No take is ever removed."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The story, the panel, the take, and the common options."""
    parser.add_argument("story", metavar="STORY", type=Path)
    parser.add_argument("panel", metavar="PANEL", help="as 1.face, or face alone")
    parser.add_argument("take", metavar="TAKE", help="a take's number, or - for the story's own")
    add_common(parser)


def run(options: argparse.Namespace, console: Console) -> int:
    """Writes the pick and shows it."""
    from storyboard.desk import Desk
    from storyboard.reporters import reporter_for
    from storyboard.tabled import write_light_table

    desk = Desk.open(console.workspace, options.story)
    panel = desk.address(options.panel)
    for note in desk.book().notes:
        console.say(note)
    with desk.store.writing():
        told = desk.pick(panel, options.take)
    desk = Desk.open(console.workspace, options.story)
    console.warnings(desk.loaded.warnings)
    reporter = reporter_for(sys.stdout, sys.stderr, console.json, quiet=True)
    desk.show(frozenset([panel]), reporter)
    write_light_table(desk, console.workspace.cache_folder, reporter, console.options)
    console.note(told)
    return 0
