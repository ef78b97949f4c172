"""A compiled UNet draws the same pictures, in few shapes, and leaves off where it cannot."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from storyboard.engine.base import Drawn
from storyboard.engine.compiled import CompiledUnet, filling
from storyboard.engine.compiling import Compiling
from storyboard.engine.devices import placement
from storyboard.engine.diffusion import DiffusionEngine
from storyboard.engine.families import family_named
from storyboard.engine.ladder import Rung, Stage
from storyboard.engine.memory import Memory
from storyboard.events import Event, Loading, Note
from storyboard.geometry import Size
from tests.engine.drawing_table import Table
from tests.support.tiny_model import TinyModel, tiny_lora

EAGER = Compiling("as a test asked", everywhere=True, backend="eager")
"""torch.compile with all of its tracing, but without a compiler behind it."""


class Engines:
    """An engine as it is, and one that compiles; `told` is what that one says."""

    def __init__(self, model: TinyModel) -> None:
        self.told: list[str] = []
        self.plain = Table(DiffusionEngine("cpu", "float32"), model)
        self.compiled = Table(
            DiffusionEngine("cpu", "float32", self._hear, at_once=8, compiling=EAGER), model
        )

    def _hear(self, event: Event) -> None:
        assert isinstance(event, Loading | Note)
        self.told.append(event.text)


def apart(one: Drawn, other: Drawn) -> float:
    """The largest difference of two latents, over the largest value."""
    assert one.latent is not None and other.latent is not None
    return float(np.abs(one.latent - other.latent).max() / np.abs(one.latent).max())


@pytest.fixture(scope="module")
def engines(tiny_model: TinyModel) -> Iterator[Engines]:
    made = Engines(tiny_model)
    yield made
    made.plain.engine.close()
    made.compiled.engine.close()


def test_pictures_are_the_same_and_say_how_they_were_drawn(engines: Engines) -> None:
    jobs = [engines.plain.preview(prompt, seed=n) for n, prompt in enumerate("abc")]
    plain, compiled = engines.plain.drawn(jobs), engines.compiled.drawn(jobs)
    for one, other in zip(plain, compiled, strict=True):
        assert apart(one, other) < 1e-4
        assert other.provenance["compiled"] is True
        assert "compiled" not in one.provenance
    assert any("the UNet is compiled" in text for text in engines.told)


def test_a_lora_that_is_merged_later_is_drawn_with(engines: Engines, tmp_path: Path) -> None:
    adapter = tiny_lora(tmp_path / "ink.safetensors")
    without = engines.compiled.preview()
    with_it = engines.compiled.preview(adapters=(adapter,))
    first, second, again = (engines.compiled.drawn([job])[0] for job in (without, with_it, without))
    assert apart(second, engines.plain.drawn([with_it])[0]) < 1e-4
    assert apart(first, second) > 1e-2
    assert apart(first, again) == 0


def test_batches_are_filled_up_to_few_sizes() -> None:
    cpu = torch.device("cpu")
    assert filling(3, cpu).tolist() == [0, 1, 2, 2]
    assert filling(8, cpu).tolist() == list(range(8))
    assert len({len(filling(count, cpu)) for count in range(1, 33)}) == 8
    assert len(filling(200, cpu)) == 200


class Answer:
    def __init__(self, sample: Tensor) -> None:
        self.sample = sample


class Counted(nn.Module):
    """Answers with what it is asked, and counts the shapes that it is traced for."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1))

    def forward(self, x: Tensor, step: Tensor, texts: Tensor, added_cond_kwargs: Any) -> Answer:
        return Answer(x * self.weight + step + texts.mean())


def asked(unet: CompiledUnet, count: int) -> Tensor:
    return unet.ask(torch.ones(count, 4, 2, 2), torch.tensor(1.0), torch.ones(count, 77, 4), None)


def test_it_is_traced_once_for_sizes_that_are_filled_up_alike() -> None:
    traced: list[int] = []

    def backend(graph: Any, inputs: Any) -> Any:
        traced.append(1)
        return graph.forward

    torch._dynamo.reset()
    unet = CompiledUnet(Counted(), backend, pytest.fail)
    answers = [len(asked(unet, count)) for count in (3, 4, 3, 7, 8, 5)]
    assert answers == [3, 4, 3, 7, 8, 5]
    assert len(traced) == 2


def test_what_cannot_be_compiled_is_asked_as_it_is_and_told_once() -> None:
    def broken(graph: Any, inputs: Any) -> Any:
        raise NotImplementedError("no compiler here")

    told: list[str] = []
    torch._dynamo.reset()
    unet = CompiledUnet(Counted(), broken, told.append)
    assert [asked(unet, 2).max().item() for _ in range(2)] == [3.0, 3.0]
    assert not unet.works
    assert len(told) == 1 and "no compiler here" in told[0]


def test_an_offloaded_model_is_not_compiled(tiny_model: TinyModel) -> None:
    model = family_named("sd15", "").load(tiny_model.checkpoint(), placement("cpu", "float32"))
    model.compile("eager", pytest.fail)
    told: list[str] = []
    memory = Memory(torch.device("cuda"), told.append)
    memory.take_in(model)
    assert model.is_compiled
    assert memory.stepped_down(Stage.TEXT, Size(8, 8)) is Rung.OFFLOAD
    assert not model.is_compiled
    assert "is not asked compiled any more" in told[0]


def test_in_float32_the_plain_module_is_asked(tiny_model: TinyModel) -> None:
    model = family_named("sd15", "").load(tiny_model.checkpoint(), placement("cpu", "bfloat16"))
    model.compile("eager", pytest.fail)
    with model.in_float32():
        assert not model.is_compiled
    assert model.is_compiled


def test_on_a_cpu_it_must_be_asked_for() -> None:
    usual = Compiling("it pays")
    assert usual.is_for("cuda") and not usual.is_for("cpu")
    assert EAGER.is_for("cpu")
