"""Runs commands as a user does, with the fake engine or in a fresh process."""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from storyboard.cli.main import main
from storyboard.engine.fake import FakeEngine


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """What it printed on standard output, as one JSON document."""
        return json.loads(self.out)

    @property
    def events(self) -> list[dict[str, Any]]:
        """What it printed on standard output, as JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]

    def drawn(self) -> list[tuple[str, str]]:
        """Which pictures were drawn: (panel, kind), sorted."""
        done = (event for event in self.events if event["event"] == "PanelDone")
        return sorted((event["panel"], event["kind"]) for event in done)


def run(*arguments: str | Path) -> Ended:
    """Runs a command in this process with the fake engine."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main([str(argument) for argument in arguments], make_engine=FakeEngine)
        except SystemExit as exit_of_argparse:
            code = int(exit_of_argparse.code or 0)
    return Ended(code, out.getvalue(), err.getvalue())


def run_fresh(
    arguments: Sequence[str | Path], after: str = "", folder: Path | None = None
) -> Ended:
    """Runs a command in a fresh Python, with `after` as code that runs when it has ended."""
    code = (
        "import sys\nfrom storyboard.cli.main import main\n"
        f"code = main({[str(argument) for argument in arguments]!r})\n{after}\nsys.exit(code)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=folder, check=False
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr)
