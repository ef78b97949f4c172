"""What every engine promises of pictures near another seed, and of those that begin with one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from storyboard.engine.base import Drawn, Failed, Source
from storyboard.engine.names import SAMPLERS
from storyboard.geometry import Size
from storyboard.jobs import Box, PreviewJob, Variation
from tests.engine.drawing_table import (
    EVALUATIONS,
    SIZE,
    Table,
    difference,
    latent,
    masked,
    source,
    with_sampler,
)

BOX = Box(0.25, 0.25, 0.5, 0.5)
ROWS, COLUMNS = slice(12, 36), slice(16, 48)
"""The same box in pixels of `SIZE`; across it does not keep to the cells of a latent."""
BARE = [name for name in SAMPLERS if f"{name} Automatic" in SAMPLERS]


def near(job: PreviewJob, seed: int, strength: float) -> PreviewJob:
    return replace(job, variation=Variation(seed, strength))


def inside(drawn: Drawn) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return drawn.pixels[ROWS, COLUMNS]


def outside(drawn: Drawn) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    left = drawn.pixels.copy()
    left[ROWS, COLUMNS] = 0
    return left


def test_a_weak_variation_is_near_and_a_strong_one_is_far(table: Table) -> None:
    job = table.preview(seed=5)
    base, other = table.one(job).pixels, table.one(replace(job, seed=9)).pixels
    away = [
        difference(base, table.one(near(job, 9, strength)).pixels) for strength in (0.001, 0.1, 1)
    ]
    assert away[0] < away[1] < away[2]
    assert away[0] < 0.05 * difference(base, other)


def test_at_full_strength_it_begins_with_the_other_seeds_noise(table: Table) -> None:
    job = table.preview(seed=5, sampling=with_sampler("Euler"))  # draws no noise but the first
    other = table.one(replace(job, seed=9))
    varied = table.one(near(job, 9, 1.0))
    assert np.array_equal(varied.pixels, other.pixels)
    assert np.array_equal(latent(varied), latent(other))


def test_a_variation_is_the_same_alone_and_among_others(table: Table) -> None:
    job = table.preview(seed=5)
    varied = near(job, 9, 0.5)
    among = table.drawn([job, varied, near(job, 8, 0.5)])
    assert np.array_equal(among[1].pixels, table.one(varied).pixels)
    assert len({drawn.pixels.tobytes() for drawn in among}) == 3


@pytest.mark.parametrize("mask", [None, BOX])
def test_without_denoising_a_picture_stays_what_it_is(table: Table, mask: Box | None) -> None:
    first = table.preview()
    drawn = table.one(first)
    job = table.begun(first, 0, mask)
    (same,) = table.drawn([job], [masked(drawn, ROWS, COLUMNS)])
    assert np.array_equal(same.pixels, drawn.pixels)
    assert same.provenance["evaluations"] == 0
    assert latent(same).shape == latent(drawn).shape


def test_the_more_denoising_the_farther_from_the_picture(table: Table) -> None:
    first = table.preview()
    drawn = table.one(first)
    away = []
    for denoise in (0.02, 0.4, 1.0):
        # With the picture's own seed, full denoising would only draw it again.
        (begun,) = table.drawn([table.begun(first, denoise, seed=4)], [source(drawn)])
        away.append(difference(drawn.pixels, begun.pixels))
        assert begun.provenance["evaluations"] == EVALUATIONS
    assert 0 < away[0] < away[1] < away[2]


def test_another_picture_to_begin_with_gives_another_picture(table: Table) -> None:
    jobs = [table.preview(seed=seed) for seed in (1, 2)]
    sources = [source(drawn) for drawn in table.drawn(jobs)]
    one, other = table.drawn([table.begun(job) for job in jobs], sources)
    assert not np.array_equal(one.pixels, other.pixels)


@pytest.mark.parametrize("sampler", BARE)
def test_outside_of_a_mask_every_byte_stays(table: Table, sampler: str) -> None:
    first = table.preview()
    drawn = table.one(first)
    job = table.begun(first, 0.8, BOX, sampling=with_sampler(sampler, steps=2))
    (mended,) = table.drawn([job], [masked(drawn, ROWS, COLUMNS)])
    assert np.array_equal(outside(mended), outside(drawn))
    assert difference(inside(mended), inside(drawn)) > 1


def test_within_a_mask_what_is_drawn_fades_in_from_its_edge(table: Table) -> None:
    # Several, since in one picture a row may by chance be darker than the one before.
    firsts = [table.preview(seed=seed) for seed in range(1, 5)]
    drawn = table.drawn(firsts)
    blacks = [
        Source(np.zeros_like(one.pixels), None, masked(one, ROWS, COLUMNS).mask) for one in drawn
    ]
    mended = table.drawn([table.begun(first, 1.0, BOX) for first in firsts], blacks)
    rows = np.mean([one.pixels[ROWS].mean(axis=(1, 2)) for one in mended], axis=0)
    assert 0 < rows[0] < rows[1]
    assert 0 < rows[-1] < rows[-2]


def test_masks_may_differ_within_a_batch(table: Table) -> None:
    first = table.preview()
    drawn = table.one(first)
    jobs = [
        table.begun(first, 0.6, BOX),
        table.begun(first, 0.6),
        table.begun(first, 0.6, Box(0, 0, 0.5, 1), seed=3),
    ]
    sources = [
        masked(drawn, ROWS, COLUMNS),
        source(drawn),
        masked(drawn, slice(0, 48), slice(0, 32)),
    ]
    among = table.drawn(jobs, sources)
    for job, given, found in zip(jobs, sources, among, strict=True):
        (alone,) = table.drawn([job], [given])
        assert np.array_equal(alone.pixels, found.pixels)
        assert np.array_equal(latent(alone), latent(found))
    assert np.array_equal(outside(among[0]), outside(drawn))
    assert np.array_equal(among[2].pixels[:, 32:], drawn.pixels[:, 32:])
    assert not np.array_equal(outside(among[1]), outside(drawn))


def test_sizes_that_no_latent_has_are_mended_all_the_same(table: Table) -> None:
    first = table.preview(size=Size(61, 43))
    drawn = table.one(first)
    job = table.begun(first, 0.8, Box(0.5, 0.5, 0.5, 0.5))
    (mended,) = table.drawn([job], [masked(drawn, slice(21, 43), slice(30, 61))])
    assert mended.pixels.shape == (43, 61, 3)
    assert np.array_equal(mended.pixels[:21], drawn.pixels[:21])
    assert difference(mended.pixels[21:, 30:], drawn.pixels[21:, 30:]) > 1


def test_a_mended_picture_is_a_finals_start_like_any_other(table: Table) -> None:
    first = table.preview()
    job = near(table.begun(first, 0.6, BOX), 3, 0.5)
    (mended,) = table.drawn([job], [masked(table.one(first), ROWS, COLUMNS)])
    for upscaler in ("lanczos", "latent"):
        final = table.final(job, 0.4, upscaler)
        (large,) = table.drawn([final], [source(mended)])
        assert large.pixels.shape == (2 * SIZE.height, 2 * SIZE.width, 3)


def test_what_is_not_there_to_begin_with_fails_alone(table: Table) -> None:
    first = table.preview()
    drawn = table.one(first)
    smaller = Source(drawn.pixels[:40], None)
    jobs = [
        *[table.begun(first)] * 3,
        table.begun(first, 0.6, BOX),
    ]
    found = table.results(jobs, [None, source(drawn), smaller, source(drawn)])
    messages = [one.message if isinstance(one, Failed) else "" for one in found]
    assert [bool(message) for message in messages] == [True, False, True, True]
    assert "not there" in messages[0]
    assert "64x40, not 64x48" in messages[2]
    assert "mask" in messages[3]


def test_pictures_that_begin_otherwise_are_no_batch(table: Table) -> None:
    first = table.preview()
    given = source(table.one(first))
    for other in (table.preview("a dog"), table.begun(first, 0.5)):
        with pytest.raises(ValueError, match="share"):
            table.results([table.begun(first, 0.6), other], [given, given])
