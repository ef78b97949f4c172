"""Eighty names of files that a stranger's story may hold, and the folders around it.

`{ext}` stands for the ending that files have in the place where the name is put, `{out}` for a
folder outside of the story's, in which a file of that ending lies that nobody must read.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from PIL import Image

from tests.models import made

LEADING_OUT = (
    "../outside/secret{ext}",
    "..\\outside\\secret{ext}",
    "sub/../../outside/secret{ext}",
    "./../outside/secret{ext}",
    "sub/../sub/../../outside/secret{ext}",
    "../outside/./secret{ext}",
    "../story/../outside/secret{ext}",
    "../outside/../outside/secret{ext}",
    "sub/../..",
    "..",
    "../",
    "{out}/secret{ext}",
    "{out}/../outside/secret{ext}",
    "//{out}/secret{ext}",
    "/etc/passwd",
    "//etc/passwd",
    "/proc/self/environ",
    "/proc/self/cwd/secret{ext}",
    "/dev/zero",
    "/dev/stdin",
    "/dev/fd/0",
    "link{ext}",
    "linked/secret{ext}",
    "sub/link{ext}",
)
"""Names that would lead out of the story's folder if they were followed."""

STRANGE = (
    "....//....//outside/secret{ext}",
    ".../secret{ext}",
    "..%2foutside%2fsecret{ext}",
    "%2e%2e/outside/secret{ext}",
    "\uff0e\uff0e/outside/secret{ext}",
    "\u2025/outside/secret{ext}",
    "..;/outside/secret{ext}",
    ".. /outside/secret{ext}",
    "../outside/secret{ext}\0.png",
    "secret\0",
    "\0",
    "a\x1b[2Jb{ext}",
    "a\x7fb{ext}",
    "a\rb{ext}",
    "a\nb{ext}",
    "file:///etc/passwd",
    "file://{out}/secret{ext}",
    "http://127.0.0.1:9/x{ext}",
    "C:\\Windows\\win.ini",
    "C:/Windows/win.ini",
    "c:secret{ext}",
    "\\\\server\\share\\x{ext}",
    "\\\\?\\C:\\x{ext}",
    "\\\\.\\PhysicalDrive0",
    "~/secret{ext}",
    "~root/secret{ext}",
    "$HOME/secret{ext}",
    "${HOME}/secret{ext}",
    "%USERPROFILE%\\secret{ext}",
    "`id`",
    "$(id)",
    "-rf",
    "--output=/tmp/x",
    "| id",
    "loop{ext}",
    "dangling{ext}",
    "CON",
    "nul{ext}",
    "COM1.png",
    "aux{ext}",
    "fifo{ext}",
    "folder{ext}",
    "\u202egnp.terces",
    "a\u2066b{ext}",
    "\u200f{ext}",
    "\ufeffinside{ext}",
    "x" * 300,
    "é" * 300 + "{ext}",
    "a/" * 150 + "x{ext}",
    "inside{ext}::$DATA",
    "inside{ext}/",
    "inside{ext}/.",
    ".",
    " ",
)
"""Names that lead nowhere, or not far, whatever is made of them."""

HARMLESS = ("inside{ext}", "café{ext}")
"""Names of files that lie in the story's folder."""

ENTRIES = (*LEADING_OUT, *STRANGE, *HARMLESS)

ENDINGS = (".png", ".yaml", ".safetensors", ".txt", ".ttf")


def named(entry: str, ending: str, outside: Path) -> str:
    """The entry as it stands in a story."""
    return entry.replace("{ext}", ending).replace("{out}", str(outside))


def lay_out(folder: Path) -> tuple[Path, Path]:
    """Makes the story's folder and the one outside of it, with files of every ending in both."""
    story, outside = folder / "story", folder / "outside"
    (story / "sub").mkdir(parents=True)
    for ending in ENDINGS:
        for name in ("inside", "café"):
            _write(story / f"{name}{ending}")
        _write(outside / f"secret{ending}")
        _link(story / f"link{ending}", outside / f"secret{ending}")
        _link(story / "sub" / f"link{ending}", outside / f"secret{ending}")
        _link(story / f"loop{ending}", story / f"loop{ending}")
        _link(story / f"dangling{ending}", outside / f"nothing{ending}")
        (story / f"folder{ending}").mkdir()
        if hasattr(os, "mkfifo"):
            os.mkfifo(story / f"fifo{ending}")
    _link(story / "linked", outside)
    return story, outside


def _link(at: Path, to: Path) -> None:
    at.symlink_to(to)


def _write(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".png":
        Image.fromarray(np.full((64, 64, 3), 120, np.uint8)).save(path)
    elif path.suffix == ".safetensors":
        made.weights(path, made.lora_shapes(made.ATTENTION))
    elif path.suffix == ".yaml":
        path.write_text("vars: {told: outside}\n", encoding="utf-8")
    else:
        path.write_text("an option\n", encoding="utf-8")
