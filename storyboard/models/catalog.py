"""The catalog: which model file a name in a story stands for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path

from storyboard.models.described import Described
from storyboard.models.entries import Entry, Kind, NotFetched, NotFound, NotOnHub
from storyboard.models.extra_paths import ExtraFolder, extra_folders
from storyboard.models.folder_files import missing_from
from storyboard.models.header import ModelFileProblem
from storyboard.models.hub import Hub, fetched, how_to_fetch, is_hub_id
from storyboard.models.paths import checked_name, folded, path_of, plain
from storyboard.models.roots import asked_roots, builtin_root, model_roots
from storyboard.models.scan import Found, has_ending, scan, walk, without_ending
from storyboard.nearest import did_you_mean

__all__ = [
    "Catalog",
    "Entry",
    "Kind",
    "NotFetched",
    "NotFound",
    "NotOnHub",
    "asked_roots",
    "builtin_root",
    "model_roots",
]

_Way = Callable[[Found], bool]
_SHOWN = 3


class Catalog:
    """The models under some roots. Folders are listed once, when first asked; headers are read of
    the files that are asked for, once each, and not again while `cache_file` remembers them.

    `trusted` are the roots that the user has named: only their `extra_model_paths.yaml` may add
    folders that lie elsewhere. `hub` is what a checkpoint's hub id is looked for in; nothing is
    fetched from there.
    """

    def __init__(
        self,
        roots: Sequence[Path],
        trusted: Sequence[Path] = (),
        cache_file: Path | None = None,
        hub: Hub | None = None,
    ) -> None:
        self.roots = tuple(plain(root) for root in roots)
        self._hub = hub
        self._trusted = frozenset(plain(root) for root in trusted)
        self._described = Described(cache_file)
        self._entries: dict[tuple[Kind, Path], Entry] = {}
        self._problems: list[str] = []

    @property
    def problems(self) -> tuple[str, ...]:
        """What could not be listed, or sorted in, as sentences."""
        _ = self._scanned
        return tuple(dict.fromkeys(self._problems))

    def entries(self, kind: Kind | None = None) -> list[Entry]:
        """All models, or those of one kind, in the order of the model path. Reads their headers."""
        entries = [
            self._entry(one, found.stem, found.path)
            for one in Kind
            for below in self._scanned
            for found in below
            if found.kind is one and kind in (one, None)
        ]
        self._described.save()
        return entries

    def find(self, kind: Kind, name: str, beside: Path | None = None) -> Entry:
        """The model that `name` stands for; of equal names, the first root's.

        A name is a file's, with or without its ending and folders above it (`ink`, `a/ink`),
        in its own case of letters or else in another; or what a LoRA was called by its trainer
        (its metadata's ss_output_name, which the WebUI knows it by); or a path, absolute or from
        the folder `beside`, which must lie under a root or that folder; one that begins with `./`
        is never a name. A checkpoint's may also be a hub id, in Hugging Face's cache. With a `/` at
        its end it is a folder's alone. Raises `NotFound`, also where a name stands for several
        files of one root; `NotFetched` for a hub id that is not in the cache, or not whole, where
        the hub may be asked for it.
        """
        clean = checked_name(kind, name)
        if not name.startswith("./") and not Path(name).is_absolute():
            found = self._by_name(kind, f"{clean}/" if name.endswith(("/", "\\")) else clean)
            if found:
                return self._entry(kind, found.stem, found.path)
        path = path_of(kind, name, [*self.roots, *self._elsewhere], beside)
        if path is None and kind is Kind.CHECKPOINT and self._hub and is_hub_id(name):
            return self._of_hub(name, self._hub)
        if path is None:
            raise self._not_found(kind, name)
        return self._entry(kind, path.name if path.is_dir() else without_ending(path.name), path)

    def _of_hub(self, name: str, hub: Hub) -> Entry:
        folder = fetched(name, hub.cache)
        lacks = missing_from(folder) if folder else []
        if folder is None or lacks:
            raise self._not_here(name, hub, lacks)
        return self._entry(Kind.CHECKPOINT, name.rpartition("/")[2], folder)

    def _not_here(self, name: str, hub: Hub, lacks: Sequence[str]) -> NotFound:
        missing = self._not_found(Kind.CHECKPOINT, name)
        others = "" if lacks else missing.hint
        part = f"only a part of checkpoint '{name}' is here, without {_some(lacks)}"
        if not hub.offline:
            what = part if lacks else f"checkpoint '{name}' is not here yet"
            return NotFetched(
                name,
                f"{what}: what depends on it is not checked; plan, preview and render fetch it "
                f"from {hub.endpoint}",
                others,
            )
        nowhere = f"{missing.message}, and what Hugging Face's tools have fetched has none either"
        ways = (
            f"if it is a hub id, {how_to_fetch(name)}, or do without --offline and HF_HUB_OFFLINE"
        )
        return NotFound(part if lacks else nowhere, "; ".join(filter(None, (ways, others))))

    @cached_property
    def _scanned(self) -> list[list[Found]]:
        """Each root's models; a file that two roots share is the first one's."""
        seen: set[Path] = set()
        scanned = []
        for root in self.roots:
            every = [*scan(root, self._problems.append), *self._extra(root)]
            below = [item for item in every if item.path not in seen]
            seen.update(item.path for item in below)
            scanned.append([item for found in below if (item := self._sorted_in(found))])
        self._described.save()
        return scanned

    @cached_property
    def _extra_folders(self) -> dict[Path, tuple[ExtraFolder, ...]]:
        """What each trusted root's `extra_model_paths.yaml` adds."""
        trusted = (root for root in self.roots if root in self._trusted)
        return {root: extra_folders(root, self._problems.append) for root in trusted}

    @property
    def _elsewhere(self) -> list[Path]:
        return [extra.folder for every in self._extra_folders.values() for extra in every]

    def _extra(self, root: Path) -> Iterator[Found]:
        for extra in self._extra_folders.get(root, ()):
            yield from walk(extra.folder, extra.kind, self._problems.append)

    def _sorted_in(self, found: Found) -> Found | None:
        """The same with its kind, read from the file's header where its folder does not tell."""
        if found.kind is not None:
            return found
        try:
            kind = self._described.kind(found.path)
        except ModelFileProblem as problem:
            self._problems.append(f"{found.path} {problem}")
            return None
        if kind is None:
            self._problems.append(f"{found.path} is of an unknown kind: no key in it tells")
            return None
        return Found(kind, found.name, found.path)

    def _entry(self, kind: Kind, name: str, path: Path) -> Entry:
        if (kind, path) not in self._entries:
            self._entries[kind, path] = self._described.entry(kind, name, path)
        return self._entries[kind, path]

    def _by_name(self, kind: Kind, name: str) -> Found | None:
        """As it is written, in the first root that has it; else in another case of letters; else
        as its trainer called it."""
        bare = without_ending(name.rstrip("/"))
        ways = [_exactly(bare), _alike(bare)]
        if bare != name:  # `a.pt` may be what is meant by the name of a.pt.safetensors
            ways += [_exactly(name), _alike(name)]
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
        return {entry.path: entry.trained_as for entry in self.entries(Kind.LORA)}

    def _not_found(self, kind: Kind, name: str) -> NotFound:
        every = [found for below in self._scanned for found in below]
        others = {found.kind.noun for found in every if found.kind and found.stem == name}
        hints = [
            did_you_mean(name, [found.stem for found in every if found.kind is kind]),
            *(f"there is a {other} of that name" for other in sorted(others)),
            f"looked in {', '.join(str(root) for root in self.roots)}",
            *(self.problems[:_SHOWN]),
        ]
        return NotFound(f"there is no {kind.noun} '{name}'", "; ".join(h for h in hints if h))


def _some(names: Sequence[str]) -> str:
    rest = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return ", ".join(names[:1]) + rest


def _exactly(name: str) -> tuple[_Way, ...]:
    """A file's path below its kind's folder, its own name, or the end of its whole path."""
    return (
        lambda found: found.name == name,
        lambda found: found.stem == name,
        lambda found: found.address.endswith(f"/{name}"),
    )


def _alike(name: str) -> tuple[_Way, ...]:
    """The same in any case of letters, and however their accents are kept."""
    wanted = folded(name)
    return (
        lambda found: folded(found.name) == wanted,
        lambda found: folded(found.stem) == wanted,
        lambda found: folded(found.address).endswith(f"/{wanted}"),
    )


def _only(kind: Kind, name: str, below: Sequence[Found], ways: Sequence[_Way]) -> Found | None:
    """The one of a root's models that the name stands for, by the first way that finds any."""
    is_folder = name.endswith("/")
    for way in ways:
        matches = [found for found in below if found.kind is kind and way(found)]
        if is_folder:
            matches = [found for found in matches if found.path.is_dir()]
        if len(matches) > 1:
            matches = [found for found in matches if has_ending(found.path, name)] or matches
        if len(matches) > 1:
            raise _ambiguous(kind, name, matches)
        if matches:
            return matches[0]
    return None


def _ambiguous(kind: Kind, name: str, matches: Sequence[Found]) -> NotFound:
    paths = ", ".join(str(match.path) for match in matches)
    ways = [[match.name for match in matches]]
    ways.append([f"{match.name}{_ending(match.path)}" for match in matches])
    ways += [
        [f"{'/'.join(match.path.parts[-depth:])}{_slash(match.path)}" for match in matches]
        for depth in range(2, 9)
    ]
    names = next((way for way in ways if len(set(way)) == len(matches)), ["a path"])
    return NotFound(
        f"'{name}' stands for {len(matches)} {kind.noun} files: {paths}",
        f"write {' or '.join(names)}",
    )


def _ending(path: Path) -> str:
    """What tells a file from a folder of its name."""
    return _slash(path) or path.suffix


def _slash(path: Path) -> str:
    return "/" if path.is_dir() else ""
