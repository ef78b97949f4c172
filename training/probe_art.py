"""What probes learn from: drawn pictures, some sent through the autoencoder, and their truth."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import numpy as np
import torch
from diffusers import AutoencoderTiny
from torch import Tensor

from benchmarks.attributes import CHARACTERS, NOBODY, truth_of
from benchmarks.judge import Pixels, resized
from training.art.cast import PEOPLE, portrait
from training.art.sampling import sample_picture
from training.art.scene import draw_scene
from training.art.spec import Marks, Scene, Style
from training.autoencoder import CHECKPOINT, load_mean
from training.parallel import launch

SHARD = 400
TRAINING_FROM = 0
HELD_OUT_FROM = 50_000_000
EVERY_DECODED = 6
"""One picture in so many is what the autoencoder makes of it, as all drawn panels are."""


@dataclass(frozen=True)
class Sample:
    """A scene, the size that it is drawn at in pixels, and who is in it."""

    scene: Scene
    size: tuple[int, int]
    who: str


def sample(seed: int) -> Sample:
    """Most are of the base's world; some show a character, some a look-alike without the marks."""
    random = Random(f"probe {seed}")
    style = random.choices(list(Style), (82, 10, 8))[0]
    kind = random.random()
    if kind < 0.6:
        picture = sample_picture(random.getrandbits(40), style)
        return Sample(picture.scene, (picture.width, picture.height), NOBODY)
    name = random.choice(CHARACTERS)
    alike = kind > 0.86
    person = replace(PEOPLE[name], marks=Marks()) if alike else PEOPLE[name]
    example = portrait(random, person, name)
    scene = replace(example.scene, style=style)
    return Sample(scene, example.size, NOBODY if alike else name)


def draw_shards(runs: Path, first: int, count: int, processes: int) -> None:
    """Draws the samples from seed `first` on into shards; those that are there are kept."""
    launch(_worker, processes, runs, first, count)


def _worker(rank: int, processes: int, runs: Path, first: int, count: int) -> None:
    home = _home(runs)
    home.mkdir(parents=True, exist_ok=True)
    model = load_mean(runs) if (runs / CHECKPOINT).exists() else None
    if model is None and rank == 0:
        print(f"{runs / CHECKPOINT} is not there: no picture goes through the autoencoder")
    starts = range(first, first + count, SHARD)
    for start in list(starts)[rank::processes]:
        path = _shard_path(runs, start)
        if not path.exists():
            fresh = path.with_suffix(".fresh")
            torch.save(_shard(model, range(start, min(start + SHARD, first + count))), fresh)
            fresh.replace(path)
            print(f"drawn: {path.name}", flush=True)


def _home(runs: Path) -> Path:
    return runs / "probes"


def _shard_path(runs: Path, start: int) -> Path:
    return _home(runs) / f"drawn-{start:08d}.pt"


def _shard(model: AutoencoderTiny | None, seeds: Iterable[int]) -> dict[str, Tensor | list[Tensor]]:
    """Pictures as the probe sees them, uint8 [3, height, width], and which were decoded."""
    pictures, numbers, decoded = [], [], []
    for seed in seeds:
        one = sample(seed)
        art = draw_scene(one.scene, *one.size)
        through = model is not None and seed % EVERY_DECODED == 0
        if model is not None and through:
            art = _decoded(model, art)
        pictures.append(torch.from_numpy(resized(art).copy()).permute(2, 0, 1).contiguous())
        numbers.append(truth_of(one.scene, one.who).numbers())
        decoded.append(through)
    return {
        "pictures": pictures,
        "numbers": torch.tensor(numbers, dtype=torch.int8),
        "decoded": torch.tensor(decoded),
    }


@torch.no_grad()
def _decoded(model: AutoencoderTiny, art: Pixels) -> Pixels:
    """What the autoencoder makes of a picture."""
    pixels = torch.from_numpy(art.copy()).permute(2, 0, 1)[None].float().div(127.5).sub(1)
    with torch.autocast("cpu", torch.bfloat16):
        latents = model.encoder(pixels.contiguous(memory_format=torch.channels_last))
        drawn = model.decoder(latents).float()[0]
    values = drawn.permute(1, 2, 0).add(1).mul(127.5).round().clamp(0, 255)
    return values.numpy().astype(np.uint8)


@dataclass(frozen=True)
class Drawn:
    """Pictures of one size, [n, 3, height, width] uint8, their truth, and which were decoded."""

    pictures: Tensor
    numbers: Tensor
    decoded: Tensor


def load_shards(runs: Path, first: int, count: int) -> list[Drawn]:
    """All samples from seed `first` on, one group a size."""
    shards = [
        torch.load(_shard_path(runs, start), weights_only=True)
        for start in range(first, first + count, SHARD)
    ]
    pictures = [picture for shard in shards for picture in shard["pictures"]]
    numbers = torch.cat([shard["numbers"] for shard in shards]).long()
    decoded = torch.cat([shard["decoded"] for shard in shards])
    sizes: dict[tuple[int, ...], list[int]] = {}
    for index, picture in enumerate(pictures):
        sizes.setdefault(tuple(picture.shape), []).append(index)
    return [
        Drawn(torch.stack([pictures[i] for i in members]), numbers[members], decoded[members])
        for members in sizes.values()
    ]
