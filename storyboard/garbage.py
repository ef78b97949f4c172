"""What an output folder holds that nothing names any more: pictures, and what crashes left behind.

A picture is named by a story's manifest, by its list of takes, by its picks beside it, or by one of
those that is drawn from it. Caches that can be made again count as garbage too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from storyboard import disk
from storyboard.digests import digest
from storyboard.files import remove_tree, safe_name, size_of, temporaries
from storyboard.jobs import FinalJob, Job, PreviewJob
from storyboard.lock import StoreProblem
from storyboard.manifest import Manifest
from storyboard.picks import picks_path, read_picks
from storyboard.recalling import recalled_pictures
from storyboard.recipes import RecipeProblem, restore
from storyboard.store import Store
from storyboard.takes import TakeBook, view_of


class Sort(StrEnum):
    """Why something is garbage."""

    PICTURE = "picture"
    TAKE = "take"
    DAMAGED = "damaged"
    LEFT = "left by a crash"
    CACHE = "cache"


@dataclass(frozen=True, slots=True)
class Garbage:
    """One thing that may go, and how many bytes that frees; `told` says in a few words what it is.
    A picture or take has a `digest`."""

    sort: Sort
    path: Path
    size: int
    told: str = ""
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class _Named:
    """The pictures of one story: those that it shows or was asked to keep, and those of its takes,
    each by its digest in the panel's list."""

    kept: frozenset[str]
    takes: dict[str, str]


def garbage(output: Path, store: Store, takes: bool) -> tuple[Garbage, ...]:
    """All garbage in the folder `output`; with `takes`, takes that no panel shows too.

    Called with the store held. Raises `StoreProblem` or `ProblemsError` where a list of pictures
    cannot be read: what it names is not known then, so nothing is garbage.
    """
    named = [_named(folder) for folder in story_folders(output)]
    kept = frozenset[str]().union(*(one.kept for one in named))
    listed = {identity: told for one in named for identity, told in one.takes.items()}
    found = []
    for identity in sorted(store.digests() - kept):
        if identity in listed and not takes:
            continue
        sort = Sort.TAKE if identity in listed else Sort.PICTURE
        path = store.path(identity)
        found.append(Garbage(sort, path, size_of(path), listed.get(identity, ""), identity))
    return (*found, *_leavings(output, store))


def delete(output: Path, store: Store, found: Iterable[Garbage]) -> None:
    """Deletes garbage, takes from their lists first. Called with the store held. Raises
    `StoreProblem`, OSError."""
    found = tuple(found)
    gone = frozenset(one.digest for one in found if one.sort is Sort.TAKE and one.digest)
    for folder in story_folders(output) if gone else ():
        _forget_takes(folder, gone)
    for one in found:
        if one.digest is not None:
            store.remove(one.digest)
        elif one.path.is_dir() and not one.path.is_symlink():
            remove_tree(one.path)
        else:
            disk.unlink(one.path)


def story_folders(output: Path) -> list[Path]:
    """The folders of stories in an output folder."""
    names = ("manifest.json", "takes.json", "takes", "previews", "finals")
    folders = sorted(path for path in output.iterdir() if path.is_dir()) if output.is_dir() else []
    return [one for one in folders if any((one / name).exists() for name in names)]


def _named(folder: Path) -> _Named:
    manifest = Manifest.read(folder)
    book = TakeBook.load(folder)
    if book.notes:
        raise StoreProblem(f"{book.notes[0]}. Preview the story first, then its takes are known")
    kept: set[str] = set(manifest.digests())
    for recipe in manifest.recipes():
        with suppress(RecipeProblem):  # of another version: then what it is drawn from is gone
            kept |= _family(restore(recipe))
    if manifest.lost:
        for _, one in recalled_pictures(folder):
            kept |= _family(one.job)
    picks = read_picks(picks_path(Path(manifest.source))) if manifest.source else {}
    for pick in picks.values():
        kept |= _family(pick.job)
    takes = {}
    for panel, take in book.all():
        takes[take.digest] = f"take {take.number} of {panel}"
        for identity in _family(take.job):
            takes.setdefault(identity, f"what take {take.number} of {panel} was drawn from")
    return _Named(frozenset(kept), takes)


def _family(job: Job) -> set[str]:
    """The digests of a job and of all that it is drawn from."""
    preview = job.preview if isinstance(job, FinalJob) else job
    found = {digest(job)}
    while True:
        found.add(digest(preview))
        earlier = preview.beginning.picture if preview.beginning else None
        if not isinstance(earlier, PreviewJob):
            return found
        preview = earlier


def _leavings(output: Path, store: Store) -> Iterator[Garbage]:
    """What crashes left, damage, and caches."""
    for path in store.set_aside():
        yield Garbage(Sort.DAMAGED, path, size_of(path))
    for folder in story_folders(output):
        for path in sorted(folder.glob("*.damaged-*.json")):
            yield Garbage(Sort.DAMAGED, path, size_of(path))
    for path in (*store.left(), *store.strays(), *_temporaries(output, store)):
        yield Garbage(Sort.LEFT, path, size_of(path))
    thumbnails = output / ".cache" / "thumbnails"
    if thumbnails.is_dir():
        yield Garbage(Sort.CACHE, thumbnails, size_of(thumbnails))


def _temporaries(output: Path, store: Store) -> Iterator[Path]:
    """Half-written files outside of the store."""
    waiting = [output] if output.is_dir() else []
    while waiting:
        folder = waiting.pop()
        yield from temporaries(folder)
        for path in folder.iterdir():
            if path.is_dir() and not path.is_symlink() and path != store.folder:
                waiting.append(path)


def _forget_takes(folder: Path, gone: frozenset[str]) -> None:
    """Strikes takes off a story's list, and removes the pictures that show them."""
    book = TakeBook.load(folder)
    dropped = book.drop(gone)
    if dropped:
        book.save()
    for panel, take in dropped:
        disk.unlink(view_of(folder, safe_name(panel), take.number))
