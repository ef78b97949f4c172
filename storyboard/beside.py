"""Pages whose pictures are all there, made on other cores while a device draws the rest.

The coordinator does it between two events: it reads the page's pictures from the store, as only it
may, hands the page to a gentle `Crew`, and never waits; when the files are written it remembers and
tells that, at a later event. So there is no second thread and nothing to lock: the store, the
manifest and what is remembered of written files stay in the one thread that holds the store, and
what is slow (composing, drawing, packing, hashing) is in processes that know one page and no more.
`assemble` comes afterwards as ever. It finds these files fresh, and makes what is left: whatever
goes wrong with a page here is left to it, and told by it.
"""

from __future__ import annotations

import shutil
from concurrent.futures import Future, wait
from contextlib import ExitStack, suppress
from types import TracebackType
from typing import TYPE_CHECKING, Self

from storyboard.events import PanelDone, PanelFailed, RunStarted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storyboard.assembly import SinglePages
    from storyboard.desk import Desk
    from storyboard.events import Event, Reporter
    from storyboard.export.formats import Format
    from storyboard.gathering import Stage
    from storyboard.pagework import Made

_DEVICES = ("cuda", "mps")
"""Those that leave the processor's cores idle; a CPU that draws uses them all."""

_SPARE = 2**28
"""Bytes on the disk that are left to pictures: with less, pages wait until all are drawn."""


class Beside:
    """A reporter that passes everything on, and has pages made meanwhile.

    Where a story is drawn on a CPU, or there is one core, it does nothing else. What is asked for
    is what `assemble` is asked for then. At a good end it waits for the pages in hand; left by an
    exception it waits for their processes alone, as `Crew` does.
    """

    def __init__(
        self,
        desk: Desk,
        stage: Stage,
        reporter: Reporter,
        formats: Sequence[Format] | None = None,
        languages: Sequence[str] = (),
    ) -> None:
        self._desk, self._reporter = desk, reporter
        self._asked = stage, formats, languages
        self._is_off = False
        self._most = 0
        self._left = 0
        self._waiting: dict[int, None] = {}
        self._begun: set[int] = set()
        self._in_hand: list[Future[tuple[Made, ...]]] = []
        self._pages: SinglePages | None = None
        self._tools = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                wait(self._in_hand)
                self._take_in()
            if self._pages is not None:
                with suppress(OSError):  # what is not remembered is made again
                    self._pages.save()
        finally:
            with suppress(OSError):  # what is left is swept by the next run
                self._tools.close()

    def __call__(self, event: Event) -> None:
        """Passes it on, then looks after the pages."""
        self._reporter(event)
        if isinstance(event, RunStarted):
            self._left = event.drawings
        elif isinstance(event, PanelDone | PanelFailed):
            self._left -= 1
        if self._is_off:
            return
        if isinstance(event, PanelDone):
            self._note(event)
        self._take_in()
        self._hand_out()

    def _note(self, done: PanelDone) -> None:
        """Its page may be whole now. With the first picture it is known where pictures are drawn,
        and that there is time to import what makes pages."""
        if self._pages is None:
            with suppress(Exception):  # whatever it is, pictures can go on, and `assemble` tells it
                self._pages = self._opened() if self._is_on_a_device(done) else None
        self._is_off = self._pages is None
        if self._pages is not None and (page := self._pages.of(done.panel)) not in self._begun:
            self._waiting[page] = None

    def _is_on_a_device(self, done: PanelDone) -> bool:
        entry = self._desk.store.get(done.digest)
        made = entry.record.get("provenance", {}) if entry is not None else {}
        return str(made.get("device", "")).startswith(_DEVICES)

    def _opened(self) -> SinglePages | None:
        """What makes pages; None where the one core has enough to do."""
        from storyboard.crew import Crew, cores

        self._most = cores() - 1
        if self._most < 1:
            return None
        from storyboard.assembly import SinglePages, scratch_of

        scratch = self._tools.enter_context(scratch_of(self._desk))
        crew = self._tools.enter_context(Crew(self._most, gentle=True))
        stage, formats, languages = self._asked
        return SinglePages(self._desk, stage, formats, languages, crew, scratch)

    def _hand_out(self) -> None:
        """Begins as many pages as there are processes for. With the last picture none is: then
        `assemble` has all cores at once."""
        while self._waiting and self._left and len(self._in_hand) < self._most:
            number = next(iter(self._waiting))
            del self._waiting[number]
            with suppress(Exception):  # whatever is wrong with it, `assemble` tells it
                self._begin(number)

    def _begin(self, number: int) -> None:
        """Begins a page, if all of it is there, and room for it."""
        if self._pages is None or shutil.disk_usage(self._desk.store.folder).free < _SPARE:
            return
        if begun := self._pages.begin(number):
            self._begun.add(number)
            self._in_hand += begun

    def _take_in(self) -> None:
        """Keeps what was written since it looked the last time; a page that failed is forgotten."""
        looked_at, self._in_hand = self._in_hand, []
        for one in looked_at:
            if not one.done():
                self._in_hand.append(one)
            elif self._pages is not None and one.exception() is None:
                self._pages.keep(one.result(), self._reporter)
