"""`storyboard translate STORY LANGUAGE`: a file for a story's words in another language."""

from __future__ import annotations

import argparse
from pathlib import Path

from storyboard.cli.console import Console

HELP = "write a file to fill with a story's words in another language"
DESCRIPTION = (
    "Writes NAME.LANGUAGE.yaml beside the story, with every panel's words to translate, and the "
    "story's own as comments. Overwrites nothing. `storyboard pages STORY --language LANGUAGE` "
    "then letters the pages anew, and tells what is not translated yet."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The story and the language."""
    parser.add_argument("story", metavar="STORY", type=Path, help="a story (.yaml or .yml)")
    parser.add_argument("language", metavar="LANGUAGE", help="a code such as zh or pt-BR")
    parser.add_argument("-q", "--quiet", action="store_true", help="say only what went wrong")


def run(options: argparse.Namespace, console: Console) -> int:
    """Writes the file, unless it is there."""
    from storyboard.errors import argument_error
    from storyboard.files import new_file
    from storyboard.languages import is_language
    from storyboard.story.read import read_story
    from storyboard.story.sidefile import side_path
    from storyboard.translation import side_file_text

    if not is_language(options.language):
        raise argument_error(f"{options.language!r} is no language's code such as zh or pt-BR")
    file = read_story(options.story)
    path = side_path(options.story, options.language)
    try:
        with new_file(path) as new:
            new.write(side_file_text(file, options.language).encode("utf-8"))
    except FileExistsError:
        raise argument_error(
            "the file is there already, and is left as it is",
            f"`storyboard pages {options.story} --language {options.language}` tells what is not "
            "translated in it",
            str(path),
        ) from None
    print(path)
    console.note(
        f"now fill it, then: storyboard pages {options.story} --language {options.language}"
    )
    return 0
