"""The attention kernel that is taken: the quickest, measured once and remembered."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from storyboard.engine.attention import KERNELS, TORCHS_OWN, Attending, Choice, key_of
from storyboard.engine.diffusion import DiffusionEngine
from storyboard.engine.model import Encoded
from tests.engine.drawing_table import Table, difference
from tests.support.tiny_model import TinyModel

X = torch.zeros(2, 4, 8, 8)
CONTEXT = Encoded(torch.zeros(2, 77, 32))


class Toy:
    """Takes its time by the kernel that comes first."""

    device = torch.device("cpu")

    def __init__(self, seconds: dict[str, float], lacking: tuple[str, ...] = ()) -> None:
        self.now, self.asked = 0.0, 0
        self._seconds, self._lacking = seconds, lacking

    def clock(self) -> float:
        return self.now

    def predict(self, x: Tensor, timestep: float, context: Encoded) -> Tensor:
        self.asked += 1
        kernel = first_kernel()
        if kernel in self._lacking:
            raise RuntimeError("no such kernel for this GPU")
        self.now += self._seconds[kernel]
        return x


def first_kernel() -> str:
    """What stands first among the kernels at present, by the order in which torch tries them."""
    order = torch._C._get_sdp_priority_order()
    by_value = {int(kernel): name for name, kernel in KERNELS.items()}
    return by_value.get(order[0], TORCHS_OWN) if order != _USUAL else TORCHS_OWN


_USUAL = torch._C._get_sdp_priority_order()


def seconds(**by_kernel: float) -> dict[str, float]:
    return {TORCHS_OWN: 1.0, "flash": 1.0, "efficient": 1.0, "cudnn": 1.0, **by_kernel}


def chosen(toy: Toy, file: Path | None = None) -> str:
    return Choice(file, toy.clock).of("key", toy, X, CONTEXT)


@pytest.mark.parametrize("kernel", KERNELS)
def test_the_quickest_is_taken(kernel: str) -> None:
    assert chosen(Toy(seconds(**{kernel: 0.5}))) == kernel


def test_one_that_is_hardly_quicker_is_not() -> None:
    assert chosen(Toy(seconds(flash=0.98, cudnn=1.5))) == TORCHS_OWN


def test_one_that_is_not_there_is_passed_over() -> None:
    assert chosen(Toy(seconds(flash=0.1, cudnn=0.7), lacking=("flash",))) == "cudnn"
    assert chosen(Toy(seconds(), lacking=tuple(KERNELS))) == TORCHS_OWN


def test_what_was_measured_is_remembered_beyond_the_run(tmp_path: Path) -> None:
    file = tmp_path / "cache" / "attention.json"
    assert chosen(Toy(seconds(cudnn=0.5)), file) == "cudnn"
    again = Toy(seconds(flash=0.1))
    assert chosen(again, file) == "cudnn"
    assert again.asked == 0


@pytest.mark.parametrize("kept", ["", "[]", '{"key": "no such"}', '{"key": 3}', "\0"])
def test_a_broken_memory_is_measured_again(tmp_path: Path, kept: str) -> None:
    file = tmp_path / "attention.json"
    file.write_text(kept, encoding="utf-8")
    assert chosen(Toy(seconds(flash=0.5)), file) == "flash"
    assert json.loads(file.read_text(encoding="utf-8")) == {"key": "flash"}


def test_where_it_cannot_be_kept_it_is_chosen_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file, not a folder", encoding="utf-8")
    assert chosen(Toy(seconds(flash=0.5)), tmp_path / "cache" / "attention.json") == "flash"


def test_afterwards_torch_tries_its_kernels_as_before() -> None:
    chosen(Toy(seconds(cudnn=0.5), lacking=("flash",)))
    assert torch._C._get_sdp_priority_order() == _USUAL
    backends: Any = torch.backends.cuda  # untyped in torch
    assert backends.flash_sdp_enabled() and backends.math_sdp_enabled()


class Attention:
    """The very function."""

    device = torch.device("cpu")

    def predict(self, x: Tensor, timestep: float, context: Encoded) -> Tensor:
        return scaled_dot_product_attention(x, x, x)


@pytest.mark.parametrize("kernel", KERNELS)
def test_whatever_comes_first_gives_the_same_but_for_rounding(kernel: str) -> None:
    x = torch.randn(2, 4, 16, 8, generator=torch.Generator().manual_seed(1))
    usual = Attention().predict(x, 0.0, CONTEXT)
    found = Attending(Attention(), kernel).predict(x, 0.0, CONTEXT)
    assert torch.allclose(found, usual, atol=1e-6)


def test_a_choice_is_for_a_model_a_dtype_and_a_size() -> None:
    weights = [torch.zeros(3, 3)]
    half = [torch.zeros(3, 3, dtype=torch.bfloat16)]
    keys = {
        key_of(weights, (2, 4, 8, 8)),
        key_of(weights, (2, 4, 8, 16)),
        key_of([torch.zeros(3)], (2, 4, 8, 8)),
        key_of(half, (2, 4, 8, 8)),
    }
    assert len(keys) == 4
    assert key_of(weights, (2, 4, 8, 8)) == key_of(weights, (6, 4, 8, 8))


@pytest.fixture(name="choosing")
def _choosing(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As if a processor had a choice too."""
    monkeypatch.setattr("storyboard.engine.diffusion.DEVICES", ("cpu",))
    yield


@pytest.mark.usefixtures("choosing")
def test_the_kernel_stands_in_the_provenance_and_is_kept(
    tiny_model: TinyModel, tmp_path: Path
) -> None:
    engine = DiffusionEngine("cpu", "float32", at_once=2, remembered=tmp_path)
    table = Table(engine, tiny_model)
    jobs = [table.preview(), table.preview(seed=2)]
    found = table.drawn(jobs)
    (kernel,) = json.loads((tmp_path / "attention.json").read_text(encoding="utf-8")).values()
    assert [one.provenance["attention"] for one in found] == [kernel, kernel]
    usual = Table(DiffusionEngine("cpu", "float32"), tiny_model).drawn(jobs)
    for one, other in zip(found, usual, strict=True):
        assert difference(one.pixels, other.pixels) < 0.01


def test_a_processor_has_no_choice_and_says_nothing_of_it(tiny_model: TinyModel) -> None:
    table = Table(DiffusionEngine("cpu", "float32"), tiny_model)
    assert "attention" not in table.one(table.preview()).provenance


def test_where_memory_runs_out_while_measuring_torch_picks(
    tiny_model: TinyModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storyboard.engine.diffusion.DEVICES", ("cpu",))

    def no_memory(*_: object) -> str:
        raise torch.OutOfMemoryError

    monkeypatch.setattr(Choice, "of", no_memory)
    table = Table(DiffusionEngine("cpu", "float32"), tiny_model)
    drawn = table.one(table.preview())
    assert "attention" not in drawn.provenance and "repairs" not in drawn.provenance
