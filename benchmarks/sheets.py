"""Draws the documentation's sheets: `python -m benchmarks.sheets --out docs/pictures/inkling`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.easel import Easel
from benchmarks.grids import write_grid
from benchmarks.pictures import OUTPUT, add_drawing_options, easel_for
from benchmarks.vocabulary import Sheet, sheets
from storyboard.engine.base import Engine
from storyboard.errors import ProblemsError
from storyboard.events import FileWritten, Note, Reporter
from storyboard.reporters import reporter_for

PICTURES = Path("docs/pictures/inkling")


def main(
    arguments: Sequence[str] | None = None, make_engine: Callable[[], Engine] | None = None
) -> int:
    """Draws every sheet, or those that were named. 2 where it cannot be done.

    `make_engine` draws instead of the model, for tests.
    """
    options = _parser().parse_args(arguments)
    reporter = reporter_for(sys.stdout, sys.stderr, quiet=options.quiet)
    easel = easel_for(options, options.work, reporter, make_engine)
    try:
        for sheet in sheets():
            if not options.only or sheet.name in options.only:
                draw_sheet(
                    easel, sheet, options.out / f"{sheet.name}.png", options.finals, reporter
                )
    except ProblemsError as problem:
        print(problem, file=sys.stderr)
        return 2
    return 0


def draw_sheet(easel: Easel, sheet: Sheet, path: Path, finals: bool, report: Reporter) -> None:
    """Draws a sheet's panels and sets them as a grid; those whose LoRA is missing are left out."""
    needed = {name for panel in sheet.panels for name in panel.loras}
    missing = set(easel.missing(needed))
    for name in sorted(missing):
        report(Note(f"there is no LoRA {name} on the model path: {sheet.name} goes without it"))
    kept = [
        (label, panel)
        for label, panel in zip(sheet.labels, sheet.panels, strict=True)
        if not missing.intersection(panel.loras)
    ]
    if not kept:
        report(Note(f"{sheet.name} has no panel that could be drawn: it is left out"))
        return
    panels = [panel for _, panel in kept]
    shown = easel.draw(f"sheet-{sheet.name}", panels, finals)
    pictures = [one.preview if one.final is None else one.final for one in shown]
    write_grid(path, [label for label, _ in kept], pictures, sheet.columns)
    report(FileWritten("sheet", str(path)))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.sheets", description="Draw the sheets of the documentation."
    )
    add_drawing_options(parser, PICTURES)
    names = [sheet.name for sheet in sheets()]
    parser.add_argument("--work", type=Path, default=OUTPUT, help="where panels are kept")
    parser.add_argument("--finals", action="store_true", help="finals instead of previews")
    parser.add_argument(
        "--only", action="append", choices=names, metavar="NAME", help=", ".join(names)
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
