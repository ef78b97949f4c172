"""Adapters go in exactly and come out without a trace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pytest
import torch
from torch import Tensor, nn

from storyboard.engine.adapters import Merger


@dataclass(frozen=True)
class Constant:
    """Adds one number everywhere."""

    target: str
    value: float

    @property
    def identity(self) -> float:
        """See `Change`."""
        return self.value

    def delta(self, clean: Tensor) -> Tensor:
        """See `Change`."""
        return torch.full_like(clean, self.value)


@dataclass(frozen=True)
class Broken:
    """Raises while it is merged."""

    target: str
    identity: str = "broken"

    def delta(self, clean: Tensor) -> Tensor:
        """See `Change`."""
        raise KeyboardInterrupt


@dataclass(frozen=True)
class Counted(Constant):
    """Counts how often it is asked."""

    value: float = 1.0
    asked: ClassVar[list[str]] = []

    def delta(self, clean: Tensor) -> Tensor:
        """See `Change`."""
        self.asked.append(self.target)
        return super().delta(clean)


def weights(dtype: torch.dtype = torch.float32) -> dict[str, nn.Parameter]:
    generator = torch.Generator().manual_seed(1)
    return {
        name: nn.Parameter(torch.randn(6, 5, generator=generator).to(dtype), requires_grad=False)
        for name in ("a", "b", "c")
    }


def copies(of: dict[str, nn.Parameter]) -> dict[str, Tensor]:
    return {name: weight.detach().clone() for name, weight in of.items()}


def same(one: dict[str, nn.Parameter], other: dict[str, Tensor]) -> bool:
    return all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_thirty_swaps_later_every_weight_is_what_it_was(dtype: torch.dtype) -> None:
    own = weights(dtype)
    before = copies(own)
    merger = Merger(own)
    for turn in range(30):
        merger.set([Constant("a", 0.1 * turn), Constant("b", -0.3), Constant("a", 0.01)])
    assert not torch.equal(own["a"], before["a"])
    merger.clear()
    assert same(own, before)
    assert merger.changed == frozenset()


def test_merged_weights_are_the_clean_ones_plus_all_changes_rounded_once() -> None:
    own = weights(torch.bfloat16)
    before = copies(own)
    Merger(own).set([Constant("a", 0.001), Constant("a", 0.002)])
    exact = (before["a"].float() + 0.001 + 0.002).to(torch.bfloat16)
    assert torch.equal(own["a"], exact)
    assert torch.equal(own["b"], before["b"])


def test_what_the_next_set_does_not_touch_is_clean_again() -> None:
    own = weights()
    before = copies(own)
    merger = Merger(own)
    merger.set([Constant("a", 1.0)])
    merger.set([Constant("b", 1.0)])
    assert torch.equal(own["a"], before["a"])
    assert merger.changed == {"b"}


def test_what_stays_changed_as_it_is_is_not_computed_again() -> None:
    own = weights()
    merger = Merger(own)
    merger.set([Counted("a"), Counted("b")])
    merger.set([Counted("a"), Constant("b", 2.0)])
    merger.set([Counted("a")])
    assert Counted.asked == ["a", "b"]
    merger.clear()
    merger.set([Counted("a")])
    assert Counted.asked == ["a", "b", "a"]


@pytest.mark.parametrize(
    ("dtype", "computed"),
    [
        (torch.float16, torch.float32),
        (torch.float32, torch.float32),
        (torch.float64, torch.float64),
    ],
)
def test_sums_are_in_float32_or_better(dtype: torch.dtype, computed: torch.dtype) -> None:
    own = weights(dtype)
    seen: list[torch.dtype] = []

    @dataclass(frozen=True)
    class Asks(Constant):
        """Notes what it is asked with."""

        def delta(self, clean: Tensor) -> Tensor:
            """See `Change`."""
            seen.append(clean.dtype)
            return super().delta(clean)

    Merger(own).set([Asks("a", 1.0)])
    assert seen == [computed]


def test_weights_are_written_in_place() -> None:
    own = weights()
    places = {name: weight.data_ptr() for name, weight in own.items()}
    merger = Merger(own)
    merger.set([Constant("a", 1.0)])
    merger.clear()
    assert places == {name: weight.data_ptr() for name, weight in own.items()}


def test_an_interruption_midway_leaves_all_clean() -> None:
    own = weights()
    before = copies(own)
    merger = Merger(own)
    merger.set([Constant("c", 1.0)])
    with pytest.raises(KeyboardInterrupt):
        merger.set([Constant("a", 1.0), Broken("b"), Constant("c", 2.0)])
    assert same(own, before)
    assert merger.changed == frozenset()


def test_an_unknown_target_leaves_all_clean() -> None:
    own = weights()
    before = copies(own)
    with pytest.raises(KeyError, match="elsewhere"):
        Merger(own).set([Constant("a", 1.0), Constant("elsewhere", 1.0)])
    assert same(own, before)


def test_what_was_prepared_is_what_is_set_and_is_not_worked_out_again() -> None:
    own, plain = weights(torch.bfloat16), weights(torch.bfloat16)
    merger = Merger(own)
    merger.set([Constant("a", 0.3)])
    before = {name: weight.clone() for name, weight in own.items()}
    Counted.asked.clear()
    changes = [Counted("a"), Constant("a", 0.001), Counted("b")]
    merger.prepare(changes)
    assert Counted.asked == ["a", "b"]
    assert all(torch.equal(own[name], before[name]) for name in own)
    merger.set(changes)
    assert Counted.asked == ["a", "b"]
    Merger(plain).set(changes)
    assert all(torch.equal(own[name], plain[name]) for name in own)


def test_what_was_prepared_for_others_is_not_used() -> None:
    own, plain = weights(), weights()
    merger = Merger(own)
    merger.prepare([Constant("a", 1.0)])
    merger.set([Constant("a", 2.0)])
    Merger(plain).set([Constant("a", 2.0)])
    assert torch.equal(own["a"], plain["a"])
    merger.set([Constant("a", 1.0)])
    assert not torch.equal(own["a"], plain["a"])


def test_preparing_what_breaks_leaves_everything_as_it_was() -> None:
    own = weights()
    merger = Merger(own)
    merger.set([Constant("a", 1.0)])
    before = {name: weight.clone() for name, weight in own.items()}
    with pytest.raises(KeyboardInterrupt):
        merger.prepare([Constant("a", 2.0), Broken("b")])
    assert all(torch.equal(own[name], before[name]) for name in own)
    merger.set([])
    assert torch.equal(own["a"], weights()["a"])


def test_nothing_is_to_be_spared_where_the_clean_copies_are_on_the_cpu() -> None:
    own = weights()
    merger = Merger(own)
    merger.set([Constant("a", 1.0)])
    assert not merger.spare()
    merger.set([])
    assert torch.equal(own["a"], weights()["a"])


@pytest.mark.parametrize("kept", ["clean", "prepared"])
def test_without_room_nothing_is_kept_on_the_device(
    kept: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    homes: list[torch.device] = []
    home = Merger._home

    def noted(merger: Merger, weight: Tensor) -> torch.device:
        homes.append(home(merger, weight.to("meta")))  # as if it were elsewhere
        return home(merger, weight)

    monkeypatch.setattr(Merger, "_home", noted)
    for roomy, where in ((True, "meta"), (False, "cpu")):
        merger = Merger(weights(), roomy)
        merger.set([Constant("a", 1.0)])
        if kept == "prepared":
            homes.clear()
            merger.prepare([Constant("a", 2.0)])
        assert [place.type for place in homes] == [where]
        homes.clear()
    merger = Merger(weights())
    merger.spare()
    merger.set([Constant("a", 1.0)])
    assert homes[-1].type == "cpu"
