"""`storyboard new NAME`: a commented story to start from, or one made of pictures' recipes."""

from __future__ import annotations

import argparse
import re
from importlib.resources import files
from pathlib import Path

from storyboard.cli.console import Console

HELP = "write a story to start from: a commented one, or one from pictures"
DESCRIPTION = (
    "Writes NAME.yaml, a small commented story that runs as it is; or, with --from, a story whose "
    "panels are the recipes in pictures that the WebUI or storyboard has drawn. Overwrites nothing."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The new story's name, and the pictures that it is made from."""
    parser.add_argument("name", metavar="NAME", help="the story's name, e.g. my-story")
    parser.add_argument(
        "--from",
        dest="pictures",
        nargs="+",
        type=Path,
        default=[],
        metavar="IMAGE",
        help="pictures (PNG, JPEG, WebP) with a recipe inside, or folders of them",
    )
    parser.add_argument(
        "--models",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="where the pictures' checkpoint and LoRAs are looked for; repeatable",
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("output"),
        metavar="DIR",
        help="where the hashes of model files are remembered (default: output)",
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="say only what went wrong")


def run(options: argparse.Namespace, console: Console) -> int:
    """Writes the story, unless the file is there."""
    from storyboard.errors import argument_error
    from storyboard.files import new_file

    path = _path(options.name)
    taken = argument_error(
        "the file is there already", "choose another name, or delete it first", str(path)
    )
    if path.exists():
        raise taken
    title = path.stem.replace("-", " ").replace("_", " ").title()
    text = _from_pictures(options.pictures, title, console) if options.pictures else _blank(title)
    try:
        with new_file(path) as file:
            file.write(text.encode("utf-8"))
    except FileExistsError:
        raise taken from None
    print(path)
    console.note(f"now try: storyboard {'check' if options.pictures else 'preview'} {path}")
    return 0


def _path(name: str) -> Path:
    from storyboard.errors import argument_error

    path = Path(name)
    if path.suffix.casefold() not in (".yaml", ".yml"):
        path = path.parent / f"{path.name}.yaml"
    if not re.fullmatch(r"\w[\w\-]*", path.stem):
        raise argument_error(
            f"{path.stem!r} cannot be a story's name", "use letters, digits, - and _ only"
        )
    return path


def _blank(title: str) -> str:
    text = files("storyboard.builtin").joinpath("new-story.yaml").read_text(encoding="utf-8")
    return text.replace("@TITLE@", title)


def _from_pictures(pictures: list[Path], title: str, console: Console) -> str:
    from storyboard.importing import story_from

    workspace = console.workspace
    written = story_from(pictures, title, workspace.catalog(), workspace.hasher())
    for note in written.notes:
        console.say(note)
    return written.text
