"""One story on the desk: its plan and its drawing, with all that the output folder holds."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from storyboard.best import candidates, decided, is_open
from storyboard.compiled import CompiledStory, PanelJobs
from storyboard.compiler import panel_path
from storyboard.digests import digest
from storyboard.engine.base import Engine
from storyboard.errors import Mark, Problem, ProblemsError, argument_error
from storyboard.estimating import work_of
from storyboard.events import Reporter
from storyboard.executors.base import Executor
from storyboard.jobs import FinalJob, Job, ModelFile, PreviewJob
from storyboard.ledger import PanelLedger
from storyboard.manifest import Manifest
from storyboard.models.hashing import short_checkpoint_hash, short_lora_hash
from storyboard.nearest import did_you_mean
from storyboard.picks import Pick, picks_path, read_picks, write_picks
from storyboard.planning import Plan, plan
from storyboard.recalling import recalled_pictures
from storyboard.run import Outcome, draw_into
from storyboard.store import Store
from storyboard.story.edits import PanelEdits, Setting
from storyboard.takes import StoryLedger, Take, TakeBook, TakeLedger, takes_plan
from storyboard.workspace import LoadedStory, Workspace, told


@dataclass(frozen=True, slots=True)
class Desk:
    """An opened story. Opening writes nothing but caches."""

    loaded: LoadedStory
    compiled: CompiledStory
    folder: Path
    store: Store
    manifest: Manifest

    @classmethod
    def open(cls, workspace: Workspace, path: Path) -> Desk:
        """Reads the story, hashes its model files, looks at what is there.

        Raises `ProblemsError` with everything that is wrong with the story.
        """
        loaded = workspace.load(path)
        compiled = loaded.compiled
        folder = workspace.folder(compiled)
        manifest = Manifest.load(folder, compiled.name, compiled.source)
        if manifest.lost:
            for kind, one in recalled_pictures(folder):
                manifest.drawn(one.panel, kind, one.recipe["digest"], one.recipe)
        desk = cls(loaded, compiled, folder, Store(workspace.store_folder), manifest)
        return desk.decided() if desk.is_open() else desk

    def decided(self) -> Desk:
        """The same desk with the best of the takes that are stored by now, where the story asks
        for it; its `compiled` may then differ from what was `loaded`."""
        compiled = decided(self.loaded.compiled, self.store, self.book())
        return replace(self, compiled=compiled)

    def is_open(self, only: frozenset[str] | None = None) -> bool:
        """Whether a panel's picture is chosen by the takes that are drawn."""
        panels = self.loaded.compiled.panels
        return any(is_open(p) for p in panels if only is None or p.address in only)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know of the output folder: what was found damaged there."""
        return (*self.manifest.notes, *map(str, self.store.damages))

    def plan(self, finals: bool, only: frozenset[str] | None = None) -> Plan:
        """What is there and what is to be drawn, with the takes that the story asks for."""
        held = self.store.digests()
        found = plan(self.compiled, held, self.manifest, finals, only)
        wanted = self._wanted(only)
        return Plan((*found.items, *takes_plan(wanted, held))) if wanted else found

    def _wanted(self, only: frozenset[str] | None) -> list[tuple[PanelJobs, Take]]:
        """The takes that the story asks for beside its panels' own previews; where one was chosen
        as the best, the panel's own preview is then listed as such a take is."""
        panels = [p for p in self.compiled.panels if p.candidates and not p.locked]
        book = self.book() if panels else TakeBook(self.folder)
        return [
            (panel, take)
            for panel in panels
            if only is None or panel.address in only
            for take in candidates(panel, book)
        ]

    def draw(
        self,
        todo: Plan,
        make_engine: Callable[[], Engine],
        reporter: Reporter,
        batch_size: int | None = None,
        executor: str | Executor = "local",
        weigh: Callable[[Job], float] = work_of,
    ) -> Outcome:
        """Draws what the plan says; see `storyboard.run.draw_into`."""
        own = PanelLedger(self.compiled, self.manifest, reporter)
        takes = TakeLedger(
            self.book(),
            [(panel.address, take) for panel, take in self._wanted(None)],
            [panel.address for panel in self.compiled.panels],
            reporter,
        )
        return draw_into(
            StoryLedger(own, takes),
            todo.items,
            self.compiled.name,
            make_engine,
            self.store,
            reporter,
            batch_size,
            executor,
            short_hashes,
            weigh,
        )

    def draw_takes(
        self,
        takes: Sequence[tuple[PanelJobs, Take]],
        book: TakeBook,
        make_engine: Callable[[], Engine],
        reporter: Reporter,
        batch_size: int | None = None,
        executor: str = "local",
    ) -> Outcome:
        """Draws takes that are not there yet and lists all of them in the book."""
        listed = [(panel.address, take) for panel, take in takes]
        panels = [panel.address for panel in self.compiled.panels]
        return draw_into(
            TakeLedger(book, listed, panels, reporter),
            takes_plan(takes, self.store.digests()),
            self.compiled.name,
            make_engine,
            self.store,
            reporter,
            batch_size,
            executor,
            short_hashes,
        )

    def jobs_of(self, address: str) -> tuple[PreviewJob, PreviewJob]:
        """The present take of a panel, and what the story itself asks for. Raises `ProblemsError`
        where nothing is drawn there."""
        panel = self.panel(address)
        if panel.preview is None or panel.own is None:
            raise argument_error(
                f"panel {address} has `art`, so nothing is drawn there",
                "take `art` out of the story to draw it",
                self.compiled.source,
            )
        return panel.preview, panel.own

    def tried(
        self, workspace: Workspace, address: str, settings: Sequence[Setting]
    ) -> tuple[PreviewJob, str]:
        """What a panel would be with these settings in the story, and its prompt with LoRA tags.
        Raises `ProblemsError` where one is wrong."""
        self.jobs_of(address)
        edits = PanelEdits(panel_path(self.loaded.file, address), tuple(settings))
        compiled = workspace.load(self.loaded.file.path, edits=edits).compiled
        panel = next(one for one in compiled.panels if one.address == address)
        assert panel.preview is not None
        return panel.preview, panel.raw_prompt

    def picture_beside(self, name: str, option: str) -> ModelFile:
        """A picture of the author's beside the story, named on the command line. Raises
        `ProblemsError`."""
        folder = self.loaded.file.directory.resolve()
        path = (folder / name).resolve()
        if not path.is_relative_to(folder):
            raise argument_error(
                f"{name} lies outside the story's folder", "copy it beside the story", option
            )
        if not path.is_file():
            raise argument_error(f"there is no picture {name} beside the story", "", option)
        return ModelFile(name, str(path), hashlib.sha256(path.read_bytes()).hexdigest())

    def pick(self, address: str, take: str) -> str:
        """Writes a pick, or with `-` takes it back; gives what was done, in words. Called with the
        store held. Raises `ProblemsError` where there is no such take, or the panel is locked."""
        _, own = self.jobs_of(address)
        if self.panel(address).locked:
            raise argument_error(
                f"panel {address} is locked", "take `locked` out first", self.compiled.source
            )
        path = picks_path(self.loaded.file.path)
        present = read_picks(path)  # another `pick` may have written since the story was opened
        picks = {panel: pick for panel, pick in present.items() if panel != address}
        if take != "-":
            found = self._take(address, take)
            mark = Mark(self.compiled.source)
            picks[address] = Pick(found.number, digest(own), found.raw_prompt, found.job, mark)
        write_picks(path, picks, (panel.address for panel in self.compiled.panels))
        if take == "-":
            return f"{address} is what the story asks for again"
        return f"{address} is take {take} now; kept in {path}"

    def _take(self, address: str, said: str) -> Take:
        takes = self.book().of(address)
        for take in takes:
            if said == str(take.number) and take.digest in self.store.digests():
                return take
        numbers = ", ".join(str(take.number) for take in takes)
        raise argument_error(
            f"there is no take {said} of panel {address}",
            f"there are {numbers}, and - for the story's own"
            if takes
            else f"`storyboard reroll {self.compiled.source} {address}` draws some",
            self.compiled.source,
        )

    def show(self, only: frozenset[str] | None, reporter: Reporter) -> None:
        """Brings the views of panels up to date with what the store holds; draws nothing."""
        there = [item for item in self.plan(True, only).items if item.state == "ready"]
        self.draw(Plan(tuple(there)), _nothing, reporter)

    def book(self) -> TakeBook:
        """The story's takes as they are listed now. Raises `StoreProblem`."""
        return TakeBook.load(self.folder)

    def panel(self, address: str) -> PanelJobs:
        """The panel of an address that the story has."""
        return next(panel for panel in self.compiled.panels if panel.address == address)

    def addresses(self, names: Sequence[str]) -> frozenset[str] | None:
        """The panels that are meant by `1.face`, or `face` where it is the only one; all, as None,
        where none is named. Raises `ProblemsError` for names that stand for no one panel."""
        if not names:
            return None
        problems = [p for name in names for p in self._address_problems(name)]
        if problems:
            raise ProblemsError(problems)
        return frozenset(address for name in names for address in self._meant(name))

    def address(self, name: str) -> str:
        """The one panel that is meant by a name. Raises `ProblemsError`."""
        (address,) = self.addresses([name]) or frozenset({""})
        return address

    def _meant(self, name: str) -> list[str]:
        panels = self.compiled.panels
        exact = [panel.address for panel in panels if panel.address == name]
        return exact or [panel.address for panel in panels if panel.name == name]

    def _address_problems(self, name: str) -> Iterable[Problem]:
        meant = self._meant(name)
        mark = Mark(self.compiled.source)
        if not meant:
            known = {p.address for p in self.compiled.panels} | {
                p.name for p in self.compiled.panels
            }
            hint = did_you_mean(name, known) or "`storyboard plan` lists them"
            yield Problem(mark, f"there is no panel {name}", hint)
        elif len(meant) > 1:
            yield Problem(mark, f"{name} stands for several panels", f"say {' or '.join(meant)}")


def short_hashes(job: Job) -> tuple[Mapping[str, str], str]:
    """The WebUI's short hashes of a job's LoRAs, by name, and of its checkpoint."""
    preview = job if isinstance(job, PreviewJob) else job.preview
    second = job.wording if isinstance(job, FinalJob) else None
    adapters = (*preview.adapters, *(second.adapters if second else ()))
    loras = {one.file.name: _short_lora(one.file) for one in adapters}
    return loras, short_checkpoint_hash(preview.checkpoint.file.sha256)


@cache
def _short_lora(lora: ModelFile) -> str:
    """Remembered by content, as a file may change while a process goes on."""
    with told(Path(lora.path)):
        return short_lora_hash(Path(lora.path))


def _nothing() -> Engine:
    raise argument_error("nothing is to be drawn here")
