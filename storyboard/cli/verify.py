"""`storyboard verify`: reads every stored picture and checks it by hash."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from storyboard.cli.console import Console, add_output

if TYPE_CHECKING:
    from pathlib import Path

HELP = "read every stored picture and check it by hash"
DESCRIPTION = (
    "Reads all that is kept in the output folder, to the last byte, and checks it by hash. What is "
    "damaged is set aside and told, and is drawn again by the next command that needs it. Ends "
    "with 1 where something was damaged. May be used while another command draws."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The output folder."""
    add_output(parser)


def run(_options: argparse.Namespace, console: Console) -> int:
    """Reads everything; 1 where something was damaged."""
    from storyboard.store import Store

    store = Store(console.workspace.store_folder)
    count = sum(1 for _ in store.verify())
    lists = list(_damaged_lists(console.output))
    if console.json:
        console.show(
            {
                "entries": count,
                "sound": count - len(store.damages),
                "damaged": [
                    {
                        "digest": damage.digest,
                        "reason": damage.reason,
                        "aside": None if damage.aside is None else str(damage.aside),
                    }
                    for damage in store.damages
                ],
                "lists": [{"file": str(path), "told": told} for path, told in lists],
            }
        )
        return 1 if store.damages or lists else 0
    for told in (*map(str, store.damages), *(f"{path} {told}" for path, told in lists)):
        console.say(told)
    pictures = f"{count} pictures" if count != 1 else "1 picture"
    bad = f"{len(store.damages)} damaged" if store.damages else "all sound"
    print(f"{pictures} in {store.folder}: {bad if count else 'nothing to check'}")
    return 1 if store.damages or lists else 0


def _damaged_lists(output: Path) -> Iterator[tuple[Path, str]]:
    """The stories' manifests and lists of takes that are not as they were written, and what
    becomes of them."""
    from storyboard.garbage import story_folders
    from storyboard.lock import StoreProblem
    from storyboard.manifest import Manifest
    from storyboard.takes import TakeBook

    for folder in story_folders(output):
        try:
            Manifest.read(folder)
        except StoreProblem:
            yield folder / "manifest.json", "is damaged: the next `preview` makes it again"
        book = TakeBook.load(folder)
        if book.notes:
            lost = "gone" if not book.path.exists() else "damaged"
            yield book.path, f"is {lost}: the next `preview` makes it again from its pictures"
