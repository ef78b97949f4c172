"""A LoRA may count at some steps only: the UNet is merged anew between them, and clean after."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from storyboard.engine.adapters import Merger
from storyboard.engine.devices import placement
from storyboard.engine.diffusion import DiffusionEngine
from storyboard.engine.families import family_named
from storyboard.engine.loras import MergedLoras
from storyboard.engine.model import Model, Wording
from storyboard.jobs import Adapter
from tests.engine.drawing_table import Table, latent, with_sampler
from tests.engine.lora_files import made
from tests.support.tiny_model import TinyModel

STEPS = 3


@pytest.fixture(scope="module")
def table(tiny_model: TinyModel) -> Iterator[Table]:
    """One engine for all tests: what one leaves in the weights would show in the next."""
    engine = DiffusionEngine("cpu")
    yield Table(engine, tiny_model)
    engine.close()


@pytest.fixture
def model(tiny_model: TinyModel) -> Model:
    return family_named("sd15", "").load(tiny_model.checkpoint(), placement("cpu", "float32"))


@pytest.fixture
def adapter(tmp_path: Path) -> Adapter:
    """Of the UNet alone."""
    return replace(made(tmp_path, "LoHa", 1.0), text_encoder=0.0)


def drawn(table: Table, sampler: str, *adapters: Adapter) -> Tensor:
    sampling = with_sampler(sampler, STEPS)
    return torch.from_numpy(latent(table.one(table.preview(adapters=adapters, sampling=sampling))))


@pytest.mark.parametrize("sampler", ["Euler", "DPM++ 2S a Karras"])
def test_a_range_of_all_steps_is_no_range_and_one_behind_them_is_nothing(
    table: Table, adapter: Adapter, sampler: str
) -> None:
    always, never = drawn(table, sampler, adapter), drawn(table, sampler)
    assert torch.equal(drawn(table, sampler, replace(adapter, stop=STEPS)), always)
    assert torch.equal(drawn(table, sampler, replace(adapter, start=STEPS)), never)
    some = [replace(adapter, stop=1), replace(adapter, start=1), replace(adapter, start=1, stop=2)]
    results = [always, never, *(drawn(table, sampler, one) for one in some)]
    pairs = [(a, b) for number, a in enumerate(results) for b in results[:number]]
    assert not any(torch.equal(a, b) for a, b in pairs)
    assert torch.equal(drawn(table, sampler), never)


@pytest.mark.parametrize("sampler", ["Euler", "DPM++ 2S a Karras"])
def test_two_ranges_that_meet_are_the_whole(table: Table, adapter: Adapter, sampler: str) -> None:
    halves = replace(adapter, stop=2), replace(adapter, start=2)
    assert torch.equal(drawn(table, sampler, *halves), drawn(table, sampler, adapter))


def test_a_picture_is_the_same_whatever_was_drawn_before(table: Table, adapter: Adapter) -> None:
    late = table.preview(adapters=(replace(adapter, start=1),))
    alone = table.one(late)
    several = table.drawn([replace(late, seed=2), late, replace(late, seed=3)])
    assert np.array_equal(latent(several[1]), latent(alone))


def test_a_prompt_is_encoded_with_the_adapters_of_the_first_step(
    model: Model, tmp_path: Path
) -> None:
    def prompt() -> Tensor:
        return model.condition("a cat", "", Wording(1, ())).prompt.vectors

    adapter = made(tmp_path, "low rank")
    loras = MergedLoras(model)
    plain = prompt()
    loras.set([adapter])
    changed = prompt()
    assert not torch.equal(changed, plain)
    loras.set([replace(adapter, start=1)])
    loras.at_step(2)
    model.forget_prompts()
    assert torch.equal(prompt(), plain)
    loras.set([replace(adapter, stop=1)])
    loras.at_step(2)
    model.forget_prompts()
    assert torch.equal(prompt(), changed)
    loras.set([])
    model.forget_prompts()
    assert torch.equal(prompt(), plain)


def test_an_interruption_between_steps_is_made_good_by_the_next_step(
    model: Model, adapter: Adapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    loras = MergedLoras(model)
    loras.set([adapter, replace(adapter, start=1)])
    first = {name: weight.clone() for name, weight in model.weights.items()}
    with monkeypatch.context() as patched:
        patched.setattr(Merger, "_merged", interrupted)
        with pytest.raises(MemoryError):
            loras.at_step(1)
    loras.at_step(0)
    assert all(torch.equal(weight, first[name]) for name, weight in model.weights.items())


def interrupted(merger: Merger, target: str, changes: object) -> None:
    raise MemoryError
