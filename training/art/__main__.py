"""Draws a contact sheet: `python -m training.art --sheet out.png`."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from training.art.sampling import sample_picture
from training.art.scene import draw_scene
from training.art.spec import Style


def main() -> None:
    """Reads the command line and writes the sheet."""
    parser = argparse.ArgumentParser(description="Draw a contact sheet of the training art.")
    parser.add_argument("--sheet", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--columns", type=int, default=6)
    parser.add_argument("--rows", type=int, default=4)
    parser.add_argument("--style", choices=[style.value for style in Style], default="color")
    parser.add_argument("--kind", choices=("any", "people", "scenery"), default="any")
    options = parser.parse_args()
    sheet = np.full((options.rows * 256, options.columns * 264, 3), 255, np.uint8)
    seed, cell = options.seed, 0
    while cell < options.rows * options.columns:
        picture, seed = sample_picture(seed), seed + 1
        if options.kind != "any" and bool(picture.scene.people) != (options.kind == "people"):
            continue
        scene = replace(picture.scene, style=Style(options.style))
        art = draw_scene(scene, picture.width, picture.height)
        image = Image.fromarray(art)
        image.thumbnail((260, 252))
        row, column = divmod(cell, options.columns)
        art = np.asarray(image)
        y, x = row * 256, column * 264
        sheet[y : y + art.shape[0], x : x + art.shape[1]] = art
        print(cell, picture.caption)
        cell += 1
    Image.fromarray(sheet).save(options.sheet)


if __name__ == "__main__":
    main()
