"""Panels are grouped so that none changes another, and results keep their order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from storyboard.engine.base import Failed
from storyboard.engine.batching import Progress, groups, in_order


@given(
    lengths=st.lists(st.sampled_from([77, 154, 231]), max_size=20),
    limit=st.none() | st.integers(1, 8),
)
def test_every_panel_is_in_one_group_of_equal_lengths(
    lengths: list[int], limit: int | None
) -> None:
    cut = groups(dict(enumerate(lengths)), limit)
    assert sorted(place for group in cut for place in group) == list(range(len(lengths)))
    assert all(len({lengths[place] for place in group}) == 1 for group in cut)
    assert all(limit is None or len(group) <= limit for group in cut)


@given(st.permutations(range(8)))
def test_results_come_in_order_and_each_as_soon_as_it_may(order: list[int]) -> None:
    come: list[int] = []

    def arriving() -> list[Failed]:
        return [Failed(index, "") for index in order]

    for result in in_order(arriving()):
        come.append(result.index)
    assert come == list(range(8))


def test_a_result_in_its_place_does_not_wait_for_later_ones() -> None:
    asked: list[int] = []

    def arriving() -> object:
        for index in (0, 2, 1):
            asked.append(index)
            yield Failed(index, "")

    results = in_order(arriving())  # type: ignore[arg-type]
    next(results)
    assert asked == [0]


def test_progress_counts_from_one() -> None:
    told: list[tuple[int, int]] = []
    progress = Progress(2, lambda done, total: told.append((done, total)))
    progress.tick()
    progress.tick()
    assert told == [(1, 2), (2, 2)]
