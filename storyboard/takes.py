"""Takes: other drawings of a panel's preview, beside the one that the story asks for.

Each has a number, counted from 1 for each panel and never given again. They are listed in
`output/NAME/takes.json` and shown as `output/NAME/takes/1.face/take-03.png`; their pictures are
entries of the store like any other.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from storyboard import disk
from storyboard.compiled import PanelJobs
from storyboard.digests import digest, recipe
from storyboard.events import Note, Reporter
from storyboard.files import safe_names, set_aside, write_atomic
from storyboard.jobs import PreviewJob
from storyboard.ledger import PanelLedger
from storyboard.lock import StoreProblem, reason
from storyboard.planning import PlanItem
from storyboard.recalling import recalled_takes
from storyboard.recipes import RecipeProblem, restore_preview
from storyboard.sealed import sealed, unsealed
from storyboard.store import Entry, Store

FOLDER = "takes"
_FORMAT = 2


@dataclass(frozen=True, slots=True)
class Take:
    """One drawing of a panel. `told` says in a few words how it differs from the story's own."""

    number: int
    job: PreviewJob
    raw_prompt: str
    told: str

    @property
    def digest(self) -> str:
        """What its picture is kept under."""
        return digest(self.job)


class TakeBook:
    """All takes of one story, by panel. Only the coordinator adds to it, under the store's lock."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.notes: tuple[str, ...] = ()
        """What the user should know of it, once it is saved."""
        self._takes: dict[str, tuple[Take, ...]] = {}
        self._last: dict[str, int] = {}
        self._damaged = False

    @classmethod
    def load(cls, folder: Path) -> TakeBook:
        """Reads the book of the story whose output `folder` is; an empty one where there is none.
        One that is damaged, or gone while its pictures are there, is made again from these.

        Writes nothing: a damaged one is set aside when it is saved. Raises `StoreProblem` where it
        cannot be read.
        """
        book = cls(folder)
        try:
            book._fill(disk.read(book.path))
        except (FileNotFoundError, NotADirectoryError):
            book._recall("is gone")
        except OSError as problem:
            raise StoreProblem(f"{book.path} cannot be read: {reason(problem)}") from problem
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, RecipeProblem):
            book._damaged = True
            book._recall("is damaged")
        return book

    def _fill(self, data: bytes) -> None:
        document = unsealed(data, _FORMAT)
        self._takes = {p: tuple(map(_decoded, takes)) for p, takes in document["takes"].items()}
        self._last = {panel: int(number) for panel, number in document.get("last", {}).items()}

    def _recall(self, why: str) -> None:
        self._takes, self._last = {}, {}
        for one in recalled_takes(self.folder / FOLDER):
            assert isinstance(one.job, PreviewJob)
            self.add(one.panel, Take(one.number, one.job, one.raw_prompt, "found again"))
        if self._takes or self._damaged:
            count = sum(map(len, self._takes.values()))
            self.notes = (
                f"{self.path}, the list of takes, {why}; found again by their pictures beside it: "
                f"{count}",
            )

    @property
    def path(self) -> Path:
        """Where it is kept."""
        return self.folder / "takes.json"

    def of(self, panel: str) -> tuple[Take, ...]:
        """A panel's takes, in the order of their numbers."""
        return self._takes.get(panel, ())

    def numbered(self, panel: str, number: int) -> Take | None:
        """The take of that number."""
        return next((take for take in self.of(panel) if take.number == number), None)

    def next_number(self, panel: str) -> int:
        """The number of the next take."""
        return max((self._last.get(panel, 0), *(take.number for take in self.of(panel)))) + 1

    def all(self) -> tuple[tuple[str, Take], ...]:
        """All takes, each with its panel."""
        return tuple((panel, take) for panel, takes in self._takes.items() for take in takes)

    def digests(self) -> frozenset[str]:
        """The pictures of all takes."""
        return frozenset(take.digest for _, take in self.all())

    def drop(self, digests: frozenset[str]) -> list[tuple[str, Take]]:
        """Strikes takes off the list, whose numbers are not given again; gives those that were
        there, each with its panel."""
        dropped = [(panel, take) for panel, take in self.all() if take.digest in digests]
        for panel, take in dropped:
            self._last[panel] = self.next_number(panel) - 1
            self._takes[panel] = tuple(one for one in self.of(panel) if one != take)
        return dropped

    def add(self, panel: str, take: Take) -> None:
        """Lists a take whose picture is stored; one that is listed already stays as it is."""
        if self.numbered(panel, take.number) is None:
            known = (*self.of(panel), take)
            self._takes[panel] = tuple(sorted(known, key=lambda one: one.number))

    def save(self) -> None:
        """Writes it, whole or not at all. Raises `StoreProblem`."""
        takes = {panel: [_encoded(take) for take in of] for panel, of in self._takes.items()}
        document = {"format": _FORMAT, "takes": takes}
        if self._last:
            document["last"] = self._last
        data = sealed(json.dumps(document, indent=1))
        try:
            if self._damaged:
                self.notes = (*self.notes, set_aside(self.path))
                self._damaged = False
            write_atomic(self.path, data)
        except OSError as problem:
            raise StoreProblem(f"{self.path} cannot be written: {reason(problem)}") from problem


