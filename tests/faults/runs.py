"""A small run as a command makes it, watched: what it said was safe, and whether it really was."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from storyboard import disk
from storyboard.events import Event, PanelDone
from storyboard.lock import StoreProblem
from storyboard.manifest import Manifest
from storyboard.planning import plan
from storyboard.run import Outcome, draw
from storyboard.store import Store
from tests.faults.doors import CHANGES, Broken, broken, standing_in
from tests.faults.model import Model, recording
from tests.support.jobs import tale
from tests.support.toy_engine import ToyEngine

PANELS = 2
Contents = Mapping[str, Mapping[str, bytes]]


@dataclass
class Watched:
    """One run in a folder, which `how` breaks; `model` watches its disk, if the folder was empty
    before."""

    folder: Path
    model: Model | None
    how: Broken | None = None
    told: list[str] = field(default_factory=list)
    unsafe: list[str] = field(default_factory=list)
    drawn: list[str] = field(default_factory=list)
    refused: str = ""

    def run(self) -> Outcome | None:
        """Draws everything; None where the system refused something, which `refused` then says.
        Notes each picture in the file `told` as soon as it is told of."""
        engine = ToyEngine()
        doors = {name: getattr(disk, name) for name in CHANGES if self.model}
        try:
            watching = recording(self.model, doors) if self.model else {}
            with standing_in(watching), broken(self.how):
                store = Store(self.folder / ".store")
                source = self.folder / "story.yaml"
                manifest = Manifest.load(self.folder / "tale", "tale", str(source))
                compiled = tale(PANELS)
                items = plan(compiled, store.digests(), manifest, finals=True).items
                return draw(items, compiled, lambda: engine, store, manifest, self._report, 1)
        except StoreProblem as problem:
            self.refused = str(problem)
            return None
        finally:
            self.drawn = engine.drawn

    def _report(self, event: Event) -> None:
        if not isinstance(event, PanelDone):
            return
        self.told.append(event.digest)
        entry = self.folder / ".store" / event.digest[:2] / event.digest
        if self.model is not None:
            for path in entry.iterdir():
                if self.model.surely(path) != path.read_bytes():
                    self.unsafe.append(f"{event.digest[:8]}: {path.name} may be lost")
        with (self.folder / "told").open("a", encoding="ascii") as file:
            file.write(f"{event.digest}\n")
            file.writelines(f"unsafe {one}\n" for one in self.unsafe)


def begun(folder: Path, how: Broken | None = None) -> Watched:
    """A run in a folder that is made for it; or one that goes on in it, which nobody watches."""
    folder = folder.resolve()
    model = None if folder.exists() else Model(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "story.yaml").touch()
    return Watched(folder, model, how)


def in_memory(folder: Path) -> Path:
    """A new folder that is held in memory where the system has such a place, else `folder`: for
    what is no disk, but a picture of one."""
    memory = Path("/dev/shm")
    return Path(tempfile.mkdtemp(dir=memory)) if os.access(memory, os.W_OK) else folder


def contents(folder: Path) -> Contents:
    """Every file of every entry that is sound; what is not is told by `damages_in`."""
    store = Store(folder / ".store")
    entries = {digest: store.get(digest) for digest in store.digests()}
    return {digest: entry.files for digest, entry in entries.items() if entry is not None}


def views(folder: Path) -> dict[str, bytes]:
    """The pictures that the author sees, and whatever else lies there."""
    files = [path for path in (folder / "tale").rglob("*") if path.is_file()]
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in files
        if path.name != "manifest.json"
    }


def faults_in(folder: Path, whole: Contents) -> list[str]:
    """What is wrong with what a run has left, in sentences: nothing, if all promises are kept."""
    lines = _told(folder)
    found = [line for line in lines if line.startswith("unsafe")]
    store = Store(folder / ".store")
    names = list(store.verify())
    found += [str(damage) for damage in store.damages]
    held = contents(folder)
    found += [f"{d[:8]} was told of, and is lost" for d in lines if len(d) == 64 and d not in held]
    found += [f"{d[:8]} is another picture" for d in held if held[d] != whole.get(d)]
    found += Manifest.load(folder / "tale", "tale", str(folder / "story.yaml")).notes
    if len(names) < len(held):
        found.append("verify does not read everything")
    return found


def faults_after(folder: Path, whole: Contents, shown: Mapping[str, bytes]) -> list[str]:
    """What is wrong with going on from what a run has left: nothing, if only what is unfinished is
    drawn, and all is then as an undisturbed run would have made it."""
    held = contents(folder)
    again = begun(folder)
    outcome = again.run()
    if outcome is None:
        return [f"going on is refused: {again.refused}"]
    found = [f"{failure.panel} failed" for failure in outcome.failed]
    if sorted(again.drawn) != sorted(whole.keys() - held.keys()):
        found.append("something else was drawn than what was unfinished")
    if contents(folder) != whole:
        found.append("the pictures are not those of an undisturbed run")
    if views(folder) != shown:
        found.append("what the author sees is not what an undisturbed run shows")
    if left := [*folder.glob(".store/.new/*"), *folder.rglob("*.tmp")]:
        found.append(f"{left[0]} was left lying about")
    return found


def _told(folder: Path) -> list[str]:
    path = folder / "told"
    return path.read_text("ascii").splitlines() if path.exists() else []
