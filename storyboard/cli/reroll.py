"""`storyboard reroll STORY PANEL...`: new takes of a panel, beside the present one."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from storyboard.cli.console import Console, add_common
from storyboard.cli.drawing import real_engine

if TYPE_CHECKING:
    from storyboard.desk import Desk
    from storyboard.proposals import Axis, Reroll
    from storyboard.run import Outcome
    from storyboard.story.edits import Setting
    from storyboard.takes import Take, TakeBook

HELP = "draw new takes of a panel, beside the present one"
DESCRIPTION = (
    "Draws takes of panels: previews with other seeds, or near the present one, or with settings "
    "tried that are not in the file. Nothing that is there is changed; `storyboard pick` makes a "
    "take the panel's own. Settings are scene, shot, cfg, steps, sampler, style and the like, "
    "vars.NAME, and NAME.weight for a character or a style."
)
TAKES = 4


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The story, its panels, how takes differ, and the common options."""
    parser.add_argument("story", metavar="STORY", type=Path)
    parser.add_argument("panels", metavar="PANEL", nargs="+", help="as 1.face, or face alone")
    parser.add_argument(
        "-n",
        type=int,
        default=None,
        metavar="N",
        dest="count",
        help=f"how many takes (default: {TAKES}; 1, with the panel's own seed, where --set alone "
        "is said)",
    )
    seeds = parser.add_mutually_exclusive_group()
    seeds.add_argument("--seed", type=int, metavar="N", help="the first take's seed, counted up")
    seeds.add_argument(
        "--near",
        type=float,
        metavar="STRENGTH",
        help="keep the present take's seed and mix in this much of another's noise, above 0 to 1",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        dest="settings",
        help="try a setting without editing the file; repeatable",
    )
    parser.add_argument(
        "--grid",
        nargs="+",
        default=[],
        metavar="KEY=VALUE,VALUE,...",
        help="a take for each value, or for each pair of two such lists, and a labelled picture "
        "of all of them",
    )
    add_common(parser)


def run(options: argparse.Namespace, console: Console) -> int:
    """Draws the takes; 1 where one could not be drawn."""
    from storyboard.desk import Desk
    from storyboard.proposals import axis
    from storyboard.reporters import reporter_for
    from storyboard.story.edits import setting
    from storyboard.tabled import write_light_table

    settings = tuple(setting(text) for text in options.settings)
    axes = tuple(axis(text) for text in options.grid)
    how = _how(options, bool(settings), bool(axes))
    desk = Desk.open(console.workspace, options.story)
    console.warnings(desk.loaded.warnings)
    panels = sorted(desk.addresses(options.panels) or ())
    reporter = reporter_for(sys.stdout, sys.stderr, console.json, console.quiet)
    with desk.store.writing():
        book = desk.book()
        proposed = {
            panel: _proposed(desk, book, panel, settings, how, axes, console) for panel in panels
        }
        outcome = desk.draw_takes(
            [
                (desk.panel(panel), take)
                for panel, takes in proposed.items()
                for take in dict.fromkeys(takes)
            ],
            book,
            console.make_engine or real_engine(options, reporter),
            reporter,
            options.batch_size,
            options.executor,
        )
        for panel, takes in proposed.items() if axes else ():
            _grid(desk, panel, takes, axes, console)
        write_light_table(desk, console.workspace.cache_folder, reporter, console.options)
    _tell(desk, proposed, outcome, console)
    return 1 if outcome.failed else 0


def _how(options: argparse.Namespace, tried: bool, grid: bool) -> Reroll | None:
    """How takes differ by their seeds; None where they keep the panel's own."""
    from storyboard.errors import argument_error
    from storyboard.proposals import Reroll

    said = options.count is not None or options.seed is not None or options.near is not None
    if grid and said:
        raise argument_error(
            "a grid's takes keep the panel's seed", "leave out -n, --seed and --near", "--grid"
        )
    if grid or (tried and not said):
        return None
    count = TAKES if options.count is None else options.count
    return Reroll(count, options.seed, options.near)


def _proposed(
    desk: Desk,
    book: TakeBook,
    panel: str,
    settings: tuple[Setting, ...],
    how: Reroll | None,
    axes: tuple[Axis, ...],
    console: Console,
) -> list[Take]:
    """The panel's new takes. Raises `ProblemsError` where it has none or a setting is wrong."""
    from storyboard.proposals import cells, numbered, rerolled

    present, own = desk.jobs_of(panel)
    tried = ", ".join(map(str, settings))
    if how is None:
        tries = [(*settings, *cell) for cell in cells(axes)] if axes else [settings]
        tried_jobs = [(*desk.tried(console.workspace, panel, one), one) for one in tries]
        return numbered(
            book, panel, [(job, raw, ", ".join(map(str, one))) for job, raw, one in tried_jobs]
        )
    if settings:
        job, raw = desk.tried(console.workspace, panel, settings)
        return rerolled(book, panel, job, raw, how, tried)
    jobs = desk.panel(panel)
    raw = jobs.own_raw_prompt if how.near is None else jobs.raw_prompt
    return rerolled(book, panel, own if how.near is None else present, raw, how)


def _grid(
    desk: Desk, panel: str, takes: list[Take], axes: tuple[Axis, ...], console: Console
) -> None:
    from storyboard.takegrid import write_grid

    path = write_grid(desk, panel, takes, axes)
    console.note(f"grid: {path}")


def _tell(desk: Desk, proposed: dict[str, list[Take]], outcome: Outcome, console: Console) -> None:
    source = desk.compiled.source
    for failure in outcome.failed:
        console.say(f"{failure.panel}: {failure.message}")
    for panel, takes in proposed.items():
        numbers = ", ".join(str(take.number) for take in dict.fromkeys(takes))
        console.note(f"{panel}: takes {numbers}; to pick one: storyboard pick {source} {panel} N")
