"""The draft contract: a final shows what its preview showed. What drifts too far is told, and where
the story says how far it may (`final: {max_drift: ...}`), drawn again with less denoise."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from storyboard.batching import Drawing
from storyboard.jobs import FinalJob
from storyboard.pictures import Kept, drift_of
from storyboard.planning import PlanItem

DRIFT_LIMIT = 0.25
"""What counts as drifted where a story says nothing, see `storyboard.likeness.drift`."""
_TRIES = 4
_LESS = 0.65
"""How much of the denoise stays with each try."""


@dataclass(frozen=True, slots=True)
class Drifted:
    """A final that is farther from its preview than its limit."""

    panel: str
    amount: float
    limit: float

    def __str__(self) -> str:
        return (
            f"{self.panel}: its final drifted {self.amount:.2f} from its preview, the limit is "
            f"{self.limit:g}"
        )


class Drifting:
    """One run's finals that drifted, and the tries of those that are drawn again."""

    def __init__(self) -> None:
        self.drifted: list[Drifted] = []
        self._tries: dict[str, list[Kept]] = {}

    def again(self, drawing: Drawing, kept: Kept) -> Drawing | None:
        """The drawing with less denoise, where this one drifted and may be tried again."""
        job, amount = drawing.items[0].job, drift_of(kept.record)
        if not isinstance(job, FinalJob) or job.max_drift is None or amount is None:
            return None
        tries = self._tries.setdefault(drawing.digest, [])
        if amount <= job.max_drift or len(tries) + 1 >= _TRIES:
            return None
        tries.append(kept)
        denoise = job.denoise if drawing.denoise is None else drawing.denoise
        return replace(drawing, denoise=round(denoise * _LESS, 4))

    def settled(self, drawing: Drawing, kept: Kept) -> Kept:
        """Of all tries of a drawing, this last one among them, the one that drifted least."""
        tries = [*self._tries.pop(drawing.digest, []), kept]
        best = min(tries, key=lambda one: drift_of(one.record) or 0.0)
        job, amount = drawing.items[0].job, drift_of(best.record)
        if isinstance(job, FinalJob) and amount is not None:
            limit = DRIFT_LIMIT if job.max_drift is None else job.max_drift
            self.drifted += _beyond(drawing.items, amount, limit)
        return best


def _beyond(items: Iterable[PlanItem], amount: float, limit: float) -> list[Drifted]:
    return [Drifted(item.panel, amount, limit) for item in items] if amount > limit else []
