"""`storyboard show IMAGE`: the recipe inside a picture, ours or the WebUI's."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from storyboard.cli.console import Console

HELP = "print the recipe inside a picture"
DESCRIPTION = (
    "Prints the recipe inside a PNG, JPEG or WebP picture: storyboard's own as JSON, or the "
    "`parameters` text that the WebUI writes. Ends with 1 where there is none."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Pictures."""
    parser.add_argument("images", nargs="+", type=Path, metavar="IMAGE", help="a picture file")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(options: argparse.Namespace, console: Console) -> int:
    """Prints what each picture says of its making."""
    from storyboard.parameters import parse_parameters
    from storyboard.pnginfo import read_info

    documents = []
    for image in options.images:
        info = read_info(image)
        document = {"file": str(image), "width": info.size.width, "height": info.size.height}
        parsed = parse_parameters(info.parameters) if info.parameters else None
        documents.append(
            document
            | {"recipe": info.recipe, "parameters": info.parameters}
            | (
                {"prompt": parsed.prompt, "negative": parsed.negative, "settings": parsed.settings}
                if parsed
                else {}
            )
        )
        if info.recipe is None and info.parameters is None:
            console.say(f"{image} ({info.size}) has no recipe inside")
        elif not console.json:
            print(f"{image} ({info.size})")
            if info.parameters:
                print(_harmless(info.parameters))
            if info.recipe:
                print(_harmless(json.dumps(info.recipe, ensure_ascii=False, indent=2)))
    if console.json:
        console.show(documents[0] if len(documents) == 1 else documents)
    silent = any(d["recipe"] is None and d["parameters"] is None for d in documents)
    return 1 if silent else 0


def _harmless(text: str) -> str:
    """Without what would steer the terminal; `--json` has it to the letter."""
    from storyboard.story.syntax import without_bad_characters

    return without_bad_characters(text.replace("\r\n", "\n")).replace("\r", " ")
