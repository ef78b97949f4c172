"""Several latents decoded together, as far as memory goes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from storyboard.engine.decoding import Shown, shown_together
from storyboard.engine.devices import placement
from storyboard.engine.families import family_named
from storyboard.engine.memory import Memory
from storyboard.engine.model import Model
from storyboard.engine.vae import Vae
from storyboard.geometry import Size
from tests.support.tiny_model import TinyModel

SIZE = Size(64, 48)
THREE = 3 * SIZE.area
"""Pixels that are decoded together here."""


@pytest.fixture
def model(epsilon_model: TinyModel) -> Model:
    return family_named("sd15", "").load(epsilon_model.checkpoint(), placement("cpu", "float32"))


@pytest.fixture
def latents() -> Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(5, 4, 6, 8, generator=generator)


@pytest.fixture(name="asked")
def _asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many latents the VAE is asked for, time after time."""
    return counted(monkeypatch, lambda count: True)


def counted(monkeypatch: pytest.MonkeyPatch, fits: Callable[[int], bool]) -> list[int]:
    decode, asked = Vae.decode, list[int]()

    def told(vae: Vae, latents: Tensor) -> Tensor:
        asked.append(len(latents))
        if not fits(len(latents)):
            raise torch.OutOfMemoryError
        return decode(vae, latents)

    monkeypatch.setattr(Vae, "decode", told)
    return asked


def all_shown(model: Model, latents: Tensor, told: list[str]) -> list[Shown]:
    memory = Memory(torch.device("cpu"), told.append)
    memory.take_in(model)
    return list(shown_together(model, latents, memory, SIZE, THREE))


def test_pictures_are_those_of_latents_decoded_alone(model: Model, latents: Tensor) -> None:
    shown = all_shown(model, latents, [])
    for latent, one in zip(latents, shown, strict=True):
        assert one.picture is not None
        alone = model.vae.decode(latent[None])[0]
        assert torch.allclose(one.picture, alone, atol=1e-5)


def test_as_many_as_the_limit_go_together(model: Model, latents: Tensor, asked: list[int]) -> None:
    assert not any(one.fewer for one in all_shown(model, latents, []))
    assert asked == [3, 2]


def test_the_last_one_alone_is_left_to_be_decoded_by_itself(
    model: Model, latents: Tensor, asked: list[int]
) -> None:
    shown = all_shown(model, latents[:4], [])
    assert asked == [3]
    assert [one.picture is None for one in shown] == [False, False, False, True]
    assert not shown[3].fewer


def test_without_memory_for_several_each_is_left_to_be_decoded_alone(
    model: Model, latents: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    asked = counted(monkeypatch, lambda count: False)
    shown = all_shown(model, latents, told)
    assert asked == [3]
    assert told == ["out of memory decoding 3 pictures at once: at most 1 from now on"]
    assert all(one.picture is None for one in shown)
    assert [one.fewer for one in shown] == [True, True, True, True, False]  # the last had nobody


def test_another_error_is_no_lack_of_memory(
    model: Model, latents: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Tensor:
        raise RuntimeError("a kernel failed")

    monkeypatch.setattr(Vae, "decode", broken)
    with pytest.raises(RuntimeError, match="a kernel failed"):
        all_shown(model, latents, [])
