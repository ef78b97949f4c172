"""The light table as one HTML file: pictures, styles and script within, nothing from outside."""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from storyboard.export.light_table.cards import LightTable, PanelCard, TakeCard
from storyboard.export.light_table.commands import draw_command, pick_command
from storyboard.export.light_table.thumbnails import Thumbnail, Thumbnails
from storyboard.export.standing import page_template
from storyboard.geometry import Size

_LONGEST = 512  # pixels: a preview's size or nearly, so that a take can be looked at large
_MOST_PIXELS = 800 * _LONGEST**2  # in all: some 40 MB of HTML at the most
_STATES = {"missing": "not drawn", "stale": "stale", "failed": "failed"}


@dataclass(frozen=True, slots=True)
class _Take:
    """A take as it is shown. `seed` is empty where the label says it already; `source` is the
    picture as a data URI, empty where there is none."""

    card: TakeCard
    name: str
    seed: str
    command: str
    source: str
    size: Size


@dataclass(frozen=True, slots=True)
class _Panel:
    card: PanelCard
    number: int
    badge: str
    draw: str
    takes: tuple[_Take, ...]


def light_table_html(table: LightTable, thumbnails: Thumbnails | None = None) -> bytes:
    """The file. Its pictures are `thumbnails`', at most 512 pixels on the longer side, less where
    there are more than 800 pictures.

    Equal tables and picture files give equal bytes. Raises `ProblemsError` where a picture cannot
    be read.
    """
    panels = list(_panels(table, thumbnails or Thumbnails()))
    html = page_template(__package__).render(
        table=table,
        pages=[(page, list(on_it)) for page, on_it in groupby(panels, lambda p: p.card.page)],
        counts=_counts(table),
    )
    return html.encode("utf-8")


def _panels(table: LightTable, thumbnails: Thumbnails) -> Iterator[_Panel]:
    pictures = [t.picture for panel in table.panels for t in panel.takes if t.picture is not None]
    made = iter(thumbnails.all(pictures, _edge(len(pictures))))
    for number, panel in enumerate(table.panels, 1):
        takes = tuple(
            _take(table, panel, take, None if take.picture is None else next(made))
            for take in panel.takes
        )
        draw = draw_command(table, panel) if panel.redrawable else ""
        yield _Panel(panel, number, _STATES.get(panel.state, ""), draw, takes)


def _take(
    table: LightTable, panel: PanelCard, take: TakeCard, thumbnail: Thumbnail | None
) -> _Take:
    name = "the story’s own" if take.number is None else f"take {take.number}"
    seed = "" if take.seed is None else f"seed {take.seed}"
    if seed and re.search(rf"\b{seed}\b", take.label):
        seed = ""
    command = pick_command(table, panel, take)
    if thumbnail is None:
        return _Take(take, name, seed, command, "", panel.size)
    source = f"data:image/webp;base64,{base64.b64encode(thumbnail.data).decode('ascii')}"
    return _Take(take, name, seed, command, source, thumbnail.size)


def _edge(pictures: int) -> int:
    """The longer side of each, so that however many there are, the file can be opened."""
    return max(64, min(_LONGEST, math.isqrt(_MOST_PIXELS // max(1, pictures))))


def _counts(table: LightTable) -> dict[str, int]:
    """How many panels the filters would leave."""
    panels = table.panels
    return {
        "all": len(panels),
        "takes": sum(len(panel.takes) > 1 for panel in panels),
        "open": sum(panel.state != "ready" for panel in panels),
        "warnings": sum(bool(panel.warnings) for panel in panels),
    }
