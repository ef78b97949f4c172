"""The second pass of a final goes step by step as "Hires. fix", and may have words of its own."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from storyboard.engine.base import Drawn
from storyboard.engine.devices import placement
from storyboard.engine.diffusion import DiffusionEngine
from storyboard.engine.families import family_named
from storyboard.engine.model import Wording
from storyboard.engine.upscaler_names import UPSCALERS
from storyboard.errors import ProblemsError
from storyboard.jobs import FinalJob, PreviewJob, Rewording, Sampling, Variation
from tests.engine.drawing_table import Table, difference, latent, source, with_sampler
from tests.support.tiny_model import TinyModel, tiny_lora

SEED = 5


@pytest.fixture(scope="module")
def table(epsilon_model: TinyModel) -> Iterator[Table]:
    """An engine on the CPU, and a model that predicts the noise."""
    engine = DiffusionEngine("cpu", "float32")
    yield Table(engine, epsilon_model)
    engine.close()


def training_sigmas() -> Tensor:
    """Stable Diffusion's own noise levels, from its betas."""
    betas = torch.linspace(math.sqrt(0.00085), math.sqrt(0.012), 1000, dtype=torch.float64) ** 2
    kept = torch.cumprod(1 - betas, 0)
    return ((1 - kept) / kept).sqrt()


def karras(count: int, levels: Tensor) -> list[float]:
    low, high = levels[0] ** (1 / 7), levels[-1] ** (1 / 7)
    ramp = torch.linspace(0, 1, count, dtype=torch.float64)
    return [*((high + ramp * (low - high)) ** 7).tolist(), 0.0]


def timestep(sigma: float, levels: Tensor) -> float:
    return float(np.interp(math.log(sigma), levels.log().numpy(), np.arange(1000)))


def by_hand(model: TinyModel, start: Tensor, steps: int, denoise: float) -> Tensor:
    """The recipe to the letter, by Euler's method and without guidance."""
    loaded = family_named("sd15", "").load(model.checkpoint(), placement("cpu", "float32"))
    said = loaded.condition("a cat", "blurry", Wording(1, ())).prompt
    levels = training_sigmas()
    sigmas = karras(int(steps / min(denoise, 0.999)), levels)[-(steps + 1) :]
    generator = torch.Generator("cpu").manual_seed(SEED)  # the panel's own seed, anew
    noise = torch.randn(start.shape, generator=generator, dtype=torch.float32)  # the larger shape
    x = (start + noise * sigmas[0])[None]
    for sigma, after in pairwise(sigmas):
        scaled = x / math.sqrt(sigma**2 + 1)
        epsilon = loaded.predict(scaled, timestep(sigma, levels), said)
        x = x + epsilon * (after - sigma)
    return x[0]


@pytest.mark.parametrize(("steps", "denoise"), [(4, 0.4), (3, 1.0), (1, 0.7)])
def test_a_second_pass_goes_by_the_recipe(table: Table, steps: int, denoise: float) -> None:
    job = table.preview(seed=SEED)
    small = table.one(job)
    sampling = Sampling("Euler Karras", steps, 1.0)
    final = replace(table.final(job, denoise, "latent"), sampling=sampling)
    (drawn,) = table.drawn([final], [source(small)])
    start = torch.nn.functional.interpolate(
        torch.from_numpy(latent(small))[None], scale_factor=2, mode="bicubic"
    )[0]
    expected = by_hand(table.model, start, steps, denoise)
    assert drawn.provenance["evaluations"] == steps
    found = torch.from_numpy(latent(drawn))
    assert torch.allclose(found, expected, atol=1e-4 * float(expected.abs().max()))


def test_a_second_pass_varies_its_larger_noise_too(table: Table) -> None:
    """As in the WebUI; at full strength it is the other seed's, of the larger picture's shape."""
    job = table.preview(seed=5)
    small = source(table.one(job))
    euler = Sampling("Euler Karras", 3, 1.0)

    def drawn(of: PreviewJob) -> Drawn:
        return table.drawn([replace(table.final(of, 0.6), sampling=euler)], [small])[0]

    plain, other = drawn(job), drawn(replace(job, seed=9))
    varied = drawn(replace(job, variation=Variation(9, 1.0)))
    assert np.array_equal(varied.pixels, other.pixels)
    assert not np.array_equal(varied.pixels, plain.pixels)


