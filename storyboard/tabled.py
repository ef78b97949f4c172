"""A story's panels and takes as the light table shows them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from storyboard.compiled import PanelJobs
from storyboard.desk import Desk
from storyboard.digests import digest
from storyboard.engine.names import evaluations
from storyboard.events import FileWritten, Kind, Reporter
from storyboard.export.light_table import (
    LightTable,
    PanelCard,
    TakeCard,
    Thumbnails,
    light_table_html,
)
from storyboard.files import write_atomic
from storyboard.geometry import Size
from storyboard.jobs import FinalJob, PreviewJob, Sampling
from storyboard.pictures import drift_of, score_of
from storyboard.planning import PlanItem
from storyboard.takes import TakeBook
from storyboard.tokens import PanelTokens, panel_tokens

NAME = "contact-sheet.html"


def write_light_table(
    desk: Desk, cache: Path, reporter: Reporter, options: tuple[str, ...] = ()
) -> None:
    """Writes `contact-sheet.html` into the story's folder where it is not there as it should be.
    `cache` keeps small pictures. Raises OSError where it cannot be written."""
    path = desk.folder / NAME
    html = light_table_html(light_table_of(desk, options), Thumbnails(cache / "thumbnails"))
    if not (path.is_file() and path.read_bytes() == html):
        write_atomic(path, html, durable=False)
        reporter(FileWritten("light table", str(path)))


def light_table_of(desk: Desk, options: tuple[str, ...] = ()) -> LightTable:
    """The light table of a story; `options` are the words that the user's other commands need."""
    items: dict[tuple[str, Kind], PlanItem] = {
        (item.panel, item.kind): item for item in desk.plan(finals=True).items if item.take is None
    }
    tokens = {one.panel: one for one in panel_tokens(desk.compiled)}
    book = desk.book()
    cards = tuple(
        _panel(desk, panel, items, book, tokens.get(panel.address))
        for panel in desk.compiled.panels
    )
    story = desk.loaded.file.story
    return LightTable(story.title, desk.compiled.source, cards, story.reading, options=options)


def _panel(
    desk: Desk,
    panel: PanelJobs,
    items: Mapping[tuple[str, Kind], PlanItem],
    book: TakeBook,
    tokens: PanelTokens | None,
) -> PanelCard:
    item, job = items.get((panel.address, "preview")), panel.preview
    prefix = f"panel {panel.address}: "
    warnings = tuple(
        one.message.removeprefix(prefix)
        for one in desk.loaded.warnings
        if one.message.startswith(prefix)
    )
    return PanelCard(
        address=panel.address,
        page=panel.page,
        state=item.state if item else "ready",
        reason=item.reason if item else "a picture of the author's own",
        prompt=panel.raw_prompt,
        negative=job.negative if job else "",
        loras=tuple((one.file.name, one.unet) for one in job.adapters) if job else (),
        sampler=_sampling(job.sampling) if job else "",
        size=job.size if job else Size(256, 256),
        tokens=str(tokens).removeprefix(f"{panel.address}: ") if tokens else "",
        warnings=warnings,
        final=_final(desk, panel.final, items.get((panel.address, "final"))),
        takes=tuple(_takes(desk, panel, book)),
        redrawable=job is not None and not panel.locked,
    )


def _takes(desk: Desk, panel: PanelJobs, book: TakeBook) -> Iterator[TakeCard]:
    if panel.own is None or panel.preview is None:
        return
    present = digest(panel.preview)
    jobs: list[tuple[int | None, PreviewJob, str]] = [(None, panel.own, f"seed {panel.own.seed}")]
    jobs += [(take.number, take.job, take.told) for take in book.of(panel.address)]
    for number, job, told in jobs:
        entry = desk.store.get(digest(job))
        yield TakeCard(
            number=number,
            label=told,
            seed=job.seed,
            picture=entry.picture_path if entry else None,
            picked=digest(job) == present,
            score=round(score_of(entry, "best"), 2) if entry and len(jobs) > 1 else None,
        )


def _final(desk: Desk, job: FinalJob | None, item: PlanItem | None) -> str:
    """What a final would cost, or that it is there and how far it drifted."""
    if job is None or item is None:
        return "the preview is the final"
    if item.state == "ready" and (entry := desk.store.get(item.digest)) is not None:
        drift = drift_of(entry.record)
        return "drawn" if drift is None else f"drawn, drift {drift:.2f}"
    asked = evaluations(job.sampling.sampler, job.sampling.steps)
    return f"{job.size}, {job.sampling.steps} steps ({asked} evaluations of the model)"


def _sampling(sampling: Sampling) -> str:
    return f"{sampling.sampler}, {sampling.steps} steps, cfg {sampling.cfg:g}"
