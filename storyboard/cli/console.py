"""What every command has at hand: the workspace, and the way to speak to the user."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from storyboard.engine.base import Engine
    from storyboard.errors import Problem
    from storyboard.workspace import Workspace

_LONG_TO_HASH = 500_000_000
_HASHED_AT_ONCE = 4 * 1024 * 1024

EngineMaker = Callable[[], "Engine"]


@dataclass(frozen=True, slots=True)
class Console:
    """Speaks on standard error; standard output is for what was asked for."""

    output: Path
    models: tuple[Path, ...]
    json: bool
    quiet: bool
    verbose: bool
    make_engine: EngineMaker | None
    offline: bool = False
    fast: bool = False

    @classmethod
    def from_options(
        cls, options: argparse.Namespace, make_engine: EngineMaker | None = None
    ) -> Console:
        """From the common options; commands that lack one get its default."""
        return cls(
            output=getattr(options, "output", Path("output")),
            models=tuple(getattr(options, "models", ())),
            json=getattr(options, "json", False),
            quiet=getattr(options, "quiet", False),
            verbose=getattr(options, "verbose", False),
            make_engine=make_engine,
            offline=getattr(options, "offline", False),
            fast=getattr(options, "fast", False),
        )

    @property
    def workspace(self) -> Workspace:
        """The folders that the options name."""
        from storyboard.cli.fetching import FetchTeller
        from storyboard.workspace import Workspace

        tell = FetchTeller(self._say_unless_quiet, self.note)
        return Workspace(self.output, self.models, self.offline, self._hashing, tell, self.fast)

    @property
    def options(self) -> tuple[str, ...]:
        """The words that a further command needs to find the same things."""
        words = [] if self.output == Path("output") else ["--output", str(self.output)]
        for folder in self.models:
            words += ["--models", str(folder)]
        return tuple(words)

    def _hashing(self, path: Path, done: int, size: int) -> None:
        """Tells how far it is with files that take seconds, each tenth of the way."""
        tenth = size // 10
        if size > _LONG_TO_HASH and done // tenth > (done - _HASHED_AT_ONCE) // tenth:
            self.note(f"hashing {path.name}, once: {done / size:.0%} of {size / 1e9:.1f} GB")

    def say(self, sentence: str) -> None:
        """Tells the user something, whatever else is printed."""
        print(f"storyboard: {sentence}", file=sys.stderr)

    def _say_unless_quiet(self, sentence: str) -> None:
        if not self.quiet:
            self.say(sentence)

    def note(self, sentence: str) -> None:
        """Tells the user something that `--quiet` leaves out."""
        if not self.quiet and not self.json:
            print(sentence, file=sys.stderr)

    def show(self, document: Any) -> None:
        """Prints a JSON document on standard output."""
        print(json.dumps(document, ensure_ascii=False, indent=2))

    def warnings(self, warnings: Iterable[Problem]) -> None:
        """Tells warnings on standard error, where a command has other things to print; hints are
        left to `check`."""
        for warning in warnings:
            if warning.severity == "warning" and not self.quiet:
                print(warning, file=sys.stderr)

    def problems(self, problems: Iterable[Problem]) -> None:
        """Prints problems: sentences on standard error, or with `--json` one document."""
        if self.json:
            self.show({"problems": [as_json(problem) for problem in problems]})
        else:
            for problem in problems:
                print(problem, file=sys.stderr)


def as_json(problem: Problem) -> dict[str, str | int]:
    """A problem as `check --json` prints it."""
    return {
        "file": problem.mark.file,
        "line": problem.mark.line,
        "column": problem.mark.column,
        "message": problem.message,
        "hint": problem.hint,
        "severity": problem.severity,
    }


def add_common(parser: argparse.ArgumentParser) -> None:
    """The options that every command about a story takes."""
    group = parser.add_argument_group("common options")
    group.add_argument(
        "--output",
        type=Path,
        default=Path("output"),
        metavar="DIR",
        help="where pictures and pages go (default: output)",
    )
    group.add_argument(
        "--models",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="a folder of checkpoints, LoRAs and embeddings, as the WebUI or ComfyUI keep them; "
        f"repeatable; also {_variable()}, and models/ beside the story or here",
    )
    group.add_argument(
        "--device", default="auto", help="auto, cpu, cuda, cuda:1 or mps (default: auto)"
    )
    group.add_argument(
        "--dtype",
        default="auto",
        choices=("auto", "float32", "bfloat16", "float16"),
        help="the numbers that the model works with (default: auto)",
    )
    group.add_argument(
        "--batch-size",
        type=_batch_size,
        default=None,
        metavar="N",
        help="panels drawn together (default: by their size)",
    )
    group.add_argument(
        "--devices",
        type=_devices,
        default=(),
        metavar="0,1",
        help="GPUs that draw side by side, a process each; preview and render know it",
    )
    group.add_argument(
        "--compile",
        default="auto",
        choices=("auto", "on", "off"),
        help="compile the UNet; auto: on an NVIDIA GPU, if the plan is long enough to earn that "
        "time back; preview and render know it (default: auto)",
    )
    group.add_argument(
        "--executor", default="local", choices=("local",), help="where drawing happens"
    )
    group.add_argument(
        "--offline",
        action="store_true",
        help="never use the network: a checkpoint named by "
        "its hub id is fetched only without this, and without the variable HF_HUB_OFFLINE",
    )
    group.add_argument("-q", "--quiet", action="store_true", help="say only what went wrong")
    group.add_argument("-v", "--verbose", action="store_true", help="say more")
    group.add_argument("--json", action="store_true", help="print JSON on standard output")


def add_fast(parser: argparse.ArgumentParser) -> None:
    """Draws as if the story said `sampler: {fast: true}`."""
    parser.add_argument(
        "--fast",
        action="store_true",
        help="as if the story said `sampler: {fast: true}`: quicker, and nearly the same pictures; "
        "they are others than those without",
    )


def add_output(parser: argparse.ArgumentParser) -> None:
    """The options of a command that is about an output folder, not about a story."""
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("output"),
        metavar="DIR",
        help="the folder with pictures and pages (default: output)",
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="say only what went wrong")
    parser.add_argument("-v", "--verbose", action="store_true", help="say more")
    parser.add_argument("--json", action="store_true", help="print JSON on standard output")


def add_stories(parser: argparse.ArgumentParser, panels: bool = False) -> None:
    """One or more stories, and with one story, panels."""
    if panels:
        parser.usage = f"{parser.prog} [options] STORY ... [PANEL ...]"
    parser.add_argument(
        "arguments",
        nargs="+",
        metavar="STORY, PANEL" if panels else "STORY",
        help="a story (.yaml or .yml)" + ("; panels as 1.face, or face alone" if panels else ""),
    )


def _batch_size(text: str) -> int:
    if text.isascii() and text.isdigit() and 1 <= int(text) <= 64:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text} is no number of panels between 1 and 64")


def _devices(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(","))
    if all(names):
        return tuple(f"cuda:{name}" if name.isdecimal() else name for name in names)
    raise argparse.ArgumentTypeError(f"{text} is no list of GPUs such as 0,1")


def _variable() -> str:
    return f"the variable STORYBOARD_MODELS (folders joined by {os.pathsep!r})"
