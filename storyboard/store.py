"""The store: pictures under their jobs' digests, each entry whole or not there, checked when read.

An entry is the folder `ab/abcd…` with `picture.png`, for a preview `latent.safetensors`, and
`entry.json`, which holds each file's sha256 and its own. An entry is written under `.new/`, synced
to the disk and then renamed, so that no crash leaves half of one. One that was damaged later is
set aside under `quarantine/`, and counts as missing.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from storyboard.files import sweep_temporaries, sync_folder, write_atomic, write_synced
from storyboard.lock import Busy, StoreProblem, WriterLock, reason

__all__ = ["LATENT", "PICTURE", "Busy", "Damage", "Entry", "Store", "StoreProblem"]

PICTURE = "picture.png"
LATENT = "latent.safetensors"
_RECORD = "entry.json"
_DIGEST = re.compile(r"[0-9a-f]{64}")
_FILE = re.compile(r"[a-z]+\.[a-z]+")


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
    """An entry that was found damaged, why, and where it was set aside."""

    digest: str
    reason: str
    aside: Path

    def __str__(self) -> str:
        return (
            f"the stored picture {self.digest[:12]} was damaged ({self.reason}); "
            f"it was set aside as {self.aside} and counts as missing"
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
        """Holds the right to write for a whole run; may be nested. Raises `Busy`."""
        with self._lock.held():
            yield

    def has(self, digest: str) -> bool:
        """Whether there is an entry; `get` alone says whether it is sound."""
        folder = self._entry_folder(digest)
        with _told(folder, "read"):
            return (folder / _RECORD).is_file() and (folder / PICTURE).is_file()

    def digests(self) -> frozenset[str]:
        """All entries there are, by their names alone: quick, not checked."""
        with _told(self.folder, "read"):
            shelves = [path for path in _listed(self.folder) if len(path.name) == 2]
            entries = (path.name for shelf in shelves for path in _listed(shelf))
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
                folder.rename(bin_ / digest)
                shutil.rmtree(bin_)

    def sweep(self) -> int:
        """Removes what runs that were killed left half written; how many such things there were."""
        with self.writing(), _told(self.folder, "written"):
            left = list(_listed(self.folder / ".new"))
            for path in left:
                shutil.rmtree(path)
            return len(left) + sweep_temporaries(self.folder)

    def _write(self, digest: str, files: Mapping[str, bytes]) -> None:
        fresh = self._fresh()
        try:
            for name, data in files.items():
                write_synced(fresh / name, data)
            sync_folder(fresh)
            target = self._entry_folder(digest)
            target.parent.mkdir(exist_ok=True)
            fresh.rename(target)
        except BaseException:
            shutil.rmtree(fresh, ignore_errors=True)  # what stays is swept by the next run
            raise
        sync_folder(target.parent)
        sync_folder(self.folder)

    def _fresh(self) -> Path:
        folder = self.folder / ".new" / secrets.token_hex(16)
        folder.mkdir(parents=True)
        return folder

    def _entry_folder(self, digest: str) -> Path:
        if not _DIGEST.fullmatch(digest):
            raise ValueError(f"{digest!r} is not a digest")
        return self.folder / digest[:2] / digest

    def _set_aside(self, digest: str, folder: Path, why: str) -> None:
        aside = self.folder / "quarantine" / f"{digest}-{secrets.token_hex(4)}"
        aside.parent.mkdir(parents=True, exist_ok=True)
        try:
            folder.rename(aside)
        except FileNotFoundError:  # another reader was quicker
            return
        damage = Damage(digest, why, aside)
        self._damages.append(damage)
        write_atomic(aside / "reason.txt", f"{damage}\n".encode())


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
    document = _document((folder / _RECORD).read_bytes())
    if document.get("digest") != digest:
        raise _Damaged(f"its record is that of {document.get('digest')}")
    files = {}
    for name, expected in document["files"].items():
        data = (folder / name).read_bytes()
        if len(data) != expected["size"]:
            raise _Damaged(f"{name} has {len(data)} bytes instead of {expected['size']}")
        if _sha256(data) != expected["sha256"]:
            raise _Damaged(f"{name} is not what was written: its sha256 is another")
        files[name] = data
    return Entry(digest, folder, files, document["record"])


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
