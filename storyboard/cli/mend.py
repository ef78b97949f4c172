"""`storyboard mend STORY PANEL --box L,T,W,H`: draws a region of a panel again, the rest stays."""

from __future__ import annotations

import argparse
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from storyboard.cli.console import Console, add_common
from storyboard.cli.drawing import real_engine

if TYPE_CHECKING:
    from storyboard.desk import Desk
    from storyboard.jobs import Mask, PreviewJob

HELP = "draw a region of a panel again, the rest stays"
DESCRIPTION = (
    "Draws takes of a panel in which only a region is drawn anew, a hand or a face say; outside of "
    "it every pixel stays as it is. `storyboard pick` makes one the panel's own."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The story, the panel, the region, what is to be there, and the common options."""
    parser.add_argument("story", metavar="STORY", type=Path)
    parser.add_argument("panel", metavar="PANEL", help="as 1.face, or face alone")
    region = parser.add_mutually_exclusive_group(required=True)
    region.add_argument(
        "--box", metavar="L,T,W,H", help="the region, in shares of the picture: 30%%,20%%,40%%,30%%"
    )
    region.add_argument(
        "--mask", metavar="FILE", help="a picture beside the story that is white in the region"
    )
    parser.add_argument(
        "--prompt", metavar="TEXT", help="in the scene's place, what is to be seen in the region"
    )
    parser.add_argument(
        "--denoise",
        type=float,
        default=None,
        metavar="D",
        help="how much of the region is drawn anew, above 0 to 1 (default: 0.75)",
    )
    parser.add_argument("-n", type=int, default=1, metavar="N", dest="count", help="how many takes")
    parser.add_argument("--seed", type=int, metavar="N", help="the first take's seed, counted up")
    add_common(parser)


def run(options: argparse.Namespace, console: Console) -> int:
    """Draws the mended takes; 1 where one could not be drawn."""
    from storyboard.desk import Desk
    from storyboard.engine.kept import KeptEngine
    from storyboard.proposals import Reroll, rerolled
    from storyboard.reporters import reporter_for
    from storyboard.tabled import write_light_table

    how = Reroll(options.count, options.seed)
    denoise = _denoise(options.denoise)
    desk = Desk.open(console.workspace, options.story)
    console.warnings(desk.loaded.warnings)
    address = desk.address(options.panel)
    job, raw = _mended(desk, address, _mask(options, desk), denoise, options.prompt, console)
    reporter = reporter_for(sys.stdout, sys.stderr, console.json, console.quiet)
    engine = KeptEngine(console.make_engine or real_engine(options, reporter))
    how_drawn = (reporter, options.batch_size, options.executor)
    with desk.store.writing(), closing(engine):
        first = desk.draw(desk.plan(False, frozenset([address])), engine.lent, *how_drawn)
        book = desk.book()
        takes = rerolled(book, address, job, raw, how, _told(options))
        listed = [(desk.panel(address), take) for take in dict.fromkeys(takes)]
        outcome = first if first.failed else desk.draw_takes(listed, book, engine.lent, *how_drawn)
        write_light_table(desk, console.workspace.cache_folder, reporter, console.options)
    for failure in outcome.failed:
        console.say(f"{failure.panel}: {failure.message}")
    if not outcome.failed:
        numbers = ", ".join(str(take.number) for _, take in listed)
        source = desk.compiled.source
        console.note(
            f"{address}: takes {numbers}; to pick one: storyboard pick {source} {address} N"
        )
    return 1 if outcome.failed else 0


def _denoise(said: float | None) -> float:
    from storyboard.errors import argument_error
    from storyboard.ownpictures import DENOISE

    if said is not None and not 0 < said <= 1:
        raise argument_error(f"{said:g} is no denoise", "above 0 and at most 1", "--denoise")
    return DENOISE if said is None else said


def _mask(options: argparse.Namespace, desk: Desk) -> Mask:
    """The region. Raises `ProblemsError`."""
    from storyboard.boxes import HOW, box, looks_like_box
    from storyboard.errors import argument_error

    if options.box is not None:
        found = box(options.box)
        if found is None:
            outside = looks_like_box(options.box)
            message = "does not lie within the picture" if outside else "is no box"
            raise argument_error(f"{options.box} {message}", HOW, "--box")
        return found
    return desk.picture_beside(options.mask, "--mask")


def _mended(
    desk: Desk, address: str, mask: Mask, denoise: float, prompt: str | None, console: Console
) -> tuple[PreviewJob, str]:
    """The present take, to be drawn on from in the region, and its prompt with LoRA tags."""
    from storyboard.errors import argument_error
    from storyboard.jobs import DEEPEST, Beginning, beginnings
    from storyboard.story.edits import Setting

    present, _ = desk.jobs_of(address)
    if beginnings(present) >= DEEPEST:
        raise argument_error(f"{address} was mended {DEEPEST} times already", "begin a new take")
    base, raw = present, desk.panel(address).raw_prompt
    if prompt is not None:
        said = Setting("scene", prompt, "--prompt")
        base, raw = desk.tried(console.workspace, address, (said,))
    beginning = Beginning(present, denoise, mask)
    return replace(base, size=present.size, beginning=beginning, variation=None), raw


def _told(options: argparse.Namespace) -> str:
    region = f"box {options.box}" if options.box is not None else f"mask {options.mask}"
    said = f", {options.prompt}" if options.prompt else ""
    return f"mended in {region}{said}"
