"""A batch's order: which panels go through the model together, how far it has come, and results in
the order that was asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from storyboard.engine.base import Drawn, Failed, OnStep


class Progress:
    """Counts a batch's model evaluations, and tells each."""

    def __init__(self, total: int, on_step: OnStep) -> None:
        self.done = 0
        self.total = total
        self._on_step = on_step

    def tick(self) -> None:
        """One evaluation is done. Raises what the listener raises."""
        self.done += 1
        self._on_step(self.done, self.total)


def groups(lengths: Mapping[int, int], limit: int | None) -> list[list[int]]:
    """Panels to draw together, by their numbers: those with equally long prompts, at most `limit`.

    Longer and shorter prompts are never drawn together: filling up the shorter would change its
    picture. The groups are ordered by their first panel.
    """
    by_length: dict[int, list[int]] = {}
    for number, length in lengths.items():
        by_length.setdefault(length, []).append(number)
    size = limit or max(len(lengths), 1)
    cut = [
        numbers[start : start + size]
        for numbers in by_length.values()
        for start in range(0, len(numbers), size)
    ]
    return sorted(cut)


def in_order(results: Iterable[Drawn | Failed]) -> Iterator[Drawn | Failed]:
    """Results by their index, from 0 on; one that comes early waits for those before it."""
    waiting: dict[int, Drawn | Failed] = {}
    following = 0
    for result in results:
        waiting[result.index] = result
        while following in waiting:
            yield waiting.pop(following)
            following += 1
