"""What happens while drawing, as plain values; a reporter is any function that takes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["preview", "final"]


@dataclass(frozen=True, slots=True)
class RunStarted:
    """A plan is being carried out: `drawings` are to be drawn, `ready` are there already. `work`
    is what is to be done, in seconds as far as they are known."""

    story: str
    drawings: int
    ready: int
    work: float = field(default=0.0, compare=False)


@dataclass(frozen=True, slots=True)
class BatchStarted:
    """These panels are being drawn together; `steps` model evaluations are to come. `work` is their
    share of the run's."""

    kind: Kind
    panels: tuple[str, ...]
    steps: int
    work: float = field(default=0.0, compare=False)


@dataclass(frozen=True, slots=True)
class Step:
    """One model evaluation of the present batch is done."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class PanelDone:
    """A picture is stored, safe from a crash. `take` is its number where it is a take; `drift` how
    far a final is from its preview, see `storyboard.likeness.drift`."""

    panel: str
    kind: Kind
    digest: str
    path: str
    seconds: float
    take: int | None = None
    drift: float | None = None


@dataclass(frozen=True, slots=True)
class PanelFailed:
    """A picture could not be drawn; the others go on."""

    panel: str
    kind: Kind
    message: str


@dataclass(frozen=True, slots=True)
class RunDropped:
    """What is left of the plan is not drawn: the story was saved anew. What was drawn is kept."""

    story: str


@dataclass(frozen=True, slots=True)
class FileWritten:
    """A page, an export or a contact sheet lies at `path`."""

    kind: str
    path: str


@dataclass(frozen=True, slots=True)
class Note:
    """Something the user should know, in one sentence."""

    text: str


@dataclass(frozen=True, slots=True)
class Loading:
    """What takes a while before there is anything to see, in one sentence."""

    text: str


Event = (
    RunStarted
    | BatchStarted
    | Step
    | PanelDone
    | PanelFailed
    | RunDropped
    | FileWritten
    | Note
    | Loading
)
Reporter = Callable[[Event], None]
