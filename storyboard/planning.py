"""The plan: for each picture, whether it is there and, if not, why it is to be drawn.

Pure and quick: it compares digests with those that the store holds, and recipes with those that
the manifest remembers.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from storyboard.compiled import CompiledStory, PanelJobs, Picked, final_of
from storyboard.digests import differences, digest, recipe
from storyboard.events import Kind
from storyboard.jobs import Job, PreviewJob
from storyboard.manifest import Manifest, Remembered
from storyboard.recipes import RecipeProblem, restore

State = Literal["ready", "missing", "stale", "failed"]


@dataclass(frozen=True, slots=True)
class PlanItem:
    """A panel's preview or final, or with a number a `take` of its preview.

    `reason` says why it is not ready, or which take was picked; `locked` where only the lock makes
    it ready: `job` and `digest` are then those of the picture that is kept. `raw_prompt` is the
    prompt with its LoRA tags.
    """

    panel: str
    page: int
    kind: Kind
    job: Job
    digest: str
    state: State
    reason: str
    raw_prompt: str = ""
    take: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What there is and what is to be drawn, in reading order, a preview before its final."""

    items: tuple[PlanItem, ...]

    @property
    def to_draw(self) -> tuple[PlanItem, ...]:
        """The items that are not ready; those that failed are tried again."""
        return tuple(item for item in self.items if item.state != "ready")


def plan(
    compiled: CompiledStory,
    held: Container[str],
    manifest: Manifest,
    finals: bool,
    only: frozenset[str] | None = None,
) -> Plan:
    """What a run would do. `held` has the digests that the store holds.

    With `finals`, each final and the preview it is drawn from; else previews alone. `only` limits
    it to panels by address. A locked panel whose picture is held stays as it is, and its final is
    drawn from that picture. Raises `ProblemsError` where a job has no digest.
    """
    planner = _Planner(held, manifest)
    panels = (panel for panel in compiled.panels if only is None or panel.address in only)
    return Plan(tuple(item for panel in panels for item in planner.items(panel, finals)))


class _Planner:
    def __init__(self, held: Container[str], manifest: Manifest) -> None:
        self._held = held
        self._manifest = manifest

    def items(self, panel: PanelJobs, finals: bool) -> Iterator[PlanItem]:
        """The panel's preview, and its final where asked for."""
        if panel.preview is None:
            return
        preview = self._item(panel, "preview", panel.preview)
        if preview.state != "ready" and isinstance(preview.job, PreviewJob):
            yield from self._earlier(panel, preview.job)
        yield preview
        if finals and panel.final is not None:
            assert isinstance(preview.job, PreviewJob)
            yield self._item(panel, "final", final_of(panel.final, preview.job))

    def _earlier(self, panel: PanelJobs, job: PreviewJob) -> Iterator[PlanItem]:
        """The pictures that a mended take goes back to, where the store has lost them; the oldest
        first."""
        picture = job.beginning.picture if job.beginning else None
        if not isinstance(picture, PreviewJob) or digest(picture) in self._held:
            return
        yield from self._earlier(panel, picture)
        yield self._item(replace(panel, picked=None), "preview", picture)

    def _item(self, panel: PanelJobs, kind: Kind, job: Job) -> PlanItem:
        remembered = self._manifest.of(panel.address, kind)
        kept = self._locked(remembered) if panel.locked else None
        identity = digest(job)
        state: State
        if kept is not None and remembered.digest != identity:
            identity = remembered.digest or identity
            job, state, reason = kept, "ready", "locked"
        else:
            state, reason = self._state(remembered, job, identity)
        if panel.picked and not reason:
            reason = _told(panel.picked)
        return PlanItem(
            panel.address, panel.page, kind, job, identity, state, reason, panel.raw_prompt
        )

    def _locked(self, remembered: Remembered) -> Job | None:
        """The job of a locked panel's picture, where the store still has it."""
        if remembered.recipe is None or remembered.digest not in self._held:
            return None
        try:
            return restore(remembered.recipe)
        except RecipeProblem:
            return None

    def _state(self, remembered: Remembered, job: Job, identity: str) -> tuple[State, str]:
        if identity in self._held:
            return "ready", ""
        if remembered.failed == identity:
            return "failed", remembered.message
        if remembered.digest is None or remembered.recipe is None:
            return "missing", "never drawn"
        if remembered.digest == identity:
            return "missing", "the stored picture is gone"
        return "stale", ", ".join(differences(remembered.recipe, recipe(job)))


def _told(picked: Picked) -> str:
    if picked.best_of:
        which = f"take {picked.number}" if picked.number else "the story's own"
        return f"{which}, the best of {picked.best_of}"
    if not picked.changes:
        return f"take {picked.number}"
    return f"take {picked.number}, stale: the story has changed ({', '.join(picked.changes)})"
