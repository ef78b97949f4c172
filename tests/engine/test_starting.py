"""Starts are made several together, and each alone where that has failed; the results are the same.

That the device is another than the CPU is said only: here everything is on the CPU.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from storyboard.engine import diffusion
from storyboard.engine.base import Drawn, Failed, Pixels, Source
from storyboard.engine.beginnings import NO_PICTURE, StartProblem
from storyboard.engine.devices import placement
from storyboard.engine.diffusion import DiffusionEngine
from storyboard.engine.families import family_named
from storyboard.engine.memory import Memory
from storyboard.engine.model import Placement
from storyboard.engine.starting import NO_SOURCE, Picture, Starting
from storyboard.engine.starts import Enlarge, Start, way_named
from storyboard.engine.upscaling import load_upscaler
from storyboard.engine.vae import Vae
from storyboard.events import Event, Note
from storyboard.geometry import Size
from storyboard.jobs import Beginning, Box
from tests.engine.drawing_table import Table, difference, source
from tests.support.jobs import model_file
from tests.support.tiny_model import TinyModel
from tests.support.upscalers import tiny_upscaler

CPU, ELSEWHERE = torch.device("cpu"), torch.device("cuda")
SIZE = Size(60, 44)
"""Of what is made; a latent's cells are eight wide, so there is padding."""
LANCZOS: Any = way_named("lanczos")


@pytest.fixture(scope="module")
def vae(tiny_model: TinyModel) -> Vae:
    """The tiny model's."""
    return family_named("sd15", "").load(tiny_model.checkpoint(), placement("cpu", "float32")).vae


def noise(seed: int, width: int = 30, height: int = 22) -> Pixels:
    random = np.random.default_rng(seed)
    return random.integers(0, 256, (height, width, 3), dtype=np.uint8)


def sources(*seeds: int) -> list[Source | None]:
    return [Source(noise(seed), None) for seed in seeds]


def starting(device: torch.device = ELSEWHERE, told: list[str] | None = None) -> Starting:
    notes = [] if told is None else told
    return Starting(Memory(CPU, notes.append), SIZE, device)


def latents(starts: Sequence[Start | StartProblem]) -> list[Tensor]:
    return [start.latent for start in starts if isinstance(start, Start)]


def counted(
    monkeypatch: pytest.MonkeyPatch, most: int = 100, broken: Callable[[Pixels], bool] | None = None
) -> list[int]:
    """How many pictures the VAE is asked to encode, time after time; above `most` memory runs out,
    and of `broken` ones it makes no numbers unless it computes in float32 alone."""
    encode_all, asked = Vae.encode_all, list[int]()

    def told(vae: Vae, pictures: Sequence[Pixels]) -> Tensor:
        asked.append(len(pictures))
        if len(pictures) > most:
            raise torch.OutOfMemoryError
        found = encode_all(vae, pictures).clone()
        if broken is not None and not vae.is_float32:
            found[[broken(picture) for picture in pictures]] = float("nan")
        return found

    monkeypatch.setattr(Vae, "encode_all", told)
    return asked


def counting(enlarge: Enlarge) -> tuple[Enlarge, list[int]]:
    asked: list[int] = []

    def told(pictures: Sequence[Pixels], size: Size) -> list[Pixels]:
        asked.append(len(pictures))
        return enlarge(pictures, size)

    return told, asked


