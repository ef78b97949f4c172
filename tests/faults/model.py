"""What a disk may hold after the power went: a model of files and folders, not of one system.

It is weaker than any journalling file system, so that what survives here survives there. A file's
bytes are sure once it was synced; before that they may be all there, cut, zeros, or none. A change
of names (a new file, a new folder, a rename, a removal) is sure once a folder that it touches was
synced; before that it may have happened or not, each for itself, but for changes of the same name,
which keep their order. A rename is whole or has not happened. A folder that was not synced into its
parent is not there, whatever was synced in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.doors import Call

Names = dict[str, int]
Tree = Mapping[str, bytes | None]
"""By path: a file's bytes, None for a folder."""


@dataclass(frozen=True)
class Change:
    """One change of names: what each of some names stands for from now on; None for nothing."""

    names: tuple[tuple[int, str, int | None], ...]

    @property
    def keys(self) -> frozenset[tuple[int, str]]:
        """The folders and names that it is about."""
        return frozenset((folder, name) for folder, name, _ in self.names)

    @property
    def folders(self) -> frozenset[int]:
        """The folders that it is about."""
        return frozenset(folder for folder, _, _ in self.names)


@dataclass
class Model:
    """A folder `root` that was empty and on the disk, and what happened in it since; what lies in
    folders of some names, or files of some endings, is nobody's concern and left out."""

    root: Path
    left_out: frozenset[str] = frozenset()
    live: dict[int, Names] = field(default_factory=lambda: {0: {}})
    sure: dict[int, Names] = field(default_factory=lambda: {0: {}})
    pending: list[Change] = field(default_factory=list)
    data: dict[int, bytes] = field(default_factory=dict)
    synced: set[int] = field(default_factory=set)
    _next: int = 1

    def record(self, name: str, arguments: tuple[Any, ...]) -> None:
        """Does what a call of `storyboard.disk` did, where it was within the root."""
        given = [one.absolute() if isinstance(one, Path) else one for one in arguments]
        if given[0].is_relative_to(self.root) and not any(map(self._left_out, given)):
            getattr(self, f"_{name}")(*given)

    def _left_out(self, given: object) -> bool:
        return isinstance(given, Path) and (
            given.suffix in self.left_out or not self.left_out.isdisjoint(given.parts)
        )

    def have(self, tree: Tree) -> None:
        """Puts things into the root that are on the disk from before."""
        for path, data in tree.items():
            where = self.root / path
            if data is None:
                self._make_folder(where)
            else:
                self._write(where, data, True)
        for folder in self.live:
            self._settle(folder)

    def surely(self, path: Path) -> bytes | None:
        """A file's bytes, if nothing can take them from the disk any more."""
        node = self._node(self.sure, path)
        return self.data[node] if node in self.data and node in self.synced else None

    def states(self, thorough: bool = True) -> Iterator[Tree]:
        """What may be found after a power cut now. Of all legal states: with none and all of the
        pending changes; if `thorough`, with the first few, the last few, one, or all but one of
        them too; each with all, half, none or zeros of the bytes that were not synced."""
        count = len(self.pending)
        choices: set[frozenset[int]] = set()
        for one in range(count) if thorough else ():
            choices |= {frozenset({one}), frozenset(range(count)) - {one}}
            choices |= {frozenset(range(one)), frozenset(range(one, count))}
        choices |= {frozenset(), frozenset(range(count))}
        legal = {self._with_those_before(choice) for choice in choices}
        for choice in sorted(legal, key=sorted):
            yield from self._trees([self.pending[one] for one in sorted(choice)])

    def _with_those_before(self, choice: frozenset[int]) -> frozenset[int]:
        """With the earlier changes of the same names."""
        found: set[int] = set()
        for one in sorted(choice, reverse=True):
            found.add(one)
        for one in range(len(self.pending) - 1, -1, -1):
            later = (self.pending[other].keys for other in found if other > one)
            if any(self.pending[one].keys & keys for keys in later):
                found.add(one)
        return frozenset(found)

    def _trees(self, changes: list[Change]) -> Iterator[Tree]:
        names = {folder: dict(inside) for folder, inside in self.sure.items()}
        for change in changes:
            _apply(names, change)
        nodes = dict(_walk(names, 0, ""))
        unsure = any(node in self.data and node not in self.synced for node in nodes.values())
        for kept in (_all, _half, _zeros, _none) if unsure else (_all,):
            yield {
                path: None
                if node not in self.data
                else self.data[node]
                if node in self.synced
                else kept(self.data[node])
                for path, node in nodes.items()
            }

    # What each call does.

    def _write(self, path: Path, data: bytes, synced: bool) -> None:
        node = self._new()
        self.data[node] = data
        if synced:
            self.synced.add(node)
        self._change((path, node))

    def _make_folder(self, folder: Path) -> None:
        node = self._new()
        self.live[node], self.sure[node] = {}, {}
        self._change((folder, node))

    def _rename(self, old: Path, new: Path) -> None:
        self._change((old, None), (new, self._node(self.live, old)))

    def _link(self, old: Path, new: Path) -> None:
        self._change((new, self._node(self.live, old)))

    def _unlink(self, path: Path) -> None:
        if self._node(self.live, path) is not None:
            self._change((path, None))

    def _remove_folder(self, folder: Path) -> None:
        self._change((folder, None))

    def _sync_folder(self, folder: Path) -> None:
        node = self._node(self.live, folder)
        assert node is not None, f"{folder} is synced, but is not there"
        self._settle(node)

    def _settle(self, folder: int) -> None:
        due = {n for n, change in enumerate(self.pending) if folder in change.folders}
        due = set(self._with_those_before(frozenset(due)))
        for one in sorted(due):
            _apply(self.sure, self.pending[one])
        self.pending = [change for n, change in enumerate(self.pending) if n not in due]

    def _change(self, *changes: tuple[Path, int | None]) -> None:
        names = []
        for path, node in changes:
            folder = self._node(self.live, path.parent)
            assert folder is not None, f"{path}'s folder is not there"
            names.append((folder, path.name, node))
        change = Change(tuple(names))
        self.pending.append(change)
        _apply(self.live, change)

    def _new(self) -> int:
        self._next += 1
        return self._next

    def _node(self, names: dict[int, Names], path: Path) -> int | None:
        node: int | None = 0
        for part in path.relative_to(self.root).parts:
            node = names[node].get(part) if node in names else None
        return node


def recording(model: Model, doors: Mapping[str, Call]) -> dict[str, Call]:
    """These stand-ins, each noted by the model once it has succeeded."""

    def noted(name: str, door: Call) -> Call:
        def call(*arguments: Any) -> None:
            door(*arguments)
            model.record(name, arguments)

        return call

    return {name: noted(name, door) for name, door in doors.items()}


def written(folder: Path, tree: Tree) -> None:
    """Puts a tree onto the real disk."""
    folder.mkdir(exist_ok=True)
    for path, data in tree.items():
        if data is None:
            (folder / path).mkdir(parents=True, exist_ok=True)
        else:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)


def _apply(names: dict[int, Names], change: Change) -> None:
    for folder, name, node in change.names:
        if node is None:
            names[folder].pop(name, None)
        else:
            names[folder][name] = node


def _walk(names: Mapping[int, Names], folder: int, path: str) -> Iterator[tuple[str, int]]:
    for name, node in names[folder].items():
        yield f"{path}{name}", node
        if node in names:
            yield from _walk(names, node, f"{path}{name}/")


def _all(data: bytes) -> bytes:
    return data


def _half(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _zeros(data: bytes) -> bytes:
    return bytes(len(data))


def _none(_: bytes) -> bytes:
    return b""
