"""Pages out of what is there: pictures from the store or the author's own, lettered, exported."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import PIL

from storyboard import __version__, disk
from storyboard.crew import Crew
from storyboard.desk import Desk
from storyboard.editions import edition
from storyboard.errors import Problem
from storyboard.events import FileWritten, Note, Reporter
from storyboard.export.formats import USUAL, Format
from storyboard.export.sheet import Thumbnail, contact_sheet
from storyboard.files import make_folders, remove_tree
from storyboard.freshness import Freshness, key_of
from storyboard.gathering import Gathered, Stage, gather
from storyboard.pressing import Press, Tell

_SCRATCH = "pages-"


@dataclass(frozen=True, slots=True)
class Assembled:
    """What is wrong with the pages that were asked for, as sentences, and whether nothing is; and
    what is not translated."""

    problems: tuple[str, ...]
    warnings: tuple[Problem, ...] = ()

    @property
    def complete(self) -> bool:
        """Every picture is there and every text fits."""
        return not self.problems


def assemble(
    desk: Desk,
    stage: Stage,
    reporter: Reporter,
    formats: Sequence[Format] | None = None,
    only: frozenset[str] | None = None,
    languages: Sequence[str] = (),
    crew: Crew | None = None,
) -> Assembled:
    """Letters and writes pages, and from finals the exports; in a draft the contact sheet.

    With `only`, just the pages that hold these panels, and exports only if all is there. A panel
    whose picture is missing shows its name. What is written, and in which languages, is what the
    story says where it is not said here. Raises `ProblemsError` for an author's own picture that
    cannot be read or a side file that is wrong, OSError where nothing can be written.
    """
    editions = [edition(desk.loaded.file, one) for one in languages or (None,)]
    panels = desk.compiled.panels
    gathered = gather(panels, desk.plan(finals=True).items, desk.store, stage)
    numbers = sorted({p.page for p in panels if only is None or p.address in only})
    whole = stage == "final" and (only is None or not (gathered.missing or gathered.previews))
    wanted = _wanted(desk, stage, formats)
    if stage == "final" and not whole and any(one in _BOOKS for one in wanted):
        reporter(Note("books and strips wait until all panels are drawn"))
    cache = desk.store.folder.parent / ".cache"
    fresh = Freshness(desk.folder, cache / "written" / f"{desk.compiled.name}.json")
    problems: list[str] = []
    try:
        with _scratch(cache) as scratch, crew or Crew() as hands:
            for one in editions:
                folder = "pages" if stage == "final" else "draft"
                press = Press(one, desk.compiled.name, folder, gathered, fresh, hands, scratch)
                told = press.run(wanted, numbers, whole, _teller(desk, reporter))
                problems += [f"{problem.panel}: {problem.message}" for problem in told]
        if stage == "draft":
            _contact_sheet(desk, gathered, fresh, reporter)
    finally:
        fresh.save()
    problems += _missing(gathered, only)
    return Assembled(tuple(problems), tuple(w for one in editions for w in one.warnings))


_BOOKS = (Format.PDF, Format.CBZ, Format.EPUB, Format.WEBTOON, Format.HTML)


def _wanted(desk: Desk, stage: Stage, formats: Sequence[Format] | None) -> tuple[Format, ...]:
    """What is to be written; in a draft pages to look at."""
    if stage == "draft":
        return (Format.PNG,)
    if formats is not None:
        return tuple(formats)
    said = desk.loaded.file.story.export.formats
    return USUAL if said is None else tuple(map(Format, said))


def _teller(desk: Desk, reporter: Reporter) -> Tell:
    return lambda kind, name: reporter(FileWritten(kind, str(desk.folder / name)))


def _missing(gathered: Gathered, only: frozenset[str] | None) -> Iterator[str]:
    for panel in gathered.missing:
        if only is None or panel in only:
            yield f"{panel}: there is no picture yet"
    for panel in gathered.previews:
        if only is None or panel in only:
            yield f"{panel}: its final is not drawn yet, the page shows its preview"


def _contact_sheet(desk: Desk, gathered: Gathered, fresh: Freshness, reporter: Reporter) -> None:
    """All pictures with their panels' names."""
    thumbnails = [
        Thumbnail(one.address, gathered.pictures.get(one.address)) for one in desk.compiled.panels
    ]
    key = key_of(__version__, PIL.__version__, "contact sheet", *thumbnails)
    _, written = fresh.file("contact-sheet.png", key, lambda: contact_sheet(thumbnails))
    if written:
        reporter(FileWritten("contact sheet", str(desk.folder / "contact-sheet.png")))


@contextmanager
def _scratch(cache: Path) -> Iterator[Path]:
    """A folder for what lies between two steps; what a killed run has left there is swept away."""
    make_folders(cache, durable=False)
    for left in cache.glob(f"{_SCRATCH}*"):
        remove_tree(left)
    folder = cache / f"{_SCRATCH}{secrets.token_hex(8)}"
    disk.make_folder(folder)
    try:
        yield folder
    finally:
        remove_tree(folder)
