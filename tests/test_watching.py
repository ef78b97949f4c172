"""The loop of `watch`: one round for each change that rests, none for what is no change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from storyboard.events import BatchStarted, Event, Step
from storyboard.watching import (
    DEBOUNCE,
    INTERVAL,
    RETRY,
    Dropped,
    Ended,
    Round,
    dropping,
    watch,
)
from tests.support.author import Author, Deed

STORY, CAST, LORA = Path("story.yaml"), Path("cast.yaml"), Path("mei.json")


@dataclass
class Table:
    """Files in memory, and rounds that only note what they see."""

    held: dict[Path, str] = field(default_factory=lambda: {STORY: "one", CAST: "mei"})
    rounds: list[tuple[float, str]] = field(default_factory=list)
    ends: list[Ended] = field(default_factory=list)
    read_too: Sequence[Path] = ()
    meanwhile: Deed = lambda: None
    is_locked: bool = False
    asked: int = 0
    clock: Author = field(default_factory=Author)

    def look(self, paths: Iterable[Path]) -> Mapping[Path, str | None]:
        """What the files hold."""
        return {path: self.held.get(path) for path in paths}

    def files(self) -> Sequence[Path]:
        """Two that are known before."""
        return STORY, CAST

    def draw(self, changed: Callable[[], bool]) -> Round:
        """A round."""
        assert not changed()
        self.rounds.append((round(self.clock.now, 3), self.held.get(STORY, "gone")))
        self.meanwhile()
        ended = self.ends.pop(0) if self.ends else Ended.DONE
        return Round(Ended.DROPPED if changed() else ended, self.read_too)

    def is_free(self) -> bool:
        """Whether the other run has ended."""
        self.asked += 1
        return not self.is_locked

    def save(self, text: str | None, path: Path = STORY) -> Deed:
        """A save, or with None a deletion."""

        def deed() -> None:
            if text is None:
                del self.held[path]
            else:
                self.held[path] = text

        return deed

    def watch(self, *deeds: tuple[float, Deed]) -> list[str]:
        """What the story held in each round, until Ctrl-C."""
        self.clock = Author(*deeds)
        with pytest.raises(KeyboardInterrupt):
            watch(self, self.look, self.clock)
        return [text for _, text in self.rounds]


@pytest.fixture
def table() -> Table:
    return Table()


def test_without_a_change_there_is_one_round(table: Table) -> None:
    assert table.watch() == ["one"]


def test_a_save_is_drawn_when_it_has_rested(table: Table) -> None:
    assert table.watch((1.0, table.save("two"))) == ["one", "two"]
    assert DEBOUNCE <= table.rounds[1][0] - 1.0 <= INTERVAL + DEBOUNCE + 0.001


def test_saves_that_follow_each_other_closely_are_one(table: Table) -> None:
    saves = [(1 + number * DEBOUNCE * 0.8, table.save(f"save {number}")) for number in range(9)]
    assert table.watch(*saves) == ["one", "save 8"]
    assert table.rounds[1][0] >= saves[-1][0] + DEBOUNCE


def test_saves_far_from_each_other_are_drawn_each(table: Table) -> None:
    assert table.watch((1, table.save("two")), (2, table.save("three"))) == ["one", "two", "three"]


def test_a_save_of_the_same_text_is_no_change(table: Table) -> None:
    assert table.watch((1, table.save("one"))) == ["one"]


def test_what_is_taken_back_before_it_rests_is_no_change(table: Table) -> None:
    assert table.watch((1, table.save("two")), (1.1, table.save("one"))) == ["one"]


def test_every_file_counts(table: Table) -> None:
    assert table.watch((1, table.save("bo", CAST))) == ["one", "one"]


def test_a_file_that_a_round_read_beside_the_known_ones_counts_too(table: Table) -> None:
    table.read_too = (LORA,)
    assert table.watch((1, table.save("{}", LORA))) == ["one", "one"]


def test_a_story_that_goes_and_comes_again_is_two_changes(table: Table) -> None:
    deeds = (1, table.save(None)), (3, table.save("two"))
    assert table.watch(*deeds) == ["one", "gone", "two"]


def test_a_save_by_renaming_is_one_change(table: Table) -> None:
    assert table.watch((1, table.save(None)), (1.1, table.save("two"))) == ["one", "two"]


def test_a_save_while_it_draws_is_drawn_next(table: Table) -> None:
    saves = [table.save("two")]
    table.meanwhile = lambda: saves.pop()() if saves else None
    assert table.watch() == ["one", "two"]


def test_a_dropped_round_is_taken_up_though_the_save_was_taken_back(table: Table) -> None:
    table.ends = [Ended.DROPPED]
    assert table.watch() == ["one", "one"]


def test_while_another_run_writes_it_is_asked_for_now_and_then(table: Table) -> None:
    table.ends = [Ended.BUSY]
    table.is_locked = True

    def free() -> None:
        table.is_locked = False

    assert table.watch((10 * RETRY, free)) == ["one", "one"]
    assert 9 <= table.asked <= 11
    assert table.rounds[1][0] - 10 * RETRY <= RETRY + INTERVAL


def test_a_save_while_another_run_writes_makes_a_round_of_its_own(table: Table) -> None:
    table.ends = [Ended.BUSY, Ended.BUSY]
    table.is_locked = True
    assert table.watch((1, table.save("two"))) == ["one", "two"]


def test_a_run_ends_between_batches_once_a_file_has_changed() -> None:
    told: list[Event] = []
    changed = False
    report = dropping(told.append, lambda: changed)
    first, step = BatchStarted("preview", ("1.a",), 7), Step(1, 7)
    report(first)
    changed = True
    report(step)
    with pytest.raises(Dropped):
        report(BatchStarted("preview", ("1.b",), 7))
    assert told == [first, step]
