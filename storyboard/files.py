"""Files that are there whole or not at all, under names that every system takes."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from storyboard import disk

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
    make_folders(path.parent, durable)
    temporary = _temporary(path.parent)
    try:
        disk.write(temporary, data, durable)
        disk.rename(temporary, path)
    except BaseException:
        _forget(temporary)
        raise
    if durable:
        disk.sync_folder(path.parent)


@contextmanager
def replaced_file(path: Path) -> Iterator[BinaryIO]:
    """A file to write that takes the name when the block has ended well; until then, and where it
    has not, what was there is there. For what is too large for `write_atomic`. Raises OSError."""
    make_folders(path.parent)
    temporary = _temporary(path.parent)
    try:
        with temporary.open("xb") as file:
            yield file
            disk.sync(file)
        disk.rename(temporary, path)
    except BaseException:
        _forget(temporary)
        raise
    disk.sync_folder(path.parent)


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """A new file, there under its name when the block has ended well, or not at all.

    Makes its folder where that is missing. Raises OSError; FileExistsError, with nothing touched,
    where something has the name when the block ends.
    """
    make_folders(path.parent)
    temporary = _temporary(path.parent)
    try:
        with temporary.open("xb") as file:
            yield file
            disk.sync(file)
        _name_it(temporary, path)
    finally:
        _forget(temporary)
    disk.sync_folder(path.parent)


def _name_it(temporary: Path, path: Path) -> None:
    """Gives a file its name, which must be free."""
    try:
        disk.link(temporary, path)  # a rename would overwrite, on some systems
    except FileExistsError:
        raise
    except OSError:  # a file system without links, as on many memory sticks
        if path.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from None
        disk.rename(temporary, path)


def make_folders(folder: Path, durable: bool = True) -> None:
    """Makes a folder where it is missing, and those above it; where `durable`, waits until the disk
    has the name of each that is new. Raises OSError."""
    if folder.is_dir():
        return
    make_folders(folder.parent, durable)
    try:
        disk.make_folder(folder)
    except FileExistsError:
        if folder.is_dir():  # another process was quicker
            return
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder)) from None
    if durable:
        disk.sync_folder(folder.parent)


def sync_way_to(folder: Path) -> None:
    """Waits until the disk has the names of all folders that lead to this one, up to where its disk
    begins, or to one that may not be read: that is not ours. Raises OSError."""
    for above in folder.resolve().parents:
        try:
            disk.sync_folder(above)
        except PermissionError:
            return
        if above.is_mount():
            return


def remove_tree(folder: Path) -> None:
    """Removes a folder and all that is in it; follows no link. Raises OSError."""
    with os.scandir(folder) as found:
        for entry in list(found):
            if entry.is_dir(follow_symlinks=False):
                remove_tree(Path(entry.path))
            else:
                disk.unlink(Path(entry.path))
    disk.remove_folder(folder)


def size_of(path: Path) -> int:
    """How many bytes a file, or all files in a folder, have; follows no link. Raises OSError."""
    if path.is_symlink() or not path.is_dir():
        return path.lstat().st_size
    return sum(size_of(inner) for inner in path.iterdir())


def temporaries(folder: Path) -> list[Path]:
    """What `write_atomic` left in `folder`, if there is one, when it was killed. Raises OSError."""
    found = folder.glob(".storyboard-*")
    return sorted(path for path in found if _TEMPORARY.fullmatch(path.name))


def sweep_temporaries(folder: Path) -> int:
    """Removes what `write_atomic` left in `folder` when it was killed; how many there were.

    Only for whoever alone writes there. Raises OSError.
    """
    found = temporaries(folder)
    for path in found:
        disk.unlink(path)
    return len(found)


def set_aside(path: Path) -> str:
    """Gives a damaged file of ours another name, `NAME.damaged-1.json` or the like; says in words
    where it is, or why it cannot be."""
    number = 1
    while (aside := path.with_name(f"{path.stem}.damaged-{number}{path.suffix}")).exists():
        number += 1
    try:
        disk.rename(path, aside)
    except OSError as problem:
        return f"it cannot be set aside: {problem.strerror or problem}"
    return f"it was set aside as {aside}"


def _temporary(folder: Path) -> Path:
    return folder / f".storyboard-{secrets.token_hex(8)}.tmp"


def _forget(temporary: Path) -> None:
    """Removes a file that failed, if it can be: else it is swept later, and the failure is told."""
    with suppress(OSError):
        disk.unlink(temporary)


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
