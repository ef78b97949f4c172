"""An engine that is kept is made once, and closed once."""

from __future__ import annotations

import pytest

from storyboard.engine.base import Drawn, Engine, PreviewBatch
from storyboard.engine.kept import KeptEngine
from storyboard.errors import ProblemsError, argument_error
from tests.support.jobs import preview
from tests.support.toy_engine import ToyEngine


def test_runs_share_one_engine_and_do_not_close_it() -> None:
    toys: list[ToyEngine] = []

    def make() -> Engine:
        toys.append(ToyEngine())
        return toys[-1]

    kept = KeptEngine(make)
    for _ in range(2):
        engine = kept.lent()
        results = engine.draw(PreviewBatch((preview(),)), {}, lambda done, total: None)
        assert all(isinstance(result, Drawn) for result in results)
        engine.close()
    [toy] = toys
    assert (len(toy.drawn), toy.closed) == (2, 0)
    kept.close()
    kept.close()
    assert toy.closed == 1


def test_nothing_is_made_before_it_is_asked_for() -> None:
    KeptEngine(lambda: pytest.fail("it was made")).close()


def test_what_making_it_raises_is_raised_each_time() -> None:
    def make() -> Engine:
        raise argument_error("there is no device cuda:9")

    kept = KeptEngine(make)
    for _ in range(2):
        with pytest.raises(ProblemsError, match="cuda:9"):
            kept.lent()