def test_elsewhere_than_on_a_cpu_pictures_are_enlarged_and_encoded_together(
    vae: Vae, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = counted(monkeypatch)
    way, enlarged = counting(LANCZOS)
    together = starting().from_previews(sources(1, 2, 3), way, vae)
    assert (enlarged, asked) == ([3], [3])
    alone = starting(CPU).from_previews(sources(1, 2, 3), way, vae)
    assert (enlarged[1:], asked[1:]) == ([1, 1, 1], [1, 1, 1])
    for one, other in zip(latents(together), latents(alone), strict=True):
        assert torch.allclose(one, other, atol=1e-5)
    assert len(latents(together)) == 3


@pytest.mark.parametrize("device", [CPU, ELSEWHERE])
def test_one_that_is_not_there_is_told_in_its_place(device: torch.device, vae: Vae) -> None:
    given = [*sources(1), None, *sources(3)]
    starts = starting(device).from_previews(given, LANCZOS, vae)
    assert isinstance(starts[1], StartProblem) and str(starts[1]) == NO_SOURCE
    expected = latents(starting(CPU).from_previews(sources(1, 3), LANCZOS, vae))
    for one, other in zip(latents(starts), expected, strict=True):
        assert torch.allclose(one, other, atol=1e-5)


@pytest.mark.parametrize("device", [CPU, ELSEWHERE])
def test_previews_begin_with_pictures_of_their_size_and_no_others(
    device: torch.device, vae: Vae
) -> None:
    pictures = [noise(1, 60, 44), noise(2, 60, 44), noise(3, 30, 22)]
    mask = np.zeros((44, 60), np.uint8)
    mask[:20] = 255
    given: list[Source | None] = [Source(pixels, None) for pixels in pictures]
    given[1] = Source(pictures[1], None, mask)
    beginning = Beginning(model_file("a"), 0.5)
    beginnings = [beginning, Beginning(model_file("a"), 0.5, Box(0, 0, 1, 1)), beginning, beginning]
    starts = starting(device).from_beginnings(beginnings, [*given, None], vae)
    first, second, third, fourth = starts
    assert isinstance(first, Start) and isinstance(second, Start)
    assert first.ground is not None and first.ground.drawn is None
    assert second.ground is not None and second.ground.drawn is not None
    assert np.array_equal(second.ground.pixels, pictures[1])
    assert "is 30x22, not 60x44" in str(third) and str(fourth) == NO_PICTURE


def test_the_one_that_an_upscaler_makes_nothing_of_is_the_only_one_to_fail() -> None:
    def picky(pictures: Sequence[Pixels], size: Size) -> list[Pixels]:
        if any(np.array_equal(picture, noise(2)) for picture in pictures):
            raise StartProblem("no numbers")
        large: list[Pixels] = LANCZOS(pictures, size)
        return large

    first, second, third = starting().enlarged(sources(1, 2, 3), picky)
    assert isinstance(first, Picture) and isinstance(third, Picture)
    assert isinstance(second, StartProblem)
    assert np.array_equal(third.pixels, LANCZOS([noise(3)], SIZE)[0])


def test_the_one_that_overflows_while_encoded_is_encoded_alone_in_float32(
    tiny_model: TinyModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    family = family_named("sd15", "")
    half = family.load(tiny_model.checkpoint(), Placement(CPU, torch.float32, torch.float16)).vae
    dark = np.zeros_like(noise(1))
    asked = counted(monkeypatch, broken=lambda picture: not picture.any())
    given = [*sources(1), Source(dark, None), *sources(3)]
    starts = starting().from_previews(given, LANCZOS, half)
    assert asked == [3, 1]
    repairs = [start.repairs for start in starts if isinstance(start, Start)]
    assert repairs == [(), ("encoded again in float32: NaN",), ()]
    assert all(bool(latent.isfinite().all()) for latent in latents(starts))


def test_memory_that_runs_out_is_stepped_down_told_and_noted(
    vae: Vae, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    asked = counted(monkeypatch, most=2)
    starts = starting(told=told).from_previews(sources(1, 2, 3, 4), LANCZOS, vae)
    assert asked == [4, 2, 2]
    assert told == ["out of memory with 4 pictures at once in the VAE: at most 2 from now on"]
    assert [start.fewer for start in starts if isinstance(start, Start)] == [
        True,
        True,
        False,
        False,
    ]


def test_an_upscaler_without_memory_for_several_enlarges_one_by_one(vae: Vae) -> None:
    told: list[str] = []

    def short(pictures: Sequence[Pixels], size: Size) -> list[Pixels]:
        if len(pictures) > 1:
            raise torch.OutOfMemoryError
        large: list[Pixels] = LANCZOS(pictures, size)
        return large

    starts = starting(told=told).from_previews(sources(1, 2), short, vae)
    assert told == ["out of memory with 2 pictures at once in the upscaler: at most 1 from now on"]
    assert [start.fewer for start in starts if isinstance(start, Start)] == [True, False]


def test_an_upscaler_gives_of_several_what_it_gives_of_each(tmp_path: Path) -> None:
    for scale in (1, 2, 4):
        file = tiny_upscaler(tmp_path / f"{scale}.safetensors", scale, loudness=0.2)
        upscaler = load_upscaler(file, CPU, core=24)
        pictures = [noise(seed, 75, 50) for seed in range(3)]
        size = Size(150, 100)
        for one, picture in zip(upscaler.enlarged_all(pictures, size), pictures, strict=True):
            assert np.abs(one.astype(int) - upscaler.enlarged(picture, size)).max() <= 1


def test_pictures_of_several_sizes_are_enlarged_too(tmp_path: Path) -> None:
    upscaler = load_upscaler(tiny_upscaler(tmp_path / "x.safetensors", 2, loudness=0.2), CPU)
    pictures = [noise(1, 20, 14), noise(2, 24, 14)]
    for one, picture in zip(upscaler.enlarged_all(pictures, SIZE), pictures, strict=True):
        assert np.array_equal(one, upscaler.enlarged(picture, SIZE))


@pytest.fixture(name="elsewhere")
def _elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Starts are made as on another device than a CPU."""
    monkeypatch.setattr(
        diffusion, "Starting", lambda memory, size, _: Starting(memory, size, ELSEWHERE)
    )


@pytest.mark.parametrize("denoise", [0.4, 0.0])
def test_finals_made_together_are_those_made_alone(
    elsewhere: None, tiny_model: TinyModel, tmp_path: Path, denoise: float
) -> None:
    table = Table(DiffusionEngine("cpu", "float32", at_once=8), tiny_model)
    network = tiny_upscaler(tmp_path / "x.safetensors", 2, loudness=0.2)
    previews = [table.preview(seed=seed) for seed in (1, 2, 3)]
    given = [source(drawn) for drawn in table.drawn(previews)]
    finals = [table.final(job, denoise=denoise, upscaler=network) for job in previews]
    among = table.results(finals, [given[0], None, given[2]])
    assert isinstance(among[1], Failed) and among[1].message == NO_SOURCE
    for place in (0, 2):
        found = among[place]
        (alone,) = table.drawn([finals[place]], [given[place]])
        assert isinstance(found, Drawn)
        assert np.abs(found.pixels.astype(int) - alone.pixels).max() <= 1
        assert "repairs" not in found.provenance


@pytest.mark.parametrize("denoise", [0.4, 0.0])
def test_a_final_says_that_its_start_was_made_among_fewer(
    elsewhere: None, tiny_model: TinyModel, monkeypatch: pytest.MonkeyPatch, denoise: float
) -> None:
    told: list[str] = []

    def hear(event: Event) -> None:
        if isinstance(event, Note) and "memory" in event.text:
            told.append(event.text)

    table = Table(DiffusionEngine("cpu", "float32", hear, at_once=8), tiny_model)
    previews = [table.preview(seed=seed) for seed in (1, 2)]
    given = [source(drawn) for drawn in table.drawn(previews)]
    finals = [table.final(job, denoise=denoise) for job in previews]
    exact = table.drawn(finals, given)

    def short(pictures: Sequence[Pixels], size: Size) -> list[Pixels]:
        if len(pictures) > 1:
            raise torch.OutOfMemoryError
        large: list[Pixels] = LANCZOS(pictures, size)
        return large

    engine: Any = table.engine
    monkeypatch.setattr(engine._held, "way", lambda upscaler: short)
    for one, other in zip(exact, table.drawn(finals, given), strict=True):
        assert difference(one.pixels, other.pixels) < 0.01
    assert told == ["out of memory with 2 pictures at once in the upscaler: at most 1 from now on"]
    first, second = table.drawn(finals, given)
    assert first.provenance["repairs"] == "smaller batch: out of memory"
    assert "repairs" not in second.provenance


def test_what_has_nothing_to_start_from_is_not_waited_for(tiny_model: TinyModel) -> None:
    table = Table(DiffusionEngine("cpu", "float32", at_once=1), tiny_model)
    previews = [table.preview(seed=seed) for seed in (1, 2)]
    given = [None, source(table.one(previews[1]))]
    steps: list[tuple[int, int]] = []
    finals = [table.final(job, denoise=0.4) for job in previews]
    found = table.results(finals, given, lambda done, total: steps.append((done, total)))
    assert [type(one) for one in found] == [Failed, Drawn]
    assert len({total for _, total in steps}) == 1
    assert steps[-1][0] == steps[-1][1]
