"""What is done for one page, here or in another process: composing it, and drawing its files.

A composed page lies in a file between the two, so that what is passed around stays small and no
more than a page is in memory.
"""

from __future__ import annotations

import hashlib
import io
import pickle
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import PIL
from PIL import Image

from storyboard import __version__, disk
from storyboard.export.images import Encoding, Jpeg, picture_file
from storyboard.export.webtoon import MOST_BYTES, WIDTH, Strip, strip
from storyboard.files import write_atomic
from storyboard.freshness import Freshness, key_of
from storyboard.geometry import Size
from storyboard.pages.compose import PageDrawing, compose_page
from storyboard.pages.content import PageContent, PanelContent
from storyboard.pages.fonts import Fonts
from storyboard.pages.lettering import LetteringProblem
from storyboard.pages.pictures import open_picture
from storyboard.pages.raster import rasterise
from storyboard.pages.saliency import saliency

_LOOKED_AT = 256
"""Pixels of a picture's shorter side that tell where it is busy; its grid is much coarser."""


@dataclass(frozen=True, slots=True)
class ToCompose:
    """A page, what it is lettered in, whether it is to be a strip, and the file that its drawing is
    put into."""

    content: PageContent
    fonts: Fonts
    as_strip: bool
    kept: Path


@dataclass(frozen=True, slots=True)
class Composed:
    """What is known of a composed page: `key` tells its drawing from any other, `slices` are where
    a strip is cut."""

    number: int
    size: Size
    spread: bool
    key: str
    problems: tuple[LetteringProblem, ...]
    kept: Path
    scale: float = 1.0
    slices: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """A picture file of a page: at `scale` times its size, and of a strip only the part between
    `part`'s two heights."""

    path: Path
    encoding: Encoding
    scale: float = 1.0
    part: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class ToDraw:
    """The files that are wanted of one composed page."""

    kept: Path
    files: tuple[Wanted, ...]


@dataclass(frozen=True, slots=True)
class ToPress:
    """A page, the files that are wanted of it by their names, and what is remembered of these."""

    page: ToCompose
    files: Mapping[str, Wanted]
    fresh: Freshness


@dataclass(frozen=True, slots=True)
class Made:
    """A file that was written: its name, what it was made from, and its bytes' sha256."""

    name: str
    key: str
    sha256: str


def compose(task: ToCompose) -> Composed:
    """Lays a page out, and keeps its drawing. Raises `ProblemsError` where a picture cannot be
    read."""
    content = _looked_at(task.content)
    made = (
        strip(content, task.fonts)
        if task.as_strip
        else Strip(compose_page(content, task.fonts), 1.0, ())
    )
    drawing = made.drawing
    disk.write(task.kept, _pickled(drawing), False)
    return Composed(
        drawing.number,
        drawing.size,
        drawing.spread,
        key_of(drawing, made.scale, made.slices),
        drawing.problems,
        task.kept,
        made.scale,
        made.slices,
    )


def drawing_of(kept: Path) -> PageDrawing:
    """A drawing that `compose` has kept."""
    drawing = pickle.loads(kept.read_bytes())  # our own file, in a folder that nobody else may use
    assert isinstance(drawing, PageDrawing)
    return drawing


class _Pickler(pickle.Pickler):
    """Leaves out what a font has worked out since it was opened: it is worked out again."""

    def reducer_override(self, value: Any) -> Any:
        if is_dataclass(value) and not isinstance(value, type) and hasattr(value, "__dict__"):
            said = tuple(getattr(value, field.name) for field in fields(value))
            return _said_again, (type(value), said)
        return NotImplemented


@lru_cache(maxsize=256)
def _said_again(kind: type[Any], said: tuple[Any, ...]) -> Any:
    """A font of these fields; the same one for all pages, so that its file is read once."""
    return kind(*said)


def _pickled(drawing: PageDrawing) -> bytes:
    buffer = io.BytesIO()
    _Pickler(buffer, pickle.HIGHEST_PROTOCOL).dump(drawing)
    return buffer.getvalue()


def draw(task: ToDraw) -> tuple[str, ...]:
    """Draws a page once a size and writes its files, each whole or not at all; their sha256.
    Raises `ProblemsError` where a picture cannot be read, OSError where nothing can be written."""
    drawing = drawing_of(task.kept)
    drawn: dict[float, Image.Image] = {}
    hashes = []
    for wanted in task.files:
        if wanted.scale not in drawn:
            drawn[wanted.scale] = rasterise(drawing, wanted.scale)
        data = _encoded(drawn[wanted.scale], wanted, drawing.dpi)
        write_atomic(wanted.path, data)
        hashes.append(hashlib.sha256(data).hexdigest())
    return tuple(hashes)


def press(task: ToPress) -> tuple[Made, ...]:
    """Composes a page, and draws those of its files that are not fresh; these. Raises what
    `compose` and `draw` raise."""
    page = compose(task.page)
    try:
        keys = {name: page_key(wanted.encoding, page) for name, wanted in task.files.items()}
        stale = [name for name, key in keys.items() if not task.fresh.is_fresh(name, key)]
        hashes = draw(ToDraw(page.kept, tuple(task.files[name] for name in stale)))
    finally:
        disk.unlink(page.kept)
    return tuple(Made(name, keys[name], sha256) for name, sha256 in zip(stale, hashes, strict=True))


def page_key(encoding: Encoding, page: Composed) -> str:
    """What a page's file is made from."""
    return file_key("page", encoding, page.key)


def file_key(kind: str, *made_from: object) -> str:
    """What a file of this kind is made from, beside the program itself and the one that packs
    pictures."""
    return key_of(__version__, PIL.__version__, kind, *made_from)


def _encoded(page: Image.Image, wanted: Wanted, dpi: float) -> bytes:
    if wanted.part is None:
        return picture_file(page, wanted.encoding, dpi * wanted.scale)
    top, bottom = wanted.part
    part = page.crop((0, top, WIDTH, bottom))
    quality = wanted.encoding.quality if isinstance(wanted.encoding, Jpeg) else 95
    while True:
        data = picture_file(part, Jpeg(quality), 72)
        if len(data) < MOST_BYTES or quality <= 5:
            return data
        quality -= 5


def _looked_at(page: PageContent) -> PageContent:
    """The page whose pictures' busy parts are known; found here, since that means to read them."""
    return replace(page, panels=tuple(map(_panel_looked_at, page.panels)))


def _panel_looked_at(panel: PanelContent) -> PanelContent:
    if panel.picture is None or panel.picture.saliency is not None:
        return panel
    picture = open_picture(panel.picture.path)
    times = max(1, min(picture.size) // _LOOKED_AT)
    pixels = np.asarray(picture.reduce(times))
    return replace(panel, picture=replace(panel.picture, saliency=saliency(pixels)))
