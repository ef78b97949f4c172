"""Where a run's things are: the model path, the output folder, its store and its caches."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from storyboard.casting import Hash
from storyboard.compiled import CompiledStory
from storyboard.compiler import compile_story
from storyboard.errors import Problem, ProblemsError, argument_error
from storyboard.locating import Locator
from storyboard.models.catalog import (
    Catalog,
    Kind,
    NotFetched,
    NotFound,
    NotOnHub,
    asked_roots,
    model_roots,
)
from storyboard.models.fetching import Tell, fetch
from storyboard.models.hashing import Hasher, Progress
from storyboard.models.header import ModelFileProblem
from storyboard.models.hub import Hub, hub_of
from storyboard.picks import Picks, picks_path, read_picks, with_picks
from storyboard.settings import CHECKPOINT
from storyboard.story.edits import FAST, Edits, PanelEdits
from storyboard.story.read import StoryFile, examine_story
from storyboard.story.sidefile import side_files


@dataclass(frozen=True, slots=True)
class LoadedStory:
    """A story that was read and compiled without an error."""

    file: StoryFile
    compiled: CompiledStory
    warnings: tuple[Problem, ...]
    picks: Picks


@dataclass(frozen=True, slots=True)
class Workspace:
    """The output folder, the folders that `--models` named, whether the network is left alone, and
    who is told of long hashing and of fetching. `fast`: stories are read as if they said so."""

    output: Path
    models: tuple[Path, ...] = ()
    offline: bool = False
    on_hashing: Progress | None = None
    on_fetching: Tell | None = None
    fast: bool = False

    @property
    def store_folder(self) -> Path:
        """Where pictures are kept, shared by all stories of this output folder."""
        return self.output / ".store"

    @property
    def cache_folder(self) -> Path:
        """Remembered hashes and the like; may be deleted at any time."""
        return self.output / ".cache"

    def folder(self, compiled: CompiledStory) -> Path:
        """Where a story's previews, finals and pages are. Raises `ProblemsError` where it, or one
        of these, is a link that leads out of the output folder."""
        folder = self.output / compiled.name
        for path in (folder, *(folder.iterdir() if folder.is_dir() else ())):
            if path.is_symlink() and not path.resolve().is_relative_to(self.output.resolve()):
                raise argument_error(
                    "this is a link that leads out of the output folder, where nothing is written",
                    "take it away, or say --output",
                    str(path),
                )
        return folder

    def catalog(self, story_folder: Path | None = None) -> Catalog:
        """What is on the model path, as seen from a story's folder."""
        here = Path.cwd()
        return Catalog(
            model_roots(self.models, os.environ, story_folder, here),
            asked_roots(self.models, os.environ, here),
            self.cache_folder / "models.json",
            self.hub,
        )

    @property
    def hub(self) -> Hub:
        """The Hugging Face hub, as this machine's variables say."""
        return hub_of(os.environ, Path.home(), self.offline)

    def hasher(self) -> Hasher:
        """Hashes model files, and remembers."""
        return Hasher(self.cache_folder / "hashes.json", self.on_hashing)

    def load(self, path: Path, hashed: bool = True, edits: PanelEdits | None = None) -> LoadedStory:
        """Reads and compiles a story with its picked takes; or, with `edits` as if they stood in
        it, without. A checkpoint that is named by its hub id and is not here is fetched, once
        nothing else is wrong. If not `hashed`, nothing is fetched, no model file is read beyond its
        header and LoRA values, the jobs' digests mean nothing, and picks are left out too.

        Raises `ProblemsError` with every problem of the story.
        """
        said: tuple[Edits, ...] = (FAST,) if self.fast else ()
        file, problems = examine_story(path, (*said, *([edits] if edits else [])))
        catalog, hasher = self.catalog(file.directory), self.hasher()
        remembered = self.cache_folder / "finite.json"
        picks = read_picks(picks_path(path))

        def compiled(hash_of: Hash) -> LoadedStory:
            found = compile_story(file, catalog, hash_of, remembered, problems)
            return LoadedStory(file, *found, picks)

        if not hashed:
            return compiled(_unhashed)
        missing = _to_be_fetched(file, catalog)
        if missing is not None:
            compiled(_unhashed)  # raises what else is wrong before anything is fetched
            self._fetch(missing, file)

        def hash_of(model: Path) -> str:
            return model_hash(hasher, model)

        loaded = compiled(hash_of)
        if not picks or edits is not None:
            return loaded
        locate = Locator(loaded.compiled, catalog, file.directory, hash_of)
        story, stale = with_picks(loaded.compiled, picks, locate)
        return replace(loaded, compiled=story, warnings=(*loaded.warnings, *stale))

    def _fetch(self, missing: NotFetched, file: StoryFile) -> None:
        mark = file.marks.at(("model", "checkpoint"))
        try:
            fetch(missing.hub_id, self.hub, self.on_fetching or (lambda _: None))
        except NotOnHub as nowhere:
            hint = f"{nowhere.hint}; {missing.hint}"
            raise ProblemsError([Problem(mark, nowhere.message, hint)]) from nowhere
        except NotFound as refused:
            raise ProblemsError([Problem(mark, refused.message, refused.hint)]) from refused


def _unhashed(_: Path) -> str:
    return "0" * 64


def _to_be_fetched(file: StoryFile, catalog: Catalog) -> NotFetched | None:
    """That a story's checkpoint is a hub id whose model is not here, if the hub may be asked."""
    try:
        catalog.find(Kind.CHECKPOINT, file.story.model.checkpoint or CHECKPOINT, file.directory)
    except NotFetched as missing:
        return missing
    except NotFound:
        pass
    return None


def model_hash(hasher: Hasher, model: Path) -> str:
    """The sha256 of a model file or diffusers folder. Raises `ProblemsError`."""
    with told(model):
        return hasher.model(model)


@contextmanager
def told(model: Path) -> Iterator[None]:
    """Turns what is wrong with a model file into a problem that the command line tells."""
    try:
        yield
    except ModelFileProblem as problem:
        raise argument_error(problem.message, problem.hint, str(model)) from None


def stories_among(arguments: Iterable[str]) -> list[Path]:
    """The files that are stories themselves, and not the picks or the words in another language of
    one that is named too: so `stories/*.yaml` means every story."""
    named = [Path(argument) for argument in arguments]
    beside = {path for one in named for path in (picks_path(one), *side_files(one).values())}
    return [one for one in named if one not in beside]


def split_arguments(arguments: Sequence[str]) -> tuple[list[Path], list[str]]:
    """Stories are the arguments that end in .yaml or .yml; all others name panels."""
    stories = stories_among([a for a in arguments if a.casefold().endswith((".yaml", ".yml"))])
    panels = [a for a in arguments if not a.casefold().endswith((".yaml", ".yml"))]
    return stories, panels
