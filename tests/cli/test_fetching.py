"""What is said while something is fetched."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from storyboard.cli.fetching import FetchTeller
from storyboard.models.fetching import Fetching
from storyboard.models.hub import Hub

HUB = Hub(Path("cache"))
WEIGHTS = Fetching("org/name", HUB, files=4, size=5_000_000_000)


class Clock:
    """Time that goes on when it is told to."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_the_source_the_amount_and_each_tenth_are_told_once() -> None:
    said: list[str] = []
    noted: list[str] = []
    tell = FetchTeller(said.append, noted.append, Clock())
    tell(Fetching("org/name", HUB))
    for done in range(0, 5_000_000_001, 50_000_000):
        tell(replace(WEIGHTS, done=done))
    assert said == [
        "org/name is not here, or not all of it: asking https://huggingface.co",
        "fetching org/name: 5.00 GB in 4 files, into cache",
    ]
    assert noted[0] == "fetching org/name: 10% of 5.00 GB"
    assert noted[-1] == "fetching org/name: 100% of 5.00 GB"
    assert len(noted) == 10


def test_on_a_slow_line_something_is_said_within_15_seconds() -> None:
    noted: list[str] = []
    clock = Clock()
    tell = FetchTeller(lambda _: None, noted.append, clock)
    tell(WEIGHTS)
    for second in range(1, 61):
        clock.now += 1
        tell(replace(WEIGHTS, done=second * 1_000_000))
    assert len(noted) == 4


def test_a_second_fetch_is_told_like_the_first() -> None:
    said: list[str] = []
    tell = FetchTeller(said.append, lambda _: None, Clock())
    for _ in range(2):
        tell(WEIGHTS)
        tell(replace(WEIGHTS, done=WEIGHTS.size))
    assert len(said) == 2
