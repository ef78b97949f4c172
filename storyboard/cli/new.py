"""`storyboard new NAME`: a commented story to start from, which runs as it is."""

from __future__ import annotations

import argparse
import re
from importlib.resources import files
from pathlib import Path

from storyboard.cli.console import Console

HELP = "write a commented story to start from"
DESCRIPTION = "Writes NAME.yaml, a small commented story that runs as it is. Overwrites nothing."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The new story's name."""
    parser.add_argument("name", metavar="NAME", help="the story's name, e.g. my-story")


def run(options: argparse.Namespace, console: Console) -> int:
    """Writes the story, unless the file is there."""
    from storyboard.errors import argument_error

    path = Path(options.name)
    if path.suffix.casefold() not in (".yaml", ".yml"):
        path = path.with_name(path.name + ".yaml")
    if not re.fullmatch(r"\w[\w\-]*", path.stem):
        raise argument_error(
            f"{path.stem!r} cannot be a story's name", "use letters, digits, - and _ only"
        )
    title = path.stem.replace("-", " ").replace("_", " ").title()
    text = files("storyboard.builtin").joinpath("new-story.yaml").read_text(encoding="utf-8")
    try:
        with path.open("x", encoding="utf-8") as new_file:
            new_file.write(text.replace("@TITLE@", title))
    except FileExistsError:
        raise argument_error(
            "the file is there already", "choose another name, or delete it first", str(path)
        ) from None
    print(path)
    console.note(f"now try: storyboard preview {path}")
    return 0
