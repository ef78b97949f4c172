"""The catalog: which model file a name in a story stands for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path

from storyboard.models.describe import describe
from storyboard.models.entries import Entry, Kind, NotFound
from storyboard.models.families import kind_of
from storyboard.models.header import ModelFileProblem, read_header
from storyboard.models.paths import checked_name, path_of, plain
from storyboard.models.roots import builtin_root, model_roots
from storyboard.models.scan import Found, scan, without_ending
from storyboard.nearest import did_you_mean

__all__ = ["Catalog", "Entry", "Kind", "NotFound", "builtin_root", "model_roots"]

_Way = Callable[[Found], bool]


class Catalog:
    """The models under some roots. Folders are listed once, when first asked; headers are read of
    the files that are asked for, once each."""

    def __init__(self, roots: Sequence[Path]) -> None:
        self.roots = tuple(plain(root) for root in roots)
        self._entries: dict[tuple[Kind, Path], Entry] = {}
        self._problems: list[str] = []

    @property
    def problems(self) -> tuple[str, ...]:
        """What could not be listed, or sorted in, as sentences."""
        _ = self._scanned
        return tuple(dict.fromkeys(self._problems))

    def entries(self, kind: Kind | None = None) -> list[Entry]:
        """All models, or those of one kind, in the order of the model path. Reads their headers."""
        return [
            self._entry(one, found.stem, found.path)
            for one in Kind
            for below in self._scanned
            for found in below
            if found.kind is one and kind in (one, None)
        ]

    def find(self, kind: Kind, name: str, beside: Path | None = None) -> Entry:
        """The model that `name` stands for; of equal names, the first root's.

        A name is a file's, with or without its ending and the folders above it (`ink`, `a/ink`),
        in its own case of letters or else in another; or what a LoRA was called by its trainer
        (its metadata's ss_output_name, which the WebUI knows it by); or a path, absolute or from
        the folder `beside`, which must lie under a root or that folder; one that begins with `./`
        is never a name. Raises `NotFound`, also where a name stands for several files of one root.
        """
        clean = checked_name(kind, name)
        if not name.startswith("./") and not Path(name).is_absolute():
            found = self._by_name(kind, clean)
            if found:
                return self._entry(kind, found.stem, found.path)
        path = path_of(kind, name, self.roots, beside)
        if path is None:
            raise self._not_found(kind, name)
        return self._entry(kind, path.name if path.is_dir() else without_ending(path.name), path)

    @cached_property
    def _scanned(self) -> list[list[Found]]:
        """Each root's models; a file that two roots share is the first one's."""
        seen: set[Path] = set()
        scanned = []
        for root in self.roots:
            below = [item for item in scan(root, self._problems.append) if item.path not in seen]
            seen.update(item.path for item in below)
            scanned.append([item for found in below if (item := self._sorted_in(found))])
        return scanned

    def _sorted_in(self, found: Found) -> Found | None:
        """The same with its kind, read from the file's header where its folder does not tell."""
        if found.kind is not None:
            return found
        try:
            kind = kind_of(read_header(found.path))
        except ModelFileProblem as problem:
            self._problems.append(f"{found.path} {problem}")
            return None
        if kind is None:
            self._problems.append(f"{found.path} is of an unknown kind: no key in it tells")
            return None
        return Found(kind, found.name, found.path)

    def _entry(self, kind: Kind, name: str, path: Path) -> Entry:
        if (kind, path) not in self._entries:
            self._entries[kind, path] = describe(kind, name, path)
        return self._entries[kind, path]

    def _by_name(self, kind: Kind, name: str) -> Found | None:
        """As it is written, in the first root that has it; else in another case of letters; else
        as its trainer called it."""
        bare = without_ending(name)
        folded = bare.casefold()
        ways: list[tuple[_Way, ...]] = [
            (lambda found: found.name == bare, lambda found: found.stem == bare),
            (
                lambda found: found.name.casefold() == folded,
                lambda found: found.stem.casefold() == folded,
            ),
        ]
        if kind is Kind.LORA:
            ways.append((lambda found: self._trained_as.get(found.path) == name,))
        for way in ways:
            for below in self._scanned:
                found = _only(kind, name, below, way)
                if found:
                    return found
        return None

    @cached_property
    def _trained_as(self) -> dict[Path, str]:
        """What each LoRA was called by its trainer."""
        names = {}
        for found in (found for below in self._scanned for found in below):
            if found.kind is Kind.LORA:
                try:
                    name = read_header(found.path).metadata.get("ss_output_name")
                except ModelFileProblem:  # its entry tells the problem
                    continue
                if name:
                    names[found.path] = name
        return names

    def _not_found(self, kind: Kind, name: str) -> NotFound:
        every = [found for below in self._scanned for found in below]
        others = {found.kind.noun for found in every if found.kind and found.stem == name}
        hints = [
            did_you_mean(name, [found.stem for found in every if found.kind is kind]),
            *(f"there is a {other} of that name" for other in sorted(others)),
            f"looked in {', '.join(str(root) for root in self.roots)}",
        ]
        return NotFound(f"there is no {kind.noun} '{name}'", "; ".join(h for h in hints if h))


def _only(kind: Kind, name: str, below: Sequence[Found], ways: Sequence[_Way]) -> Found | None:
    """The one of a root's models that the name stands for, by the first way that finds any."""
    for way in ways:
        matches = [found for found in below if found.kind is kind and way(found)]
        if len(matches) > 1:
            raise _ambiguous(kind, name, matches)
        if matches:
            return matches[0]
    return None


def _ambiguous(kind: Kind, name: str, matches: Sequence[Found]) -> NotFound:
    paths = ", ".join(str(match.path) for match in matches)
    names = " or ".join(dict.fromkeys(match.name for match in matches))
    return NotFound(
        f"'{name}' stands for {len(matches)} {kind.noun} files: {paths}",
        f"say which one: {names}, or a path",
    )
