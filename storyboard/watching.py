"""The loop of `watch`: draw, wait until a file that counts has changed and rests, draw again.

The clock, the look at the files and the drawing are handed in. Files are polled: that works on
every system and network drive, for editors that write in place and for those that rename.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import NoReturn, Protocol

from storyboard.events import BatchStarted, Event, Reporter

DEBOUNCE = 0.25
"""Seconds without a further change after which a save is over."""
INTERVAL = 0.1
"""Seconds between two looks."""
RETRY = 1.0
"""Seconds between two tries where another run is writing."""
_LEAST = 0.001

LookAt = Callable[[Iterable[Path]], Mapping[Path, str | None]]
"""What stands for each file's bytes, None where there is no file."""


class Ended(Enum):
    """How a round ended."""

    DONE = auto()
    """Nothing is left to do until a file changes."""
    DROPPED = auto()
    """A file changed while it drew: the rest of the plan was dropped."""
    BUSY = auto()
    """Another run is writing."""


@dataclass(frozen=True, slots=True)
class Round:
    """A round's end, and the files that it read beside those that were known before."""

    ended: Ended
    files: Sequence[Path] = ()


class Drawing(Protocol):
    """What is done in each round."""

    def files(self) -> Sequence[Path]:
        """The files whose change makes another round, as far as they are known before."""
        ...

    def draw(self, changed: Callable[[], bool]) -> Round:
        """Reads the files and draws what is missing; `changed` tells whether one of `files` is
        another by now. What it raises ends the loop."""
        ...

    def is_free(self) -> bool:
        """Whether no other run is writing any more."""
        ...


class Clock(Protocol):
    """Time in seconds; the module `time` is one."""

    def monotonic(self) -> float:
        """The time, from any start."""
        ...

    def sleep(self, seconds: float, /) -> None:
        """Waits."""
        ...


def watch(drawing: Drawing, look: LookAt, clock: Clock = time) -> NoReturn:
    """Draws, and again after each change, until `drawing` or `clock` raises something.

    Changes count by content: a file that was only touched, or is again what was drawn, draws
    nothing. All changes of one moment, until nothing changes for `DEBOUNCE`, are one.
    """
    while True:
        seen = look(drawing.files())
        ended = drawing.draw(_Changed(look, seen))
        # What was read of files that nobody knew of before is what they hold now, or they changed
        # in the instant between: then the next change draws it.
        _wait({**look(ended.files), **seen}, ended.ended, drawing, look, clock)


class Dropped(BaseException):
    """A file changed while its story was drawn; like KeyboardInterrupt, no error of the work."""


def dropping(reporter: Reporter, changed: Callable[[], bool]) -> Reporter:
    """The reporter for a run that is to end between two batches, by `Dropped`, once something
    changed. Everything that was drawn by then is kept."""

    def report(event: Event) -> None:
        if isinstance(event, BatchStarted) and changed():
            raise Dropped
        reporter(event)

    return report


@dataclass(frozen=True, slots=True)
class _Changed:
    look: LookAt
    seen: Mapping[Path, str | None]

    def __call__(self) -> bool:
        return self.look(self.seen) != self.seen


def _wait(
    seen: Mapping[Path, str | None], ended: Ended, drawing: Drawing, look: LookAt, clock: Clock
) -> None:
    """Returns when there is something to do: the files are not as they were seen, and rest; or
    they are, and nobody else is writing any more."""
    last = seen
    since = tried = clock.monotonic()
    while True:
        is_due = last != seen or ended is Ended.DROPPED
        left = since + DEBOUNCE - clock.monotonic()
        clock.sleep(min(INTERVAL, max(left, _LEAST)) if is_due else INTERVAL)
        found = look(seen)
        now = clock.monotonic()
        if found != last:
            last, since = found, now
        elif is_due and now - since >= DEBOUNCE:
            return
        elif ended is Ended.BUSY and last == seen and now - tried >= RETRY:
            if drawing.is_free():
                return
            tried = now
