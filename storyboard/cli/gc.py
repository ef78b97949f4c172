"""`storyboard gc`: what nothing names any more; deletes it only with `--delete`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from storyboard.cli.console import Console, add_output

if TYPE_CHECKING:
    from storyboard.garbage import Garbage

HELP = "list what nothing needs any more, and delete it if asked to"
DESCRIPTION = (
    "Lists the stored pictures that no story shows, took as a pick, or lists as a take any more, "
    "damaged ones that were set aside, what a crash left half written, and small pictures that "
    "are made again when they are needed. Deletes nothing without --delete, and no takes without "
    "--takes."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is to go, and the output folder."""
    parser.add_argument("--delete", action="store_true", help="delete what is listed")
    parser.add_argument(
        "--takes", action="store_true", help="takes too, but for those that a panel shows"
    )
    add_output(parser)


def run(options: argparse.Namespace, console: Console) -> int:
    """Lists, or deletes, garbage."""
    from storyboard.garbage import delete, garbage
    from storyboard.store import Store

    output = console.output
    store = Store(console.workspace.store_folder)
    found: tuple[Garbage, ...] = ()
    if store.folder.is_dir():
        with store.writing():
            found = garbage(output, store, options.takes)
            if options.delete:
                delete(output, store, found)
    if console.json:
        console.show(
            {
                "deleted": options.delete,
                "bytes": sum(one.size for one in found),
                "garbage": [
                    {
                        "sort": str(one.sort),
                        "path": str(one.path),
                        "bytes": one.size,
                        "digest": one.digest,
                        "told": one.told,
                    }
                    for one in found
                ],
            }
        )
        return 0
    for one in found:
        told = f" ({one.told})" if one.told else ""
        print(f"{_size(one.size):>9}  {one.sort}: {one.path}{told}")
    print(_sum(found, options.delete))
    return 0


def _sum(found: tuple[Garbage, ...], deleted: bool) -> str:
    if not found:
        return "nothing to delete: everything here is needed"
    size = _size(sum(one.size for one in found))
    return f"{size} deleted" if deleted else f"{size} in all; `storyboard gc --delete` deletes it"


def _size(count: float) -> str:
    """Bytes as people read them."""
    if count < 1000:
        return f"{count:.0f} B"
    for unit in ("kB", "MB"):
        count /= 1000
        if count < 1000:
            return f"{count:.1f} {unit}"
    return f"{count / 1000:.1f} GB"
