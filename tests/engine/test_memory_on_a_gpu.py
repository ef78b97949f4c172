"""The ladder on a real device: what a GPU has is cut down until pictures no longer fit."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from storyboard.engine.diffusion import DiffusionEngine
from storyboard.geometry import Size
from tests.engine.drawing_table import Table, difference
from tests.support.tiny_model import TinyModel

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no NVIDIA GPU here")

SIZE = Size(512, 512)


@pytest.fixture(name="table")
def _table(epsilon_model: TinyModel) -> Iterator[Table]:
    engine = DiffusionEngine("cuda", "float32")
    yield Table(engine, epsilon_model)
    torch.cuda.set_per_process_memory_fraction(1.0)
    engine.close()


def leave(megabytes: int) -> None:
    """Lets the process have so much more than it has now."""
    torch.cuda.empty_cache()
    whole = torch.cuda.get_device_properties(0).total_memory
    used = torch.cuda.memory_reserved()
    torch.cuda.set_per_process_memory_fraction((used + megabytes * 2**20) / whole)


@pytest.mark.parametrize("megabytes", [600, 300, 150, 80])
def test_with_ever_less_memory_the_same_pictures_are_drawn_on_lower_rungs(
    table: Table, megabytes: int
) -> None:
    jobs = [table.preview(seed=seed, size=SIZE) for seed in range(8)]
    plenty = table.drawn(jobs)
    leave(megabytes)
    for before, after in zip(plenty, table.drawn(jobs), strict=True):
        tiled = "tiled" in str(after.provenance.get("repairs"))
        assert difference(before.pixels, after.pixels) <= (40 if tiled else 0.05)
        assert after.provenance["evaluations"] == before.provenance["evaluations"]
