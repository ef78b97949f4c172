"""Where a model file lies that a recipe names by its name and sha256."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from storyboard.compiled import CompiledStory
from storyboard.jobs import Job, ModelFile, with_files
from storyboard.models.catalog import Catalog
from storyboard.models.entries import Kind, NotFound


class Locator:
    """Looks first among the files that the story's own jobs name, then on the model path, then
    beside the story; a file of the name counts only with the same contents."""

    def __init__(
        self,
        compiled: CompiledStory,
        catalog: Catalog,
        folder: Path,
        hash_of: Callable[[Path], str],
    ) -> None:
        self._catalog = catalog
        self._folder = folder
        self._hash_of = hash_of
        self._known: dict[str, ModelFile] = {}
        for panel in compiled.panels:
            for job in (panel.preview, panel.final):
                if job is not None:
                    self._know(job)

    def __call__(self, file: ModelFile) -> ModelFile | None:
        """The file with its path; None where it is gone."""
        if file.sha256 not in self._known:
            for path in self._candidates(file.name):
                if self._hash_of(path) == file.sha256:
                    self._known[file.sha256] = ModelFile(file.name, str(path), file.sha256)
                    break
        found = self._known.get(file.sha256)
        return found and ModelFile(file.name, found.path, file.sha256)

    def _know(self, job: Job) -> None:
        def noted(file: ModelFile) -> ModelFile:
            self._known.setdefault(file.sha256, file)
            return file

        with_files(job, noted)

    def _candidates(self, name: str) -> list[Path]:
        found = []
        for kind in Kind:
            try:
                found.append(self._catalog.find(kind, name, self._folder).path)
            except NotFound:
                continue
        beside = (self._folder / name).resolve()
        if beside.is_file() and beside.is_relative_to(self._folder.resolve()):
            found.append(beside)
        return found
