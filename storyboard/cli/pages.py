"""`storyboard pages STORY`: letters and assembles what is there; no torch."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from storyboard.cli.console import Console, add_common, add_stories

HELP = "letter and assemble what is drawn already"
DESCRIPTION = (
    "Letters and assembles pages from the pictures that are there; draws none. Ends with 1 where "
    "a picture is missing or a text does not fit."
)
FORMATS = ("png", "pdf", "cbz")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Stories and formats."""
    add_stories(parser)
    parser.add_argument(
        "--format",
        type=_formats,
        default=FORMATS,
        metavar="LIST",
        help=f"of {','.join(FORMATS)}, joined by commas (default: all)",
    )
    add_common(parser)


def run(options: argparse.Namespace, console: Console) -> int:
    """Assembles each story."""
    from storyboard.assembly import assemble
    from storyboard.desk import Desk
    from storyboard.reporters import reporter_for

    reporter = reporter_for(sys.stdout, sys.stderr, console.json, console.quiet)
    complete = True
    for argument in options.arguments:
        desk = Desk.open(console.workspace, Path(argument))
        with desk.store.writing():
            assembled = assemble(desk, "final", reporter, formats=options.format)
        for problem in (*desk.notes, *assembled.problems):
            console.say(problem)
        complete &= assembled.complete
    return 0 if complete else 1


def _formats(text: str) -> tuple[str, ...]:
    wanted = tuple(dict.fromkeys(text.split(",")))
    for name in wanted:
        if name not in FORMATS:
            raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(FORMATS)}")
    return wanted
