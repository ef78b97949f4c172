"""Pictures of a red coat under several skies, drawn with numpy alone, and their captions."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

SKIES = {"day": (120, 180, 240), "dusk": (230, 140, 90), "night": (20, 24, 60)}


def picture(number: int, width: int = 64, height: int = 64) -> npt.NDArray[np.uint8]:
    """A coat in the middle of a sky, height x width x 3."""
    sky = list(SKIES.values())[number % len(SKIES)]
    pixels = np.full((height, width, 3), sky, np.uint8)
    left = width // 4 + number % 4
    pixels[height // 3 :, left : left + width // 2] = (200, 30, 40)
    return pixels


def caption(number: int) -> str:
    """What is to be seen in it."""
    return f"mei, red coat, {list(SKIES)[number % len(SKIES)]}"


def write_album(folder: Path, count: int = 8) -> Path:
    """A folder of pictures with captions; every fourth picture is upright."""
    folder.mkdir(parents=True)
    for number in range(count):
        height = 96 if number % 4 == 3 else 64
        Image.fromarray(picture(number, 64, height)).save(folder / f"{number}.png")
        (folder / f"{number}.txt").write_text(caption(number) + "\n", encoding="utf-8")
    return folder


def write_card(folder: Path) -> Path:
    """Says that a tiny model is of SD 1.x's family, and draws 64 x 64."""
    card = {"family": "sd15", "native_pixels": 64 * 64, "size_multiple": 16}
    (folder / "storyboard.json").write_text(json.dumps(card), encoding="utf-8")
    return folder