def view_of(folder: Path, name: str, number: int) -> Path:
    """Where people find a take, in its story's output `folder`; `name` is its panel's as a file."""
    return folder / FOLDER / name / f"take-{number:02}.png"


def takes_plan(
    takes: Iterable[tuple[PanelJobs, Take]], held: Container[str]
) -> tuple[PlanItem, ...]:
    """The plan of drawing takes; `held` has the digests that the store holds."""
    return tuple(
        PlanItem(
            panel=panel.address,
            page=panel.page,
            kind="preview",
            job=take.job,
            digest=take.digest,
            state="ready" if take.digest in held else "missing",
            reason="" if take.digest in held else "never drawn",
            raw_prompt=take.raw_prompt,
            take=take.number,
        )
        for panel, take in takes
    )


class TakeLedger:
    """Lists takes in their book as they are drawn, and shows them; see `storyboard.ledger`."""

    def __init__(
        self,
        book: TakeBook,
        takes: Iterable[tuple[str, Take]],
        panels: Iterable[str],
        reporter: Reporter,
    ) -> None:
        self._book = book
        self._takes = {(panel, take.number): take for panel, take in takes}
        self._names = safe_names(panels)
        self._reporter = reporter

    def open(self, store: Store) -> None:
        """See `Ledger`."""
        self.save()
        for note in self._book.notes:
            self._reporter(Note(note))

    def there(self, item: PlanItem, entry: Entry) -> None:
        """See `Ledger`. The book is written at once: a take that is told of is never lost."""
        assert item.take is not None
        self._book.add(item.panel, self._takes[item.panel, item.take])
        self._book.save()
        path = self.path(item)
        try:
            if not (path.is_file() and path.read_bytes() == entry.picture):
                write_atomic(path, entry.picture, durable=False)
        except OSError as problem:
            self._reporter(Note(f"{path} cannot be brought up to date: {reason(problem)}"))

    def failed(self, item: PlanItem, message: str) -> None:
        """See `Ledger`: a take that could not be drawn is none."""

    def path(self, item: PlanItem) -> Path:
        """See `Ledger`."""
        assert item.take is not None
        return view_of(self._book.folder, self._names[item.panel], item.take)

    def save(self) -> None:
        """See `Ledger`."""
        if self._book.digests() or self._book.notes:
            self._book.save()


class StoryLedger:
    """A story's own pictures and the takes that it asks for beside them, in one run."""

    def __init__(self, own: PanelLedger, takes: TakeLedger) -> None:
        self._own, self._takes = own, takes

    def open(self, store: Store) -> None:
        """See `Ledger`."""
        self._own.open(store)
        self._takes.open(store)

    def there(self, item: PlanItem, entry: Entry) -> None:
        """See `Ledger`."""
        self._of(item).there(item, entry)

    def failed(self, item: PlanItem, message: str) -> None:
        """See `Ledger`."""
        self._of(item).failed(item, message)

    def path(self, item: PlanItem) -> Path:
        """See `Ledger`."""
        return self._of(item).path(item)

    def save(self) -> None:
        """See `Ledger`."""
        self._own.save()
        self._takes.save()

    def _of(self, item: PlanItem) -> PanelLedger | TakeLedger:
        return self._own if item.take is None else self._takes


def _encoded(take: Take) -> dict[str, Any]:
    return {
        "take": take.number,
        "told": take.told,
        "raw_prompt": take.raw_prompt,
        "recipe": recipe(take.job),
    }


def _decoded(found: Mapping[str, Any]) -> Take:
    number = found["take"]
    if not isinstance(number, int) or number < 1:
        raise ValueError("no take's number")
    job = restore_preview(found["recipe"])
    return Take(number, job, str(found["raw_prompt"]), str(found["told"]))
