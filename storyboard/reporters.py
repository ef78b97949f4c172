"""Reporters: what happens while drawing, as a progress bar, as plain lines, or as JSON lines."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, NoReturn, TextIO

from storyboard.estimating import in_words
from storyboard.events import (
    BatchStarted,
    Event,
    FileWritten,
    Loading,
    Note,
    PanelDone,
    PanelFailed,
    Reporter,
    RunDropped,
    RunStarted,
    Step,
)

if TYPE_CHECKING:
    from tqdm import tqdm


def reporter_for(
    output: TextIO, messages: TextIO, as_json: bool = False, quiet: bool = False
) -> Reporter:
    """The reporter that fits: JSON lines on `output`; else on `messages` a bar where that is a
    terminal, plain lines where it is not, and with `quiet` only what went wrong."""
    if as_json:
        return JsonLines(output)
    if quiet:
        return Quiet(messages)
    return Bar(messages) if messages.isatty() else PlainLines(messages)


class JsonLines:
    """One event a line, as a JSON object with its name under `event`: `PanelDone`. ASCII only, so
    that no console's encoding gets in the way."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = _Lines(stream)

    def __call__(self, event: Event) -> None:
        """Writes the event."""
        self._stream.write(json.dumps({"event": type(event).__name__, **asdict(event)}))


class Quiet:
    """Says what went wrong, and notes; nothing else."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = _Lines(stream)

    def __call__(self, event: Event) -> None:
        """Writes the event where it matters."""
        if isinstance(event, PanelFailed | Note) and (line := _line(event)):
            self._stream.write(line)


class PlainLines:
    """A line for everything but single steps, for logs and pipes."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = _Lines(stream)
        self._count = _Count()

    def __call__(self, event: Event) -> None:
        """Writes the event."""
        self._count.take(event)
        line = _line(event)
        if line is not None:
            head = f"[{self._count}] " if isinstance(event, PanelDone | PanelFailed) else ""
            self._stream.write(head + line)


class Bar:
    """A progress bar: how much of the run is done, what is being drawn, the step, and time left.

    What stays to be read (failures, notes, files) is written above it.
    """

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._count = _Count(clock)
        self._bar: tqdm[NoReturn] | None = None
        self._drawing = self._step = ""

    def __call__(self, event: Event) -> None:
        """Shows the event."""
        self._count.take(event)
        if isinstance(event, RunStarted):
            self._begin(event)
        elif isinstance(event, BatchStarted):
            self._drawing = f", {event.kind} {_named(event.panels)}"
            self._step = ""
        elif isinstance(event, Step):
            self._step = f", step {event.done}/{event.total}"
        elif isinstance(event, RunDropped):
            self._close()
            self._above(event)
        elif isinstance(event, PanelFailed | Note | Loading | FileWritten):
            self._above(event)
        self._advance(event)

    @property
    def left(self) -> float | None:
        """Seconds to the end of the run, if it goes on as so far; None where nothing is known."""
        return self._count.left

    def _begin(self, event: RunStarted) -> None:
        self._close()
        if event.drawings == 0:
            self._write(_line(event))
            return
        from tqdm import tqdm

        self._bar = tqdm(
            total=self._count.work,
            desc=_plain(event.story),
            file=self._stream,
            dynamic_ncols=True,
            bar_format="{desc} {percentage:3.0f}%|{bar}| {elapsed}{postfix}",
        )

    def _advance(self, event: Event) -> None:
        if self._bar is None:
            return
        left = self.left
        told = "" if left is None else f"{in_words(left)} left, "
        self._bar.set_postfix_str(f"{told}{self._count}{self._drawing}{self._step}", refresh=False)
        self._bar.update(max(0.0, self._count.progress - self._bar.n))
        if not isinstance(event, Step):
            self._bar.refresh()
        if self._count.settled >= self._count.total:
            self._close()

    def _above(self, event: Event) -> None:
        if self._bar is None:
            self._write(_line(event))
        else:
            self._bar.write(_line(event) or "", file=self._stream)

    def _write(self, line: str | None) -> None:
        _Lines(self._stream).write(line or "")

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


