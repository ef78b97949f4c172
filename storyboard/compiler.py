"""Story and catalog in, jobs out: everything is looked up here, and nothing later."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from storyboard.arranging import named_panels, placed_panels
from storyboard.casting import Cast, Hash
from storyboard.compiled import CompiledStory, PanelJobs
from storyboard.engine.names import SAMPLERS, eta_of, sampler_hint
from storyboard.errors import Mark, Problem, Problems
from storyboard.geometry import Rect, Size
from storyboard.jobs import (
    Adapter,
    Checkpoint,
    FinalJob,
    PreviewJob,
    Rewording,
    Sampling,
    Upscaler,
)
from storyboard.models.catalog import Catalog, Entry
from storyboard.ownfonts import own_fonts
from storyboard.ownpictures import OwnPictures
from storyboard.pages.areas import LayoutProblem
from storyboard.prompting import Composed, Place, Prompting, weights_here
from storyboard.prompts.wildcard_files import WildcardFiles, wildcard_folders
from storyboard.prompts.wildcards import Library
from storyboard.seeds import panel_seed, take_seed
from storyboard.settings import Drawing, resolve
from storyboard.sizes import bucket, enlarged
from storyboard.story.marks import Path as MarkPath
from storyboard.story.model import Page, Panel
from storyboard.story.read import StoryFile
from storyboard.unknown_words import UnknownWords


def compile_story(
    file: StoryFile,
    catalog: Catalog,
    hash_of: Hash,
    finite_cache: Path | None = None,
    known_problems: Iterable[Problem] = (),
) -> tuple[CompiledStory, tuple[Problem, ...]]:
    """The story's jobs, and warnings. `hash_of` gives a model file's or folder's sha256.

    Raises `ProblemsError` with every problem, the known ones too, where anything is wrong.
    """
    problems = Problems(known_problems)
    cast = Cast(file, catalog, hash_of, problems, finite_cache)
    wildcards = WildcardFiles(wildcard_folders(file.directory, catalog.roots))
    compiler = _Compiler(file, cast, problems, wildcards, hash_of)
    panels = tuple(compiler.panels())
    own_fonts(file, problems)
    problems.raise_errors()
    story = file.story
    return CompiledStory(file.name, story.title, str(file.path), panels), problems.all()


def cells(file: StoryFile, page_index: int) -> dict[str, Rect]:
    """The box around each panel of a page, by name. Raises `LayoutProblem`."""
    placed = placed_panels(file.story, file.story.pages[page_index])
    return {name: one.cell for name, one in placed.items()}


def panel_path(file: StoryFile, address: str) -> MarkPath:
    """Where a panel stands in the story's tree; for an address that the story has."""
    for index, page in enumerate(file.story.pages):
        for key, name, _ in named_panels(page):
            if f"{index + 1}.{name}" == address:
                return ("pages", index, "panels", key)
    raise KeyError(address)


