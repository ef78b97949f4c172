"""How long planning takes: `python -m benchmarks.plan`, for stories of 100 to 100,000 panels.

Stories are made in memory: what is measured comes after the YAML, from the story to batches.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, TypeVar

from benchmarks.tables import Table, document
from storyboard.batching import batches
from storyboard.compiler import compile_story
from storyboard.errors import Mark
from storyboard.files import write_atomic
from storyboard.manifest import Manifest
from storyboard.planning import plan
from storyboard.story.marks import Marks
from storyboard.story.model import Story
from storyboard.story.nodes import Mapping
from storyboard.story.read import StoryFile
from storyboard.workspace import Workspace, model_hash

COUNTS = (100, 1_000, 10_000, 100_000)
SETS = (("mei",), ("bo",), ("juno",), ("mei", "ink"))
_A_PAGE = 50
_SCENES = (
    (("standing", "waving", "sitting", "running", "smile", "sad", "angry"), 1),
    (("harbor", "kitchen", "forest", "library", "street", "castle", "meadow", "cafe"), 7),
    (("day", "night", "sunset", "sunrise"), 56),
    (("rain", "snow", "fog", "falling leaves", "blue sky"), 224),
)
"""What is seen, and after how many panels it changes: 1,120 scenes."""

T = TypeVar("T")


def story_of(panels: int) -> Story:
    """A story of so many panels, fifty a page, as it has 2,000 pages at most; they go round four
    sets of LoRAs."""
    people = {
        name: {"lora": name, "prompt": f"{name}, {who}"}
        for name, who in (("mei", "1girl"), ("bo", "1boy"), ("juno", "1girl"))
    }
    return Story.model_validate(
        {
            "title": "long",
            "seed": 1,
            "characters": people,
            "styles": {"ink": {"lora": "manga-ink", "prompt": "ink drawing, screentone"}},
            "pages": [
                {"panels": {f"p{n}": _panel(n) for n in range(at, min(at + _A_PAGE, panels))}}
                for at in range(0, panels, _A_PAGE)
            ],
        }
    )


def _panel(number: int) -> dict[str, Any]:
    here = SETS[number % len(SETS)]
    scene = ", ".join(words[number // step % len(words)] for words, step in _SCENES)
    said: dict[str, Any] = {"scene": scene, "shot": "medium shot"}
    said["characters"] = [name for name in here if name != "ink"]
    return said | ({"style": "ink"} if "ink" in here else {})


def measured(panels: int, folder: Path) -> tuple[int, float, float, float, float, float, int]:
    """Seconds of the processor to compile, to plan, to batch, in all, the clock's in all; and how
    many batches there are."""
    workspace = Workspace(folder / "output")
    story = story_of(panels)
    file = StoryFile(
        folder / "long.yaml", story, Marks(Mapping({}, Mark("long.yaml"), False)), folder, ()
    )
    catalog, hasher = workspace.catalog(folder), workspace.hasher()
    begun = perf_counter()
    (compiled, _), compiling = timed(
        lambda: compile_story(file, catalog, lambda model: model_hash(hasher, model))
    )
    manifest = Manifest.load(folder / "output" / "long", compiled.name, compiled.source)
    planned, planning = timed(lambda: plan(compiled, frozenset(), manifest, finals=True))
    groups, batching = timed(lambda: batches(planned.items))
    times = compiling, planning, batching, compiling + planning + batching
    rounded = [round(seconds, 2) for seconds in (*times, perf_counter() - begun)]
    compile_, plan_, batch_, all_, clock = rounded
    return panels, compile_, plan_, batch_, all_, clock, len(groups)


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """What it gives, and the processor's seconds that it took."""
    begun = process_time()
    found = work()
    return found, process_time() - begun


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures, prints a table, and writes it as JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.plan", description=__doc__)
    parser.add_argument("--panels", type=int, nargs="+", default=COUNTS)
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    options = parser.parse_args(arguments)
    rows = []
    for panels in options.panels:
        with tempfile.TemporaryDirectory() as folder:
            rows.append(measured(panels, Path(folder)))
    columns = (
        "panels",
        "compile, s",
        "plan, s",
        "batch, s",
        "all, s",
        "by the clock, s",
        "batches",
    )
    table = Table("planning", "From a story in memory to batches", columns, tuple(rows))
    print(table.markdown())
    if options.json:
        command = " ".join(["python -m benchmarks.plan", *(arguments or sys.argv[1:])])
        found = json.dumps(document(command, [table]), indent=1)
        write_atomic(options.json, f"{found}\n".encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
