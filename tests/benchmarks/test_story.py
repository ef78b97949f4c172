"""The measure of whole stories: all ways do the same work, and are measured by the same rounds."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from time import sleep
from types import SimpleNamespace

import pytest
import torch

from benchmarks.plan import measured
from benchmarks.speed.busy import Busy
from benchmarks.speed.plain import whole_steps
from benchmarks.speed.rounds import Way, go_round, times
from benchmarks.speed.tale import INKLING, write_tale
from storyboard.batching import MOST_TOGETHER
from storyboard.desk import Desk
from storyboard.workspace import Workspace


@dataclass
class Toy:
    """A way that asks a model so often a panel."""

    each: int
    evaluations: int = 0
    drawing: float = 0.0

    def draw(self, desk: Desk, folder: Path) -> None:
        self.evaluations += self.each * len(desk.compiled.panels)


def desk(folder: Path, panels: int) -> Desk:
    path = folder / f"tale-{panels}.yaml"
    write_tale(path, INKLING, panels, seed=1)
    return Desk.open(Workspace(folder / "output"), path)


def ways(*each: int) -> list[Way]:
    toys = [Toy(count) for count in each]
    return [Way(f"way {n}", torch.float32, toy.draw, toy) for n, toy in enumerate(toys)]


def test_a_round_measures_each_way_once_and_one_panel_alone(tmp_path: Path) -> None:
    both = ways(5, 5)
    for number in range(3):
        go_round(both, number, lambda: (desk(tmp_path, 4), desk(tmp_path, 1)), tmp_path)
    for way in both:
        assert len(way.seconds) == len(way.processor) == len(way.single) == 3
    assert times(both[0], both[0]) == 1


def answering(folder: Path, monkeypatch: pytest.MonkeyPatch, *percents: int) -> Path:
    """Puts an `nvidia-smi` first on the path that tells these, and what it was asked."""
    program, asked = folder / "bin" / "nvidia-smi", folder / "asked"
    program.parent.mkdir()
    lines = "\n".join(map(str, percents))
    program.write_text(f"#!/bin/sh\necho \"$@\" > {asked}\necho '{lines}'\nexec sleep 60\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    return asked


@pytest.mark.skipif(os.name == "nt", reason="a shell script stands in for the driver's program")
def test_how_busy_a_gpu_was_is_the_mean_of_what_its_driver_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = answering(tmp_path, monkeypatch, *[0] * 2, *[90, 100] * 9)
    monkeypatch.setattr(
        torch.cuda, "get_device_properties", lambda device: SimpleNamespace(uuid="12-34")
    )
    with Busy("cuda:1") as busy:
        while not asked.exists():
            sleep(0.01)
        sleep(0.2)  # until it has answered
    assert busy.share == pytest.approx(0.95)  # without the first tenth
    assert "--id=GPU-12-34" in asked.read_text()


def test_without_a_gpu_or_its_driver_nobody_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = answering(tmp_path, monkeypatch, 50)
    with Busy("cpu") as busy:
        sleep(0.1)
    assert busy.share is None and not asked.exists()
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    monkeypatch.setattr(
        torch.cuda, "get_device_properties", lambda device: SimpleNamespace(uuid="12-34")
    )
    with Busy("cuda") as busy:
        pass
    assert busy.share is None


def test_unequal_work_is_no_measure(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="unequally often"):
        go_round(ways(5, 6), 0, lambda: (desk(tmp_path, 4), desk(tmp_path, 1)), tmp_path)


@pytest.mark.parametrize(
    ("steps", "denoise"), [(12, 0.2), (20, 0.5), (20, 0.35), (1, 1.0), (7, 0.3)]
)
def test_the_plain_script_draws_just_as_many_steps(steps: int, denoise: float) -> None:
    asked = whole_steps(steps, denoise)
    assert min(int(asked * denoise), asked) == steps


def test_the_tale_goes_round_four_sets_of_loras(tmp_path: Path) -> None:
    panels = desk(tmp_path, 8).compiled.panels
    sets = [tuple(a.file.name for a in one.preview.adapters) for one in panels if one.preview]
    assert sets[:4] == [("mei",), ("bo",), ("juno",), ("mei", "manga-ink")]
    assert sets[4:] == sets[:4]


def test_planning_is_measured_from_a_story_in_memory(tmp_path: Path) -> None:
    panels, *seconds, batches = measured(60, tmp_path)
    assert panels == 60
    assert batches >= 2 * 60 / MOST_TOGETHER
    assert all(one >= 0 for one in seconds)
