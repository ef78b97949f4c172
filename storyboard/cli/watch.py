"""`storyboard watch STORY [PANEL...]`: previews of what changed, as the story is saved."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from storyboard.cli.console import Console, add_common, add_stories, as_json
from storyboard.cli.drawing import real_engine

if TYPE_CHECKING:
    from storyboard.errors import Problem

HELP = "draw previews of what changed, whenever the story is saved"
DESCRIPTION = (
    "Draws the previews that are missing or stale (all, or the named panels'), the contact sheet "
    "and draft pages; then waits, and does so again whenever the story is saved, or another file "
    "that it is made of. The model stays in memory. A story with a problem is told, and waited "
    "for. Ctrl-C ends it."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A story, panels, and the common options."""
    add_stories(parser, panels=True)
    add_common(parser)


def run(options: argparse.Namespace, console: Console) -> int:
    """Draws and waits, until a signal or an error ends it."""
    console.note("reading the story")  # the imports take most of a second
    from storyboard.engine.kept import KeptEngine
    from storyboard.looking import Look
    from storyboard.redrawing import Previews
    from storyboard.reporters import reporter_for
    from storyboard.watching import watch

    story, panels = _asked_for(options.arguments)
    workspace = console.workspace
    workspace.catalog(story.parent)  # a folder that --models names and that is not there is told
    reporter = reporter_for(sys.stdout, sys.stderr, console.json, console.quiet)
    engine = KeptEngine(console.make_engine or real_engine(options, reporter))
    try:
        watch(
            Previews(
                workspace,
                story,
                panels,
                engine,
                reporter,
                _Tell(console, story),
                options.batch_size or 1,
                options.executor,
                console.options,
            ),
            Look(),
        )
    finally:
        engine.close()


def _asked_for(arguments: Sequence[str]) -> tuple[Path, list[str]]:
    from storyboard.errors import argument_error
    from storyboard.workspace import split_arguments

    stories, panels = split_arguments(arguments)
    if len(stories) != 1:
        raise argument_error("one story is watched at a time", "name one file that ends in .yaml")
    if not stories[0].exists():
        raise argument_error("there is no such file", file=str(stories[0]))
    return stories[0], panels


class _Tell:
    """Speaks as the other commands do; with `--json`, in JSON lines between those of events."""

    def __init__(self, console: Console, story: Path) -> None:
        self._console = console
        self._story = story
        self._was_told = False

    def problems(self, problems: Sequence[Problem]) -> None:
        """What is wrong with the story."""
        if self._console.json:
            self._line("Problems", problems=[as_json(problem) for problem in problems])
        else:
            self._console.problems(problems)
            self._console.note("waiting for the next save")

    def warnings(self, warnings: Sequence[Problem]) -> None:
        """What need not be mended."""
        self._console.warnings(warnings)

    def waiting(self, files: Sequence[Path]) -> None:
        """A round is over: a program is told each time, a person once."""
        if self._console.json:
            self._line("Watching", story=str(self._story), files=list(map(str, files)))
        elif not self._was_told:
            self._was_told = True
            self._console.note(f"watching {self._story} and what it is made of; Ctrl-C ends it")

    def _line(self, event: str, **said: Any) -> None:
        print(json.dumps({"event": event, **said}), flush=True)
