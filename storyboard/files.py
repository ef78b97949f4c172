"""Files that are there whole or not at all, under names that every system takes."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

_TEMPORARY = re.compile(r"\.storyboard-[0-9a-f]{16}\.tmp")
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]|[\ud800-\udfff]')
_RESERVED = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])(\..*)?", re.IGNORECASE
)
_LONGEST = 120  # bytes of UTF-8, so that an ending and a suffix still fit into the usual 255


def write_atomic(path: Path, data: bytes, durable: bool = True) -> None:
    """Writes the file so that a reader, a crash or a power cut sees it whole, old or new.

    Makes its folder where that is missing. Without `durable` it may be lost, or empty, after a
    power cut: for what can be made again. Raises OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.parent / f".storyboard-{secrets.token_hex(8)}.tmp"
    try:
        write_synced(temporary, data, durable)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if durable:
        sync_folder(path.parent)


@contextmanager
def replaced_file(path: Path) -> Iterator[BinaryIO]:
    """A file to write that takes the name when the block has ended well; until then, and where it
    has not, what was there is there. For what is too large for `write_atomic`. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.parent / f".storyboard-{secrets.token_hex(8)}.tmp"
    try:
        with temporary.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(path.parent)


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """A new file, there under its name when the block has ended well, or not at all.

    Makes its folder where that is missing. Raises OSError; FileExistsError, with nothing touched,
    where something has the name when the block ends.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.parent / f".storyboard-{secrets.token_hex(8)}.tmp"
    try:
        with temporary.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        _name_it(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(path.parent)


def _name_it(temporary: Path, path: Path) -> None:
    """Gives a file its name, which must be free."""
    try:
        path.hardlink_to(temporary)  # a rename would overwrite, on some systems
    except FileExistsError:
        raise
    except OSError:  # a file system without links, as on many memory sticks
        if path.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from None
        temporary.rename(path)


def write_synced(path: Path, data: bytes, durable: bool = True) -> None:
    """Writes a new file and, where `durable`, waits until the disk has it. Raises OSError."""
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        if durable:
            os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Waits until the disk has the folder's names, where the system can do that for a folder."""
    if os.name == "nt":  # Windows opens no folders; NTFS journals names by itself
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sweep_temporaries(folder: Path) -> int:
    """Removes what `write_atomic` left in `folder` when it was killed; how many there were.

    Only for whoever alone writes there. Raises OSError.
    """
    found = [path for path in folder.glob(".storyboard-*") if _TEMPORARY.fullmatch(path.name)]
    for path in found:
        path.unlink(missing_ok=True)
    return len(found)


def safe_name(text: str) -> str:
    """The text as a file's name that Windows, macOS and Linux all take; mostly the text itself.

    No separators or control characters, no device's name (`con`), no dot or blank at either end,
    at most 120 bytes of UTF-8. Different texts may get one name: see `safe_names`.
    """
    name = _FORBIDDEN.sub("_", unicodedata.normalize("NFC", text)).strip(" .") or "_"
    if _RESERVED.fullmatch(name):
        name = f"_{name}"
    encoded = name.encode("utf-8")
    if len(encoded) <= _LONGEST:
        return name
    return f"{encoded[: _LONGEST - 7].decode('utf-8', 'ignore')}~{_mark(text)}"


def safe_names(texts: Iterable[str]) -> dict[str, str]:
    """A safe name for each text, different ones also where a system ignores case (`Face`, `face`).

    The first of those that would clash keeps its name, the others get a mark of their own.
    """
    names: dict[str, str] = {}
    taken: set[str] = set()
    for text in texts:
        if text in names:
            continue
        name = safe_name(text)
        if name.casefold() in taken:
            name = f"{name}~{_mark(text)}"
        taken.add(name.casefold())
        names[text] = name
    return names


def _mark(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:6]
