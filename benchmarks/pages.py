"""How long pages take, and how much memory: `python -m benchmarks.pages [--pages 200]`.

One page of six panels with ten balloons at 1988x3056 pixels: composed, drawn, packed as PNG. Then
a story of many such pages, from pictures of its own, by one process and by one a core: the wall
clock, and the most memory that any process had. Run it on a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from storyboard.assembly import assemble
from storyboard.crew import Crew
from storyboard.desk import Desk
from storyboard.editions import edition
from storyboard.export.formats import Format
from storyboard.export.images import Png, picture_file
from storyboard.gathering import gather
from storyboard.lettered import page_content
from storyboard.pages.fonts import bundled_fonts
from storyboard.pages.raster import rasterise
from storyboard.pagework import ToCompose, compose, drawing_of
from storyboard.workspace import Workspace

_PICTURES = 24
_PANEL = """\
      p{n}: {{art: "{art}.png", characters: [mei, bo], balloons: [{balloons}]}}"""
_SAID = ("It's only rain.", "And the boats are still out there.", "Then tonight I keep the light!")


def main() -> None:
    """Measures, and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=200)
    parser.add_argument("--formats", default="png,pdf,cbz")
    parser.add_argument("--crew", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--story", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.story:
        _measure(options.story, options.crew, options.formats)
        return
    with tempfile.TemporaryDirectory(prefix="pages-") as folder:
        story = _story(Path(folder), options.pages)
        print(_one_page(story))
        for crew in (1, len(os.sched_getaffinity(0))):
            words = [sys.executable, "-m", "benchmarks.pages", "--story", str(story)]
            words += ["--crew", str(crew), "--formats", options.formats]
            subprocess.run(words, check=True)


def _story(folder: Path, pages: int) -> Path:
    random = np.random.default_rng(7)
    for number in range(_PICTURES):
        _picture(random).save(folder / f"art{number}.png")
    lines = ["title: Many pages", "characters: {mei: {prompt: m}, bo: {prompt: b}}"]
    lines += ["page: {size: 1988x3056, margin: 90, gutter: 36}", "pages:"]
    for page in range(pages):
        lines += ["  - tiers: [2, 1, 2, 1]", "    panels:"]
        for n, count in enumerate((2, 2, 1, 2, 2, 1)):
            said = ", ".join(f'{{who: mei, says: "{_SAID[(n + k) % 3]}"}}' for k in range(count))
            art = f"art{(6 * page + n) % _PICTURES}"
            lines.append(_PANEL.format(n=n, art=art, balloons=said))
    path = folder / "many.yaml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _picture(random: np.random.Generator) -> Image.Image:
    """Flat shapes with soft edges and some grain, which pack about as well as drawn art."""
    coarse = random.integers(0, 255, (9, 9, 3), dtype=np.uint8)
    large = Image.fromarray(coarse).resize((1024, 1024), Image.Resampling.BICUBIC)
    grain = random.integers(-2, 3, (1024, 1024, 3))
    return Image.fromarray(np.clip(np.asarray(large) + grain, 0, 255).astype(np.uint8))


def _one_page(story: Path) -> str:
    """Process time, so that what else runs on the machine counts little; the best of three."""
    desk = Desk.open(Workspace(story.parent / "output"), story)
    gathered = gather(desk.compiled.panels, (), desk.store, "final")
    content = page_content(edition(desk.loaded.file).file, 0, gathered.pictures)
    best = [9e9] * 3
    for turn in range(3):
        kept = story.parent / f"kept-{turn}"
        times = [time.process_time()]
        composed = compose(ToCompose(content, bundled_fonts("en"), False, kept))
        times.append(time.process_time())
        drawing = drawing_of(composed.kept)
        page = rasterise(drawing)
        times.append(time.process_time())
        picture_file(page, Png(), drawing.dpi)
        times.append(time.process_time())
        best = [min(b, y - x) for b, x, y in zip(best, times, times[1:], strict=False)]
    assert not composed.problems
    laid, drawn, packed = best
    return (
        f"a page: {sum(best):.2f} s (pictures looked at and lettered {laid:.2f}, "
        f"drawn {drawn:.2f}, packed {packed:.2f})"
    )


def _measure(story: Path, crew: int, formats: str) -> None:
    """One run in a process of its own."""
    desk = Desk.open(Workspace(story.parent / f"output-{crew}"), story)
    wanted = [Format(name) for name in formats.split(",")]
    start = time.monotonic()
    with desk.store.writing():
        done = assemble(desk, "final", lambda _: None, wanted, crew=Crew(crew))
    wall = time.monotonic() - start
    assert done.complete, done.problems[:3]
    here = resource.getrusage(resource.RUSAGE_SELF)
    theirs = resource.getrusage(resource.RUSAGE_CHILDREN)
    alone = here.ru_utime + here.ru_stime
    busy = alone + theirs.ru_utime + theirs.ru_stime
    print(
        f"{len(desk.loaded.file.story.pages)} pages as {formats} by {crew}: {wall:.1f} s, "
        f"{busy:.1f} s of processors, {alone:.1f} of them in the one that asked; "
        f"at most {here.ru_maxrss // 1024} MB here"
        + (f" and {theirs.ru_maxrss // 1024} MB in each other process" if crew > 1 else "")
    )


if __name__ == "__main__":
    main()
