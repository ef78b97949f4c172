"""How long drawing takes: told from what it took before, and right within a fifth."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from storyboard.digests import digest
from storyboard.estimating import Figures, Measured, in_words, work_of
from storyboard.events import BatchStarted, Event, Kind, PanelDone, RunStarted, Step
from storyboard.geometry import Size
from storyboard.jobs import Job, Sampling
from storyboard.planning import PlanItem
from storyboard.reporters import Bar
from tests.support.jobs import final, preview

SECONDS: dict[Kind, float] = {"preview": 3.0, "final": 11.0}
"""How long each takes on the machine that is played here."""

LOADING = 20.0


class Clock:
    """A clock that only moves when something is done."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def item(number: int, kind: Kind) -> PlanItem:
    """A planned picture."""
    job: Job = preview(seed=number)
    if kind == "final":
        job = final(preview(seed=number))
    return PlanItem(f"1.p{number}", 1, kind, job, digest(job), "missing", "never drawn")


ITEMS = [item(number, kind) for kind in SECONDS for number in range(8)]


def run(clock: Clock, figures: Figures, items: list[PlanItem]) -> Iterator[Event]:
    """A run of batches of two, as its events; time passes between them."""
    yield RunStarted("tale", len(items), 0, sum(figures.weight(one.job) for one in items))
    clock.now += LOADING
    for start in range(0, len(items), 2):
        both = items[start : start + 2]
        work = sum(figures.weight(one.job) for one in both)
        yield BatchStarted(both[0].kind, tuple(one.panel for one in both), 10, work)
        for step in range(1, 11):
            clock.now += 2 * SECONDS[both[0].kind] / 10
            yield Step(step, 10)
        for one in both:
            yield PanelDone(one.panel, one.kind, one.digest, "", 0.0)


def learnt(cache: Path) -> Figures:
    """Figures of a machine that has drawn the story once."""
    clock, figures = Clock(), Figures(cache, "cpu")
    measured = Measured(lambda event: None, figures, ITEMS, clock)
    for event in run(clock, figures, ITEMS):
        measured(event)
    return figures


def test_the_plan_tells_how_long_it_took_before(tmp_path: Path) -> None:
    figures = learnt(tmp_path)
    expected = 8 * SECONDS["preview"] + 8 * SECONDS["final"]
    assert figures.seconds(one.job for one in ITEMS) == pytest.approx(expected, rel=0.05)


def test_nothing_is_told_of_a_checkpoint_that_was_never_drawn_with(tmp_path: Path) -> None:
    figures = learnt(tmp_path)
    other = preview()
    file = replace(other.checkpoint.file, sha256="f" * 64)
    other = replace(other, checkpoint=replace(other.checkpoint, file=file))
    assert figures.seconds([other]) is None
    assert Figures(tmp_path, "cuda").seconds([preview()]) is None


def test_figures_outlive_the_run_and_a_broken_file_is_begun_anew(tmp_path: Path) -> None:
    figures = learnt(tmp_path)
    figures.save()
    jobs = [one.job for one in ITEMS]
    assert Figures(tmp_path, "cpu").seconds(jobs) == figures.seconds(jobs)
    for text in ("[1", "[]", '{"cpu": "fast"}'):
        (tmp_path / "speed.json").write_text(text, encoding="utf-8")
        assert Figures(tmp_path, "cpu").seconds(jobs) is None


def test_the_newest_figures_count_most_and_one_odd_batch_little(tmp_path: Path) -> None:
    figures = Figures(tmp_path, "cpu")
    for seconds in (1.0, 1.0, 1.0, 9.0):
        figures.learn([preview()], seconds)
    odd = figures.seconds([preview()])
    assert odd is not None and odd < 5.0
    for _ in range(5):
        figures.learn([preview()], 9.0)
    assert figures.seconds([preview()]) == pytest.approx(9.0, rel=0.1)


def test_work_is_evaluations_texts_and_pixels() -> None:
    one = replace(preview(), sampling=Sampling("Euler", 10, 7.0), size=Size(100, 100))
    assert work_of(replace(one, sampling=Sampling("Euler", 20, 7.0))) > 1.7 * work_of(one)
    assert work_of(replace(one, sampling=Sampling("Euler", 10, 1.0))) < 0.6 * work_of(one)
    assert work_of(replace(one, size=Size(200, 100))) == pytest.approx(2 * work_of(one))
    assert work_of(final(one, denoise=0.0)) < work_of(final(one))


@pytest.mark.parametrize("at", [0.1, 0.3, 0.5, 0.7, 0.9])
def test_the_bars_time_left_is_right_within_a_fifth(at: float, tmp_path: Path) -> None:
    figures, clock = learnt(tmp_path), Clock()
    bar = Bar(io.StringIO(), clock)
    drawing = sum(SECONDS[one.kind] for one in ITEMS)
    for event in run(clock, figures, ITEMS):
        bar(event)
        if clock.now - LOADING >= at * drawing:
            break
    left = bar.left
    assert left is not None
    assert left == pytest.approx(drawing - (clock.now - LOADING), rel=0.2)


def test_before_anything_is_drawn_the_bar_tells_no_time(tmp_path: Path) -> None:
    bar = Bar(io.StringIO(), Clock())
    bar(RunStarted("tale", 2, 0))
    assert bar.left is None


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "1 s"), (89, "89 s"), (90, "2 min"), (3540, "59 min"), (12000, "3 h 20 min")],
)
def test_times_are_told_as_people_do(seconds: float, words: str) -> None:
    assert in_words(seconds) == words


def test_a_compiled_model_has_figures_of_its_own_and_until_then_the_plain_ones(
    tmp_path: Path,
) -> None:
    plain = Figures(tmp_path, "cuda")
    plain.learn([preview()], 4.0)
    plain.save()
    compiled = Figures(tmp_path, "cuda", compiled=True)
    assert compiled.seconds([preview()]) == pytest.approx(4.0)
    compiled.learn([preview()], 1.0)
    compiled.save()
    assert Figures(tmp_path, "cuda", compiled=True).seconds([preview()]) == pytest.approx(1.0)
    assert Figures(tmp_path, "cuda").seconds([preview()]) == pytest.approx(4.0)
