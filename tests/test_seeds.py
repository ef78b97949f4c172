"""A panel's seed stays what it is when pages are put in front or the panel moves."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from storyboard.seeds import panel_seed


@given(st.integers(0, 2**32 - 1), st.text(max_size=20), st.integers(0, 2000))
def test_a_seed_is_what_the_webui_takes(story: int, name: str, occurrence: int) -> None:
    assert 0 <= panel_seed(story, name, occurrence) < 2**32


def test_story_name_and_occurrence_each_count() -> None:
    seeds = {panel_seed(s, n, o) for s in (1, 2) for n in ("a", "b") for o in (0, 1)}
    assert len(seeds) == 8


def test_the_derivation_never_changes() -> None:
    # A change here would draw every story of every user anew.
    assert panel_seed(20260101, "face", 0) == 4130969078
