"""Pages out of what is there: pictures from the store or the author's own, lettered, exported."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import PIL
from PIL import Image

from storyboard import __version__
from storyboard.compiled import PanelJobs
from storyboard.desk import Desk
from storyboard.events import FileWritten, Note, Reporter
from storyboard.export.book import Book
from storyboard.export.cbz import cbz_bytes
from storyboard.export.pdf import pdf_bytes
from storyboard.export.png import page_png
from storyboard.export.sheet import Thumbnail, contact_sheet
from storyboard.freshness import Freshness, key_of
from storyboard.geometry import Size
from storyboard.lettered import page_content
from storyboard.pages.compose import PageDrawing, compose_page
from storyboard.pages.content import PictureRef
from storyboard.pages.pictures import open_picture
from storyboard.pages.saliency import saliency
from storyboard.planning import PlanItem
from storyboard.store import Store

Stage = Literal["draft", "final"]
PictureKind = Literal["preview", "final"]


_MOST_SEEN = 3_000
"""Of a picture's longer side, when it is looked at."""


@dataclass(frozen=True, slots=True)
class Assembled:
    """What is wrong with the pages that were asked for, as sentences; and whether nothing is."""

    problems: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Every picture is there and every text fits."""
        return not self.problems


def assemble(
    desk: Desk,
    stage: Stage,
    reporter: Reporter,
    formats: Collection[str] = ("png", "pdf", "cbz"),
    only: frozenset[str] | None = None,
) -> Assembled:
    """Letters and writes pages, and from finals the exports; in a draft the contact sheet.

    With `only`, just the pages that hold these panels, and exports only if all is there. A panel
    whose picture is missing shows its name. Raises `ProblemsError` for an author's own picture
    that cannot be read, OSError where nothing can be written.
    """
    panels = desk.compiled.panels
    gathered = gather(panels, desk.plan(finals=True).items, desk.store, stage)
    numbers = sorted({p.page for p in panels if only is None or p.address in only})
    drawings = {number: _page(desk, number, gathered) for number in numbers}
    writer = _Writer(desk, stage, reporter)
    for drawing in drawings.values() if "png" in formats else ():
        writer.page(drawing)
    if stage == "draft":
        writer.contact_sheet(gathered)
    elif only is None or not (gathered.missing or gathered.previews):
        whole = range(1, len(desk.loaded.file.story.pages) + 1)
        writer.exports([drawings.get(n) or _page(desk, n, gathered) for n in whole], formats)
    else:
        reporter(Note("the PDF and the CBZ wait until all panels are drawn"))
    writer.save()
    return Assembled(tuple(_problems(drawings.values(), gathered, desk, only)))


def _page(desk: Desk, number: int, gathered: Gathered) -> PageDrawing:
    return compose_page(page_content(desk.loaded.file, number - 1, gathered.pictures))


def _problems(
    drawings: Iterable[PageDrawing], gathered: Gathered, desk: Desk, only: frozenset[str] | None
) -> Iterator[str]:
    for drawing in drawings:
        for problem in drawing.problems:
            yield f"{problem.panel}: {problem.message}"
    for panel in gathered.missing:
        if only is None or panel in only:
            yield f"{panel}: there is no picture yet"
    for panel in gathered.previews:
        if only is None or panel in only:
            yield f"{panel}: its final is not drawn yet, the page shows its preview"


class _Writer:
    """Writes one story's files, each whole or not at all, and tells of those that changed."""

    def __init__(self, desk: Desk, stage: Stage, reporter: Reporter) -> None:
        self._desk = desk
        self._pages = "pages" if stage == "final" else "draft"
        self._reporter = reporter
        memory = desk.store.folder.parent / ".cache" / "written" / f"{desk.compiled.name}.json"
        self._fresh = Freshness(desk.folder, memory)

    def page(self, drawing: PageDrawing) -> bytes:
        """A page as a PNG, written where that is not done yet."""
        name = f"{self._pages}/page-{drawing.number:02}.png"
        return self._write("page", name, [drawing], lambda: page_png(drawing))

    def contact_sheet(self, gathered: Gathered) -> None:
        """All pictures with their panels' names."""
        panels = self._desk.compiled.panels
        thumbnails = [Thumbnail(one.address, gathered.pictures.get(one.address)) for one in panels]
        self._write(
            "contact sheet", "contact-sheet.png", thumbnails, lambda: contact_sheet(thumbnails)
        )

    def exports(self, pages: Sequence[PageDrawing], formats: Collection[str]) -> None:
        """The whole story as PDF and CBZ."""
        story = self._desk.loaded.file.story
        name = self._desk.compiled.name
        book = Book(story.title, story.author, story.language, story.reading)
        if "pdf" in formats:
            self._write("PDF", f"{name}.pdf", [book, *pages], lambda: pdf_bytes(pages, book))
        if "cbz" in formats:
            self._write(
                "CBZ", f"{name}.cbz", [book, *pages], lambda: cbz_bytes(pages, book, self.page)
            )

    def save(self) -> None:
        """Remembers what was written."""
        self._fresh.save()

    def _write(
        self, kind: str, name: str, made_from: Iterable[object], make: Callable[[], bytes]
    ) -> bytes:
        key = key_of(__version__, PIL.__version__, kind, *made_from)
        data, written = self._fresh.file(name, key, make)
        if written:
            self._reporter(FileWritten(kind, str(self._desk.folder / name)))
        return data


