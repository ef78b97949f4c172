"""`storyboard check STORY...`: all problems of stories, templates and model files, and how many
tokens the prompts have; no torch."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from storyboard.cli.console import Console, add_common, add_stories
from storyboard.errors import Problem, ProblemsError

if TYPE_CHECKING:
    from storyboard.story.read import StoryFile
    from storyboard.tokens import PanelTokens

HELP = "tell all problems of stories, templates, LoRAs"
DESCRIPTION = (
    "Reads stories and tells every problem with file, line and column: the format, templates, "
    "layouts, and the model files that they name; and for each panel, how many tokens its prompts "
    "have, by chunks of 75. Draws nothing. Ends with 2 if anything is wrong."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Stories and the common options."""
    add_stories(parser)
    add_common(parser)


def run(options: argparse.Namespace, console: Console) -> int:
    """Checks each story; tells its panels' tokens, then the problems of all together."""
    from storyboard.workspace import stories_among

    problems: list[Problem] = []
    for argument in stories_among(options.arguments):
        found, counted = checked(argument, console)
        problems += found
        for panel in counted:
            console.note(str(panel))
        if not found:
            console.note(f"{argument}: no problem")
    console.problems(problems)
    return 2 if any(problem.severity == "error" for problem in problems) else 0


def _translations(file: StoryFile) -> list[Problem]:
    """What is wrong with the story's side files, and what is not translated in them."""
    from storyboard.story.sidefile import side_files
    from storyboard.translation import translated

    found: list[Problem] = []
    for language in side_files(file.path):
        try:
            found += translated(file, language)[1]
        except ProblemsError as error:
            found += error.problems
    return found


def checked(path: Path, console: Console) -> tuple[tuple[Problem, ...], list[PanelTokens]]:
    """Everything that is wrong with one story, and warnings; its panels' tokens, where nothing is
    worse than that and somebody reads them."""
    from storyboard.tokens import panel_tokens

    try:
        loaded = console.workspace.load(path, hashed=False)
    except ProblemsError as error:
        return error.problems, []
    unread = console.quiet or console.json
    translations = _translations(loaded.file)
    return (*loaded.warnings, *translations), [] if unread else panel_tokens(loaded.compiled)
