"""Draws panels with the built-in model and measures them: `python -m benchmarks.pictures`.

Everything goes through storyboard's own stories, engine and store, at the settings that an author
gets who says nothing. Pictures stay in the output folder: a second run draws nothing.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.attributes import CHARACTERS
from benchmarks.easel import Easel
from benchmarks.judge import Judge
from benchmarks.measures.again import again
from benchmarks.measures.holding import holding
from benchmarks.measures.identity import identity
from benchmarks.measures.mixing import mixing
from benchmarks.measures.obedience import obedience
from benchmarks.panels import STYLES
from benchmarks.tables import Table, document
from storyboard.engine.base import Engine
from storyboard.errors import ProblemsError
from storyboard.events import Note, Reporter
from storyboard.files import write_atomic
from storyboard.reporters import reporter_for
from storyboard.workspace import Workspace

OUTPUT = Path("output/benchmarks")
COUNTS = {"prompts": 240, "scenes": 40, "mixed": 40, "again": 2, "finals": 40}
QUICK = {"prompts": 24, "scenes": 4, "mixed": 4, "again": 1, "finals": 4}


@dataclass(frozen=True)
class Bench:
    """All that a measure needs: where to draw, who judges, who and what is there, how many."""

    easel: Easel
    judge: Judge
    characters: tuple[str, ...]
    styles: tuple[str, ...]
    prompts: int
    scenes: int
    mixed: int
    again: int
    finals: int


MEASURES: dict[str, Callable[[Bench], Table]] = {
    "obedience": lambda bench: obedience(bench.easel, bench.judge, bench.prompts),
    "identity": lambda bench: identity(bench.easel, bench.judge, bench.characters, bench.scenes),
    "mixing": lambda bench: mixing(
        bench.easel, bench.judge, bench.characters, bench.styles, bench.mixed
    ),
    "again": lambda bench: again(bench.easel, bench.characters, bench.again),
    "holding": lambda bench: holding(bench.easel, bench.judge, bench.finals),
}


def main(
    arguments: Sequence[str] | None = None, make_engine: Callable[[], Engine] | None = None
) -> int:
    """Measures what was asked for; prints tables, writes JSON. 2 where it cannot be done.

    `make_engine` draws instead of the model, for tests.
    """
    options = _parser().parse_args(arguments)
    try:
        tables = _measured(options, make_engine)
    except ProblemsError as problem:
        print(problem, file=sys.stderr)
        return 2
    if options.json:
        command = " ".join(["python -m benchmarks.pictures", *(arguments or sys.argv[1:])])
        found = document(command, tables)
        write_atomic(options.json, (json.dumps(found, indent=1) + "\n").encode())
    return 0


def _measured(options: argparse.Namespace, make_engine: Callable[[], Engine] | None) -> list[Table]:
    reporter = reporter_for(sys.stdout, sys.stderr, quiet=options.quiet)
    easel = easel_for(options, options.out, reporter, make_engine)
    bench = _bench(options, easel, reporter)
    tables = []
    for name in options.only or list(MEASURES):
        tables.append(MEASURES[name](bench))
        print(tables[-1].markdown(), end="\n\n", flush=True)
    return tables


def _bench(options: argparse.Namespace, easel: Easel, reporter: Reporter) -> Bench:
    counts = {name: _count(options, name) for name in COUNTS}
    characters = _there(easel, options.characters or CHARACTERS, reporter)
    styles = _there(easel, tuple(STYLES), reporter)
    return Bench(easel, Judge(), characters, styles, **counts)


def _count(options: argparse.Namespace, name: str) -> int:
    said: int | None = getattr(options, name)
    return (QUICK if options.quick else COUNTS)[name] if said is None else said


def _there(easel: Easel, names: Sequence[str], reporter: Reporter) -> tuple[str, ...]:
    """Those LoRAs that are on the model path; the others are told."""
    missing = easel.missing(names)
    for name in missing:
        reporter(Note(f"there is no LoRA {name} on the model path: it is left out"))
    return tuple(name for name in names if name not in missing)


def easel_for(
    options: argparse.Namespace,
    output: Path,
    reporter: Reporter,
    make_engine: Callable[[], Engine] | None = None,
) -> Easel:
    """Where panels are drawn, as the options say; torch is imported with the first."""

    def make() -> Engine:
        from storyboard.engine.diffusion import DiffusionEngine

        return DiffusionEngine(options.device, options.dtype, reporter)

    return Easel(Workspace(output, tuple(options.models)), make_engine or make, reporter)


def add_drawing_options(parser: argparse.ArgumentParser, output: Path) -> None:
    """The options of everything here that draws."""
    parser.add_argument("--out", type=Path, default=output, help="default: %(default)s")
    parser.add_argument("--models", type=Path, action="append", default=[], help="a model folder")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--dtype", default="auto")
    parser.add_argument("-q", "--quiet", action="store_true", help="tell only what goes wrong")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.pictures", description="Measure what the built-in model draws."
    )
    add_drawing_options(parser, OUTPUT)
    parser.add_argument("--quick", action="store_true", help="few pictures of everything")
    parser.add_argument("--only", action="append", choices=list(MEASURES), metavar="NAME")
    parser.add_argument("--characters", nargs="+", choices=CHARACTERS, metavar="NAME")
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    for name, what in (
        ("prompts", "of obedience"),
        ("scenes", "a character and weight"),
        ("mixed", "scenes a character and style"),
        ("again", "scenes a pair of LoRAs"),
        ("finals", "panels drawn as finals"),
    ):
        parser.add_argument(f"--{name}", type=_positive, metavar="N", help=f"how many {what}")
    return parser


def _positive(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError(f"{count} is less than 1")
    return count


if __name__ == "__main__":
    sys.exit(main())
