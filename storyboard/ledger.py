"""Where a run notes what became of each picture, and shows it under a name that people know.

A story's previews and finals go into its manifest and its views; takes into their book. The run
itself knows neither.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from storyboard.compiled import CompiledStory
from storyboard.digests import recipe
from storyboard.events import Reporter
from storyboard.manifest import Manifest
from storyboard.planning import PlanItem
from storyboard.store import Entry, Store
from storyboard.views import Views


class Ledger(Protocol):
    """Notes and shows pictures. Called by the coordinator alone, under the store's lock."""

    def open(self, store: Store) -> None:
        """Brings what it shows up to date, once what the store holds of the plan was noted."""

    def there(self, item: PlanItem, entry: Entry) -> None:
        """The store has this picture: from before, or as of now."""

    def failed(self, item: PlanItem, message: str) -> None:
        """This picture could not be drawn."""

    def path(self, item: PlanItem) -> Path:
        """Where people find the picture."""

    def save(self) -> None:
        """Writes what was noted. Raises `StoreProblem`."""


class PanelLedger:
    """A story's own previews and finals."""

    def __init__(self, compiled: CompiledStory, manifest: Manifest, reporter: Reporter) -> None:
        self._manifest = manifest
        self._views = Views(compiled, manifest, reporter)

    def open(self, store: Store) -> None:
        """See `Ledger`."""
        self._views.restore(store)
        self._views.tidy()
        self.save()

    def there(self, item: PlanItem, entry: Entry) -> None:
        """See `Ledger`."""
        before = self._manifest.of(item.panel, item.kind)
        if before.digest != item.digest or before.failed is not None:
            self._manifest.drawn(item.panel, item.kind, item.digest, recipe(item.job))
        self._views.show(item.panel, item.kind, entry.picture)

    def failed(self, item: PlanItem, message: str) -> None:
        """See `Ledger`."""
        self._manifest.failed(item.panel, item.kind, item.digest, message)

    def path(self, item: PlanItem) -> Path:
        """See `Ledger`."""
        return self._views.path(item.panel, item.kind)

    def save(self) -> None:
        """See `Ledger`."""
        self._manifest.save()
