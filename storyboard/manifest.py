"""What was drawn last for each panel of a story, and what failed: `output/NAME/manifest.json`.

It tells *why* a picture is stale, which views are ours, and what a locked panel shows. The store
alone decides what is drawn already; a manifest that is damaged is made again from the views
(`storyboard.recalling`).
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from storyboard import disk
from storyboard.errors import argument_error
from storyboard.events import Kind
from storyboard.files import set_aside, write_atomic
from storyboard.lock import StoreProblem, reason
from storyboard.sealed import sealed, unsealed

_FORMAT = 2
_DIGEST = re.compile(r"[0-9a-f]{64}")
_VIEW = re.compile(r"(previews|finals)/[^/\\:]+\.png")


@dataclass(frozen=True, slots=True)
class Remembered:
    """A panel's last preview or final: its digest and recipe, None where it was never drawn; and
    the digest and message of the last try where that failed."""

    digest: str | None = None
    recipe: Mapping[str, Any] | None = None
    failed: str | None = None
    message: str = ""


_NOTHING = Remembered()


class Manifest:
    """One story's memory. Only the coordinator changes it, under the store's lock."""

    def __init__(self, folder: Path, story: str, source: str) -> None:
        self.folder = folder
        self.story = story
        self.source = source
        self.notes: tuple[str, ...] = ()
        self.views: dict[str, str] = {}
        """The views we wrote, by their path within `folder`: the sha256 of what we wrote."""
        self.lost = False
        """Whether there was none, or one that was damaged; then it was set aside."""
        self._saved = b""
        self._panels: dict[tuple[str, Kind], Remembered] = {}

    @classmethod
    def load(cls, folder: Path, story: str, source: str) -> Manifest:
        """Reads `folder`'s manifest, or begins an empty one; writes nothing but where it is
        damaged: then it is set aside, and `notes` says so.

        `source` is the story file's path. Raises `ProblemsError` where the folder belongs to
        another story file that is still there, `StoreProblem` where it cannot be read.
        """
        manifest = cls(folder, story, str(Path(source).resolve()))
        try:
            recorded = manifest._read()
        except ValueError:
            manifest = cls(folder, story, manifest.source)
            manifest._set_aside()
            manifest.lost = True
            return manifest
        if recorded is None:
            manifest.lost = True
        else:
            manifest._refuse_another(recorded)
        return manifest

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """The manifest of whichever story `folder` belongs to, not to be saved; an empty one where
        there is none. Raises `StoreProblem` where it is damaged or cannot be read."""
        manifest = cls(folder, folder.name, "")
        try:
            recorded = manifest._read()
        except ValueError:
            raise StoreProblem(
                f"{manifest.path} is damaged: preview the story first, that makes it again"
            ) from None
        manifest.lost = recorded is None
        if recorded is not None:
            manifest.source = str((folder.resolve() / recorded).resolve())
        return manifest

    @property
    def path(self) -> Path:
        """Where it is kept."""
        return self.folder / "manifest.json"

    def of(self, panel: str, kind: Kind) -> Remembered:
        """What is remembered of a panel's preview or final."""
        return self._panels.get((panel, kind), _NOTHING)

    def digests(self) -> frozenset[str]:
        """The last drawn pictures of all panels, those that the story has lost too."""
        return frozenset(one.digest for one in self._panels.values() if one.digest)

    def recipes(self) -> tuple[Mapping[str, Any], ...]:
        """The recipes of the last drawn pictures."""
        return tuple(one.recipe for one in self._panels.values() if one.recipe is not None)

    def drawn(self, panel: str, kind: Kind, digest: str, recipe: Mapping[str, Any]) -> None:
        """Remembers a picture that the store has now."""
        self._panels[panel, kind] = Remembered(digest, recipe)

    def failed(self, panel: str, kind: Kind, digest: str, message: str) -> None:
        """Remembers that a picture could not be drawn; the last one that could stays known."""
        before = self.of(panel, kind)
        self._panels[panel, kind] = Remembered(before.digest, before.recipe, digest, message)

    def save(self) -> None:
        """Writes it, whole or not at all. Raises `StoreProblem`."""
        head = {"format": _FORMAT, "story": self.story, "source": self._source_from_here()}
        panels = ",\n".join(  # a line each: quick to write, and a person can compare two of them
            f"  {json.dumps([panel, kind, _encoded(one)])}"
            for (panel, kind), one in self._panels.items()
        )
        views = json.dumps(self.views)
        data = sealed(f'{json.dumps(head)[:-1]},\n "views": {views},\n "panels": [\n{panels}\n ]}}')
        if data == self._saved and self.path.exists():
            return
        try:
            write_atomic(self.path, data)
        except OSError as problem:
            raise StoreProblem(f"{self.path} cannot be written: {reason(problem)}") from problem
        self._saved = data

    def _read(self) -> str | None:
        """Fills it from its file; gives the story's path that stands there, None where there is no
        file. Raises ValueError where it is damaged, `StoreProblem` where it cannot be read."""
        try:
            data = disk.read(self.path)
            document = unsealed(data, _FORMAT)
            self._fill(document)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as problem:
            raise StoreProblem(f"{self.path} cannot be read: {reason(problem)}") from problem
        except (KeyError, TypeError, AttributeError, RecursionError) as problem:
            raise ValueError("it is no manifest") from problem
        self._saved = data
        return str(document["source"])

    def _fill(self, document: Any) -> None:
        source = document["source"]
        if not isinstance(source, str) or "\0" in source:
            raise ValueError("a manifest of another form")
        for panel, kind, one in document["panels"]:
            if kind not in ("preview", "final") or not isinstance(panel, str):
                raise ValueError("no panel's kind")
            self._panels[panel, kind] = _decoded(one)
        self.views = {
            path: str(sha256)
            for path, sha256 in document["views"].items()
            if _VIEW.fullmatch(path)  # so that none ever leads out of the folder
        }

    def _set_aside(self) -> None:
        told = f"{self.path} is damaged; {set_aside(self.path)}"
        self.notes = (f"{told}. What was drawn last is read from the pictures beside it",)

    def _source_from_here(self) -> str:
        """The story's path as seen from the folder, so that both can be moved together."""
        try:
            return Path(os.path.relpath(self.source, self.folder.resolve())).as_posix()
        except ValueError:  # another drive
            return self.source

    def _refuse_another(self, recorded: str) -> None:
        other = (self.folder.resolve() / recorded).resolve()
        if other != Path(self.source) and other.exists() and not _same(other, self.source):
            raise argument_error(
                f"the folder {self.folder} belongs to another story of the name {self.story}, "
                f"{other}",
                "give one of them a `name` of its own, or use another --output",
                file=self.source,
            )


def _same(one: Path, other: str) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def _encoded(one: Remembered) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if one.digest is not None:
        found |= {"state": "drawn", "digest": one.digest, "recipe": one.recipe}
    if one.failed is not None:
        found |= {"state": "failed", "failed": one.failed, "message": one.message}
    return found


def _decoded(found: Mapping[str, Any]) -> Remembered:
    recipe, digest, failed = found.get("recipe"), found.get("digest"), found.get("failed")
    if digest is not None and not (_DIGEST.fullmatch(digest) and isinstance(recipe, dict)):
        raise ValueError("a digest without a recipe")
    return Remembered(
        digest, recipe, None if failed is None else str(failed), str(found.get("message", ""))
    )
