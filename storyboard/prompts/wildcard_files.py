"""Wildcard files: folders of .txt files, each a list of options, one a line.

Files are found by listing, so a name leads nowhere but to what lies in those folders; a link that
leads out of its folder is not followed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from storyboard.nearest import did_you_mean
from storyboard.prompts.wildcards import MOST_TEXT, Option, WildcardProblem, option

FOLDER = "wildcards"
MOST_FILES = 20_000
MOST_BYTES = 4_000_000
MOST_OPTIONS = 250_000
"""In one file; lists of the community have some thousands, dictionaries a hundred thousand."""

_BELOW_ROOTS = ("extensions", "custom_nodes")


def wildcard_folders(story_directory: Path, roots: Sequence[Path]) -> list[Path]:
    """Where wildcard files lie, the first wins: `wildcards/` beside the story, then on the model
    path, and in a WebUI's extensions and a ComfyUI's custom nodes there.

    A folder beside the story that is a link to elsewhere does not count: a story may be a
    stranger's.
    """
    beside = story_directory / FOLDER
    own = [beside] if beside.resolve().is_relative_to(story_directory.resolve()) else []
    return [folder for folder in (*own, *_on_path(roots)) if folder.is_dir()]


def _on_path(roots: Sequence[Path]) -> Iterator[Path]:
    for root in roots:
        yield root / FOLDER
        for extensions in _BELOW_ROOTS:
            if (root / extensions).is_dir():
                yield from (one / FOLDER for one in sorted((root / extensions).iterdir()))


@dataclass(frozen=True, slots=True)
class _File:
    """A wildcard file; `is_inside` tells whether it lies in its folder, links followed."""

    path: Path
    is_inside: bool


class WildcardFiles:
    """The options of `__name__`. Folders are listed once, when first asked; files read once."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = tuple(folders)
        self._read: dict[str, tuple[Option, ...]] = {}

    def options(self, name: str) -> tuple[Option, ...]:
        """The file's lines, without blank ones and `#` comments; at least one.

        A name is a file's below its folder, without `.txt`, in any case of letters, as in
        `animals/cats`. Raises `WildcardProblem` where it is not there, or cannot be read.
        """
        key = _key(name)
        if key not in self._read:
            self._read[key] = _options(self.file(name))
        return self._read[key]

    def file(self, name: str) -> Path:
        """The file of that name. Raises `WildcardProblem` where there is none."""
        file = self._files.get(_key(name))
        if file is None:
            hint = did_you_mean(name, self._files) or self._looked()
            raise WildcardProblem(f"there is no wildcard file `{name}`", hint)
        if not file.is_inside:
            raise WildcardProblem(
                f"the wildcard file `{name}` is a link out of its folder", "copy it there"
            )
        return file.path

    def _looked(self) -> str:
        where = ", ".join(str(folder) for folder in self._folders)
        return f"looked in {where}" if where else f"put {FOLDER}/NAME.txt beside the story"

    @cached_property
    def _files(self) -> dict[str, _File]:
        files: dict[str, _File] = {}
        for folder in self._folders:
            base = folder.resolve()
            for path in _text_files(folder):
                name = path.relative_to(folder).with_suffix("").as_posix().casefold()
                files.setdefault(name, _File(path, path.resolve().is_relative_to(base)))
                if len(files) > MOST_FILES:
                    raise WildcardProblem(f"more than {MOST_FILES:,} wildcard files in {folder}")
        return files


def _key(name: str) -> str:
    return name.replace("\\", "/").strip().casefold()


def _text_files(folder: Path) -> Iterator[Path]:
    """The .txt files below a folder, in order; folders that are links are not entered."""
    for directory, folders, names in os.walk(folder):
        folders.sort()
        yield from (Path(directory, name) for name in sorted(names) if _is_text(name))


def _is_text(name: str) -> bool:
    return name.lower().endswith(".txt")


def _options(path: Path) -> tuple[Option, ...]:
    if path.exists() and not path.is_file():  # a pipe would be waited for forever
        raise WildcardProblem(f"the wildcard file {path} is not a regular file")
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        lines = content.decode("utf-8-sig").splitlines()
    except (OSError, UnicodeError) as error:
        reason = "it is no UTF-8 text" if isinstance(error, UnicodeError) else error.strerror
        raise WildcardProblem(f"the wildcard file {path} cannot be read: {reason}") from error
    if len(content) > MOST_BYTES:
        raise WildcardProblem(f"the wildcard file {path} is larger than {MOST_BYTES:,} bytes")
    if any(len(line) > MOST_TEXT for line in lines):
        raise WildcardProblem(
            f"a line of the wildcard file {path} has more than {MOST_TEXT:,} characters"
        )
    said = [line for line in map(str.strip, lines) if line and not line.startswith("#")]
    if len(said) > MOST_OPTIONS:
        raise WildcardProblem(
            f"the wildcard file {path} has more than {MOST_OPTIONS:,} options",
            "shorten it, or make several of it",
        )
    options = tuple(map(option, said))
    if not options:
        raise WildcardProblem(f"the wildcard file {path} is empty", "write one option a line")
    return options
