"""How well the shipped upscaler doubles pictures: `python -m benchmarks.upscaler`.

The training art is drawn by a program, so the truth at twice the size is known. Held-out pictures
are enlarged from what was drawn, and from what the model's autoencoder makes of it.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image

from storyboard.engine.upscaling import load_upscaler
from storyboard.geometry import Size
from storyboard.jobs import ModelFile
from storyboard.models.catalog import Catalog, Kind, builtin_root
from training.enlarging import SCALE

if TYPE_CHECKING:
    from training.pairs import Pair

HELD_OUT = range(9_500_000, 9_500_030)
"""Seeds of pictures that no stage of the training draws."""

UNSTEADY = 0.08
"""How far latents are off, as diffusion's are, where the input goes through the autoencoder."""

Pixels = npt.NDArray[np.uint8]
Enlarge = Callable[[Pixels], Pixels]


@dataclass(frozen=True, slots=True)
class Score:
    """One way's mean over pictures: PSNR in dB, SSIM, the share of the truth's edge strength that
    is there (1 is as sharp), and the mean error of edges, of 255."""

    psnr: float
    ssim: float
    sharpness: float
    edge_error: float


def held_out(runs: Path) -> list[Pair]:
    """The pictures, drawn; `runs` has the autoencoder's checkpoint."""
    # Late: only who draws needs the drawing library.
    from training.autoencoder import load_mean
    from training.pairs import draw_pair

    autoencoder = load_mean(runs)
    return [draw_pair(seed, autoencoder, UNSTEADY) for seed in HELD_OUT]


def score(drawn: Pixels, truth: Pixels) -> Score:
    """How near a picture is to the truth."""
    one, other = drawn.astype(np.float64), truth.astype(np.float64)
    mse = max(float(((one - other) ** 2).mean()), 1e-9)
    strength = [sum(float((d**2).sum()) for d in _slopes(each)) for each in (one, other)]
    wrong = [np.abs(a - b).mean() for a, b in zip(_slopes(one), _slopes(other), strict=True)]
    return Score(
        10 * float(np.log10(255**2 / mse)),
        ssim(one.mean(2), other.mean(2)),
        float((strength[0] / max(strength[1], 1e-9)) ** 0.5),
        float(np.mean(wrong)),
    )


def ssim(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64], window: int = 8) -> float:
    """Structural similarity of two grey pictures of 0 to 255 (Wang et al. 2004, IEEE TIP 13(4)),
    over windows of equal weight."""
    a, b = _mean(one, window), _mean(other, window)
    va = _mean(one**2, window) - a**2
    vb = _mean(other**2, window) - b**2
    both = _mean(one * other, window) - a * b
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    found = (2 * a * b + c1) * (2 * both + c2) / ((a**2 + b**2 + c1) * (va + vb + c2))
    return float(found.mean())


def ways(file: Path) -> Mapping[str, Enlarge]:
    """The ways to double a picture that are compared."""
    network = load_upscaler(ModelFile(file.stem, str(file), ""), torch.device("cpu"))

    def by_network(pixels: Pixels) -> Pixels:
        size = Image.fromarray(pixels).size
        return network.enlarged(pixels, _twice(*size))

    return {
        "bicubic": lambda pixels: _resized(pixels, Image.Resampling.BICUBIC),
        "lanczos": lambda pixels: _resized(pixels, Image.Resampling.LANCZOS),
        file.stem: by_network,
    }


def measure(pairs: Iterable[Pair], compared: Mapping[str, Enlarge]) -> dict[str, dict[str, Score]]:
    """Mean scores by kind of input and way."""
    found: dict[tuple[str, str], list[Score]] = {}
    for pair in pairs:
        truth = pixels_of(pair.large)
        for kind, small in (("as drawn", pair.plain), ("autoencoder", pair.through)):
            for name, enlarge in compared.items():
                drawn = enlarge(pixels_of(small))
                found.setdefault((kind, name), []).append(score(drawn, truth))
    means: dict[str, dict[str, Score]] = {}
    for (kind, name), scores in found.items():
        means.setdefault(kind, {})[name] = _mean_score(scores)
    return means