class _Count:
    """How far a run is: in pictures, and in its work, where the present batch counts by its steps,
    if it tells them: pictures that are drawn together take no longer than one by itself."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.total = 0
        self.settled = 0
        self.work = 0.0
        self._clock = clock
        self._done = self._before = 0.0
        self._batch, self._of_batch, self._each, self._share = 0, 0.0, 0.0, 0.0
        self._began: tuple[float, float] | None = None

    def take(self, event: Event) -> None:
        """Counts the event in."""
        if isinstance(event, RunStarted):
            self.total, self.settled, self._batch = event.drawings, 0, 0
            self.work, self._done = event.work or float(event.drawings), 0.0
            self._began = None
        elif isinstance(event, BatchStarted):
            self._batch, self._share, self._before = len(event.panels), 0.0, self._done
            self._of_batch = event.work or float(self._batch)
            self._each = self._of_batch / max(self._batch, 1)
        elif isinstance(event, Step):
            self._share = event.done / max(event.total, 1)
            if self._began is None:  # what was loaded before is over, and not drawing
                self._began = self._clock(), self.progress
        elif isinstance(event, PanelDone | PanelFailed):
            self.settled += 1
            self._done += self._each if self._batch else 0.0
            self._batch = max(self._batch - 1, 0)

    @property
    def progress(self) -> float:
        """Work done, of pictures and of fractions of them; never beyond the total."""
        if self.settled >= self.total:
            return self.work
        if self._batch == 0 or self._share == 0:
            return min(self._done, self.work)
        return min(self._before + self._of_batch * self._share * 0.99, self.work)

    @property
    def left(self) -> float | None:
        """Seconds to the end, if it goes on as it has gone so far; None before that can be told."""
        if self._began is None:
            return None
        since, already = self._began
        done, passed = self.progress - already, self._clock() - since
        return (self.work - self.progress) * passed / done if done > 0 and passed > 0 else None

    def __str__(self) -> str:
        return f"{self.settled}/{self.total}"


class _Lines:
    """Lines of text on a stream that may take no Unicode, and may be closed at its other end."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._gone = False

    def write(self, line: str) -> None:
        """Writes a line. Where nobody listens any more, drawing still goes on."""
        if self._gone:
            return
        coding = self._stream.encoding or "utf-8"
        try:
            self._stream.write(line.encode(coding, "backslashreplace").decode(coding) + "\n")
            self._stream.flush()
        except BrokenPipeError:
            self._gone = True


def _line(event: Event) -> str | None:
    """The event in words; None where it is not worth a line."""
    match event:
        case RunStarted(story, drawings, ready):
            left = f"{drawings} to draw, {ready} ready" if drawings else f"all {ready} ready"
            text = f"{story}: {left}"
        case BatchStarted(kind, panels, steps):
            text = f"drawing {kind} {_named(panels)} ({steps} steps)"
        case PanelDone(panel, kind, _, path, seconds, take, drift):
            what = kind if take is None else f"take {take} of"
            held = "" if drift is None else f", drift {drift:.2f}"
            text = f"{what} {panel} drawn in {seconds:.1f} s{held}: {path}"
        case PanelFailed(panel, kind, message):
            text = f"{kind} {panel} could not be drawn: {message}"
        case RunDropped(story):
            text = f"{story}: it was saved anew, what is left of the plan is dropped"
        case FileWritten(kind, path):
            text = f"{kind}: {path}"
        case Note(said) | Loading(said):
            text = said
        case _:
            return None
    return _plain(text)


def _named(panels: tuple[str, ...]) -> str:
    shown = ", ".join(panels[:4])
    return shown if len(panels) <= 4 else f"{shown} and {len(panels) - 4} more"


def _plain(text: str) -> str:
    """The text without anything that would steer a terminal."""
    return "".join(mark if mark.isprintable() else " " for mark in text)