def test_sampler_steps_and_guidance_may_be_the_second_passes_own(table: Table) -> None:
    job = table.preview(sampling=with_sampler("Euler", 2))
    small = source(table.one(job))

    def drawn(sampling: Sampling) -> Drawn:
        final = replace(table.final(job, 0.5), sampling=sampling)
        return table.drawn([final], [small])[0]

    second = drawn(Sampling("DPM++ 2S a Karras", 5, 3.0))
    assert second.provenance["evaluations"] == 9
    for other in (Sampling("Euler", 5, 3.0), Sampling("DPM++ 2S a Karras", 5, 1.0)):
        assert not np.array_equal(second.pixels, drawn(other).pixels)


@pytest.mark.parametrize("name", [*UPSCALERS, "Latent (bicubic)", "LANCZOS", "None"])
def test_a_final_starts_from_any_of_the_webuis_upscalers(
    table: Table, tiny_model: TinyModel, name: str
) -> None:
    shown = replace(table, model=tiny_model)  # its VAE shows what it is given
    job = shown.preview()
    small = shown.one(job)
    for denoise in (0.0, 0.1):
        (large,) = shown.drawn([shown.final(job, denoise, name)], [source(small)])
        assert large.pixels.shape == (96, 128, 3)
        assert difference(small.pixels, large.pixels) < 30


def wording(job: PreviewJob, prompt: str, negative: str = "blurry") -> Rewording:
    return Rewording(prompt, negative, job.adapters, job.embeddings)


def finals(table: Table, jobs: list[FinalJob], small: Drawn) -> list[Drawn]:
    """Each drawn by itself, from the same preview."""
    return [table.drawn([job], [source(small)])[0] for job in jobs]


def test_the_second_pass_is_told_its_own_prompts(table: Table) -> None:
    cat, dog = table.preview("a cat"), table.preview("a dog")
    small = table.one(cat)
    reworded = replace(table.final(cat, 0.6), wording=wording(cat, "a dog"))
    negative = replace(table.final(cat, 0.6), wording=wording(cat, "a cat", "a dog"))
    first, dogs, own, other = finals(
        table, [table.final(cat, 0.6), table.final(dog, 0.6), reworded, negative], small
    )
    assert np.array_equal(own.pixels, dogs.pixels)
    assert not np.array_equal(own.pixels, first.pixels)
    assert not np.array_equal(other.pixels, first.pixels)


def test_its_loras_are_those_of_its_own_wording(table: Table, tmp_path: Path) -> None:
    ink = tiny_lora(tmp_path / "ink.safetensors", unet=2.0)
    plain, inked = table.preview(), table.preview(adapters=(ink,))
    small = table.one(plain)
    only_second = replace(
        table.final(plain, 0.6), wording=Rewording(plain.prompt, plain.negative, (ink,), ())
    )
    only_first = replace(
        table.final(inked, 0.6), wording=Rewording(plain.prompt, plain.negative, (), ())
    )
    without, both, second, first = finals(
        table, [table.final(plain, 0.6), table.final(inked, 0.6), only_second, only_first], small
    )
    assert not np.array_equal(without.pixels, both.pixels)
    assert np.array_equal(second.pixels, both.pixels)
    assert np.array_equal(first.pixels, without.pixels)


def test_finals_of_one_batch_may_be_told_different_words(table: Table) -> None:
    job = table.preview()
    small = table.one(job)
    jobs = [
        replace(table.final(job, 0.6), wording=wording(job, f"a {it}")) for it in ("cat", "dog")
    ]
    among = table.drawn(jobs, [source(small), source(small)])
    alone = finals(table, jobs, small)
    assert [np.array_equal(a.pixels, b.pixels) for a, b in zip(among, alone, strict=True)] == [
        True,
        True,
    ]


def test_a_name_of_no_upscaler_is_told(table: Table) -> None:
    job = table.preview()
    with pytest.raises(ProblemsError, match="there is no upscaler 'latnt'"):
        table.results([table.final(job, upscaler="latnt")], [None])
