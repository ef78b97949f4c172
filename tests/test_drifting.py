"""The draft contract: finals that drift are told, and drawn again with less denoise if they may."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from storyboard.engine.base import Batch, Drawn, Failed, FinalBatch, OnStep, Pixels, Source
from storyboard.engine.fake import FakeEngine
from storyboard.events import Event, PanelDone
from storyboard.jobs import FinalJob
from storyboard.likeness import drift
from storyboard.manifest import Manifest
from storyboard.planning import plan
from storyboard.run import Outcome, draw
from storyboard.store import Store
from tests.support.jobs import final, panel, preview, story


class Drifter(FakeEngine):
    """Its finals are their previews enlarged, and noise by as much as they are denoised."""

    def __init__(self) -> None:
        super().__init__()
        self.denoises: list[float] = []

    def draw(
        self, batch: Batch, sources: Mapping[int, Source], on_step: OnStep
    ) -> Iterator[Drawn | Failed]:
        if not isinstance(batch, FinalBatch):
            yield from super().draw(batch, sources, on_step)
            return
        for index, job in enumerate(batch.jobs):
            self.denoises.append(job.denoise)
            yield Drawn(index, noisy(sources[index].pixels, job), None)


def noisy(source: Pixels, job: FinalJob) -> Pixels:
    larger = np.kron(source, np.ones((2, 2, 1), np.uint8)).astype(float)
    noise = np.random.default_rng(0).integers(0, 256, larger.shape)
    return ((1 - job.denoise) * larger + job.denoise * noise).astype(np.uint8)


def run(folder: Path, job: FinalJob) -> tuple[Outcome, Drifter, list[Event], Store]:
    engine, events = Drifter(), list[Event]()
    compiled = story([panel("1.a", job.preview, job)], folder / "story.yaml")
    (folder / "story.yaml").touch()
    store, manifest = Store(folder / ".store"), Manifest(folder / "tale", "tale", "story.yaml")
    items = plan(compiled, store.digests(), manifest, finals=True).items
    outcome = draw(items, compiled, lambda: engine, store, manifest, events.append, 4)
    return outcome, engine, events, store


def drifts(events: list[Event]) -> list[float | None]:
    return [one.drift for one in events if isinstance(one, PanelDone) and one.kind == "final"]


def test_a_finals_drift_is_told_and_stored(tmp_path: Path) -> None:
    job = final(preview(), denoise=0.05)
    outcome, _, events, store = run(tmp_path, job)
    (done,) = [item for item in outcome.done if item.kind == "final"]
    entry = store.get(done.digest)
    assert entry is not None
    assert drifts(events) == [entry.record["drift"]["amount"]]
    assert outcome.drifted == ()


def test_a_final_that_drifts_is_drawn_once_and_told(tmp_path: Path) -> None:
    outcome, engine, events, _ = run(tmp_path, final(preview(), denoise=0.9))
    assert engine.denoises == [0.9]
    (drifted,) = outcome.drifted
    assert drifted.panel == "1.a" and drifts(events) == [drifted.amount]
    assert drifted.amount > 0.25
    assert "1.a: its final drifted" in str(drifted) and "limit is 0.25" in str(drifted)


def test_where_the_story_has_a_limit_it_is_drawn_again_with_less_denoise(tmp_path: Path) -> None:
    job = replace(final(preview(), denoise=0.6), max_drift=0.5)
    outcome, engine, events, store = run(tmp_path, job)
    assert len(engine.denoises) > 1
    assert engine.denoises == sorted(engine.denoises, reverse=True)
    assert outcome.drifted == ()
    (amount,) = drifts(events)
    assert amount is not None and amount <= 0.5
    (done,) = [item for item in outcome.done if item.kind == "final"]
    entry = store.get(done.digest)
    assert entry is not None
    assert entry.record["provenance"]["denoise"] == engine.denoises[-1]


def test_a_limit_that_cannot_be_kept_ends_with_the_nearest_try_and_is_told(tmp_path: Path) -> None:
    job = replace(final(preview(), denoise=1.0), max_drift=0.001)
    outcome, engine, events, _ = run(tmp_path, job)
    assert len(engine.denoises) == 4
    (drifted,) = outcome.drifted
    assert drifted.limit == 0.001
    assert drifts(events) == [drifted.amount]


@pytest.mark.parametrize("shift", [(0, 0, 0), (60, 0, -60)])
def test_drift_sees_structure_and_colour(shift: tuple[int, int, int]) -> None:
    grey = np.random.default_rng(1).integers(80, 170, (32, 24, 3), dtype=np.uint8)
    other = (grey.astype(int) + shift).astype(np.uint8)
    found = drift(grey, np.kron(other, np.ones((2, 2, 1), np.uint8)))
    assert (found.amount > 0.25) == any(shift)
    assert drift(grey, np.kron(grey[:, ::-1], np.ones((2, 2, 1), np.uint8))).amount > 0.5


def test_pictures_of_any_size_have_a_drift() -> None:
    tiny = np.random.default_rng(1).integers(0, 255, (8, 16, 3), dtype=np.uint8)
    assert drift(tiny, np.kron(tiny, np.ones((2, 2, 1), np.uint8))).amount == pytest.approx(0)
