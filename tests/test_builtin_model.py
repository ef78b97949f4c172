"""What the model that ships draws: finals that are their previews with more in them, LoRAs that
take and leave no trace, panels that do not depend on their neighbours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageFilter

from storyboard.engine.base import Drawn, FinalBatch, Latent, Pixels, PreviewBatch, Source
from storyboard.engine.diffusion import DiffusionEngine
from storyboard.jobs import FinalJob, PreviewJob
from tests.support.stories import panels

pytestmark = pytest.mark.slow

STORY = """\
title: T
characters: {mei: {lora: mei, prompt: "mei, 1girl, short black hair, red raincoat"}}
styles: {ink: {lora: manga-ink, prompt: "ink drawing, screentone"}}
page: {size: 900x1800, margin: 0, gutter: 0}
pages:
  - tiers: [1, 1, 1, 1]
    panels:
      face: {shot: close-up, characters: [mei], scene: "smile, pier, dusk", size: 224x224}
      inked: {shot: close-up, characters: [mei], scene: "smile, pier", style: ink, size: 224x224}
      plain: {shot: close-up, scene: "1girl, smile, pier, dusk", size: 224x224}
      zero: {shot: close-up, scene: "1girl, smile, pier, dusk, <lora:mei:0>", size: 224x224}
"""


@dataclass(frozen=True)
class Pair:
    """A preview and the final that was drawn from it."""

    preview: Drawn
    final: Drawn


def jobs(folder: Path) -> dict[str, tuple[PreviewJob, FinalJob]]:
    return {
        panel.name: (panel.preview, panel.final)
        for panel in panels(folder, STORY).values()
        if panel.preview is not None and panel.final is not None
    }


@pytest.fixture(scope="module")
def engine() -> Iterator[DiffusionEngine]:
    engine = DiffusionEngine("cpu", "float32")
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[PreviewJob, FinalJob]]:
    return jobs(tmp_path_factory.mktemp("story"))


def previews(engine: DiffusionEngine, *asked: PreviewJob) -> list[Drawn]:
    results = list(engine.draw(PreviewBatch(asked), {}, lambda done, total: None))
    assert all(isinstance(result, Drawn) for result in results)
    return [result for result in results if isinstance(result, Drawn)]


@pytest.fixture(scope="module")
def pair(engine: DiffusionEngine, story: dict[str, tuple[PreviewJob, FinalJob]]) -> Pair:
    """The heroine, small and large."""
    small, large = story["face"]
    (preview,) = previews(engine, small)
    source = {0: Source(preview.pixels, preview.latent)}
    (final,) = engine.draw(FinalBatch((large,)), source, lambda done, total: None)
    assert isinstance(final, Drawn)
    return Pair(preview, final)


def resized(pixels: Pixels, like: Pixels, filter_: Image.Resampling) -> Pixels:
    height, width = like.shape[:2]
    return np.asarray(Image.fromarray(pixels).resize((width, height), filter_))


def likeness(one: Pixels, other: Pixels) -> float:
    """The correlation of two pictures' luma, 1 for equal ones."""
    flat = [np.asarray(Image.fromarray(p).convert("L"), dtype=float).ravel() for p in (one, other)]
    return float(np.corrcoef(flat[0], flat[1])[0, 1])


def fine_energy(pixels: Pixels) -> float:
    """The mean square of what a blur of 1 pixel takes away."""
    grey = Image.fromarray(pixels).convert("L")
    blurred = grey.filter(ImageFilter.GaussianBlur(1))
    difference: npt.NDArray[np.float64] = np.asarray(grey, dtype=float) - np.asarray(blurred)
    return float((difference**2).mean())


def test_a_final_shows_the_same_picture_as_its_preview(pair: Pair) -> None:
    shrunk = resized(pair.final.pixels, pair.preview.pixels, Image.Resampling.BOX)
    assert likeness(shrunk, pair.preview.pixels) > 0.9
    assert np.abs(shrunk.astype(int) - pair.preview.pixels).mean() < 16


def test_a_final_has_more_detail_than_a_mere_enlargement(pair: Pair) -> None:
    enlarged = resized(pair.preview.pixels, pair.final.pixels, Image.Resampling.LANCZOS)
    assert fine_energy(pair.final.pixels) > 1.1 * fine_energy(enlarged)


def test_n_steps_ask_the_model_2n_minus_1_times(
    pair: Pair, story: dict[str, tuple[PreviewJob, FinalJob]]
) -> None:
    small, large = story["face"]
    assert pair.preview.provenance["evaluations"] == 2 * small.sampling.steps - 1
    assert pair.final.provenance["evaluations"] == 2 * large.sampling.steps - 1


def test_loras_take_and_leave_no_trace(
    engine: DiffusionEngine, story: dict[str, tuple[PreviewJob, FinalJob]]
) -> None:
    face, inked, plain = (story[name][0] for name in ("face", "inked", "plain"))
    (before,) = previews(engine, plain)
    (coloured,) = previews(engine, face)
    (ink,) = previews(engine, replace(inked, seed=face.seed))
    (after,) = previews(engine, plain)
    assert np.array_equal(before.pixels, after.pixels)
    assert colourfulness(ink.pixels) < colourfulness(coloured.pixels) / 2
    (without,) = previews(engine, replace(face, adapters=()))
    assert np.abs(without.pixels.astype(int) - coloured.pixels).mean() > 4


def test_a_weight_of_zero_is_no_effect(
    engine: DiffusionEngine, story: dict[str, tuple[PreviewJob, FinalJob]]
) -> None:
    plain, zero = story["plain"][0], story["zero"][0]
    (one,) = previews(engine, plain)
    (other,) = previews(engine, replace(zero, seed=plain.seed, prompt=plain.prompt))
    assert np.array_equal(one.pixels, other.pixels)


@pytest.mark.parametrize("together", [2, 5])
def test_a_panel_is_the_same_alone_and_in_a_batch(
    together: int, engine: DiffusionEngine, story: dict[str, tuple[PreviewJob, FinalJob]]
) -> None:
    asked = [replace(story["face"][0], seed=seed) for seed in range(together)]
    crowd = DiffusionEngine("cpu", "float32", at_once=together)
    (alone,) = previews(engine, asked[-1])
    among = previews(crowd, *asked)[-1]
    assert among.provenance["together"] == together
    assert largest_deviation(alone.latent, among.latent) < 1e-4
    near = np.abs(alone.pixels.astype(int) - among.pixels) <= 1
    assert near.mean() > 0.999


def largest_deviation(one: Latent | None, other: Latent | None) -> float:
    """Relative to the largest value."""
    assert one is not None and other is not None
    return float(np.abs(one - other).max() / np.abs(one).max())


def colourfulness(pixels: Pixels) -> float:
    """The mean distance of a pixel's channels from their mean."""
    values = pixels.astype(float)
    return float(np.abs(values - values.mean(2, keepdims=True)).mean())