class _Compiler:
    """Goes through one story's pages; what is wrong is noted, and the next panel goes on."""

    def __init__(
        self,
        file: StoryFile,
        cast: Cast,
        problems: Problems,
        wildcards: Library,
        hash_of: Hash,
    ) -> None:
        self._file = file
        self._cast = cast
        self._problems = problems
        self._prompting = Prompting(file, problems, cast.people, cast.looks, wildcards)
        self._unknown_words = UnknownWords(file, cast, problems)
        self._pictures = OwnPictures(file, hash_of, problems)
        self._named: Counter[str] = Counter()

    def panels(self) -> Iterator[PanelJobs]:
        """Every panel that could be compiled."""
        for index, page in enumerate(self._file.story.pages):
            rects = self._cells(index)
            for key, name, panel in named_panels(page):
                where = Place(index, key, name)
                occurrence = self._named[name]
                self._named[name] += 1
                cell = rects.get(name)
                jobs = self._panel(where, page, panel, occurrence, cell)
                if jobs is not None:
                    yield jobs

    def _cells(self, index: int) -> dict[str, Rect]:
        try:
            return cells(self._file, index)
        except LayoutProblem as problem:
            mark = self._file.marks.at(self._blamed(index, problem.at))
            self._problems.add(mark, f"page {index + 1}: {problem.message}", problem.hint)
            return {}

    def _blamed(self, index: int, at: tuple[str, ...]) -> MarkPath:
        """Where in the story stands what a page's layout complains about."""
        page = self._file.story.pages[index]
        if at[:1] == ("page",):
            path: MarkPath = ("pages", index, *at)
            return path if self._file.marks.node(path) else at
        if at[:1] == ("panels",):
            keys = {name: key for key, name, _ in named_panels(page)}
            return ("pages", index, "panels", keys[at[1]], *at[2:])
        layout = "layout" if page.layout else "tiers" if page.tiers else "panels"
        return ("pages", index, *(at or (layout,)))

    def _panel(
        self, where: Place, page: Page, panel: Panel, occurrence: int, cell: Rect | None
    ) -> PanelJobs | None:
        drawing = resolve(self._file.story, page, panel, self._cast.recommended)
        self._check_names(where, drawing)
        upscaler = self._upscaler(where, page, panel, drawing)
        seed = drawing.panel_seed
        if seed is None:
            seed = panel_seed(drawing.seed, where.name, occurrence)
        composed = self._prompting.compose(where, page, panel, drawing, seed)
        art = self._pictures.art(where, panel)
        beginning = self._pictures.beginning(where, panel)
        adapters = self._adapters(where, panel, drawing, composed)
        checkpoint, entry = self._cast.checkpoint, self._cast.entry
        if composed is None or cell is None or checkpoint is None or entry is None:
            return None
        if art is not None:
            return self._jobs(where, panel, None, None, composed.raw, art)
        preview = self._preview(where, drawing, composed, adapters, (checkpoint, entry), cell.size)
        preview = replace(preview, beginning=beginning)
        self._unknown_words.look(where, page, panel, drawing, preview)
        wording = self._rewording(where, page, panel, drawing, composed)
        final = self._final(where, drawing, preview, upscaler, wording)
        jobs = self._jobs(where, panel, preview, final, composed.raw, None)
        others = (take_seed(preview.seed, number) for number in range(1, drawing.takes))
        takes = tuple(replace(preview, seed=seed) for seed in others)
        return replace(jobs, candidates=takes, choose=drawing.pick)

    def _jobs(
        self,
        where: Place,
        panel: Panel,
        preview: PreviewJob | None,
        final: FinalJob | None,
        raw: str,
        art: str | None,
    ) -> PanelJobs:
        return PanelJobs(
            address=where.address,
            page=where.page + 1,
            name=where.name,
            preview=preview,
            final=final,
            raw_prompt=raw,
            art=art,
            locked=panel.locked,
        )

    def _preview(
        self,
        where: Place,
        drawing: Drawing,
        composed: Composed,
        adapters: tuple[Adapter, ...],
        model: tuple[Checkpoint, Entry],
        cell: Size,
    ) -> PreviewJob:
        checkpoint, entry = model
        self._warn_of_cuts(where, composed, drawing.steps)
        return PreviewJob(
            checkpoint=checkpoint,
            adapters=adapters,
            embeddings=self._cast.embeddings_in(
                self._file.marks.at((*where.path, "scene")),
                (composed.prompt, composed.negative),
                (drawing.steps, drawing.final.steps or drawing.steps),
            ),
            prompt=composed.prompt,
            negative=composed.negative,
            size=self._size(where, drawing, entry, cell),
            seed=composed.seed,
            sampling=Sampling(
                drawing.sampler,
                drawing.steps,
                drawing.cfg,
                eta_of(drawing.sampler, drawing.eta),
                drawing.ensd,
                _guided_above(drawing, drawing.cfg),
            ),
            rng=drawing.rng,
        )

    def _warn_of_cuts(self, where: Place, composed: Composed, steps: int) -> None:
        mark = self._file.marks.at((*where.path, "scene"))
        for what, text in (("prompt", composed.prompt), ("negative", composed.negative)):
            self._cast.warn_of_cuts(f"panel {where.address}: {what}", text, steps, mark)

    def _size(self, where: Place, drawing: Drawing, entry: Entry, cell: Size) -> Size:
        if drawing.size == "auto":
            return bucket(cell, entry.native_pixels, entry.size_multiple)
        size = drawing.size
        if size.width % 8 or size.height % 8:
            self._problems.add(
                self._file.marks.at((*where.path, "size")),
                f"panel {where.address}: size {size} has a side that is no multiple of 8",
                f"write {enlarged(size, 1)}",
            )
        return size

    def _final(
        self,
        where: Place,
        drawing: Drawing,
        preview: PreviewJob,
        upscaler: Upscaler | None,
        wording: Rewording | None,
    ) -> FinalJob | None:
        final = drawing.final
        if final.is_preview or upscaler is None:
            return None
        sampler = final.sampler or drawing.sampler
        cfg = drawing.cfg if final.cfg is None else final.cfg
        sampling = replace(
            preview.sampling,
            sampler=sampler,
            steps=final.steps or drawing.steps,
            cfg=cfg,
            eta=eta_of(sampler, drawing.eta),
            guided_above=_guided_above(drawing, cfg),
        )
        size = enlarged(preview.size, final.scale)
        if max(size.width, size.height) > 8192:
            self._problems.add(
                self._file.marks.at((*where.path, "final")),
                f"panel {where.address}: its final would be {size} pixels, the limit is 8192",
                "lower final.scale or size",
            )
        first = Rewording(preview.prompt, preview.negative, preview.adapters, preview.embeddings)
        said = wording if final.denoise and wording != first else None
        most = final.max_drift if final.denoise else None
        return FinalJob(preview, size, upscaler, final.denoise, sampling, said, most)

    def _rewording(
        self, where: Place, page: Page, panel: Panel, drawing: Drawing, first: Composed
    ) -> Rewording | None:
        """What the second pass is told, where that has words of its own."""
        if drawing.final.prompt is None and drawing.final.negative is None:
            return None
        composed = self._prompting.reword(where, page, panel, drawing, first)
        if composed is None:
            return None
        steps = drawing.final.steps or drawing.steps
        self._warn_of_cuts(where, composed, steps)
        mark = self._file.marks.at((*where.path, "scene"))
        return Rewording(
            composed.prompt,
            composed.negative,
            self._adapters(where, panel, drawing, composed),
            self._cast.embeddings_in(mark, (composed.prompt, composed.negative), (steps,)),
        )

    def _adapters(
        self, where: Place, panel: Panel, drawing: Drawing, composed: Composed | None
    ) -> tuple[Adapter, ...]:
        mark = self._file.marks.at((*where.path, "scene"))
        found: list[Adapter] = []
        for name, weight in weights_here(panel.characters).items():
            loras = self._cast.characters.get(name, ())
            if weight is not None:
                self._check_weighable(where, name)
            found += loras if weight is None else [_weighing(lora, weight) for lora in loras]
        for name in drawing.styles:
            found += self._cast.styles.get(name, ())
        tagged = (self._cast.tagged(tag, mark) for tag in (composed.tags if composed else ()))
        adapters = _summed([*found, *(adapter for adapter in tagged if adapter)])
        self._warn_of_late(where, adapters, drawing.steps)
        return adapters

    def _warn_of_late(self, where: Place, adapters: Iterable[Adapter], steps: int) -> None:
        for adapter in adapters:
            if adapter.start >= steps:
                self._problems.add(
                    self._file.marks.at((*where.path, "scene")),
                    f"panel {where.address}: LoRA {adapter.file.name} starts at step "
                    f"{adapter.start} of {steps}, so it does not count",
                    "steps are counted from 0",
                    "warning",
                )

    def _check_weighable(self, where: Place, name: str) -> None:
        """A weight for the panel takes the place of the LoRA's: there must be exactly one."""
        character = self._file.story.characters.get(name)
        said = character.lora if character else None
        count = len(said) if isinstance(said, list) else 0 if said is None else 1
        if count != 1:
            self._problems.add(
                self._file.marks.at((*where.path, "characters")),
                f"panel {where.address}: {name} has {count} LoRAs, so a weight for it is not clear",
                f"set the weights under characters.{name}.lora",
            )

    def _check_names(self, where: Place, drawing: Drawing) -> None:
        final = drawing.final
        self._known_sampler(where, "sampler", drawing.sampler)
        if final.sampler is not None:
            self._known_sampler(where, "final", final.sampler)

    def _upscaler(
        self, where: Place, page: Page, panel: Panel, drawing: Drawing
    ) -> Upscaler | None:
        finals = (level.final for level in (panel, page, self._file.story))
        said = next((one.upscaler for one in finals if one and one.upscaler), "default")
        name = drawing.final.upscaler
        if said == "default":
            return self._cast.recommended_upscaler(name)
        return self._cast.upscaler(name, self._said_at(where, "final"))

    def _known_sampler(self, where: Place, key: str, name: str) -> None:
        if name not in SAMPLERS:
            mark = self._said_at(where, key)
            self._problems.add(mark, f"there is no sampler `{name}`", sampler_hint(name))

    def _said_at(self, where: Place, key: str) -> Mark:
        """Where the panel, or else its page, or else the story says `key`."""
        marks = self._file.marks
        places: tuple[tuple[str | int, ...], ...] = ((*where.path, key), ("pages", where.page, key))
        said = (place for place in places if marks.node(place) is not None)
        return marks.at(next(said, (key,)))


def _guided_above(drawing: Drawing, cfg: float) -> float:
    """Without guidance there is none to leave out, so that `fast` makes no other job."""
    return 0.0 if cfg == 1 else drawing.guided_above


def _weighing(adapter: Adapter, weight: float) -> Adapter:
    return replace(adapter, unet=weight, text_encoder=weight)


def _summed(adapters: Iterable[Adapter]) -> tuple[Adapter, ...]:
    """Each file once: a LoRA asked for twice has the sum of its weights, as in the WebUI; but with
    other blocks or other steps it is another one."""
    found: dict[Adapter, Adapter] = {}
    for adapter in adapters:
        key = replace(adapter, unet=0.0, text_encoder=0.0)
        before = found.get(key, key)
        found[key] = replace(
            adapter,
            unet=before.unet + adapter.unet,
            text_encoder=before.text_encoder + adapter.text_encoder,
        )
    return tuple(found.values())
