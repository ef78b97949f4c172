"""Views: the stored pictures under names that people know, `previews/1.face.png`.

A view is a copy, not a link, so that a program that paints into it does no harm to the store. It
is made again whenever it is gone or is not the stored picture.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from storyboard import disk
from storyboard.compiled import CompiledStory
from storyboard.events import Kind, Note, Reporter
from storyboard.files import safe_names, sweep_temporaries, write_atomic
from storyboard.lock import reason
from storyboard.manifest import Manifest
from storyboard.store import Store

_FOLDERS: dict[Kind, str] = {"preview": "previews", "final": "finals"}


class Views:
    """The views of one story. What it writes is noted in the manifest, which the caller saves."""

    def __init__(self, compiled: CompiledStory, manifest: Manifest, reporter: Reporter) -> None:
        self._manifest = manifest
        self._reporter = reporter
        self._panels = {panel.address: panel for panel in compiled.panels}
        self._names = safe_names(self._panels)
        self._drawn = [address for address, panel in self._panels.items() if panel.preview]
        self._shown: set[tuple[str, Kind]] = set()

    def path(self, panel: str, kind: Kind) -> Path:
        """Where a panel's view is."""
        return self._manifest.folder / self._relative(panel, kind)

    def show(self, panel: str, kind: Kind, picture: bytes) -> None:
        """Makes the view where it is not there as it should be. Where a preview is the final, it
        is shown as both. A view that cannot be written is told; the picture itself is safe."""
        self._shown.add((panel, kind))
        kinds: list[Kind] = [kind]
        if self._panels[panel].final is None:
            kinds.append("final")
        for each in kinds:
            self._write(self._relative(panel, each), picture)

    def restore(self, store: Store) -> None:
        """Shows each panel's last pictures, where that is not done yet."""
        for panel in self._drawn:
            for kind in _FOLDERS:
                digest = self._manifest.of(panel, kind).digest
                if digest is None or (panel, kind) in self._shown:
                    continue
                if (entry := store.get(digest)) is not None:
                    self.show(panel, kind, entry.picture)

    def tidy(self) -> None:
        """Removes views of panels that the story has no more: only those that we wrote and that
        nobody changed; and what a killed run left half written."""
        named = {self._relative(panel, kind) for panel in self._drawn for kind in _FOLDERS}
        with _told(self._reporter):
            self._remove(path for path in list(self._manifest.views) if path not in named)
            for folder in _folders(self._manifest.folder):
                sweep_temporaries(folder)

    def _remove(self, paths: Iterable[str]) -> None:
        for relative in paths:
            path = self._manifest.folder / relative
            written = self._manifest.views.pop(relative)
            if path.is_file() and _sha256(path.read_bytes()) == written:
                disk.unlink(path)

    def _write(self, relative: str, picture: bytes) -> None:
        path = self._manifest.folder / relative
        with _told(self._reporter):
            if not (path.is_file() and path.read_bytes() == picture):
                write_atomic(path, picture, durable=False)
            self._manifest.views[relative] = _sha256(picture)

    def _relative(self, panel: str, kind: Kind) -> str:
        return f"{_FOLDERS[kind]}/{self._names[panel]}.png"


@contextmanager
def _told(reporter: Reporter) -> Iterator[None]:
    """Tells the user what the system refuses, and goes on."""
    try:
        yield
    except OSError as problem:
        place = problem.filename2 or problem.filename
        reporter(Note(f"{place} cannot be brought up to date: {reason(problem)}"))


def _folders(folder: Path) -> list[Path]:
    """The folder, if there is one, and all in it; no links."""
    found = [folder] if folder.is_dir() and not folder.is_symlink() else []
    for each in found:
        found += [path for path in each.iterdir() if path.is_dir() and not path.is_symlink()]
    return found


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
