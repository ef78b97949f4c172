"""What `pages` and `render` share: in which formats and languages a story is written."""

from __future__ import annotations

import argparse

from storyboard.export.formats import USUAL, Format
from storyboard.languages import is_language


def add_formats(parser: argparse.ArgumentParser) -> None:
    """`--format` and `--language`."""
    parser.add_argument(
        "--format",
        type=_formats,
        default=None,
        metavar="LIST",
        help=f"of {','.join(Format)}, joined by commas (default: the story's `export`, or else "
        f"{','.join(USUAL)})",
    )
    parser.add_argument(
        "--language",
        type=_languages,
        action="extend",
        default=[],
        metavar="LIST",
        help="codes such as zh or pt-BR, joined by commas: the story's words in those languages, "
        "from its side files (`storyboard translate` writes one) (default: its own)",
    )


def _formats(text: str) -> tuple[Format, ...]:
    wanted = tuple(dict.fromkeys(text.split(",")))
    for name in wanted:
        if name not in list(Format):
            raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(Format)}")
    return tuple(map(Format, wanted))


def _languages(text: str) -> list[str]:
    wanted = list(dict.fromkeys(text.split(",")))
    for code in wanted:
        if not is_language(code):
            raise argparse.ArgumentTypeError(f"{code!r} is no language's code such as zh or pt-BR")
    return wanted
