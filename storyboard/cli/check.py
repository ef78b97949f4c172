"""`storyboard check STORY...`: all problems of stories, templates and model files; no torch."""

from __future__ import annotations

import argparse
from pathlib import Path

from storyboard.cli.console import Console, add_common, add_stories
from storyboard.errors import Problem, ProblemsError

HELP = "tell all problems of stories, templates, LoRAs"
DESCRIPTION = (
    "Reads stories and tells every problem with file, line and column: the format, templates, "
    "layouts, and the model files that they name. Draws nothing. Ends with 2 if anything is wrong."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Stories and the common options."""
    add_stories(parser)
    add_common(parser)


def run(options: argparse.Namespace, console: Console) -> int:
    """Checks each story; the problems of all are shown together."""
    problems: list[Problem] = []
    for argument in options.arguments:
        found = problems_of(Path(argument), console)
        problems += found
        if not found:
            console.note(f"{argument}: no problem")
    console.problems(problems)
    return 2 if any(problem.severity == "error" for problem in problems) else 0


def problems_of(path: Path, console: Console) -> tuple[Problem, ...]:
    """Everything that is wrong with one story, and warnings."""
    try:
        return console.workspace.load(path, hashed=False).warnings
    except ProblemsError as error:
        return error.problems
