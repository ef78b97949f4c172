"""Runs commands as a user does, each in a process of its own that may use little, and that tells
what files it touched.

`python -m tests.faults.corpus_runner` imports the command line once, and then forks for each line
of JSON that it reads: a list of arguments. It answers with a line of JSON, see `Ran`. torch is
never loaded, and pictures are drawn by the fake engine.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

SECONDS = 2.0
MEGABYTES = 512

_WRITES = frozenset({"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.symlink"})
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


@dataclass(frozen=True)
class Ran:
    """How a command ended, what it printed, what it needed, and which files it touched, links
    followed."""

    code: int
    out: str
    seconds: float
    megabytes: float
    opened: tuple[str, ...]
    written: tuple[str, ...]

    def in_a_sentence(self) -> Ran:
        """Itself, if it ended as bad input must end. Says what is wrong otherwise."""
        assert self.code in (1, 2), self.out
        assert "Traceback" not in self.out and self.out.strip(), self.out
        return self.within_bounds()

    def within_bounds(self) -> Ran:
        """Itself, if it needed no more than it may."""
        assert self.seconds < SECONDS, f"{self.seconds:.1f} s: {self.out}"
        assert self.megabytes < MEGABYTES, f"{self.megabytes:.0f} MB: {self.out}"
        return self


class Runner:
    """The process that forks."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def run(self, *arguments: str | Path) -> Ran:
        """Runs a command of `storyboard`."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps([str(one) for one in arguments]) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        return Ran(*answer[:4], *map(tuple, answer[4:]))


@contextmanager
def runner() -> Iterator[Runner]:
    """A runner, as long as it is needed."""
    command = [sys.executable, "-m", "tests.faults.corpus_runner"]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as process:
        try:
            yield Runner(process)
        finally:
            process.communicate()


def _serve() -> None:
    # All that a command imports late, so that the children are quick and open little.
    import storyboard.assembly
    import storyboard.desk
    import storyboard.engine.fake
    import storyboard.importing.pictures
    import storyboard.redrawing
    import storyboard.run  # noqa: F401
    from storyboard.cli.main import parser

    parser()
    Image.init()
    sys.dont_write_bytecode = True
    for line in sys.stdin:
        with tempfile.TemporaryFile("w+") as told, tempfile.TemporaryFile("w+") as touched:
            child = os.fork()
            if child == 0:
                _run(json.loads(line), told.fileno(), touched.fileno())
            _, status, used = os.wait4(child, 0)
            for file in (told, touched):
                file.seek(0)
            touches = [json.loads(one) for one in touched.read().splitlines()]
            answer = (
                os.waitstatus_to_exitcode(status),
                told.read(),
                used.ru_utime + used.ru_stime,
                used.ru_maxrss / 1024,
                sorted({path for writes, path in touches if not writes}),
                sorted({path for writes, path in touches if writes}),
            )
        print(json.dumps(answer), flush=True)


def _run(arguments: Sequence[str], told: int, touched: int) -> None:
    """Runs a command, and ends this process."""
    from storyboard.cli.main import main
    from storyboard.engine.fake import FakeEngine

    os.dup2(told, 1)
    os.dup2(told, 2)
    resource.setrlimit(resource.RLIMIT_CPU, (10, 10))
    most = 2 * MEGABYTES * 2**20 + _address_space()
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    sys.addaudithook(lambda event, values: _audit(event, values, touched))
    code = 99
    try:
        code = main(arguments, make_engine=FakeEngine)
    except SystemExit as ended:
        code = int(ended.code or 0)
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _address_space() -> int:
    pages = Path("/proc/self/statm")
    return int(pages.read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE") if pages.exists() else 0


def _audit(event: str, values: tuple[Any, ...], touched: int) -> None:
    if event == "open" and isinstance(values[0], (str, bytes)):
        flags = values[2] if isinstance(values[2], int) else 0
        _note(bool(flags & _WRITING), values[0], touched)
    elif event in ("os.listdir", "os.scandir") and isinstance(values[0], (str, bytes)):
        _note(False, values[0], touched)
    elif event in _WRITES:
        for path in values[:2] if event in ("os.rename", "os.link", "os.symlink") else values[:1]:
            if isinstance(path, (str, bytes)):
                _note(True, path, touched)


def _note(writes: bool, path: str | bytes, touched: int) -> None:
    real = os.path.realpath(os.fsdecode(path))
    line = json.dumps([writes, real.encode("utf-8", "replace").decode("utf-8")])
    os.write(touched, line.encode("ascii") + b"\n")


if __name__ == "__main__":
    _serve()
