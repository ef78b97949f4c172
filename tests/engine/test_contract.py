"""What every engine promises, whatever it draws with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from storyboard.engine.base import Drawn, Failed, PreviewBatch
from storyboard.errors import ProblemsError
from storyboard.geometry import Size
from storyboard.jobs import Sampling, Upscaler
from tests.engine.drawing_table import (
    EVALUATIONS,
    SAMPLING,
    SIZE,
    Table,
    difference,
    latent,
    silent,
    source,
    with_sampler,
)
from tests.support.tiny_model import tiny_lora
from tests.support.upscalers import tiny_upscaler


class Stop(Exception):
    """Whatever ends a batch from outside."""


def test_there_is_one_result_a_job_in_the_jobs_order(table: Table) -> None:
    jobs = [table.preview(f"cat {'very ' * (seed * 30)}", seed) for seed in range(3)]
    found = table.drawn(jobs)
    assert [drawn.index for drawn in found] == [0, 1, 2]
    for drawn, job in zip(found, jobs, strict=True):
        assert np.array_equal(drawn.pixels, table.one(job).pixels)


def test_an_empty_batch_gives_nothing(table: Table) -> None:
    assert list(table.engine.draw(PreviewBatch(()), {}, silent)) == []


def test_a_picture_has_its_jobs_size_and_is_of_whole_bytes(table: Table) -> None:
    drawn = table.one(table.preview())
    assert drawn.pixels.shape == (SIZE.height, SIZE.width, 3)
    assert drawn.pixels.dtype == np.uint8
    assert drawn.pixels.std() > 0


def test_a_latent_is_an_eighth_of_the_picture(table: Table) -> None:
    drawn = table.one(table.preview())
    assert latent(drawn).shape == (4, SIZE.height // 8, SIZE.width // 8)
    assert latent(drawn).dtype == np.float32


def test_sizes_that_no_latent_has_are_drawn_all_the_same(table: Table) -> None:
    job = table.preview(size=Size(61, 43))
    drawn = table.one(job)
    assert drawn.pixels.shape == (43, 61, 3)
    (larger,) = table.drawn([table.final(job, scale=1.5)], [source(drawn)])
    assert larger.pixels.shape == (64, 92, 3)


def test_the_same_job_gives_the_same_picture(table: Table, fresh: Table) -> None:
    job = table.preview()
    assert np.array_equal(table.one(job).pixels, fresh.one(job).pixels)


@pytest.mark.parametrize("change", ["seed", "prompt", "sampler", "steps", "cfg"])
def test_another_job_gives_another_picture(table: Table, change: str) -> None:
    job = table.preview()
    others = {
        "seed": replace(job, seed=2),
        "prompt": replace(job, prompt="a (dog:1.4)"),
        "sampler": replace(job, sampling=with_sampler("Euler a")),
        "steps": replace(job, sampling=with_sampler(SAMPLING.sampler, steps=4)),
        "cfg": replace(job, sampling=with_sampler(SAMPLING.sampler, cfg=1.0)),
    }
    assert difference(table.one(job).pixels, table.one(others[change]).pixels) > 0


def test_neighbours_do_not_matter(table: Table) -> None:
    job = table.preview("a cat", seed=5)
    alone = table.one(job)
    crowd = [table.preview("a dog", seed=9), job, table.preview("owls, " * 30, seed=3)]
    among = table.drawn(crowd)[1]
    assert np.array_equal(alone.pixels, among.pixels)
    assert np.array_equal(latent(alone), latent(among))


@pytest.mark.parametrize("upscaler", ["lanczos", "latent", "network"])
def test_a_final_shows_the_same_picture_larger(
    table: Table, upscaler: Upscaler, tmp_path: Path
) -> None:
    if upscaler == "network":
        upscaler = tiny_upscaler(tmp_path / "2x.safetensors")
    job = table.preview(sampling=Sampling("Euler Karras", 6, 5.0))
    small = table.one(job)
    final = table.final(job, denoise=0.02, upscaler=upscaler)
    (large,) = table.drawn([final], [source(small)])
    other = table.one(replace(job, seed=2)).pixels
    assert large.pixels.shape == (2 * SIZE.height, 2 * SIZE.width, 3)
    assert 2 * difference(small.pixels, large.pixels) < difference(other, large.pixels)


def test_a_final_is_the_same_alone_and_among_others(table: Table) -> None:
    previews = [table.preview(seed=seed) for seed in (1, 2)]
    sources = [source(drawn) for drawn in table.drawn(previews)]
    finals = [table.final(job, denoise=0.4) for job in previews]
    among = table.drawn(finals, sources)
    (alone,) = table.drawn(finals[1:], sources[1:])
    assert np.array_equal(among[1].pixels, alone.pixels)


def test_a_final_without_denoising_is_its_preview_enlarged(table: Table) -> None:
    job = table.preview()
    small = table.one(job)
    (large,) = table.drawn([table.final(job, denoise=0)], [source(small)])
    (same,) = table.drawn([table.final(job, denoise=0, scale=1)], [source(small)])
    assert difference(small.pixels, large.pixels) < 5
    assert np.array_equal(same.pixels, small.pixels)
    assert large.provenance["evaluations"] == 0


def test_a_final_without_its_preview_fails_alone(table: Table) -> None:
    jobs = [table.preview(seed=seed) for seed in (1, 2)]
    given = source(table.one(jobs[1]))
    found = table.results([table.final(job) for job in jobs], [None, given])
    assert isinstance(found[0], Failed) and "preview" in found[0].message
    assert isinstance(found[1], Drawn)


def test_a_final_from_a_latent_that_is_not_stored_fails(table: Table) -> None:
    job = table.preview()
    given = replace(source(table.one(job)), latent=None)
    (found,) = table.results([table.final(job, upscaler="latent")], [given])
    assert isinstance(found, Failed) and "latent" in found.message


def test_every_evaluation_is_told_once(table: Table) -> None:
    told: list[tuple[int, int]] = []
    jobs = [table.preview(seed=seed) for seed in (1, 2)]
    table.results(jobs, on_step=lambda done, total: told.append((done, total)))
    total = told[-1][1]
    assert total in (EVALUATIONS, 2 * EVALUATIONS)
    assert told == [(done, total) for done in range(1, total + 1)]


@pytest.mark.parametrize(("sampler", "asked"), [("DPM++ 2S a Karras", 7), ("Euler a", 4)])
def test_provenance_tells_how_often_the_model_was_asked(
    table: Table, sampler: str, asked: int
) -> None:
    job = table.preview(sampling=with_sampler(sampler, steps=4))
    drawn = table.one(job)
    (final,) = table.drawn([table.final(job, denoise=0.4)], [source(drawn)])
    assert drawn.provenance["evaluations"] == asked
    assert final.provenance["evaluations"] == asked


def test_an_exception_from_a_step_ends_the_batch_at_once(table: Table) -> None:
    told = 0

    def stop(done: int, total: int) -> None:
        nonlocal told
        told += 1
        if told == 2:
            raise Stop

    with pytest.raises(Stop):
        table.results([table.preview(seed=8), table.preview(seed=9)], on_step=stop)
    assert told == 2


def test_a_batch_after_a_stopped_one_is_as_if_nothing_had_been(
    fresh: Table, table: Table, lora_folder: Path
) -> None:
    def stop(done: int, total: int) -> None:
        raise Stop

    with pytest.raises(Stop):
        fresh.results(
            [fresh.preview(adapters=(tiny_lora(lora_folder / "a.safetensors"),))], on_step=stop
        )
    job = table.preview("a plain one")
    assert np.array_equal(fresh.one(job).pixels, table.one(job).pixels)


def test_adapters_in_and_out_leave_no_trace(fresh: Table, lora_folder: Path) -> None:
    job = fresh.preview()
    before = fresh.one(job)
    lora = tiny_lora(lora_folder / "a.safetensors")
    with_it = fresh.one(replace(job, adapters=(lora,)))
    after = fresh.one(job)
    assert difference(before.pixels, with_it.pixels) > 0
    assert np.array_equal(before.pixels, after.pixels)
    assert np.array_equal(latent(before), latent(after))


def test_the_order_of_adapters_does_not_matter(table: Table, lora_folder: Path) -> None:
    loras = tuple(tiny_lora(lora_folder / f"{seed}.safetensors", seed) for seed in (1, 2, 3))
    one = table.one(table.preview(adapters=loras))
    other = table.one(table.preview(adapters=loras[::-1]))
    assert np.array_equal(one.pixels, other.pixels)


def test_an_unknown_sampler_is_told_with_the_likely_one(table: Table) -> None:
    job = table.preview(sampling=replace(SAMPLING, sampler="DPM++ 2S a Karas"))
    with pytest.raises(ProblemsError, match=r"did you mean `DPM\+\+ 2S a Karras`"):
        table.results([job])


def test_an_unknown_upscaler_is_told(table: Table) -> None:
    job = table.preview()
    with pytest.raises(ProblemsError, match="no upscaler 'sharpest'"):
        table.results([table.final(job, upscaler="sharpest")], [source(table.one(job))])


def test_jobs_that_do_not_belong_together_are_no_batch(table: Table) -> None:
    with pytest.raises(ValueError, match="share"):
        table.results([table.preview(), table.preview(size=Size(32, 32))])


def test_after_closing_an_engine_draws_again(fresh: Table) -> None:
    job = fresh.preview()
    before = fresh.one(job)
    fresh.engine.close()
    assert np.array_equal(before.pixels, fresh.one(job).pixels)
