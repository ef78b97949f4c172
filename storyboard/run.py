"""The coordinator, and the only writer: carries a plan out, keeps each picture, tells of it."""

from __future__ import annotations

import itertools
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

from storyboard.batching import Drawing, PlannedBatch, batches
from storyboard.beginnings import NoBeginning, beginning_source
from storyboard.compiled import CompiledStory
from storyboard.digests import digest
from storyboard.drifting import Drifted, Drifting
from storyboard.engine.base import Drawn, Failed, Source
from storyboard.estimating import work_of
from storyboard.events import (
    BatchStarted,
    Kind,
    Note,
    PanelDone,
    PanelFailed,
    Reporter,
    RunStarted,
    Step,
)
from storyboard.executors.base import (
    Broken,
    EngineFactory,
    Executor,
    Started,
    Task,
    Told,
    executor_named,
)
from storyboard.interrupts import shielded
from storyboard.jobs import FinalJob, Job, ModelFile
from storyboard.ledger import Ledger, PanelLedger
from storyboard.lock import reason
from storyboard.manifest import Manifest
from storyboard.pictures import (
    BadPicture,
    Kept,
    ShortHashes,
    checkpoint_hash_only,
    drift_of,
    keep,
    source_of,
)
from storyboard.planning import PlanItem
from storyboard.store import Entry, Store


