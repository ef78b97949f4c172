"""Promise 8: no picture without numbers is ever kept. One retry in float32, recorded; then an error
that names the panel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from storyboard.engine.base import Drawn, Engine, Failed, Latent
from storyboard.engine.diffusion import DiffusionEngine
from storyboard.engine.sd15 import Sd15Model
from storyboard.engine.upscaling import Upscaler
from storyboard.engine.vae import Vae
from storyboard.events import PanelFailed
from storyboard.manifest import Manifest
from storyboard.planning import plan
from storyboard.run import Outcome, draw
from storyboard.store import Store
from tests.engine.conftest import one_thread, tiny_model  # noqa: F401 - fixtures
from tests.engine.drawing_table import EVALUATIONS, Table, latent, source
from tests.support.jobs import panel, story, tale
from tests.support.tiny_model import TinyModel
from tests.support.toy_engine import ToyEngine, picture
from tests.support.upscalers import tiny_upscaler

NAN, INF = float("nan"), float("inf")
Spoil = Callable[[Tensor], Tensor]


def everywhere(number: float) -> Spoil:
    return lambda tensor: torch.full_like(tensor, number)


def in_one_place(number: float) -> Spoil:
    def spoil(tensor: Tensor) -> Tensor:
        spoilt = tensor.clone()
        spoilt[(0,) * (spoilt.dim() - 1)][7] = number  # whatever its layout in memory
        return spoilt

    return spoil


SPOILT = {
    "all NaN": everywhere(NAN),
    "all infinite": everywhere(INF),
    "all less than all": everywhere(-INF),
    "one NaN": in_one_place(NAN),
    "one infinite": in_one_place(-INF),
}
spoilt = pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT.keys())


def spoiling(
    monkeypatch: pytest.MonkeyPatch, owner: type, name: str, spoil: Spoil, half_only: bool
) -> None:
    """Spoils what a method of model or VAE gives: in half precision, or always."""
    whole = getattr(owner, name)

    def given(self: Any, *arguments: Any) -> Tensor:
        found: Tensor = whole(self, *arguments)
        return found if half_only and self.is_float32 else spoil(found)

    monkeypatch.setattr(owner, name, given)


@pytest.fixture(name="half")
def _half(tiny_model: TinyModel) -> Table:  # noqa: F811
    """An engine in half precision, VAE and all."""
    engine: Any = DiffusionEngine("cpu", "bfloat16")
    engine._held.placement = replace(engine._held.placement, vae=torch.bfloat16)
    return Table(engine, tiny_model)


@spoilt
@pytest.mark.parametrize(
    ("owner", "name", "says"),
    [
        (Sd15Model, "predict", "drawn again in float32: NaN"),
        (Vae, "decode", "decoded again in float32: NaN or black"),
    ],
    ids=["UNet", "VAE"],
)
def test_a_preview_is_drawn_once_more_in_float32_and_that_is_recorded(
    half: Table, monkeypatch: pytest.MonkeyPatch, owner: type, name: str, says: str, spoil: Spoil
) -> None:
    spoiling(monkeypatch, owner, name, spoil, half_only=True)
    told: list[str] = []
    monkeypatch.setattr(DiffusionEngine, "_note", lambda engine, text: told.append(text))
    drawn = half.one(half.preview())
    assert drawn.provenance["repairs"] == says
    assert any("drawn again in float32" in text for text in told) == (name == "predict")
    assert drawn.pixels.std() > 0
    assert np.isfinite(latent(drawn)).all()


@spoilt
@pytest.mark.parametrize(("owner", "name"), [(Sd15Model, "predict"), (Vae, "decode")])
def test_what_stays_without_numbers_fails(
    half: Table, monkeypatch: pytest.MonkeyPatch, owner: type, name: str, spoil: Spoil
) -> None:
    spoiling(monkeypatch, owner, name, spoil, half_only=False)
    (found,) = half.results([half.preview()])
    assert isinstance(found, Failed) and "in float32 too" in found.message


@pytest.mark.parametrize(
    ("owner", "name", "asked"), [(Sd15Model, "predict", EVALUATIONS), (Vae, "decode", 1)]
)
def test_what_was_float32_already_is_not_asked_again(
    tiny_model: TinyModel,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    owner: type,
    name: str,
    asked: int,
) -> None:
    calls: list[object] = []

    def spoil(tensor: Tensor) -> Tensor:
        calls.append(tensor.dtype)
        return everywhere(NAN)(tensor)

    spoiling(monkeypatch, owner, name, spoil, half_only=False)
    table = Table(DiffusionEngine("cpu", "float32"), tiny_model)
    assert isinstance(table.results([table.preview()])[0], Failed)
    assert calls == [torch.float32] * asked


@pytest.mark.parametrize("denoise", [0.0, 0.6])
@pytest.mark.parametrize("half_only", [True, False])
@spoilt
def test_a_beginning_without_numbers_is_encoded_again_and_never_kept(
    half: Table, monkeypatch: pytest.MonkeyPatch, spoil: Spoil, half_only: bool, denoise: float
) -> None:
    first = half.preview()
    begin = source(half.one(first))
    spoiling(monkeypatch, Vae, "encode", spoil, half_only)
    (found,) = half.results([half.begun(first, denoise)], [begin])
    if half_only:
        assert isinstance(found, Drawn)
        assert found.provenance["repairs"] == "encoded again in float32: NaN"
        assert np.isfinite(latent(found)).all()
    else:
        assert isinstance(found, Failed) and "in float32 too" in found.message


@pytest.mark.parametrize("number", [NAN, INF])
def test_a_stored_latent_without_numbers_starts_nothing(half: Table, number: float) -> None:
    first = half.preview()
    begin = source(half.one(first))
    broken = replace(begin, latent=np.full_like(begin.latent, number))
    for denoise in (0.0, 0.4):
        (found,) = half.results([half.final(first, denoise, "latent")], [broken])
        assert isinstance(found, Failed) and "NaN" in found.message


def test_a_stored_latent_that_decodes_to_nothing_fails(
    half: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = half.preview()
    begin = source(half.one(first))
    spoiling(monkeypatch, Vae, "decode", everywhere(NAN), half_only=False)
    (found,) = half.results([half.final(first, 0.0, "latent")], [begin])
    assert isinstance(found, Failed) and "decodes to nothing" in found.message


def test_an_upscaler_without_numbers_fails(
    half: Table, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first = half.preview()
    begin = source(half.one(first))
    network = tiny_upscaler(tmp_path / "tiny.safetensors")
    monkeypatch.setattr(Upscaler, "_drawn", lambda self, shown: everywhere(NAN)(shown))
    for denoise in (0.0, 0.4):
        (found,) = half.results([half.final(first, denoise, network)], [begin])
        assert isinstance(found, Failed) and "NaN" in found.message


def run(folder: Path, compiled: Any, engine: Engine, told: list[Any]) -> tuple[Outcome, Store]:
    store = Store(folder / ".store")
    manifest = Manifest.load(folder / "tale", "tale", str(folder / "story.yaml"))
    items = plan(compiled, store.digests(), manifest, finals=True).items
    return draw(items, compiled, lambda: engine, store, manifest, told.append, 4), store


def test_the_error_names_the_panel_and_nothing_is_kept(
    tiny_model: TinyModel,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    spoiling(monkeypatch, Sd15Model, "predict", everywhere(NAN), half_only=False)
    table = Table(DiffusionEngine("cpu"), tiny_model)
    compiled = story([panel("1.face", table.preview())])
    told: list[Any] = []
    outcome, store = run(tmp_path, compiled, table.engine, told)
    assert outcome.done == () and store.digests() == frozenset()
    (failed,) = [event for event in told if isinstance(event, PanelFailed)]
    assert failed.panel == "1.face" and "NaN" in failed.message


@pytest.mark.parametrize("number", [NAN, INF])
def test_whatever_engine_draws_it_a_latent_without_numbers_is_not_stored(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, number: float
) -> None:
    def spoilt_picture(job: Any, given: Any) -> tuple[Any, Latent | None]:
        pixels, made = picture(job, given)
        return pixels, None if made is None else np.full_like(made, number)

    monkeypatch.setattr("tests.support.toy_engine.picture", spoilt_picture)
    outcome, store = run(tmp_path, tale(2, finals=False), ToyEngine(), [])
    assert [failure.panel for failure in outcome.failed] == ["1.p0", "1.p1"]
    assert store.digests() == frozenset()
