"""Fetches a diffusers model from the Hugging Face hub, into its tools' own cache.

Of a repository only what is read of a folder is fetched: configurations, tokenizers and one set of
safetensors; no pickle, no code. Weights come last, so that whatever can be refused is refused
before, and a fetch that is broken off never looks whole.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from storyboard.files import write_atomic
from storyboard.models.entries import NotFound
from storyboard.models.folder_files import (
    INDEX,
    missing_from,
    part_weights,
    small_files,
    unlisted,
    weight_files,
)
from storyboard.models.header import ModelFileProblem
from storyboard.models.hub import Hub, kept_in
from storyboard.models.hub_client import Came, ask, download
from storyboard.models.layouts.folders import folder_family
from storyboard.models.scan import PICKLES, WEIGHTS
from storyboard.models.side_files import read_mapping

_ANOTHER = "name a Stable Diffusion 1.x or SDXL model in diffusers' layout, with safetensors"
_SHOWN = 4


@dataclass(frozen=True, slots=True)
class Fetching:
    """How far a fetch is. `size` and `done` are bytes of the `files` with weights; all are 0 while
    the hub is asked what there is to fetch."""

    hub_id: str
    hub: Hub
    files: int = 0
    size: int = 0
    done: int = 0


Tell = Callable[[Fetching], None]
"""Is called as a fetch begins, and each time that some of it has come."""


def fetch(hub_id: str, hub: Hub, tell: Tell) -> Path:
    """Fetches what is missing of a model's main revision, and gives the folder that it lies in.

    Raises `NotFound` where there is no such model, it is none that can be drawn with, or it cannot
    be had: a sentence, and what to do.
    """
    tell(Fetching(hub_id, hub))
    repository = _Repository(hub_id, hub)
    for name in repository.small_files():
        repository.get(name)
    sizes = repository.missing_weights()
    progress = Fetching(hub_id, hub, len(sizes), sum(sizes.values()))
    if sizes:
        tell(progress)
    for name, size in sizes.items():
        repository.get(name, _telling(progress, size, tell))
        progress = replace(progress, done=progress.done + size)
        if size:
            tell(progress)
    repository.finish()
    return repository.folder


def _telling(before: Fetching, size: int, tell: Tell) -> Came:
    def came(count: int) -> None:
        if 0 < count < size:
            tell(replace(before, done=before.done + count))

    return came


class _Repository:
    """A model's repository at its main revision, and its place in the cache."""

    def __init__(self, hub_id: str, hub: Hub) -> None:
        self._id = hub_id
        self._hub = hub
        self._remote = ask(hub_id, hub)
        self._kept = kept_in(hub.cache, hub_id)
        self.folder = self._kept / "snapshots" / self._remote.revision

    def get(self, name: str, came: Came = lambda _: None) -> None:
        """Fetches a file, unless it is there."""
        download(self._id, self._hub, self._remote.revision, name, came)

    def small_files(self) -> list[str]:
        """What is to be fetched before the weights. Refuses what is no diffusers folder."""
        if not self._has(INDEX):
            raise self._no_folder()
        return small_files(self._has)

    def missing_weights(self) -> dict[str, int]:
        """The files with weights that are to be fetched, and each one's bytes that are to come: 0
        where another revision has them. Refuses what cannot be drawn with, by what is said in the
        small files, and what the disk has no room for."""
        with self._refused():
            self._refuse_gaps()
            folder_family(self.folder)
            names = weight_files(self.folder, part_weights(self._has))
        for name in names:
            if not self._has(name) or not name.endswith(WEIGHTS):
                raise self._refusal(f"lacks {name[:100]!r}, which an index of it names")
        missing = [name for name in names if not (self.folder / name).is_file()]
        sizes = {name: self._bytes_to_come(name) for name in missing}
        self._refuse_without_room(sum(sizes.values()))
        return sizes

    def finish(self) -> None:
        """Says in the cache, as the hub's tools do, that this revision is the main branch's."""
        if lacks := missing_from(self.folder):
            raise self._refusal(f"did not come whole: it lacks {_some(lacks)}", "try again")
        main = self._kept / "refs" / "main"
        try:
            write_atomic(main, self._remote.revision.encode("ascii"))
        except OSError as error:
            raise self._refusal(f"cannot be kept: {main}: {error.strerror or error}") from error

    def _has(self, name: str) -> bool:
        return name in self._remote.files

    def _bytes_to_come(self, name: str) -> int:
        file = self._remote.files[name]
        is_here = bool(file.blob) and (self._kept / "blobs" / file.blob).is_file()
        return 0 if is_here else file.size

    def _refuse_gaps(self) -> None:
        gaps = unlisted(read_mapping(self.folder / INDEX), self._has)
        for gap in gaps:
            folder = f"{gap.partition('/')[0]}/"
            pickles = self._ending_in(PICKLES, folder)
            if gap.endswith("*.safetensors") and pickles:
                raise self._refusal(
                    f"has pickles only in its {folder} ({_some(pickles)}), which are never fetched"
                )
        if gaps:
            raise self._refusal(f"lacks {_some(gaps)}, which its {INDEX} asks for")

    def _no_folder(self) -> NotFound:
        singles, pickles = self._ending_in(WEIGHTS), self._ending_in(PICKLES)
        if singles:
            return NotFound(
                f"checkpoint '{self._id}' is no diffusers folder; single files, of which it has "
                f"{_some(singles)}, are not fetched",
                f"run: hf download {self._id} {singles[0]} --local-dir FOLDER, with a FOLDER on "
                "the model path, and name the file",
            )
        if pickles:
            return self._refusal(f"has pickles only ({_some(pickles)}), which are never fetched")
        return self._refusal(f"is no diffusers folder: it has no {INDEX}")

    def _ending_in(self, endings: tuple[str, ...], folder: str = "") -> list[str]:
        """The files right in a folder of the repository that end in one of these ways."""
        names = (
            name.removeprefix(folder) for name in self._remote.files if name.startswith(folder)
        )
        return sorted(name for name in names if "/" not in name and name.endswith(endings))

    def _refuse_without_room(self, size: int) -> None:
        free = shutil.disk_usage(self.folder).free
        if size > free:
            raise self._refusal(
                f"has {size / 1e9:.2f} GB to fetch, and {free / 1e9:.2f} GB are free in "
                f"{self._hub.cache}",
                "make room there, or name another folder with HF_HUB_CACHE",
            )

    def _refusal(self, what: str, hint: str = _ANOTHER) -> NotFound:
        return NotFound(f"checkpoint '{self._id}' {what}", hint)

    @contextmanager
    def _refused(self) -> Iterator[None]:
        """Turns what is wrong with the small files into a refusal."""
        try:
            yield
        except ModelFileProblem as problem:
            raise self._refusal(problem.message, problem.hint or _ANOTHER) from problem
        except ValueError as error:
            raise self._refusal(f"has a broken {INDEX}: {str(error)[:120]}") from error


def _some(names: Sequence[str]) -> str:
    rest = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(name[:100] for name in names[:_SHOWN]) + rest
