"""One story on the desk: its plan and its drawing, with all that the output folder holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from storyboard.compiled import CompiledStory
from storyboard.engine.base import Engine
from storyboard.errors import Mark, Problem, ProblemsError
from storyboard.events import Reporter
from storyboard.jobs import FinalJob, Job, ModelFile, PreviewJob
from storyboard.manifest import Manifest
from storyboard.models.hashing import short_checkpoint_hash, short_lora_hash
from storyboard.nearest import did_you_mean
from storyboard.planning import Plan, plan
from storyboard.run import Outcome, draw
from storyboard.store import Store
from storyboard.workspace import LoadedStory, Workspace, told

BATCH_SIZE = 4
"""Panels drawn together where nothing else is said; a CPU draws one after another anyway."""


@dataclass(frozen=True, slots=True)
class Desk:
    """An opened story. Opening writes nothing but caches."""

    loaded: LoadedStory
    folder: Path
    store: Store
    manifest: Manifest

    @classmethod
    def open(cls, workspace: Workspace, path: Path) -> Desk:
        """Reads the story, hashes its model files, looks at what is there.

        Raises `ProblemsError` with everything that is wrong with the story.
        """
        loaded = workspace.load(path)
        folder = workspace.folder(loaded.compiled)
        manifest = Manifest.load(folder, loaded.compiled.name, loaded.compiled.source)
        return cls(loaded, folder, Store(workspace.store_folder), manifest)

    @property
    def compiled(self) -> CompiledStory:
        """The story's panels and jobs."""
        return self.loaded.compiled

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know of the output folder: what was found damaged there."""
        return (*self.manifest.notes, *map(str, self.store.damages))

    def plan(self, finals: bool, only: frozenset[str] | None = None) -> Plan:
        """What is there and what is to be drawn."""
        return plan(self.compiled, self.store.digests(), self.manifest, finals, only)

    def draw(
        self,
        todo: Plan,
        make_engine: Callable[[], Engine],
        reporter: Reporter,
        batch_size: int = BATCH_SIZE,
        executor: str = "local",
    ) -> Outcome:
        """Draws what the plan says; see `storyboard.run.draw`."""
        return draw(
            todo.items,
            self.compiled,
            make_engine,
            self.store,
            self.manifest,
            reporter,
            batch_size,
            executor,
            short_hashes,
        )

    def addresses(self, names: Sequence[str]) -> frozenset[str] | None:
        """The panels that are meant by `1.face`, or `face` where it is the only one; all, as None,
        where none is named. Raises `ProblemsError` for names that stand for no one panel."""
        if not names:
            return None
        problems = [p for name in names for p in self._address_problems(name)]
        if problems:
            raise ProblemsError(problems)
        return frozenset(address for name in names for address in self._meant(name))

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
