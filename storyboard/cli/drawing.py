"""What `preview` and `render` share: stories drawn one after the other by one engine, then their
pages."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Callable, Sequence
from contextlib import closing, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from storyboard.cli.console import Console

if TYPE_CHECKING:
    from storyboard.desk import Desk
    from storyboard.engine.base import Engine
    from storyboard.engine.compiling import Compiling
    from storyboard.engine.kept import KeptEngine
    from storyboard.events import Reporter
    from storyboard.executors.base import Executor
    from storyboard.export.formats import Format
    from storyboard.gathering import Stage
    from storyboard.run import Outcome


def draw_stories(
    options: argparse.Namespace,
    console: Console,
    finals: bool,
    formats: Sequence[Format] | None = None,
    languages: Sequence[str] = (),
) -> int:
    """Draws each story's panels, then its pages in these formats and languages, the story's own
    where none is named; 1 where anything could not be made. Stories of one checkpoint follow one
    another, whatever their order, so that each is loaded once."""
    from storyboard.batching import by_checkpoint
    from storyboard.desk import Desk
    from storyboard.engine.kept import KeptEngine
    from storyboard.errors import argument_error
    from storyboard.reporters import reporter_for
    from storyboard.workspace import split_arguments

    stories, panels = split_arguments(options.arguments)
    if not stories:
        raise argument_error("no story is named", "a story is a file that ends in .yaml")
    if panels and len(stories) > 1:
        raise argument_error(
            "panels go with one story only", f"name one of {', '.join(map(str, stories))}"
        )
    desks = [Desk.open(console.workspace, story) for story in stories]
    reporter = reporter_for(sys.stdout, sys.stderr, console.json, console.quiet)
    sound = True
    how = _compiling(options, console, desks, finals)
    make = real_engine(options, reporter, how)
    with closing(KeptEngine(console.make_engine or make)) as engine:
        for desk in by_checkpoint(desks, lambda desk: desk.compiled):
            console.warnings(desk.loaded.warnings)
            for note in desk.manifest.notes:
                console.say(note)
            sound &= _draw(
                desk, panels, options, console, reporter, finals, engine, formats, languages, how
            )
    return 0 if sound else 1


def _draw(
    desk: Desk,
    panels: Sequence[str],
    options: argparse.Namespace,
    console: Console,
    reporter: Reporter,
    finals: bool,
    engine: KeptEngine,
    formats: Sequence[Format] | None,
    languages: Sequence[str],
    how: Compiling | None,
) -> bool:
    from storyboard.beside import Beside
    from storyboard.estimating import Figures, Measured
    from storyboard.run import Outcome

    only = _asked(desk, panels, options, finals)
    if only is not None and not only:
        console.note(f"{desk.compiled.name}: no panel is {_states(options, ' or ')}")
        return True
    stage: Stage = "final" if finals else "draft"
    figures = Figures(console.workspace.cache_folder, device_of(options), how is not None)

    def drawn(finals: bool, decided: bool) -> Outcome:
        plan, batch_size = desk.plan(finals, only), options.batch_size
        measured = Measured(reporter, figures, plan.items)
        weigh = figures.weight
        try:
            where = _executor(options, how)
            pages = Beside(desk, stage, measured, formats, languages)
            # Before it is decided, pages may get other pictures than those that are drawn now.
            with pages if decided else nullcontext(measured) as told:
                return desk.draw(plan, engine.lent, told, batch_size, where, weigh)
        finally:
            figures.save()

    with desk.store.writing():
        is_open = desk.is_open(only)
        outcome = drawn(finals and not is_open, decided=not is_open)
        if is_open:
            desk = desk.decided()
            then = drawn(finals, decided=True)
            outcome = Outcome(
                (*outcome.done, *then.done), (*outcome.failed, *then.failed), then.drifted
            )
        # Pages and books take as long to import as a story to plan: not before the first picture.
        from storyboard.assembly import assemble
        from storyboard.tabled import write_light_table

        assembled = assemble(desk, stage, reporter, formats, only, languages)
        if not finals:
            cache = console.workspace.cache_folder
            write_light_table(desk, cache, reporter, console.options)
    for problem in assembled.problems:
        console.say(problem)
    console.warnings(assembled.warnings)
    for drifted in outcome.drifted:
        console.say(f"{drifted}; lower `final.denoise`, or say `final: {{max_drift: ...}}`")
    _tell_failures(desk, outcome, options, console)
    return assembled.complete and not outcome.failed


def _asked(
    desk: Desk, panels: Sequence[str], options: argparse.Namespace, finals: bool
) -> frozenset[str] | None:
    """The panels that are named, and of those the ones in the states that are asked for; None for
    all."""
    named, states = desk.addresses(panels), _states(options, " ").split()
    if not states:
        return named
    items = desk.plan(finals, named).items
    return frozenset(item.panel for item in items if item.state in states)


def _states(options: argparse.Namespace, between: str) -> str:
    return between.join(state for state in ("failed", "stale") if getattr(options, state))


def add_states(parser: argparse.ArgumentParser) -> None:
    """Only the panels that failed, or are stale."""
    parser.add_argument(
        "--failed", action="store_true", help="only panels that could not be drawn the last time"
    )
    parser.add_argument(
        "--stale", action="store_true", help="only panels that have changed since they were drawn"
    )


def _tell_failures(
    desk: Desk, outcome: Outcome, options: argparse.Namespace, console: Console
) -> None:
    """The run's end: what failed, why, and the command that tries again."""
    if not outcome.failed or console.json:
        return
    for failure in outcome.failed:
        console.say(f"{failure.panel} ({failure.kind}): {failure.message}")
    panels = dict.fromkeys(failure.panel for failure in outcome.failed)
    fast = ["--fast"] if console.fast else []
    words = [options.command, desk.compiled.source, *panels, *console.options, *fast]
    console.say(f"to try again: {shlex.join(['storyboard', *words])}")


