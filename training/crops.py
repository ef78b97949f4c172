"""What the autoencoder sees: crops of the art, and of a world wider than the art."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import numpy as np
import torch
from torch import Tensor

from training.art.cast import PEOPLE, portrait
from training.art.pen import CELL
from training.art.sampling import sample_picture
from training.art.scene import draw_scene
from training.art.spec import Style


def sample_crops(random: Random, count: int, side: int) -> Tensor:
    """Crops in [-1, 1], [count, 3, side, side]; two or so of every picture drawn."""
    crops: list[np.ndarray] = []
    while len(crops) < count:
        art = _sample_art(random)
        for _ in range(2):
            top = random.randrange((art.shape[0] - side) // CELL + 1) * CELL
            left = random.randrange((art.shape[1] - side) // CELL + 1) * CELL
            crop = art[top : top + side, left : left + side]
            crops.append(crop[:, ::-1] if random.random() < 0.5 else crop)
    pixels = torch.from_numpy(np.stack(crops[:count])).permute(0, 3, 1, 2)
    return pixels.float().div(127.5).sub(1.0)


def _sample_art(random: Random) -> np.ndarray:
    picture = sample_picture(random.getrandbits(40))
    scene, style = picture.scene, random.random()
    if random.random() < 0.08:
        # What a LoRA's character wears must come through, though the base never draws it.
        scene = portrait(random, random.choice(list(PEOPLE.values())), "").scene
    if style < 0.2:
        scene = replace(scene, style=Style.MANGA if style < 0.13 else Style.WATERCOLOR)
    zoom = 2 if random.random() < 0.15 else 1
    pitch = CELL * random.choice((1, zoom))
    art = draw_scene(scene, picture.width, picture.height, zoom, pitch)
    if scene.style is Style.COLOR and random.random() < 0.16:
        art = _strange_palette(art, random)
    return art


def _strange_palette(art: np.ndarray, random: Random) -> np.ndarray:
    """Other colours than the world's: what a LoRA may ask for."""
    pixels = art.astype(np.float32) / 255
    if random.random() < 0.15:
        grey = pixels @ np.array([0.299, 0.587, 0.114], np.float32)
        pixels = np.repeat(grey[..., None], 3, axis=2)
    else:
        pixels = pixels[..., random.sample(range(3), 3)]
        gain = np.array([random.uniform(0.6, 1.15) for _ in range(3)], np.float32)
        power = np.array([random.uniform(0.6, 1.6) for _ in range(3)], np.float32)
        pixels = np.clip(pixels, 0, 1) ** power * gain
        grey = pixels.mean(axis=2, keepdims=True)
        pixels = grey + (pixels - grey) * random.uniform(0.6, 1.5)
    return (np.clip(pixels, 0, 1) * 255).astype(np.uint8)
