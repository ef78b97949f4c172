"""`storyboard pages STORY`: letters and assembles what is there; no torch."""

from __future__ import annotations

import argparse
import sys

from storyboard.cli.console import Console, add_common, add_stories
from storyboard.cli.exporting import add_formats

HELP = "letter and assemble what is drawn already"
DESCRIPTION = (
    "Letters and assembles pages from the pictures that are there; draws none. Ends with 1 where "
    "a picture is missing or a text does not fit."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Stories, formats and languages."""
    add_stories(parser)
    add_formats(parser)
    add_common(parser)


def run(options: argparse.Namespace, console: Console) -> int:
    """Assembles each story."""
    from storyboard.assembly import assemble
    from storyboard.desk import Desk
    from storyboard.reporters import reporter_for
    from storyboard.workspace import stories_among

    reporter = reporter_for(sys.stdout, sys.stderr, console.json, console.quiet)
    complete = True
    for argument in stories_among(options.arguments):
        desk = Desk.open(console.workspace, argument)
        with desk.store.writing():
            assembled = assemble(
                desk, "final", reporter, options.format, languages=options.language
            )
        for problem in (*desk.notes, *assembled.problems):
            console.say(problem)
        console.warnings(assembled.warnings)
        complete &= assembled.complete
    return 0 if complete else 1