def sheet(pair: Pair, compared: Mapping[str, Enlarge], side: int = 240) -> Pixels:
    """Crops at full size, of the middle: rows are the kinds of input, columns the ways, and last
    the truth."""
    rows = []
    for small in (pair.plain, pair.through):
        drawn = [enlarge(pixels_of(small)) for enlarge in compared.values()]
        rows.append(np.concatenate([_middle(d, side) for d in (*drawn, pixels_of(pair.large))], 1))
    return np.concatenate(rows, 0)


def pixels_of(picture: torch.Tensor) -> Pixels:
    """A pair's picture as height x width x 3."""
    return np.ascontiguousarray(picture.permute(1, 2, 0).numpy())


def seconds(enlarge: Enlarge) -> tuple[float, float]:
    """What a preview of 224x320 takes: by the clock, and of processors."""
    pixels = np.zeros((320, 224, 3), np.uint8)
    enlarge(pixels)
    clock, busy = time.perf_counter(), time.process_time()
    enlarge(pixels)
    return time.perf_counter() - clock, time.process_time() - busy


def report(means: Mapping[str, Mapping[str, Score]]) -> str:
    """The scores as a table in Markdown."""
    lines = ["| input | way | PSNR | SSIM | sharpness | edge error |", "|---|---|---|---|---|---|"]
    for kind, by_way in means.items():
        for name, got in by_way.items():
            lines.append(
                f"| {kind} | {name} | {got.psnr:.2f} | {got.ssim:.4f} | {got.sharpness:.3f} | "
                f"{got.edge_error:.2f} |"
            )
    return "\n".join(lines)


def _mean_score(scores: list[Score]) -> Score:
    return Score(
        float(np.mean([one.psnr for one in scores])),
        float(np.mean([one.ssim for one in scores])),
        float(np.mean([one.sharpness for one in scores])),
        float(np.mean([one.edge_error for one in scores])),
    )


def _slopes(
    picture: npt.NDArray[np.float64],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    return np.diff(picture, axis=0), np.diff(picture, axis=1)


def _mean(picture: npt.NDArray[np.float64], window: int) -> npt.NDArray[np.float64]:
    """The mean of each window, by summed areas."""
    sums = np.pad(picture, ((1, 0), (1, 0))).cumsum(0).cumsum(1)
    w = window
    area: npt.NDArray[np.float64] = sums[w:, w:] - sums[:-w, w:] - sums[w:, :-w] + sums[:-w, :-w]
    return area / w**2


def _resized(pixels: Pixels, how: Image.Resampling) -> Pixels:
    picture = Image.fromarray(pixels)
    size = _twice(*picture.size)
    return np.asarray(picture.resize((size.width, size.height), how))


def _twice(width: int, height: int) -> Size:
    return Size(width * SCALE, height * SCALE)


def _middle(pixels: Pixels, side: int) -> Pixels:
    top = max(pixels.shape[0] - side, 0) // 2
    left = max(pixels.shape[1] - side, 0) // 2
    return pixels[top : top + side, left : left + side]


def main() -> None:
    """Reads the command line and prints the table."""
    parser = argparse.ArgumentParser(description="Measure the upscaler on held-out art.")
    parser.add_argument("--upscaler", type=Path, help="a file; by default the one that ships")
    parser.add_argument("--runs", type=Path, default=Path("training/runs"))
    parser.add_argument("--sheet", type=Path, help="a folder for crops to look at")
    options = parser.parse_args()
    file = options.upscaler or Catalog([builtin_root()]).find(Kind.UPSCALER, "inkling-2x").path
    compared = ways(file)
    pairs = held_out(options.runs)
    print(report(measure(pairs, compared)))
    clock, busy = seconds(compared[file.stem])
    print(f"\n224x320 to 448x640: {clock:.2f} s by the clock, {busy:.2f} s of processors")
    if options.sheet is not None:
        options.sheet.mkdir(parents=True, exist_ok=True)
        for seed, pair in zip(HELD_OUT, pairs, strict=True):
            Image.fromarray(sheet(pair, compared)).save(options.sheet / f"{seed}.png")


if __name__ == "__main__":
    main()
