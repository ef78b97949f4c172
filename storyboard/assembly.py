"""Pages out of what is there: pictures from the store or the author's own, lettered, exported."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import PIL

from storyboard import __version__, disk
from storyboard.compiled import PanelJobs
from storyboard.crew import Crew
from storyboard.desk import Desk
from storyboard.editions import Edition, edition
from storyboard.errors import Problem
from storyboard.events import FileWritten, Note, Reporter
from storyboard.export.formats import BY_PAGE, USUAL, Format
from storyboard.export.sheet import Thumbnail, contact_sheet
from storyboard.files import make_folders, remove_tree
from storyboard.freshness import Freshness, key_of
from storyboard.gathering import Gathered, Stage, gather
from storyboard.pagework import Made
from storyboard.planning import plan
from storyboard.pressing import Press, Tell
from storyboard.store import Store

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
    editions = _editions(desk, languages)
    panels = desk.compiled.panels
    gathered = gather(panels, desk.plan(finals=True).items, desk.store, stage)
    numbers = sorted({p.page for p in panels if only is None or p.address in only})
    whole = stage == "final" and (only is None or not (gathered.missing or gathered.previews))
    wanted = _wanted(desk, stage, formats)
    if stage == "final" and not whole and any(one in _BOOKS for one in wanted):
        reporter(Note("books and strips wait until all panels are drawn"))
    fresh = _freshness(desk)
    problems: list[str] = []
    try:
        with scratch_of(desk) as scratch, crew or Crew() as hands:
            for one in editions:
                press = _press(desk, stage, one, gathered, fresh, hands, scratch)
                told = press.run(wanted, numbers, whole, _teller(desk, reporter))
                problems += [f"{problem.panel}: {problem.message}" for problem in told]
        if stage == "draft":
            _contact_sheet(desk, gathered, fresh, reporter)
    finally:
        fresh.save()
    problems += _missing(gathered, only)
    return Assembled(tuple(problems), tuple(w for one in editions for w in one.warnings))


class SinglePages:
    """Pages one by one, each by other processes, just as `assemble` would make it; so that it finds
    them fresh then. For whoever holds the store, while some pictures are still to come."""

    def __init__(
        self,
        desk: Desk,
        stage: Stage,
        formats: Sequence[Format] | None,
        languages: Sequence[str],
        crew: Crew,
        scratch: Path,
    ) -> None:
        """Raises `ProblemsError` for a side file that is wrong."""
        self._desk, self._stage, self._crew, self._scratch = desk, stage, crew, scratch
        self._formats = [one for one in _wanted(desk, stage, formats) if one in BY_PAGE]
        self._editions = _editions(desk, languages)
        self._fresh = _freshness(desk)
        self._page_of = {panel.address: panel.page for panel in desk.compiled.panels}
        self._panels: dict[int, list[PanelJobs]] = {}
        for panel in desk.compiled.panels:
            self._panels.setdefault(panel.page, []).append(panel)

    def of(self, panel: str) -> int:
        """The number of the page that a panel stands on, by its address."""
        return self._page_of[panel]

    def begin(self, number: int) -> list[Future[tuple[Made, ...]]]:
        """A page's files being written, by editions; none where a picture of it is not there, or
        nothing is wanted but books. Raises what `gather` raises."""
        gathered = self._whole(self._panels[number]) if self._formats else None
        if gathered is None:
            return []
        how = gathered, self._fresh, self._crew, self._scratch
        presses = [_press(self._desk, self._stage, one, *how) for one in self._editions]
        return [press.begin(self._formats, number) for press in presses]

    def keep(self, written: Iterable[Made], reporter: Reporter) -> None:
        """Remembers files that were written, and tells of them."""
        tell = _teller(self._desk, reporter)
        for one in written:
            self._fresh.made(one.name, one.key, one.sha256)
            tell("page", one.name)

    def save(self) -> None:
        """Writes what is remembered. Raises OSError."""
        self._fresh.save()

    def _whole(self, panels: Sequence[PanelJobs]) -> Gathered | None:
        """These panels' pictures, in the stage that is drawn; None where one is not there."""
        desk, stage = self._desk, self._stage
        page = replace(desk.compiled, panels=tuple(panels))
        items = plan(page, _Held(desk.store), desk.manifest, finals=stage == "final").items
        if any(item.state != "ready" for item in items):
            return None
        gathered = gather(panels, items, desk.store, stage)
        return None if gathered.missing or gathered.previews else gathered


@dataclass(frozen=True, slots=True)
class _Held:
    """What a store holds, asked for one digest at a time."""

    store: Store

    def __contains__(self, digest: object) -> bool:
        return isinstance(digest, str) and self.store.has(digest)


_BOOKS = (Format.PDF, Format.CBZ, Format.EPUB, Format.WEBTOON, Format.HTML)


def _editions(desk: Desk, languages: Sequence[str]) -> list[Edition]:
    return [edition(desk.loaded.file, one) for one in languages or (None,)]


def _press(
    desk: Desk,
    stage: Stage,
    edition: Edition,
    gathered: Gathered,
    fresh: Freshness,
    crew: Crew,
    scratch: Path,
) -> Press:
    folder = "pages" if stage == "final" else "draft"
    return Press(edition, desk.compiled.name, folder, gathered, fresh, crew, scratch)


def _freshness(desk: Desk) -> Freshness:
    memory = _cache(desk) / "written" / f"{desk.compiled.name}.json"
    return Freshness(desk.folder, memory)


def _cache(desk: Desk) -> Path:
    return desk.store.folder.parent / ".cache"


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
def scratch_of(desk: Desk) -> Iterator[Path]:
    """A folder for what lies between two steps; what a killed run has left there is swept away, so
    there is one at a time. Raises OSError."""
    cache = _cache(desk)
    make_folders(cache, durable=False)
    for left in cache.glob(f"{_SCRATCH}*"):
        remove_tree(left)
    folder = cache / f"{_SCRATCH}{secrets.token_hex(8)}"
    disk.make_folder(folder)
    try:
        yield folder
    finally:
        remove_tree(folder)