@dataclass(frozen=True, slots=True)
class Failure:
    """A panel's preview or final that could not be drawn, and why."""

    panel: str
    kind: Kind
    message: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run drew, what it could not draw, and which finals drifted from their previews, in the
    order in which it happened."""

    done: tuple[PlanItem, ...]
    failed: tuple[Failure, ...]
    drifted: tuple[Drifted, ...] = ()


def draw(
    plan_items: Sequence[PlanItem],
    compiled: CompiledStory,
    engine_factory: EngineFactory,
    store: Store,
    manifest: Manifest,
    reporter: Reporter,
    batch_size: int | None = None,
    executor: str | Executor = "local",
    short_hashes: ShortHashes = checkpoint_hash_only,
) -> Outcome:
    """Draws what of a story's plan the store does not soundly hold, and brings its views up to
    date; see `draw_into`."""
    ledger = PanelLedger(compiled, manifest, reporter)
    return draw_into(
        ledger,
        plan_items,
        compiled.name,
        engine_factory,
        store,
        reporter,
        batch_size,
        executor,
        short_hashes,
    )


def draw_into(
    ledger: Ledger,
    plan_items: Sequence[PlanItem],
    story: str,
    engine_factory: EngineFactory,
    store: Store,
    reporter: Reporter,
    batch_size: int | None = None,
    executor: str | Executor = "local",
    short_hashes: ShortHashes = checkpoint_hash_only,
    weigh: Callable[[Job], float] = work_of,
) -> Outcome:
    """Draws what of the plan the store does not soundly hold; the ledger notes and shows all of it.

    The engine is made only if something is to be drawn. A picture or batch that fails is told and
    the others go on; KeyboardInterrupt and its like end the run after the present picture is
    dropped or kept, never half. `weigh` says what a picture counts in the run's progress. Raises
    `Busy` where another run writes, `StoreProblem` where nothing can be kept, and what
    `engine_factory` raises.
    """
    with store.writing():
        run = _Run(ledger, store, reporter, short_hashes)
        waiting = run.check(plan_items)
        work = run.weigh(waiting, weigh)
        reporter(RunStarted(story, len(waiting), len(plan_items) - len(waiting), work))
        try:
            run.carry_out(waiting, batch_size, executor, engine_factory)
        finally:
            with shielded():
                ledger.save()
        run.tell_of_redrawn_previews(plan_items)
        return Outcome(tuple(run.done), tuple(run.failures), run.drifted)


class _Open:
    """A task whose results are coming in."""

    def __init__(self, planned: PlannedBatch) -> None:
        self.planned = planned
        self.pending = dict(enumerate(planned.drawings))
        self.since = time.monotonic()

    def seconds(self) -> float:
        """Since the last picture of this task, or its beginning."""
        now = time.monotonic()
        passed, self.since = now - self.since, now
        return passed


class _Run:
    """One run's state: what is open, what is done, what failed."""

    def __init__(
        self,
        ledger: Ledger,
        store: Store,
        reporter: Reporter,
        short_hashes: ShortHashes,
    ) -> None:
        self.done: list[PlanItem] = []
        self.failures: list[Failure] = []
        self._ledger = ledger
        self._store = store
        self._reporter = reporter
        self._short = short_hashes
        self._weights: dict[str, float] = {}
        self._drifting = Drifting()
        self._queue: deque[PlannedBatch] = deque()
        self._open: dict[int, _Open] = {}
        self._pixels: dict[str, str] = {}
        self._source_pixels: dict[str, str] = {}
        self._failed: set[str] = set()
        self._damages = len(store.damages)

    @property
    def drifted(self) -> tuple[Drifted, ...]:
        """The finals that are too far from their previews."""
        return tuple(self._drifting.drifted)

    def check(self, items: Sequence[PlanItem]) -> list[PlanItem]:
        """Sweeps, shows what is there, and gives what is to be drawn: a damaged picture too."""
        self._store.sweep()
        waiting = [_to_draw(item) for item in items if not self._there(item)]
        self._ledger.open(self._store)
        self._tell_damages()
        return waiting

    def weigh(self, waiting: Sequence[PlanItem], weigh: Callable[[Job], float]) -> float:
        """What all that waits counts. It is weighed once: what `weigh` knows of pictures' seconds
        changes while they are drawn, and shares of a whole must be of one measure."""
        self._weights = {item.digest: weigh(item.job) for item in waiting}
        return sum(self._weights.values())

    def carry_out(
        self,
        waiting: Sequence[PlanItem],
        batch_size: int | None,
        executor: str | Executor,
        make_engine: EngineFactory,
    ) -> None:
        """Draws all that waits; executor and engine are there only if anything does."""
        if not waiting:
            return
        chosen = executor_named(executor) if isinstance(executor, str) else executor
        self._queue.extend(batches(waiting, batch_size, chosen.workers))
        results = chosen.carry_out(self._tasks(), make_engine, self._step, self._prepared)
        with closing(results):
            for task, told in results:
                self._take(task, told)

    def tell_of_redrawn_previews(self, items: Sequence[PlanItem]) -> None:
        """Notes each final that was drawn from other pixels than its preview has now."""
        for item in items:
            if not isinstance(item.job, FinalJob):
                continue
            then = self._source_pixels.get(item.digest)
            now = self._pixels.get(digest(item.job.preview))
            if then and now and then != now:
                self._reporter(
                    Note(
                        f"{item.panel}: its final was drawn from an earlier drawing of its "
                        "preview, whose pixels are not those of the present one "
                        "(drawn on another device, or by another version)"
                    )
                )

    def _there(self, item: PlanItem) -> bool:
        entry = self._store.get(item.digest)
        if entry is None:
            return False
        self._note(item, entry)
        return True

    def _note(self, item: PlanItem, entry: Entry) -> None:
        self._pixels[item.digest] = str(entry.record.get("pixels", ""))
        self._source_pixels[item.digest] = str(entry.record.get("source_pixels", ""))
        self._ledger.there(item, entry)

    def _tasks(self) -> Iterator[Task | None]:
        """The queue's batches, each when it is asked for; None while the next one waits for a
        picture that is being drawn, or what is being drawn may yet have to be drawn again."""
        numbers = itertools.count()
        while self._queue or self._open:
            if not self._queue or self._is_early(self._queue[0]):
                yield None
                continue
            planned, sources = self._with_sources(self._queue.popleft())
            if not planned.drawings:
                continue
            number = next(numbers)
            self._open[number] = _Open(planned)
            yield Task(number, planned.batch, sources)

    def _is_early(self, planned: PlannedBatch) -> bool:
        """Whether it is drawn from a picture that is still being drawn."""
        coming = {one.digest for open_ in self._open.values() for one in open_.pending.values()}
        return bool(coming) and any(one.source in coming for one in planned.drawings)

    def _with_sources(self, planned: PlannedBatch) -> tuple[PlannedBatch, dict[int, Source]]:
        """What each starts from that does not start from noise, by its place in the batch; those
        for which that is not there fail here."""
        drawings: list[Drawing] = []
        sources: dict[int, Source] = {}
        for drawing in planned.drawings:
            try:
                source = self._source(drawing.items[0].job)
            except NoBeginning as problem:
                self._fail(drawing, str(problem))
                continue
            if source is not None:
                sources[len(drawings)] = source
            drawings.append(drawing)
        return PlannedBatch(tuple(drawings)), sources

    def _source(self, job: Job) -> Source | None:
        """What a job starts from; None for noise. Raises `NoBeginning`."""
        if isinstance(job, FinalJob):
            return source_of(self._stored(job.preview, "the preview that it is drawn from"))
        if job.beginning is None:
            return None
        earlier = job.beginning.picture
        if isinstance(earlier, ModelFile):
            return beginning_source(job, None)
        return beginning_source(job, self._stored(earlier, "the picture that it begins with"))

    def _stored(self, job: Job, what: str) -> Entry:
        """The stored picture that another is drawn from. Raises `NoBeginning`."""
        identity = digest(job)
        entry = self._store.get(identity)
        self._tell_damages()
        if entry is None:
            why = "could not be drawn" if identity in self._failed else "is not there"
            raise NoBeginning(f"{what} {why}")
        return entry

    def _take(self, task: Task, told: Told[Kept | str]) -> None:
        """Keeps one result; the ledger is written with the last one of a task."""
        current = self._open[task.number]
        if isinstance(told, Started):
            planned = current.planned
            current.seconds()
            work = sum(self._weights[drawing.digest] for drawing in planned.drawings)
            self._reporter(BatchStarted(planned.kind, planned.panels, planned.steps, work))
        elif isinstance(told, Broken):
            self._retry(list(current.pending.values()), told)
            current.pending.clear()
        else:
            drawing = current.pending.pop(told.index)
            kept = told.message if isinstance(told, Failed) else told.made
            if isinstance(kept, str):
                self._fail(drawing, kept)
            else:
                self._keep(drawing, kept, current)
        if not current.pending:
            del self._open[task.number]
            with shielded():
                self._ledger.save()

    def _retry(self, drawings: list[Drawing], broken: Broken) -> None:
        """Draws alone what broke together, so that one panel does not take others with it."""
        if broken.shared or len(drawings) == 1:
            for drawing in drawings:
                self._fail(drawing, broken.message)
            return
        self._reporter(
            Note(f"{broken.message}; the {len(drawings)} panels of the batch are drawn one by one")
        )
        self._queue.extendleft(PlannedBatch((drawing,)) for drawing in reversed(drawings))

    def _prepared(self, task: Task, drawn: Drawn) -> Kept | str:
        """A picture as it is stored, or why it cannot be. In another thread than the rest."""
        drawing = self._open[task.number].planned.drawings[drawn.index]
        first, source = drawing.items[0], task.sources.get(drawn.index)
        try:
            return keep(first.job, _noted(drawn, drawing), first.raw_prompt, source, self._short)
        except BadPicture as problem:
            return str(problem)
        except Exception as problem:  # whatever it is, the other pictures can go on
            return f"the picture cannot be written as PNG: {reason(problem)}"

    def _keep(self, drawing: Drawing, kept: Kept, current: _Open) -> None:
        """Stores a picture, then tells of it; no signal comes between."""
        if (again := self._drifting.again(drawing, kept)) is not None:
            self._queue.appendleft(PlannedBatch((again,)))
            return
        kept = self._drifting.settled(drawing, kept)
        with shielded():
            entry = self._store.put(drawing.digest, kept.files, kept.record)
            seconds = current.seconds()
            for item in drawing.items:
                self._show(item, entry, seconds)

    def _show(self, item: PlanItem, entry: Entry, seconds: float) -> None:
        self._note(item, entry)
        self.done.append(item)
        path = str(self._ledger.path(item))
        drift = drift_of(entry.record)
        self._reporter(
            PanelDone(item.panel, item.kind, item.digest, path, seconds, item.take, drift)
        )

    def _fail(self, drawing: Drawing, message: str) -> None:
        self._failed.add(drawing.digest)
        for item in drawing.items:
            self._ledger.failed(item, message)
            self.failures.append(Failure(item.panel, item.kind, message))
            self._reporter(PanelFailed(item.panel, item.kind, message))

    def _tell_damages(self) -> None:
        for damage in self._store.damages[self._damages :]:
            self._reporter(Note(str(damage)))
        self._damages = len(self._store.damages)

    def _step(self, done: int, total: int) -> None:
        self._reporter(Step(done, total))


def _noted(drawn: Drawn, drawing: Drawing) -> Drawn:
    """With its denoise, where that is not the one that was asked for."""
    if drawing.denoise is None:
        return drawn
    return replace(drawn, provenance={**drawn.provenance, "denoise": drawing.denoise})


def _to_draw(item: PlanItem) -> PlanItem:
    """The item as one to draw, though the plan took its damaged picture for a sound one."""
    if item.state != "ready":
        return item
    return replace(item, state="missing", reason="the stored picture is damaged")
