"""The UNet is compiled where that earns its time back, by what was measured on this machine."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from storyboard.compiling import Compile, compiling
from storyboard.estimating import Figures
from storyboard.geometry import Size
from storyboard.jobs import Job
from tests.support.jobs import preview

ONE_SIZE: list[Job] = [preview(seed=seed) for seed in range(1000)]


def figures(folder: Path, seconds: float) -> Figures:
    """A machine on which a picture takes so long."""
    found = Figures(folder, "cuda/auto")
    found.learn([preview()], seconds)
    return found


def test_a_long_plan_earns_it_and_the_author_is_told_how(tmp_path: Path) -> None:
    found = compiling(Compile.AUTO, ONE_SIZE, figures(tmp_path, 2.0))
    assert found is not None and not found.everywhere
    assert found.why == "it takes about 60 s and saves about 8 min"


def test_a_short_plan_or_one_of_many_sizes_does_not(tmp_path: Path) -> None:
    known = figures(tmp_path, 2.0)
    sizes = [
        replace(preview(), seed=n, size=Size(64 + 8 * (n % 20), 48)) for n in range(len(ONE_SIZE))
    ]
    assert compiling(Compile.AUTO, ONE_SIZE[:100], known) is None
    small = figures(tmp_path, 0.5)
    assert compiling(Compile.AUTO, sizes, small) is None


def test_where_nothing_was_measured_it_is_left(tmp_path: Path) -> None:
    assert compiling(Compile.AUTO, ONE_SIZE, Figures(tmp_path, "cuda/auto")) is None
    assert compiling(Compile.AUTO, [], figures(tmp_path, 2.0)) is None


def test_on_and_off_are_what_they_say(tmp_path: Path) -> None:
    asked = compiling(Compile.ON, ONE_SIZE[:1], figures(tmp_path, 0.1))
    assert asked is not None and asked.everywhere
    assert compiling(Compile.OFF, ONE_SIZE, figures(tmp_path, 1000.0)) is None
