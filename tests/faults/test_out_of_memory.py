"""Promise 9: out of memory steps down a declared ladder, each rung is recorded and told, never is a
picture drawn at another size or in fewer steps, and the rest of the story goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch

from storyboard.engine import vae
from storyboard.engine.base import Drawn, Failed
from storyboard.engine.diffusion import DiffusionEngine
from storyboard.engine.ladder import Rung
from storyboard.engine.memory import NO_MEMORY, Memory
from storyboard.engine.offload import Residence
from storyboard.engine.sd15 import Sd15Model, StableDiffusion15
from storyboard.engine.vae import Vae, VaeWay
from storyboard.engine.vae_tiles import Tiling
from storyboard.events import Event, Note
from storyboard.geometry import Size
from tests.engine.conftest import epsilon_model, one_thread  # noqa: F401 - fixtures
from tests.engine.drawing_table import EVALUATIONS, Table, difference, source
from tests.support.tiny_model import TinyModel

Fits = Callable[..., bool]


def no_memory() -> None:
    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 9 GiB")


class Desk:
    """An engine that puts a whole batch through the UNet at once, with what it tells."""

    def __init__(self, model: TinyModel) -> None:
        self.told: list[str] = []
        self.table = Table(DiffusionEngine("cpu", "float32", self._hear, at_once=64), model)

    def _hear(self, event: Event) -> None:
        if isinstance(event, Note) and "memory" in event.text:
            self.told.append(event.text)

    def repairs(self, found: list[Drawn | Failed]) -> list[object]:
        """What the pictures' provenance says, all of which must be there."""
        return [one.provenance.get("repairs") for one in found if isinstance(one, Drawn)]


