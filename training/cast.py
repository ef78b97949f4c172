"""The built-in LoRAs: what each is called, and the pictures that it is trained on."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from training.art.cast import PEOPLE, examples
from training.art.scene import draw_scene
from training.lora import Recipe

__all__ = ["PEOPLE", "RECIPES", "STRENGTHS", "draw_set", "write_set"]

RECIPES = {
    "mei": Recipe(
        "mei",
        "mei",
        "Mei: a girl with short black hair, a yellow star hairpin and a red raincoat.",
    ),
    "bo": Recipe(
        "bo",
        "bo",
        "Bo: a boy with spiky mint-green hair, a white streak in it, and a striped scarf.",
    ),
    "juno": Recipe(
        "juno",
        "juno",
        "Juno: a girl with lilac twintails that end in coral, and round teal glasses.",
    ),
    "manga-ink": Recipe(
        "manga-ink",
        "ink drawing, screentone",
        "Black-and-white manga: heavy ink, black shadows and screentone.",
        steps=200,
    ),
    "watercolor": Recipe(
        "watercolor",
        "watercolor, soft colors",
        "Watercolour: pale washes on paper under a thin brown pencil line.",
        steps=200,
    ),
}


STRENGTHS = {"mei": 1.5}
"""By how much a LoRA is made stronger once it is trained, so that at weight 1 nine of ten pictures
show the character: `python -m benchmarks.pictures --only identity` measures it."""


def draw_set(name: str) -> list[tuple[np.ndarray, str]]:
    """The set's pictures with their captions."""
    return [(draw_scene(e.scene, *e.size), e.caption) for e in examples(name)]


def write_set(name: str, folder: Path) -> None:
    """The set as files: pictures with captions beside them."""
    from PIL import Image

    folder.mkdir(parents=True, exist_ok=True)
    for index, (picture, text) in enumerate(draw_set(name)):
        Image.fromarray(picture).save(folder / f"{index:03d}.png")
        (folder / f"{index:03d}.txt").write_text(text + "\n")
