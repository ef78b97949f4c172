"""Draws panels as `storyboard render` draws them, into an output folder that remembers them."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from benchmarks.judge import Pixels
from benchmarks.panels import Panel, address, story_text
from storyboard.compiled import PanelJobs
from storyboard.desk import Desk
from storyboard.digests import digest
from storyboard.engine.base import Engine
from storyboard.errors import Mark, Problem, ProblemsError
from storyboard.events import Reporter
from storyboard.files import write_atomic
from storyboard.jobs import Job
from storyboard.models.catalog import Catalog
from storyboard.models.entries import Kind, NotFound
from storyboard.workspace import Workspace


@dataclass(frozen=True)
class Shown:
    """A panel's preview, and its final where one was asked for."""

    preview: Pixels
    final: Pixels | None = None


@dataclass(frozen=True)
class Easel:
    """Where panels are drawn. Stories go to `stories/` below the output folder, pictures into its
    store: what was drawn once is not drawn again, and an interrupted run goes on."""

    workspace: Workspace
    make_engine: Callable[[], Engine]
    reporter: Reporter

    def draw(self, name: str, panels: Sequence[Panel], finals: bool = False) -> list[Shown]:
        """The panels' pictures in the same order.

        Raises `ProblemsError` where the story is wrong or a panel could not be drawn.
        """
        desk = self.open(name, panels)
        outcome = desk.draw(desk.plan(finals), self.make_engine, self.reporter)
        mark = Mark(desk.compiled.source)
        if outcome.failed:
            problems = [Problem(mark, f"{one.panel}: {one.message}") for one in outcome.failed]
            raise ProblemsError(problems)
        jobs = jobs_of(desk, panels)
        return [_shown(desk, one, finals) for one in jobs]

    def open(self, name: str, panels: Sequence[Panel]) -> Desk:
        """The panels as a story on the desk; nothing is drawn."""
        path = self.workspace.output / "stories" / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, story_text(name, panels).encode())
        return Desk.open(self.workspace, path)

    def missing(self, names: Iterable[str]) -> list[str]:
        """Those of the LoRAs that are not on the model path."""
        catalog = self.workspace.catalog()
        return sorted(name for name in set(names) if not _there(catalog, name))


def _there(catalog: Catalog, lora: str) -> bool:
    try:
        catalog.find(Kind.LORA, lora)
    except NotFound:
        return False
    return True


def jobs_of(desk: Desk, panels: Sequence[Panel]) -> list[PanelJobs]:
    """The jobs of the panels that a story was made of, in the same order."""
    compiled = {one.address: one for one in desk.compiled.panels}
    return [compiled[address(number, panel)] for number, panel in enumerate(panels, 1)]


def _shown(desk: Desk, panel: PanelJobs, finals: bool) -> Shown:
    preview = _stored(desk, panel, panel.preview)
    if not finals:
        return Shown(preview)
    return Shown(preview, preview if panel.final is None else _stored(desk, panel, panel.final))


def _stored(desk: Desk, panel: PanelJobs, job: Job | None) -> Pixels:
    entry = desk.store.get(digest(job)) if job is not None else None
    if entry is None:
        mark = Mark(desk.compiled.source)
        raise ProblemsError([Problem(mark, f"{panel.address}: its picture is not in the store")])
    with Image.open(io.BytesIO(entry.picture)) as image:
        return np.asarray(image.convert("RGB"))
