"""The command line: reads the arguments, runs one command, and turns its end into an exit code."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

from storyboard import __version__
from storyboard.cli.console import Console, EngineMaker
from storyboard.interrupts import Stopped, interruptible

COMMANDS = (
    "new",
    "check",
    "plan",
    "preview",
    "render",
    "reroll",
    "pick",
    "mend",
    "watch",
    "pages",
    "translate",
    "show",
    "models",
    "convert",
    "verify",
    "gc",
    "doctor",
    "schema",
)

DONE, FAILED, WRONG, INTERRUPTED, TERMINATED = 0, 1, 2, 130, 143


def parser() -> argparse.ArgumentParser:
    """The whole command line; command modules are light, what they need is imported when run."""
    main_parser = argparse.ArgumentParser(
        prog="storyboard",
        description="From a story in YAML to lettered comic pages, drawn by Stable Diffusion.",
        epilog="Exit codes: 0 done; 1 something could not be drawn; 2 the story or the arguments "
        "are wrong; 130 and 143 after an interruption.",
    )
    main_parser.add_argument("--version", action="version", version=f"storyboard {__version__}")
    commands = main_parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name in COMMANDS:
        module = importlib.import_module(f"storyboard.cli.{name}")
        command = commands.add_parser(name, help=module.HELP, description=module.DESCRIPTION)
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    return main_parser


def main(argv: Sequence[str] | None = None, make_engine: EngineMaker | None = None) -> int:
    """Runs a command and returns its exit code. `make_engine` takes the real engine's place."""
    try:
        with interruptible():
            return _run(argv, make_engine)
    except KeyboardInterrupt:
        return _unfinished("interrupted", INTERRUPTED)
    except Stopped:
        return _unfinished("stopped", TERMINATED)


def _run(argv: Sequence[str] | None, make_engine: EngineMaker | None) -> int:
    options = parser().parse_args(argv)
    console = Console.from_options(options, make_engine)
    try:
        code: int = options.run(options, console)
    except BrokenPipeError:
        # Whoever read our output has gone; there is nobody left to tell.
        sys.stderr.close()
        return FAILED
    except Exception as error:
        return _told(error, console)
    return code


def _unfinished(how: str, code: int) -> int:
    kept = "what was drawn is kept, the same command goes on from there"
    print(f"storyboard: {how}: {kept}", file=sys.stderr)
    return code


def _told(error: Exception, console: Console) -> int:
    """Tells an error that a person can mend; any other is a bug of ours, and keeps its trace."""
    from storyboard.errors import ProblemsError
    from storyboard.store import Busy, StoreProblem

    if isinstance(error, ProblemsError):
        console.problems(error.problems)
        return WRONG
    if isinstance(error, Busy | StoreProblem):
        console.say(str(error))
        return FAILED
    if isinstance(error, OSError):
        console.say(f"{error.filename or 'a file'}: {error.strerror or error}")
        return FAILED
    raise error


if __name__ == "__main__":
    sys.exit(main())