@dataclass(frozen=True, slots=True)
class Gathered:
    """Pictures by panel address; the panels that have none; those that have only a preview."""

    pictures: Mapping[str, PictureRef]
    missing: tuple[str, ...]
    previews: tuple[str, ...]


def gather(
    panels: Iterable[PanelJobs], items: Iterable[PlanItem], store: Store, stage: Stage
) -> Gathered:
    """Each panel's picture: its final (in a draft its preview), else what there is of it.

    `items` is the plan of the panels with finals. Pictures are read, and checked by hash.
    """
    held = {(item.panel, item.kind): item.digest for item in items if item.state == "ready"}
    pictures: dict[str, PictureRef] = {}
    missing: list[str] = []
    previews: list[str] = []
    for panel in panels:
        if panel.art is not None:
            pictures[panel.address] = _own_picture(Path(panel.art))
            continue
        final_kind: PictureKind = "preview" if panel.final is None else "final"
        kinds: tuple[PictureKind, ...] = (final_kind, "preview")
        if stage == "draft":
            kinds = ("preview", final_kind)
        found = next(_stored(panel.address, kinds, held, store), None)
        if found is None:
            missing.append(panel.address)
            continue
        pictures[panel.address], kind = found
        if stage == "final" and kind != final_kind:
            previews.append(panel.address)
    return Gathered(pictures, tuple(missing), tuple(previews))


def _stored(
    address: str,
    kinds: Iterable[PictureKind],
    held: Mapping[tuple[str, PictureKind], str],
    store: Store,
) -> Iterator[tuple[PictureRef, PictureKind]]:
    for kind in kinds:
        digest = held.get((address, kind))
        picture = picture_of(store, digest) if digest is not None else None
        if picture is not None:
            yield picture, kind


def picture_of(store: Store, digest: str) -> PictureRef | None:
    """A stored picture for a page or a sheet; None where the store has none that is sound."""
    entry = store.get(digest)
    return None if entry is None else _picture(entry.picture_path, entry.picture)


def _picture(path: Path, data: bytes) -> PictureRef:
    with Image.open(io.BytesIO(data)) as image:
        pixels = np.asarray(image.convert("RGB"))
        sha256 = hashlib.sha256(data).hexdigest()
        return PictureRef(path, Size(*image.size), saliency(pixels), sha256)


def _own_picture(path: Path) -> PictureRef:
    picture = open_picture(path)
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    # Of a scan of 60 megapixels nobody needs all of them to see where it is busy.
    seen = picture.reduce(-(-max(picture.size) // _MOST_SEEN))
    return PictureRef(path, Size(*picture.size), saliency(np.asarray(seen)), sha256)
