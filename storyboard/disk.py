"""The one door to the disk: all that storyboard changes there, it changes through these few calls.

A test stands in for the disk by taking the place of some of them: it fails the nth call, notes
them all, or leaves one out. Each raises OSError as the system does, and does nothing by halves
that a call of the system does not.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import BinaryIO


def read(path: Path) -> bytes:
    """A file's bytes."""
    return path.read_bytes()


def write(path: Path, data: bytes, synced: bool) -> None:
    """Writes a new file; `synced` waits until the disk has its bytes (not yet its name)."""
    with path.open("xb") as file:
        file.write(data)
        if synced:
            sync(file)


def sync(file: BinaryIO) -> None:
    """Waits until the disk has the bytes that were written to an open file."""
    file.flush()
    os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Waits until the disk has the folder's names, where the system can do that for a folder."""
    if os.name == "nt":  # Windows opens no folders; NTFS journals names by itself
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as problem:
        if problem.errno != errno.EINVAL:  # a file system that syncs no folders (some networks')
            raise
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Makes one folder, in one that is there."""
    folder.mkdir()


def rename(old: Path, new: Path) -> None:
    """Gives a file or folder another name, at once; a file takes the place of another."""
    os.replace(old, new)  # noqa: PTH105 -- one call of the system


def link(old: Path, new: Path) -> None:
    """Gives a file a second name, which must be free."""
    new.hardlink_to(old)


def unlink(path: Path) -> None:
    """Takes a file's name away; no harm where there is none."""
    path.unlink(missing_ok=True)


def remove_folder(folder: Path) -> None:
    """Takes an empty folder away."""
    folder.rmdir()
