"""Where a run's things are: the model path, the output folder, its store and its caches."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from storyboard.compiled import CompiledStory
from storyboard.compiler import compile_story
from storyboard.errors import Problem, argument_error
from storyboard.models.catalog import Catalog, asked_roots, model_roots
from storyboard.models.hashing import Hasher, Progress
from storyboard.models.header import ModelFileProblem
from storyboard.models.hub import hub_cache
from storyboard.story.read import StoryFile, examine_story


@dataclass(frozen=True, slots=True)
class LoadedStory:
    """A story that was read and compiled without an error."""

    file: StoryFile
    compiled: CompiledStory
    warnings: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Workspace:
    """The output folder, the folders that `--models` named, and who is told of long hashing."""

    output: Path
    models: tuple[Path, ...] = ()
    on_hashing: Progress | None = None

    @property
    def store_folder(self) -> Path:
        """Where pictures are kept, shared by all stories of this output folder."""
        return self.output / ".store"

    @property
    def cache_folder(self) -> Path:
        """Remembered hashes and the like; may be deleted at any time."""
        return self.output / ".cache"

    def folder(self, compiled: CompiledStory) -> Path:
        """Where a story's previews, finals and pages are."""
        return self.output / compiled.name

    def catalog(self, story_folder: Path | None = None) -> Catalog:
        """What is on the model path, as seen from a story's folder."""
        here = Path.cwd()
        return Catalog(
            model_roots(self.models, os.environ, story_folder, here),
            asked_roots(self.models, os.environ, here),
            self.cache_folder / "models.json",
            hub_cache(os.environ, Path.home()),
        )

    def hasher(self) -> Hasher:
        """Hashes model files, and remembers."""
        return Hasher(self.cache_folder / "hashes.json", self.on_hashing)

    def load(self, path: Path, hashed: bool = True) -> LoadedStory:
        """Reads and compiles a story. Without `hashed` no model file is read beyond its header
        and LoRA values, and the jobs' digests mean nothing.

        Raises `ProblemsError` with every problem of the story.
        """
        file, problems = examine_story(path)
        hasher = self.hasher()

        def hash_of(model: Path) -> str:
            if not hashed:
                return "0" * 64
            return model_hash(hasher, model)

        catalog = self.catalog(file.directory)
        remembered = self.cache_folder / "finite.json"
        compiled, warnings = compile_story(file, catalog, hash_of, remembered, problems)
        return LoadedStory(file, compiled, warnings)


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


def split_arguments(arguments: Sequence[str]) -> tuple[list[Path], list[str]]:
    """Stories are the arguments that end in .yaml or .yml; all others name panels."""
    stories = [Path(a) for a in arguments if a.casefold().endswith((".yaml", ".yml"))]
    panels = [a for a in arguments if not a.casefold().endswith((".yaml", ".yml"))]
    return stories, panels
