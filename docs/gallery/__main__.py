"""Draws the guides' pictures anew: all of them, or those of the galleries that are named.

Every module of this package with a `draw` function is a gallery. It takes a folder and writes
pictures into it.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
from collections.abc import Callable
from pathlib import Path

import docs.gallery

FOLDER = Path(__file__).parents[1] / "pictures" / "gallery"


def _galleries() -> dict[str, Callable[[Path], None]]:
    names = [module.name for module in pkgutil.iter_modules(docs.gallery.__path__)]
    modules = {n: importlib.import_module(f"docs.gallery.{n}") for n in names if n[0] != "_"}
    return {name: module.draw for name, module in modules.items() if hasattr(module, "draw")}


def _main() -> None:
    galleries = _galleries()
    parser = argparse.ArgumentParser(prog="python -m docs.gallery", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(galleries))
    parser.add_argument("--into", type=Path, default=FOLDER, metavar="FOLDER")
    asked = parser.parse_args()
    unknown = set(asked.names) - set(galleries)
    if unknown:
        parser.error(f"there is no gallery {', '.join(sorted(unknown))}: {', '.join(galleries)}")
    asked.into.mkdir(parents=True, exist_ok=True)
    for name in asked.names or galleries:
        galleries[name](asked.into)


if __name__ == "__main__":
    _main()