def _compiling(
    options: argparse.Namespace, console: Console, desks: Sequence[Desk], finals: bool
) -> Compiling | None:
    """Whether the UNet is compiled, by all that is to be drawn."""
    from storyboard.compiling import Compile, compiling
    from storyboard.estimating import Figures

    todo = (item for desk in desks for item in desk.plan(finals).to_draw)
    jobs = {item.digest: item.job for item in todo}
    figures = Figures(console.workspace.cache_folder, device_of(options))
    return compiling(Compile(options.compile), jobs.values(), figures)


def _executor(options: argparse.Namespace, how: Compiling | None) -> str | Executor:
    """Where drawing happens: on one device by the executor that is named, or on several."""
    if not options.devices:
        return str(options.executor)
    from storyboard.executors.several import SeveralExecutor

    return SeveralExecutor(
        [
            partial(engine_on, device, options.dtype, options.output, compiling=how)
            for device in options.devices
        ]
    )


def device_of(options: argparse.Namespace) -> str:
    """What figures of how quickly it draws are kept under."""
    device = ",".join(options.devices) or options.device
    return f"{device}/{options.dtype}"


def real_engine(
    options: argparse.Namespace, reporter: Reporter, how: Compiling | None = None
) -> Callable[[], Engine]:
    """Makes the engine that draws with Stable Diffusion; torch is imported only then."""
    return partial(engine_on, options.device, options.dtype, options.output, reporter, how)


def engine_on(
    device: str,
    dtype: str,
    output: Path,
    reporter: Reporter | None = None,
    compiling: Compiling | None = None,
) -> Engine:
    """The engine that draws with Stable Diffusion. Raises ProblemsError where there is no such
    device."""
    if compiling is not None:
        # Read when torch compiles for the first time; what the user has set is left alone.
        os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(output / ".cache" / "compile"))
    from storyboard.engine.diffusion import DiffusionEngine
    from storyboard.engine.watched import Watched
    from storyboard.workspace import Workspace

    there = Workspace(output)
    remembered = there.cache_folder
    engine = DiffusionEngine(device, dtype, reporter, compiling=compiling, remembered=remembered)
    return Watched(engine, there.hasher().model)
