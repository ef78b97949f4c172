"""One story's previews and draft, drawn again in each round of `storyboard.watching.watch`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from storyboard.assembly import assemble
from storyboard.compiled import CompiledStory
from storyboard.desk import Desk
from storyboard.engine.kept import KeptEngine
from storyboard.errors import Problem, ProblemsError
from storyboard.events import Note, Reporter, RunDropped
from storyboard.models.side_files import side_files_of
from storyboard.planning import Plan
from storyboard.prompts.wildcard_files import WildcardFiles, wildcard_folders
from storyboard.store import Busy, Store, StoreProblem
from storyboard.tabled import write_light_table
from storyboard.watched import parts_of
from storyboard.watching import Dropped, Ended, Round, dropping
from storyboard.workspace import Workspace


class Tell(Protocol):
    """What the author is told beside events."""

    def problems(self, problems: Sequence[Problem]) -> None:
        """What is wrong with the story: it is drawn when that is mended."""
        ...

    def warnings(self, warnings: Sequence[Problem]) -> None:
        """What need not be mended."""
        ...

    def waiting(self, files: Sequence[Path]) -> None:
        """A round is over; these files are watched."""
        ...


@dataclass(frozen=True, slots=True)
class _Opened:
    """A story without an error: what is to be drawn of it, and the panels that were asked for."""

    desk: Desk
    only: frozenset[str] | None
    todo: Plan


class Previews:
    """Draws what is missing in each round; what is wrong is told, and waits for the next round."""

    def __init__(
        self,
        workspace: Workspace,
        story: Path,
        panels: Sequence[str],
        engine: KeptEngine,
        reporter: Reporter,
        tell: Tell,
        batch_size: int = 1,
        executor: str = "local",
        options: tuple[str, ...] = (),
    ) -> None:
        """`batch_size` is how many panels are drawn before the files are looked at again;
        `options` are the words that further commands need, for the light table."""
        self._workspace = workspace
        self._story = story
        self._panels = panels
        self._engine = engine
        self._reporter = reporter
        self._tell = tell
        self._batch_size = batch_size
        self._executor = executor
        self._options = options
        self._parts: tuple[Path, ...] = ()
        self._models: tuple[Path, ...] = ()
        self._warned: tuple[Problem, ...] = ()
        self._failed: set[str] = set()
        self._was_opened = self._was_busy = False

    def files(self) -> Sequence[Path]:
        """The story's parts; and its model files, and what lies beside them, as of the last round
        in which it could be read."""
        self._parts = parts_of(self._story, WildcardFiles(self._wildcard_folders()))
        return _each_once(self._parts, self._models)

    def draw(self, changed: Callable[[], bool]) -> Round:
        """One round. Raises `ProblemsError` where no save can mend it: no engine can be made, or
        a panel that was asked for is not there from the first."""
        ended = self._tried(changed)
        self._was_busy = ended is Ended.BUSY
        self._tell.waiting(_each_once(self._parts, self._models))
        return Round(ended, self._models)

    def is_free(self) -> bool:
        """Whether no other run is writing any more."""
        try:
            with Store(self._workspace.store_folder).writing():
                return True
        except Busy:
            return False
        except StoreProblem:
            return True  # the next round tells it

    def _wildcard_folders(self) -> Sequence[Path]:
        try:
            roots = self._workspace.catalog(self._story.parent).roots
        except ProblemsError:  # a folder of models has gone, which the round tells
            roots = ()
        return wildcard_folders(self._story.parent, roots)

    def _tried(self, changed: Callable[[], bool]) -> Ended:
        try:
            return self._round(changed)
        except Busy as problem:
            if not self._was_busy:
                self._note(f"{problem}; what changed is drawn then")
            return Ended.BUSY
        except StoreProblem as problem:
            self._note(str(problem))
        except BrokenPipeError:
            raise  # nobody listens any more
        except OSError as problem:
            self._note(f"{problem.filename or 'a file'}: {problem.strerror or problem}")
        return Ended.DONE

    def _round(self, changed: Callable[[], bool]) -> Ended:
        if not self._story.exists():
            self._note(f"{self._story} is gone: it is drawn when it is there again")
            return Ended.DONE
        opened = self._open()
        if opened is None:
            return Ended.DONE
        try:
            with opened.desk.store.writing():
                self._draw(opened, dropping(self._reporter, changed))
                if changed():
                    raise Dropped  # the pages of a long story take a while
                self._assemble(opened)
        except Dropped:
            self._reporter(RunDropped(opened.desk.compiled.name))
            return Ended.DROPPED
        return Ended.DONE

    def _open(self) -> _Opened | None:
        """The story and its plan; None after telling what is wrong with it."""
        desk = None
        try:
            desk = Desk.open(self._workspace, self._story)
            only = desk.addresses(self._panels)
            todo = desk.plan(finals=False, only=only)
        except ProblemsError as error:
            if desk is not None and not self._was_opened:
                raise
            self._tell.problems(error.problems)
            return None
        self._was_opened = True
        self._models = _each_once(_model_files(desk.compiled))
        self._warn(desk)
        return _Opened(desk, only, todo)

    def _warn(self, desk: Desk) -> None:
        """Tells what was not told in the round before."""
        warnings = desk.loaded.warnings
        self._tell.warnings([one for one in warnings if one not in self._warned])
        self._warned = warnings
        for note in desk.manifest.notes:
            self._note(note)

    def _draw(self, opened: _Opened, reporter: Reporter) -> None:
        """Draws what is missing, but for what failed in an earlier round: it would fail again."""
        items = [
            item
            for item in opened.todo.items
            if item.state == "ready" or item.digest not in self._failed
        ]
        outcome = opened.desk.draw(
            replace(opened.todo, items=tuple(items)),
            self._engine.lent,
            reporter,
            self._batch_size,
            self._executor,
        )
        failed = {failure.panel for failure in outcome.failed}
        self._failed |= {item.digest for item in items if item.panel in failed}

    def _assemble(self, opened: _Opened) -> None:
        desk = opened.desk
        if desk.is_open(opened.only):
            desk = desk.decided()
            desk.show(opened.only, self._reporter)
        try:
            assembled = assemble(desk, "draft", self._reporter, only=opened.only)
            cache = self._workspace.cache_folder
            write_light_table(desk, cache, self._reporter, self._options)
        except ProblemsError as error:  # a picture of the author's own that cannot be read
            self._tell.problems(error.problems)
            return
        for problem in assembled.problems:
            self._note(problem)

    def _note(self, text: str) -> None:
        self._reporter(Note(text))


def _model_files(compiled: CompiledStory) -> Iterator[Path]:
    """The files that previews are drawn with, and what may lie beside LoRAs to say how."""
    for panel in compiled.panels:
        if (job := panel.preview) is None:
            continue
        checkpoint = job.checkpoint
        loras = [adapter.file for adapter in job.adapters]
        named = [checkpoint.file, checkpoint.vae, *checkpoint.text_encoders, *job.embeddings]
        yield from (Path(file.path) for file in (*named, *loras) if file is not None)
        for lora in loras:
            yield from side_files_of(Path(lora.path))


def _each_once(*paths: Iterable[Path]) -> tuple[Path, ...]:
    return tuple(dict.fromkeys(path for some in paths for path in some))
