"""Whatever strangers send is read or refused in a sentence: no traceback, no hang, no memory beyond
the limit. The same two thousand inputs a reader each time; `fuzz_long` tries other ones."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.faults.fuzz_inputs import INPUTS
from tests.faults.fuzz_targets import TARGETS, bounded

EXAMPLES = 2_000


@pytest.mark.parametrize("name", TARGETS)
def test_no_input_is_a_crash(name: str) -> None:
    tried = 0

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(INPUTS[name])
    def reads(given_input: Any) -> None:
        nonlocal tried
        tried += 1
        with bounded():
            TARGETS[name](given_input)

    reads()
    assert tried >= EXAMPLES * 0.9


def test_there_are_inputs_for_every_reader() -> None:
    assert INPUTS.keys() == TARGETS.keys()
    assert all(isinstance(one, st.SearchStrategy) for one in INPUTS.values())
