"""The store: pictures under their jobs' digests, each entry whole or not there, checked when read.

An entry is the folder `ab/abcd…` with `picture.png`, for a preview `latent.safetensors`, and
`entry.json`, which holds each file's sha256 and its own. An entry is written under `.new/`, synced
to the disk and then renamed, so that no crash leaves half of one. One that was damaged later is
set aside under `quarantine/`, and counts as missing.
"""

from __future__ import annotations

import errno
import hashlib
import json
import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from storyboard import disk
from storyboard.files import (
    make_folders,
    remove_tree,
    sweep_temporaries,
    sync_way_to,
    temporaries,
    write_atomic,
)
from storyboard.lock import Busy, StoreProblem, WriterLock, reason

__all__ = ["LATENT", "PICTURE", "Busy", "Damage", "Entry", "Store", "StoreProblem"]

PICTURE = "picture.png"
LATENT = "latent.safetensors"
_RECORD = "entry.json"
_NEW = ".new"
_QUARANTINE = "quarantine"
_SHELF = re.compile(r"[0-9a-f]{2}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_FILE = re.compile(r"[a-z]+\.[a-z]+")
_UNREADABLE = frozenset({errno.EIO, errno.EISDIR, errno.ENOTDIR, errno.ELOOP})
_REFUSED = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})


@dataclass(frozen=True, slots=True)
class Entry:
    """A stored picture: its files' bytes, all checked by hash, and the record of its making."""

    digest: str
    folder: Path
    files: Mapping[str, bytes]
    record: Mapping[str, Any]

    @property
    def picture(self) -> bytes:
        """The picture as a PNG file."""
        return self.files[PICTURE]

    @property
    def picture_path(self) -> Path:
        """Where the picture's file lies. Never write there."""
        return self.folder / PICTURE


@dataclass(frozen=True, slots=True)
class Damage:
    """An entry that was found damaged, why, and where it was set aside; None where the system
    does not let it be moved (a disk that is read only)."""

    digest: str
    reason: str
    aside: Path | None

    def __str__(self) -> str:
        where = f"was set aside as {self.aside}" if self.aside else "cannot be set aside"
        return (
            f"the stored picture {self.digest[:12]} was damaged ({self.reason}); "
            f"it {where} and counts as missing"
        )


class _Damaged(Exception):
    """What is wrong with an entry, in a few words."""


class Store:
    """Entries by digest. Reading needs no lock; writing takes it, and raises `Busy` if it cannot.

    Whatever the operating system refuses (disk full, read-only) raises `StoreProblem`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = WriterLock(folder)
        self._damages: list[Damage] = []

    @property
    def damages(self) -> tuple[Damage, ...]:
        """Every damaged entry that this object has come upon, oldest first."""
        return tuple(self._damages)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Holds the right to write for a whole run; may be nested. Raises `Busy`.

        Where the last writer was killed, what it wrote is synced first: an entry whose rename the
        disk does not have yet is there for every reader, until the power goes.
        """
        with self._lock.held() as orphaned:
            if orphaned:
                with _told(self.folder, "written"):
                    self._settle()
            yield

    def has(self, digest: str) -> bool:
        """Whether there is an entry; `get` alone says whether it is sound."""
        folder = self._entry_folder(digest)
        with _told(folder, "read"):
            return (folder / _RECORD).is_file() and (folder / PICTURE).is_file()

    def digests(self) -> frozenset[str]:
        """All entries there are, by their names alone: quick, not checked."""
        with _told(self.folder, "read"):
            entries = (path.name for shelf in self._shelves() for path in _listed(shelf))
            return frozenset(name for name in entries if _DIGEST.fullmatch(name) and self.has(name))

    def get(self, digest: str) -> Entry | None:
        """The entry, every byte checked; None where there is none.

        A damaged entry is set aside, noted in `damages`, and None.
        """
        folder = self._entry_folder(digest)
        with _told(folder, "read"):
            try:
                return _read(digest, folder)
            except FileNotFoundError as problem:
                if not folder.is_dir():
                    return None
                self._set_aside(digest, folder, f"{Path(problem.filename).name} is missing")
            except _Damaged as problem:
                self._set_aside(digest, folder, str(problem))
        return None

    def put(self, digest: str, files: Mapping[str, bytes], record: Mapping[str, Any]) -> Entry:
        """Keeps a picture: when this returns, it survives a crash and a power cut.

        `files` has at least `picture.png`; `record` is JSON-able. An entry that is there already,
        and sound, is kept as it is.
        """
        if PICTURE not in files or not all(_FILE.fullmatch(name) for name in files):
            raise ValueError(f"an entry holds {PICTURE} and simply named files, not {list(files)}")
        with self.writing():
            present = self.get(digest)
            if present is not None:
                return present
            with _told(self.folder, "written"):
                self._write(digest, {**files, _RECORD: _record(digest, files, record)})
            return Entry(digest, self._entry_folder(digest), dict(files), _plain(record))

    def remove(self, digest: str) -> None:
        """Takes an entry out, at once as a whole; no harm where there is none."""
        with self.writing(), _told(self.folder, "written"):
            if (folder := self._entry_folder(digest)).is_dir():
                bin_ = self._fresh()
                disk.rename(folder, bin_ / digest)
                remove_tree(bin_)

    def path(self, digest: str) -> Path:
        """Where an entry lies, if it is there. Never write there."""
        return self._entry_folder(digest)

    def left(self) -> list[Path]:
        """What runs that were killed left half written: no part of any entry."""
        with _told(self.folder, "read"):
            return [*_listed(self.folder / _NEW), *temporaries(self.folder)]

    def strays(self) -> list[Path]:
        """What lies among the entries and is none."""
        with _told(self.folder, "read"):
            found = [path for shelf in self._shelves() for path in _listed(shelf)]
        return sorted(p for p in found if not _DIGEST.fullmatch(p.name) or not self.has(p.name))

    def set_aside(self) -> list[Path]:
        """The damaged entries that were set aside."""
        with _told(self.folder, "read"):
            return _listed(self.folder / _QUARANTINE)

    def sweep(self) -> int:
        """Removes what runs that were killed left half written; how many such things there were."""
        with self.writing(), _told(self.folder, "written"):
            left = _listed(self.folder / _NEW)
            for path in left:
                remove_tree(path)
            return len(left) + sweep_temporaries(self.folder)

    def verify(self) -> Iterator[str]:
        """Reads every entry and gives its digest, sound or not; those that are not, or lie where
        they do not belong, are set aside and noted in `damages`. Raises `StoreProblem`."""
        with _told(self.folder, "read"):
            found = sorted(path for shelf in self._shelves() for path in _listed(shelf))
        for path in found:
            if not _DIGEST.fullmatch(path.name):
                continue
            if path == self._entry_folder(path.name):
                self.get(path.name)
            else:
                with _told(path, "read"):
                    self._set_aside(path.name, path, "it lies on another's shelf")
            yield path.name

    def _write(self, digest: str, files: Mapping[str, bytes]) -> None:
        fresh = self._fresh()
        try:
            for name, data in files.items():
                disk.write(fresh / name, data, True)
            disk.sync_folder(fresh)
            target = self._entry_folder(digest)
            make_folders(target.parent)
            disk.rename(fresh, target)
        except BaseException:
            with suppress(OSError):  # what stays is swept by the next run
                remove_tree(fresh)
            raise
        disk.sync_folder(target.parent)

    def _settle(self) -> None:
        sync_way_to(self.folder)
        for folder in (self.folder, *self._shelves()):
            disk.sync_folder(folder)

    def _shelves(self) -> list[Path]:
        return sorted(path for path in _listed(self.folder) if _SHELF.fullmatch(path.name))

    def _fresh(self) -> Path:
        folder = self.folder / _NEW / secrets.token_hex(16)
        make_folders(folder, durable=False)
        return folder

    def _entry_folder(self, digest: str) -> Path:
        if not _DIGEST.fullmatch(digest):
            raise ValueError(f"{digest!r} is not a digest")
        return self.folder / digest[:2] / digest

    def _set_aside(self, digest: str, folder: Path, why: str) -> None:
        aside: Path | None = self.folder / _QUARANTINE / f"{digest}-{secrets.token_hex(4)}"
        assert aside is not None
        try:
            make_folders(aside.parent, durable=False)
            disk.rename(folder, aside)
        except FileNotFoundError:  # another reader was quicker
            return
        except OSError as problem:
            if problem.errno not in _REFUSED:
                raise
            aside = None
        damage = Damage(digest, why, aside)
        self._damages.append(damage)
        if aside is not None and aside.is_dir():
            with suppress(OSError):  # a note for people, no more
                write_atomic(aside / "reason.txt", f"{damage}\n".encode(), durable=False)


