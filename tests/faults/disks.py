"""Real disks for a while: ext4 in a file whose power can be cut, small ones in memory. They need
root, and on Linux a kernel that lets it mount; elsewhere their tests are skipped, and say so."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_SHUTDOWN = 0x8004587D  # EXT4_IOC_SHUTDOWN, _IOR('X', 125, __u32)
_NO_LOG_FLUSH = 2
"""As if the power went: what the journal has not written is lost."""


def skipped(why: str) -> None:
    """Skips the test, loudly: in the summary, and as a line that nobody overlooks."""
    if os.environ.get("STORYBOARD_NO_SKIPS"):
        pytest.fail(why)
    print(f"\n!!! SKIPPED, so not shown here: {why}", file=sys.__stderr__)
    pytest.skip(why)


def may_mount() -> bool:
    """Whether this process is root on a Linux with the tools for it."""
    return (
        sys.platform == "linux"
        and os.geteuid() == 0
        and all(shutil.which(tool) for tool in ("mount", "umount"))
    )


@contextmanager
def memory_disk(folder: Path, size: str = "2m") -> Iterator[Path]:
    """A disk of this size in memory. Skips the test where that is not allowed."""
    folder.mkdir()
    if not may_mount():
        skipped("mounting a disk in memory needs root on Linux")
    mounted = _done("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder))
    if mounted:
        skipped(f"a disk in memory cannot be mounted here: {mounted}")
    try:
        yield folder
    finally:
        _done("umount", "--lazy", str(folder))


def remounted(folder: Path, how: str) -> None:
    """Mounts a disk again, `ro` or `rw`."""
    told = _done("mount", "-o", f"remount,{how}", str(folder))
    assert not told, told


class Ext4:
    """An ext4 in a file, as a disk of its own, whose power can be cut. Skips the test where the
    system has no loop devices, or its ext4 no such ioctl."""

    def __init__(self, folder: Path) -> None:
        self._image = folder / "disk.img"
        self.place = folder / "mounted"
        self.place.mkdir()
        if not (may_mount() and shutil.which("mkfs.ext4")):
            skipped("a power cut needs root on Linux, and mkfs.ext4")
        with self._image.open("wb") as file:
            file.truncate(64 * 1024 * 1024)
        told = _done("mkfs.ext4", "-q", "-F", str(self._image)) or self.mount()
        if told:
            skipped(f"ext4 cannot be mounted from a file here: {told}")

    def mount(self) -> str:
        """Mounts it; what went wrong, if anything."""
        return _done("mount", "-o", "loop", str(self._image), str(self.place))

    def cut(self) -> None:
        """The power goes: nothing that the disk does not have by now reaches it any more."""
        import fcntl

        descriptor = os.open(self.place, os.O_RDONLY)
        try:
            fcntl.ioctl(descriptor, _SHUTDOWN, struct.pack("I", _NO_LOG_FLUSH))
        except OSError as problem:
            skipped(f"this ext4 has no shutdown: {problem}")
        finally:
            os.close(descriptor)

    def back(self) -> None:
        """The power comes back."""
        self.close()
        told = self.mount()
        assert not told, told

    def close(self) -> None:
        """Unmounts it."""
        if self.place.is_mount():
            told = _done("umount", str(self.place))
            assert not told, told


def _done(*command: str) -> str:
    """What went wrong with a command; nothing if it went well."""
    ended = subprocess.run(command, check=False, capture_output=True, text=True)
    return "" if ended.returncode == 0 else (ended.stderr.strip() or f"{command[0]} failed")
