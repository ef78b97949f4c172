"""The ladder: its rungs one after the other, remembered by size, and none that does not help."""

from __future__ import annotations

import pytest

from storyboard.engine.ladder import LADDER, Ladder, Rung, Stage

SMALL, LARGE = 512 * 512, 1024 * 1024


def test_the_rungs_are_declared_in_their_order() -> None:
    assert [rung.value for rung in LADDER] == [
        "smaller batch",
        "sliced VAE",
        "tiled VAE, an approximation",
        "offload",
    ]


@pytest.mark.parametrize("stage", [Stage.UNET, Stage.UPSCALER])
def test_a_batch_is_halved_until_it_is_one_and_then_the_model_is_offloaded(stage: Stage) -> None:
    ladder, together, found = Ladder(), 8, []
    while (rung := ladder.step_down(stage, SMALL, together)) is not None:
        together = ladder.at_once(stage, SMALL, together)
        found.append((rung, together))
    fewer = Rung.FEWER
    assert found == [(fewer, 4), (fewer, 2), (fewer, 1), (Rung.OFFLOAD, 1)]


def test_each_stage_has_a_number_of_pictures_of_its_own() -> None:
    ladder = Ladder()
    assert ladder.step_down(Stage.VAE, SMALL, together=4) is Rung.FEWER
    assert (ladder.at_once(Stage.VAE, SMALL, 4), ladder.at_once(Stage.UNET, SMALL, 4)) == (2, 4)


def test_a_vae_that_works_in_slices_gets_one_picture_at_a_time() -> None:
    ladder = Ladder()
    ladder.step_down(Stage.VAE, LARGE)
    assert (ladder.at_once(Stage.VAE, LARGE, 4), ladder.at_once(Stage.VAE, SMALL, 4)) == (1, 4)


def test_the_vae_is_sliced_then_tiled_then_has_the_device_for_itself() -> None:
    ladder = Ladder()
    steps = [ladder.step_down(Stage.VAE, SMALL) for _ in range(4)]
    assert steps == [Rung.SLICED, Rung.TILED, Rung.OFFLOAD, None]


@pytest.mark.parametrize("stage", [Stage.LOADING, Stage.LORAS, Stage.TEXT])
def test_nothing_else_helps_the_other_stages_than_offloading(stage: Stage) -> None:
    ladder = Ladder()
    assert [ladder.step_down(stage, SMALL), ladder.step_down(stage, SMALL)] == [Rung.OFFLOAD, None]


def test_a_rung_that_is_not_there_is_passed_over() -> None:
    ladder = Ladder()
    without = {Rung.SLICED, Rung.OFFLOAD}
    assert ladder.step_down(Stage.VAE, SMALL, without=without) is Rung.TILED
    assert ladder.step_down(Stage.VAE, SMALL, without=without) is None


def test_what_large_pictures_needed_is_not_done_to_small_ones() -> None:
    ladder = Ladder()
    ladder.step_down(Stage.VAE, LARGE)
    assert ladder.is_on(Rung.SLICED, LARGE) and ladder.is_on(Rung.SLICED, LARGE + 1)
    assert not ladder.is_on(Rung.SLICED, SMALL)
    ladder.step_down(Stage.UNET, LARGE, together=8)
    assert (ladder.at_once(Stage.UNET, LARGE, 8), ladder.at_once(Stage.UNET, 2 * LARGE, 8)) == (
        4,
        2,
    )
    assert ladder.at_once(Stage.UNET, SMALL, 8) == 8


def test_offloading_is_for_all_sizes() -> None:
    ladder = Ladder()
    ladder.step_down(Stage.TEXT, LARGE)
    assert ladder.is_on(Rung.OFFLOAD, SMALL)
