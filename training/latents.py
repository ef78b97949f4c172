"""Draws pictures and keeps their latents in shards, so that training need not draw them again."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from random import Random

import numpy as np
import torch
from diffusers import AutoencoderTiny
from torch import Tensor

from training import machine
from training.art.arms import hands_of
from training.art.characters import turn_of
from training.art.sampling import Picture, sample_picture
from training.art.scene import Spot, draw_scene, spots
from training.art.spec import View
from training.autoencoder import load_mean
from training.parallel import launch

SHARD = 400


@dataclass(frozen=True)
class Stage:
    """A size that the UNet is shown: `zoom` times the art's own."""

    name: str
    zoom: float


HALF = Stage("half", 0.5)
FULL = Stage("full", 1.0)
TWICE = Stage("twice", 2.0)
HELD_OUT = Stage("held-out", 1.0)


def draw(picture: Picture, zoom: float) -> np.ndarray:
    """The picture's pixels, height x width x 3."""
    return draw_scene(picture.scene, picture.width, picture.height, zoom)


@torch.no_grad()
def encode(model: AutoencoderTiny, pictures: list[np.ndarray]) -> Tensor:
    """Latents of pictures of one size, unscaled, on the CPU; encoded where the model is."""
    place = next(model.parameters()).device
    pixels = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float().div(127.5).sub(1)
    pixels = pixels.to(place).contiguous(memory_format=torch.channels_last)
    with torch.autocast(place.type, torch.bfloat16):
        return model.encoder(pixels).float().cpu()


def make_shards(
    folder: Path, stage: Stage, first: int, count: int, processes: int | None = None
) -> None:
    """Draws and encodes the pictures of seeds from `first`; shards that are there are kept."""
    launch(_worker, processes or machine.drawers(), folder, stage, first, count)


def _worker(rank: int, processes: int, folder: Path, stage: Stage, first: int, count: int) -> None:
    model = load_mean(folder).to(machine.device(), memory_format=torch.channels_last)
    home = folder / "latents" / stage.name
    home.mkdir(parents=True, exist_ok=True)
    starts = range(first, first + count, SHARD)
    for start in list(starts)[rank::processes]:
        path = home / f"{start:08d}.pt"
        if not path.exists():
            shard = _shard(model, stage, range(start, min(start + SHARD, first + count)))
            torch.save(shard, path.with_suffix(".fresh"))
            path.with_suffix(".fresh").replace(path)


def _shard(
    model: AutoencoderTiny, stage: Stage, seeds: range
) -> dict[str, tuple[list[int], Tensor]]:
    waiting: dict[tuple[int, int], list[int]] = {}
    for seed in seeds:
        picture = sample_picture(seed)
        waiting.setdefault((picture.width, picture.height), []).append(seed)
    shard = {}
    for size, members in waiting.items():
        parts = []
        for at in range(0, len(members), 8):
            art = [draw(sample_picture(seed), stage.zoom) for seed in members[at : at + 8]]
            parts.append(encode(model, art).half())
        shard[f"{size[0]}x{size[1]}"] = (members, torch.cat(parts))
    return shard


class Latents:
    """All latents of a stage in memory, by size; batches of one size at a time."""

    def __init__(self, folder: Path, stage: Stage, scale: float):
        self.home = folder / "latents" / stage.name
        self.scale = scale
        self.read: set[str] = set()
        self.sizes: dict[str, tuple[list[int], list[Tensor]]] = {}
        self.refresh()

    def refresh(self) -> None:
        """Takes in shards that were written since."""
        for path in sorted(self.home.glob("*.pt")):
            if path.name in self.read:
                continue
            self.read.add(path.name)
            for size, (seeds, latents) in torch.load(path, weights_only=True).items():
                known = self.sizes.setdefault(size, ([], []))
                known[0].extend(seeds)
                known[1].extend(latents.unbind(0))

    def __len__(self) -> int:
        return sum(len(seeds) for seeds, _ in self.sizes.values())

    def batch(self, random: Random, count: int) -> tuple[list[int], Tensor]:
        """Seeds and scaled latents; sizes come as often as they have pictures."""
        names = list(self.sizes)
        size = random.choices(names, [len(self.sizes[name][0]) for name in names])[0]
        seeds, latents = self.sizes[size]
        chosen = [random.randrange(len(seeds)) for _ in range(count)]
        picked = torch.stack([latents[index] for index in chosen]).float() * self.scale
        return [seeds[index] for index in chosen], picked


Box = tuple[float, float, float, float]
HAND = 0.42
"""Half a hand's side, in halves of a head's size."""


@lru_cache(maxsize=200_000)
def telling_boxes(seed: int) -> tuple[Box, ...]:
    """Where a picture's faces are, and the hands that do something: few latents that tell much.

    Shares of the picture's sides: left, top, right, bottom. Somebody seen from behind has no face.
    """
    picture = sample_picture(seed)
    found = []
    for spot in spots(picture.scene, picture.width, picture.height):
        places = [(0.0, 0.0, 1.0)] if spot.person.view is not View.BACK else []
        flip = -1 if turn_of(spot.person.jitter).mirrored else 1
        places += [(flip * x, y, HAND) for x, y in hands_of(spot.person)]
        found += [_box(picture, spot, *place) for place in places]
    return tuple(found)


def _box(picture: Picture, spot: Spot, x: float, y: float, half: float) -> Box:
    """A square around a place of a person's, in halves of the head's size from its middle."""
    x, y, half = spot.x + x * spot.half, spot.y + y * spot.half, half * spot.half
    wide, tall = picture.width, picture.height
    return (x - half) / wide, (y - half) / tall, (x + half) / wide, (y + half) / tall


def importance(seeds: list[int], height: int, width: int) -> Tensor:
    """How much every latent counts, [pictures, 1, height, width], in the mean 1 for a picture.

    Faces and hands are what a reader looks at and what few latents show: the smaller, the more
    each counts.
    """
    maps = torch.ones(len(seeds), 1, height, width)
    for index, seed in enumerate(seeds):
        for left, top, right, bottom in telling_boxes(seed):
            cells = max(2.0, (right - left) * width)
            rows = slice(max(0, round(top * height)), max(0, round(bottom * height)))
            columns = slice(max(0, round(left * width)), max(0, round(right * width)))
            maps[index, :, rows, columns] = 1 + min(3.5, 18 / cells)
    return maps / maps.mean((1, 2, 3), keepdim=True)


def measure_scale(folder: Path, stage: Stage) -> float:
    """The factor that brings the latents' spread to 1."""
    latents = Latents(folder, stage, 1.0)
    random = Random(0)
    values = torch.cat([latents.batch(random, 64)[1].reshape(-1) for _ in range(8)])
    return round(1.0 / float(values.std()), 4)