@pytest.fixture(name="desk")
def _desk(epsilon_model: TinyModel, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:  # noqa: F811
    monkeypatch.setattr(vae, "TILING", Tiling(4, 2))
    desk = Desk(epsilon_model)
    yield desk
    desk.table.engine.close()


@pytest.fixture(name="offloading")
def _offloading(monkeypatch: pytest.MonkeyPatch) -> None:
    """The CPU as a device that parts can be offloaded from."""
    make = Memory.__init__

    def made(memory: Any, *arguments: Any) -> None:
        make(memory, *arguments)
        memory._without = set()

    monkeypatch.setattr(Memory, "__init__", made)


def only_where(
    monkeypatch: pytest.MonkeyPatch, owner: type, name: str, fits: Fits
) -> list[tuple[Any, ...]]:
    """Lets a method run out of memory except where `fits` says that there is enough; all calls."""
    whole, calls = getattr(owner, name), []

    def tried(self: Any, *arguments: Any) -> Any:
        calls.append(arguments)
        if not fits(self, *arguments):
            no_memory()
        return whole(self, *arguments)

    monkeypatch.setattr(owner, name, tried)
    return calls


def way_of(module: Vae) -> VaeWay:
    return module._way


def test_a_batch_is_made_smaller_and_stays_so(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = [desk.table.preview(seed=seed) for seed in range(5)]
    alone = [desk.table.one(job) for job in jobs]
    texts = 2
    calls = only_where(monkeypatch, Sd15Model, "predict", lambda model, x, *_: len(x) <= 2 * texts)
    found = desk.table.results(jobs)
    assert desk.told == ["out of memory with 5 pictures at once: at most 2 from now on"]
    assert desk.repairs(found) == ["smaller batch: out of memory"] * 5
    for before, after in zip(alone, found, strict=True):
        assert isinstance(after, Drawn)
        off = np.abs(before.pixels.astype(int) - after.pixels.astype(int)) > 1
        assert off.mean() <= 0.001  # the tolerance of batches in general
        assert after.provenance["together"] in (1, 2)
        assert after.provenance["evaluations"] == EVALUATIONS
    calls.clear()
    again = desk.table.results(jobs)
    assert [len(x) for x, *_ in calls] == [4] * 2 * EVALUATIONS + [2] * EVALUATIONS
    assert desk.repairs(again) == ["smaller batch: out of memory"] * 5
    assert len(desk.told) == 1


@pytest.mark.parametrize("name", ["decode", "encode"])
@pytest.mark.parametrize(
    ("way", "rungs"),
    [
        (VaeWay.SLICED, ("sliced VAE",)),
        (VaeWay.TILED, ("sliced VAE", "tiled VAE, an approximation")),
    ],
)
def test_the_vae_works_in_slices_then_in_tiles(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, name: str, way: VaeWay, rungs: tuple[str, ...]
) -> None:
    preview = desk.table.preview()
    begin = source(desk.table.one(preview))
    (exact,) = desk.table.drawn([desk.table.final(preview)], [begin])
    only_where(monkeypatch, Vae, name, lambda vae, *_: way_of(vae).value >= way.value)
    (found,) = desk.table.drawn([desk.table.final(preview)], [begin])
    assert found.provenance["repairs"] == "; ".join(f"{rung}: out of memory" for rung in rungs)
    assert len(desk.told) == len(rungs)
    assert found.pixels.shape == exact.pixels.shape
    assert difference(found.pixels, exact.pixels) <= (0.01 if way is VaeWay.SLICED else 40)
    assert ("approximation" in " ".join(desk.told)) == (way is VaeWay.TILED)


def test_what_a_large_picture_needed_is_not_done_to_a_small_one(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    only_where(
        monkeypatch,
        Vae,
        "decode",
        lambda vae, latent: latent.shape[-1] < 10 or way_of(vae) is VaeWay.TILED,
    )
    large = desk.table.one(desk.table.preview(size=Size(128, 96)))
    small = desk.table.one(desk.table.preview())
    assert "tiled VAE, an approximation" in str(large.provenance["repairs"])
    assert "repairs" not in small.provenance


def test_then_parts_of_the_model_take_turns_on_the_device(
    offloading: None, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = desk.table.one(desk.table.preview())
    entered: list[str] = []
    offloaded: list[bool] = []
    enter, offload = Residence.enter, Residence.offload

    def tell(self: Residence, stage: Any) -> None:
        entered.append(stage.name)
        enter(self, stage)

    def leave(self: Residence) -> None:
        offloaded.append(True)
        offload(self)

    monkeypatch.setattr(Residence, "enter", tell)
    monkeypatch.setattr(Residence, "offload", leave)
    only_where(monkeypatch, Sd15Model, "predict", lambda *_: bool(offloaded))
    found = desk.table.one(desk.table.preview())
    assert found.provenance["repairs"] == "offload: out of memory"
    assert np.array_equal(found.pixels, before.pixels)
    assert entered[-3:] == ["UNET", "UNET", "VAE"]
    assert len(desk.told) == len(offloaded) == 1


def test_a_model_that_does_not_fit_is_loaded_part_by_part(
    offloading: None, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = only_where(monkeypatch, StableDiffusion15, "load", lambda *_: len(calls) > 1)
    found = desk.table.one(desk.table.preview())
    assert found.provenance["repairs"] == "offload: out of memory"
    assert len(calls) == 2


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (Sd15Model, "predict"),
        (Sd15Model, "condition"),
        (Vae, "decode"),
        (StableDiffusion15, "load"),
    ],
)
def test_below_the_last_rung_a_panel_fails_in_one_sentence_and_the_next_is_drawn(
    offloading: None, desk: Desk, monkeypatch: pytest.MonkeyPatch, owner: type, name: str
) -> None:
    jobs = [desk.table.preview(seed=seed) for seed in (1, 2)]
    with monkeypatch.context() as short:
        only_where(short, owner, name, lambda *_: False)
        assert desk.table.results(jobs) == [Failed(0, NO_MEMORY), Failed(1, NO_MEMORY)]
    assert all(isinstance(one, Drawn) for one in desk.table.results(jobs))
    assert len(desk.told) == len(set(desk.told)) <= len(Rung)


def test_one_panel_that_does_not_fit_does_not_take_the_others_with_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = [desk.table.preview(prompt) for prompt in ("a cat", "a whale", "a dog")]
    only_where(monkeypatch, Sd15Model, "condition", lambda model, prompt, *_: prompt != "a whale")
    first, second, third = desk.table.results(jobs)
    assert second == Failed(1, NO_MEMORY)
    assert isinstance(first, Drawn) and isinstance(third, Drawn)


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory"),
        RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory"),
        RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 9 bytes."),
        RuntimeError("MPS backend out of memory (MPS allocated: 9 GB)"),
        RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
        MemoryError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_lack_of_memory_is_known_by_whatever_name(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def short(*_: object) -> None:
        raise error

    monkeypatch.setattr(Sd15Model, "predict", short)
    assert desk.table.results([desk.table.preview()]) == [Failed(0, NO_MEMORY)]