@contextmanager
def _told(path: Path, verb: str) -> Iterator[None]:
    """Turns an operating system's refusal into a sentence."""
    try:
        yield
    except OSError as problem:
        place = problem.filename or path
        raise StoreProblem(f"{place} cannot be {verb}: {reason(problem)}") from problem


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []


def _read(digest: str, folder: Path) -> Entry:
    """The entry in `folder`. Raises `_Damaged`, or FileNotFoundError where a file is missing."""
    document = _document(_bytes(folder / _RECORD))
    if document.get("digest") != digest:
        raise _Damaged(f"its record is that of {document.get('digest')}")
    files = {}
    for name, expected in document["files"].items():
        data = _bytes(folder / name)
        if len(data) != expected["size"]:
            raise _Damaged(f"{name} has {len(data)} bytes instead of {expected['size']}")
        if _sha256(data) != expected["sha256"]:
            raise _Damaged(f"{name} is not what was written: its sha256 is another")
        files[name] = data
    return Entry(digest, folder, files, document["record"])


def _bytes(path: Path) -> bytes:
    """A file of an entry. Raises `_Damaged` where the disk cannot give it back, asked twice."""
    with suppress(OSError):
        return disk.read(path)
    try:
        return disk.read(path)
    except OSError as problem:
        if problem.errno not in _UNREADABLE:
            raise
        raise _Damaged(f"{path.name} cannot be read: {reason(problem)}") from None


def _document(data: bytes) -> dict[str, Any]:
    """A record, checked by its own hash and for its form."""
    try:
        document: dict[str, Any] = json.loads(data)
        said = document.pop("sha256")
        whole = PICTURE in document["files"] and all(map(_FILE.fullmatch, document["files"]))
        whole = whole and isinstance(document["record"], dict)
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError):
        raise _Damaged(f"{_RECORD} is no record") from None
    if not whole or said != _sha256(_encoded(document)):
        raise _Damaged(f"{_RECORD} is not what was written: its sha256 is another")
    return document


def _record(digest: str, files: Mapping[str, bytes], record: Mapping[str, Any]) -> bytes:
    document: dict[str, Any] = {
        "digest": digest,
        "files": {
            name: {"sha256": _sha256(data), "size": len(data)} for name, data in files.items()
        },
        "record": dict(record),
    }
    return _encoded({**document, "sha256": _sha256(_encoded(document))})


def _plain(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record as it will be read back: tuples as lists and so on."""
    plain: dict[str, Any] = json.loads(_encoded(dict(record)))
    return plain


def _encoded(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, sort_keys=True, indent=1).encode("ascii")


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
