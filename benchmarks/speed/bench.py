"""What is measured: stories for every way to draw them, all below one folder."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import torch

from benchmarks.speed.ours import Timed, draw
from benchmarks.speed.plain import PlainScript
from benchmarks.speed.rounds import Way
from benchmarks.speed.tale import INKLING, write_tale
from benchmarks.speed.weights import make_checkpoint
from storyboard.compiled import PanelJobs
from storyboard.desk import Desk
from storyboard.digests import digest
from storyboard.engine.base import Engine, Pixels
from storyboard.engine.compiling import Compiling
from storyboard.engine.devices import placement
from storyboard.engine.diffusion import DiffusionEngine
from storyboard.jobs import Job
from storyboard.pnginfo import decode_png
from storyboard.workspace import Workspace

MODELS = ("inkling", "sd15", "sdxl")
SIZES = {"sd15": "448x640", "sdxl": "832x1216"}


@dataclass(frozen=True)
class Settings:
    """What to draw: a model, of random ones their share of the width and the previews' size, panels
    a round, how many storyboard draws together (None: as many as it does by itself), whether its
    UNet is compiled, and whether previews have finals."""

    model: str
    device: str
    width: float
    size: str | None
    round: int
    batch_size: int | None = None
    compiled: bool = False
    finals: bool = True


class Bench:
    """One run: what is drawn, with what, and where it goes."""

    def __init__(self, settings: Settings, out: Path) -> None:
        self._out, self._settings = out, settings
        self._models = out / "models"
        self._models.mkdir(parents=True, exist_ok=True)
        self.device = str(placement(settings.device).device)
        self.dtype = torch.float32 if self.device == "cpu" else torch.float16
        self._cast = INKLING
        if settings.model != "inkling":
            size = settings.size or SIZES[settings.model]
            self._cast = make_checkpoint(self._models, settings.model, settings.width, size)
        self._stories = 0

    def story(self, panels: int) -> Desk:
        """Another story of so many panels, none of them drawn."""
        self._stories += 1
        path = self._out / "stories" / f"tale-{self._stories}.yaml"
        write_tale(path, self._cast, panels, self._stories)
        return Desk.open(Workspace(self._out / "plans", (self._models,)), path)

    def two(self) -> tuple[Desk, Desk]:
        """A round's story, and one of one panel."""
        return self.story(self._settings.round), self.story(1)

    def ways(self) -> list[Way]:
        """The plain script, sorted; ours in the same numbers and, where they differ, our own."""
        job = self.story(1).compiled.panels[0].preview
        assert job is not None
        finals = self._settings.finals
        script = PlainScript(job, self.device, self.dtype, finals)
        name = named(self.dtype)
        ways = [
            Way(f"plain script, {name}", self.dtype, _plainly(script), script, self.device),
            Way(f"sorted by LoRAs, {name}", self.dtype, _sorted(script), script, self.device),
            self._ours(f"storyboard, {name}", self.dtype),
        ]
        default = placement(self.device).unet
        if default != self.dtype:
            ways.append(self._ours(f"storyboard as it comes, {named(default)}", default))
        return ways

    def _ours(self, name: str, dtype: torch.dtype) -> Way:
        how = Compiling("as asked", everywhere=True) if self._settings.compiled else None
        engine = Timed(self.engine(dtype, compiling=how))

        def drawn(desk: Desk, folder: Path) -> None:
            settings = self._settings
            draw(self._at(desk, folder), engine, settings.finals, settings.batch_size)

        return Way(name, dtype, drawn, engine, self.device)

    def engine(
        self, dtype: torch.dtype, at_once: int | None = None, compiling: Compiling | None = None
    ) -> DiffusionEngine:
        """One that knows what others here have measured of the device."""
        return DiffusionEngine(
            self.device, named(dtype), at_once=at_once, compiling=compiling, remembered=self._out
        )

    def _at(self, desk: Desk, folder: Path) -> Desk:
        """The same story, drawn into another folder."""
        return Desk.open(Workspace(folder, (self._models,)), desk.loaded.file.path)

    def pictures(self, engine: Engine, desk: Desk, folder: Path) -> list[Pixels]:
        """A story's finals, or previews where there are none, as an engine draws them one at a
        time."""
        here, finals = self._at(desk, folder), self._settings.finals
        draw(here, engine, finals, 1)
        jobs: list[Job | None] = [
            panel.final if finals and panel.final else panel.preview
            for panel in here.compiled.panels
        ]
        entries = [here.store.get(digest(job)) for job in jobs if job is not None]
        return [decode_png(entry.picture) for entry in entries if entry is not None]

    def cold(self, command: Sequence[str]) -> float:
        """Seconds of a new process that draws one panel."""
        start = perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        return perf_counter() - start

    def cold_starts(self) -> tuple[float, float]:
        """Of `storyboard render` (or `preview`) and of the plain script."""
        desk, finals = self.story(1), self._settings.finals
        source, models = str(desk.loaded.file.path), ["--models", str(self._models)]
        ours = [sys.executable, "-m", "storyboard", "render" if finals else "preview", source]
        ours += ["--quiet", *models]
        plain = [sys.executable, "-m", "benchmarks.speed.alone", source, *models]
        plain += [] if finals else ["--previews"]
        where = ["--output", str(self._out / "cold"), "--device", self.device]
        return self.cold([*ours, *where]), self.cold([*plain, *where])


def _plainly(script: PlainScript) -> Callable[[Desk, Path], None]:
    def drawn(desk: Desk, folder: Path) -> None:
        for panel in desk.compiled.panels:
            script.draw(panel, folder)

    return drawn


def _sorted(script: PlainScript) -> Callable[[Desk, Path], None]:
    def drawn(desk: Desk, folder: Path) -> None:
        for panel in sorted(desk.compiled.panels, key=_loras):
            script.draw(panel, folder)

    return drawn


def _loras(panel: PanelJobs) -> list[str]:
    return [one.file.name for one in panel.preview.adapters] if panel.preview else []


def named(dtype: torch.dtype) -> str:
    """As `--dtype` has it."""
    return str(dtype).removeprefix("torch.")
