"""The plain script in a process of its own: `python -m benchmarks.speed.alone STORY`, for how long
it takes from nothing to the first panel."""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from benchmarks.speed.plain import PlainScript
from storyboard.desk import Desk
from storyboard.workspace import Workspace


def main() -> None:
    """Draws a story's panels."""
    parser = argparse.ArgumentParser()
    parser.add_argument("story", type=Path)
    parser.add_argument("--models", type=Path)
    parser.add_argument("--output", type=Path)
    parser.add_argument("--device")
    parser.add_argument("--previews", action="store_true")
    options = parser.parse_args()
    panels = Desk.open(Workspace(options.output, (options.models,)), options.story).compiled.panels
    assert panels[0].preview is not None
    dtype = torch.float32 if options.device == "cpu" else torch.float16
    script = PlainScript(panels[0].preview, options.device, dtype, not options.previews)
    for panel in panels:
        script.draw(panel, options.output / "plain")


if __name__ == "__main__":
    main()
