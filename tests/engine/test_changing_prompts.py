"""Pictures of prompts that change while they are drawn, or are joined by `AND`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from storyboard.engine.diffusion import DiffusionEngine
from tests.engine.drawing_table import Table, latent, with_sampler
from tests.support.tiny_model import TinyModel


@pytest.fixture(scope="module")
def drawing(tiny_model: TinyModel) -> Iterator[Table]:
    engine = DiffusionEngine("cpu", at_once=8)
    yield Table(engine, tiny_model)
    engine.close()


def drawn(table: Table, *prompts: str, sampler: str = "Euler", steps: int = 2) -> list[bytes]:
    """The latents of panels that are drawn together, from one seed."""
    jobs = [table.preview(prompt, sampling=with_sampler(sampler, steps)) for prompt in prompts]
    return [latent(one).tobytes() for one in table.drawn(jobs)]


def test_a_switch_that_never_comes_draws_the_first_text(drawing: Table) -> None:
    plain, late, early = drawn(drawing, "cat", "[cat:dog:2]", "[dog:cat:0]")
    assert plain == late == early


def test_a_switch_halfway_draws_neither(drawing: Table) -> None:
    cat, dog, both, turns = drawn(drawing, "cat", "dog", "[cat:dog:0.5]", "[cat|dog]")
    assert both == turns
    assert len({cat, dog, both}) == 3


@pytest.mark.parametrize("sampler", ["DPM++ 2S a Karras"])
def test_two_evaluations_of_one_step_hear_one_text(drawing: Table, sampler: str) -> None:
    """In two steps of three evaluations, the first two belong to the first step."""
    found = drawn(drawing, "[cat:dog:1]", "[cat|dog]", "cat", sampler=sampler)
    assert found[0] == found[1] != found[2]


def test_a_text_joined_with_weight_0_changes_nothing(drawing: Table) -> None:
    jobs = [drawing.preview(prompt) for prompt in ("cat", "cat AND dog :0", "cat AND dog")]
    plain, silent, joined = (latent(one) for one in drawing.drawn(jobs))
    assert np.allclose(plain, silent, atol=1e-5)
    assert not np.allclose(plain, joined, atol=1e-2)
