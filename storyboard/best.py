"""The best of several takes takes its panel's place, where the story says so and all are drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from storyboard.compiled import CompiledStory, PanelJobs, Picked, final_of
from storyboard.digests import digest
from storyboard.jobs import PreviewJob
from storyboard.pictures import score_of
from storyboard.proposals import numbered
from storyboard.store import Store
from storyboard.takes import Take, TakeBook


def candidates(panel: PanelJobs, book: TakeBook) -> list[Take]:
    """The takes that a panel's `takes` asks for beside its own preview, with their numbers."""
    proposed = [(job, panel.own_raw_prompt, f"seed {job.seed}") for job in panel.candidates]
    return numbered(book, panel.address, proposed)


def decided(compiled: CompiledStory, store: Store, book: TakeBook) -> CompiledStory:
    """The story with the best take in the place of each panel that asks for it, of those that are
    stored, where nobody has picked one by hand."""
    panels = tuple(
        _decided(panel, store, book) if is_open(panel) else panel for panel in compiled.panels
    )
    return replace(compiled, panels=panels)


def is_open(panel: PanelJobs) -> bool:
    """Whether the best of a panel's takes is still to be chosen."""
    return panel.choose is not None and bool(panel.candidates) and panel.picked is None


def _decided(panel: PanelJobs, store: Store, book: TakeBook) -> PanelJobs:
    assert panel.preview is not None and panel.choose is not None
    jobs = (panel.preview, *panel.candidates)
    scores = dict(_scores(jobs, store, panel.choose))
    if not scores:
        return panel
    best = max(scores, key=lambda place: (scores[place], -place))
    number = 0 if best == 0 else candidates(panel, book)[best - 1].number
    picked = Picked(number, panel.preview, panel.raw_prompt, best_of=len(scores))
    final = panel.final and final_of(panel.final, jobs[best])
    return replace(panel, preview=jobs[best], final=final, picked=picked)


def _scores(jobs: Sequence[PreviewJob], store: Store, scorer: str) -> Iterator[tuple[int, float]]:
    """The places and scores of the pictures that are there."""
    for place, job in enumerate(jobs):
        entry = store.get(digest(job))
        if entry is not None:
            yield place, score_of(entry, scorer)
