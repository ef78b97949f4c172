"""How long drawing will take, by what it took before on this machine.

A picture's work is counted first: how often the model is asked, for how many texts, over how many
pixels. What a unit of it takes is measured while drawing, by checkpoint and kind of picture, and
kept among the caches; the newest figures count most, as machines and their load change.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from itertools import product
from pathlib import Path

from storyboard.engine.names import SAMPLERS, evaluations
from storyboard.events import BatchStarted, Event, Kind, PanelDone, Reporter, Step
from storyboard.files import write_atomic
from storyboard.jobs import FinalJob, Job, PreviewJob
from storyboard.planning import PlanItem

_FILE = "speed.json"
_KINDS: tuple[Kind, ...] = ("preview", "final")
_NEWEST = 0.4
"""How much the newest figure counts against those before it."""

_DECODING = 2.0
"""What decoding a picture is taken for, in evaluations of the model."""

_GUIDED_AT_TIMES = 1.5
"""Texts an evaluation where not each is guided: a guess; such pictures have their own figures."""


def work_of(job: Job) -> float:
    """A picture's work: in evaluations of the model for one text over a megapixel."""
    sampling = job.sampling
    known = sampling.sampler in SAMPLERS
    asked = evaluations(sampling.sampler, sampling.steps) if known else sampling.steps
    if isinstance(job, FinalJob) and job.denoise == 0:
        asked = 0
    texts = 1 if sampling.cfg == 1 else _GUIDED_AT_TIMES if _is_fast(job) else 2
    return (asked * texts + _DECODING) * job.size.area / 1e6


class Figures:
    """Seconds a unit of work, by device, checkpoint and kind of picture; kept in a cache's file,
    which may be lost or broken at no other cost than a worse guess.

    `device` is what the figures are for, as the user named it; a UNet that is `compiled` has its
    own, and until there are some, the plain one's.
    """

    def __init__(self, cache: Path, device: str, compiled: bool = False) -> None:
        self._file = cache / _FILE
        self._devices = (f"{device}/compiled", device) if compiled else (device,)
        self._rates = _kept(self._file)

    def learn(self, jobs: Collection[Job], seconds: float) -> None:
        """Pictures of one kind that were drawn together took so long."""
        first = next(iter(jobs))
        key = _key(self._devices[0], first, _kind(first), _is_fast(first))
        rate = seconds / sum(work_of(job) for job in jobs)
        before = self._rates.get(key, rate)
        self._rates[key] = before + (rate - before) * _NEWEST

    def save(self) -> None:
        """Keeps them; where that cannot be, they are measured again."""
        with suppress(OSError):
            write_atomic(
                self._file, f"{json.dumps(self._rates, indent=1)}\n".encode(), durable=False
            )

    def seconds(self, jobs: Iterable[Job]) -> float | None:
        """How long pictures will take together; None where their checkpoint was never drawn with.
        A kind of picture that was not is taken for as quick as the other, for its work."""
        each = [self._seconds(job) for job in jobs]
        known = [one for one in each if one is not None]
        return sum(known) if len(known) == len(each) else None

    def weight(self, job: Job) -> float:
        """What a picture counts in a run's progress: its seconds where they are known, or else its
        work."""
        seconds = self._seconds(job)
        return work_of(job) if seconds is None else seconds

    def _seconds(self, job: Job) -> float | None:
        own = _kind(job)
        ways = product(self._devices, (own, *_KINDS), (_is_fast(job), False))
        for device, kind, fast in ways:
            if (rate := self._rates.get(_key(device, job, kind, fast))) is not None:
                return rate * work_of(job)
        return None


class Measured:
    """A reporter that learns how long a plan's pictures take, from what it passes on.

    A batch's time counts from its first step on: what was loaded before is not drawing.
    """

    def __init__(
        self,
        reporter: Reporter,
        figures: Figures,
        items: Iterable[PlanItem],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._reporter, self._figures, self._clock = reporter, figures, clock
        self._items = {(item.panel, item.kind): item for item in items if item.take is None}
        self._jobs: dict[str, Job] = {}
        self._left = 0
        self._first: tuple[float, float] | None = None

    def __call__(self, event: Event) -> None:
        """Passes it on."""
        self._reporter(event)
        match event:
            case BatchStarted(kind, panels):
                found = [self._items.get((panel, kind)) for panel in panels]
                self._jobs = {item.digest: item.job for item in found if item is not None}
                self._left, self._first = len(panels), None
            case Step(done, total) if self._first is None and done < total:
                self._first = self._clock(), done / total
            case PanelDone():
                self._left -= 1
                if self._left == 0 and self._jobs and self._first is not None:
                    since, share = self._first
                    self._figures.learn(self._jobs.values(), (self._clock() - since) / (1 - share))


def _key(device: str, job: Job, kind: Kind, fast: bool) -> str:
    preview = job if isinstance(job, PreviewJob) else job.preview
    told = " fast" if fast else ""
    return f"{device} {preview.checkpoint.file.sha256[:16]} {kind}{told}"


def _kind(job: Job) -> Kind:
    return "preview" if isinstance(job, PreviewJob) else "final"


def _is_fast(job: Job) -> bool:
    return job.sampling.guided_above > 0


def in_words(seconds: float) -> str:
    """About how long: `40 s`, `12 min`, `3 h 20 min`."""
    if seconds < 90:
        return f"{max(round(seconds), 1)} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"


def _kept(file: Path) -> dict[str, float]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    rates = found.items() if isinstance(found, dict) else ()
    return {key: float(rate) for key, rate in rates if _is_rate(rate)}


def _is_rate(value: object) -> bool:
    return isinstance(value, int | float) and 0 < value < 1e9
