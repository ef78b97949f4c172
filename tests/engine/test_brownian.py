"""A Brownian path stays the same however it is looked at."""

from __future__ import annotations

import random

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from storyboard.engine.brownian import BrownianTree

TIMES = st.floats(0.03, 14.6)


def tree(seed: int = 3, count: int = 6, asked: list[int] | None = None) -> BrownianTree:
    def normal(seed: int) -> Tensor:
        if asked is not None:
            asked.append(seed)
        return torch.randn(count, generator=torch.Generator().manual_seed(seed))

    return BrownianTree(seed, 0.0292, 14.6146, normal)


@settings(max_examples=25)
@given(times=st.lists(TIMES, min_size=3, max_size=3).map(sorted))
def test_increments_add_up(times: list[float]) -> None:
    path = tree()
    first, middle, last = times
    parts = path.increment(first, middle) + path.increment(middle, last)
    assert torch.allclose(path.increment(first, last), parts, atol=1e-5)


def test_the_order_of_looking_is_of_no_account() -> None:
    spans = [(0.1 * n, 0.1 * n + 0.7) for n in range(1, 100, 3)]
    in_order = {span: tree_of.increment(*span) for tree_of in [tree()] for span in spans}
    random.Random(1).shuffle(spans)
    path = tree()
    for span in spans:
        assert torch.equal(path.increment(*span), in_order[span])


def test_what_was_found_is_remembered_for_the_next_step() -> None:
    asked: list[int] = []
    path = tree(asked=asked)
    first = path.increment(2.0, 3.0)
    count = len(asked)
    assert torch.equal(path.increment(2.0, 3.0), first)
    assert len(asked) < count + 10


def test_increments_vary_as_the_time_that_passes() -> None:
    path = tree(count=20_000)
    for start, end in ((0.0292, 14.6146), (0.1, 0.2), (5.0, 9.0)):
        assert float(path.increment(start, end).var()) == pytest.approx(end - start, rel=0.05)


def test_disjoint_increments_do_not_depend_on_each_other() -> None:
    path = tree(count=20_000)
    pair = torch.stack([path.increment(1.0, 2.0), path.increment(2.0, 3.0)])
    assert float(torch.corrcoef(pair)[0, 1]) == pytest.approx(0, abs=0.03)


def test_seeds_make_other_paths() -> None:
    assert not torch.equal(tree(1).increment(1, 2), tree(2).increment(1, 2))


def test_no_time_is_no_change_and_beyond_the_ends_there_is_none() -> None:
    path = tree()
    assert torch.equal(path.increment(2.0, 2.0), torch.zeros(6))
    assert torch.equal(path.increment(2.0, 2.0 + 1e-9), torch.zeros(6))
    assert torch.equal(path.increment(0.0, 99.0), path.increment(0.0292, 14.6146))
    assert torch.equal(path.increment(14.7, 99.0), torch.zeros(6))
