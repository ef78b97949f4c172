"""A final starts from its preview's latent, enlarged as its upscaler's name says, or its pixels."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from storyboard.engine.base import Pixels, Source
from storyboard.engine.beginnings import StartProblem
from storyboard.engine.devices import placement
from storyboard.engine.families import family_named
from storyboard.engine.memory import Memory
from storyboard.engine.starting import Starting
from storyboard.engine.starts import Start, way_named
from storyboard.engine.upscaler_names import LATENT_MODES
from storyboard.engine.vae import Vae
from storyboard.geometry import Size
from tests.support.tiny_model import TinyModel

BLACK: Pixels = np.zeros((16, 16, 3), np.uint8)
ROW = torch.tensor([0.0, 1.0, 4.0, 2.0])
DOUBLED = {
    "Latent": [0, 0.25, 0.75, 1.75, 3.25, 3.5, 2.5, 2],
    "Latent (antialiased)": [0, 0.25, 0.75, 1.75, 3.25, 3.5, 2.5, 2],
    "Latent (nearest)": [0, 0, 1, 1, 4, 4, 2, 2],
    "Latent (nearest-exact)": [0, 0, 1, 1, 4, 4, 2, 2],
}


@pytest.fixture(scope="module")
def vae(tiny_model: TinyModel) -> Vae:
    """The tiny model's."""
    return family_named("sd15", "").load(tiny_model.checkpoint(), placement("cpu", "float32")).vae


def stored(row: torch.Tensor = ROW) -> Source:
    """A preview of which the latent is the same row, four high, in four channels."""
    return Source(BLACK, row.expand(4, 4, len(row)).contiguous().numpy())


def started(source: Source | None, name: str, size: Size, vae: Vae) -> Start:
    """Where a final of `size` starts. Raises StartProblem."""
    cpu = torch.device("cpu")
    starting = Starting(Memory(cpu, lambda _: None), size, cpu)
    (start,) = starting.from_previews([source], way_named(name), vae)
    if isinstance(start, StartProblem):
        raise start
    return start


def rows(name: str, width: int, vae: Vae) -> torch.Tensor:
    start = started(stored(), name, Size(width, 32), vae)
    assert start.latent.shape == (4, 4, width // 8)
    return start.latent[2, 1]


@pytest.mark.parametrize("name", DOUBLED)
def test_a_latent_is_enlarged_as_its_upscaler_says(name: str, vae: Vae) -> None:
    assert torch.allclose(
        rows(name, 64, vae), torch.tensor(DOUBLED[name], dtype=torch.float32), atol=1e-6
    )


def test_nearest_takes_the_one_before_and_nearest_exact_the_nearest(vae: Vae) -> None:
    assert rows("Latent (nearest)", 40, vae).tolist() == [0, 0, 1, 4, 2]
    assert rows("Latent (nearest-exact)", 48, vae).tolist() == [0, 1, 1, 4, 2, 2]
    assert rows("Latent (nearest)", 48, vae).tolist() == [0, 0, 1, 4, 4, 2]


@pytest.mark.parametrize(
    ("name", "cubic"), [("latent", -0.75), ("Latent (bicubic antialiased)", -0.5)]
)
def test_the_two_bicubics_are_two_cubics(name: str, cubic: float, vae: Vae) -> None:
    """Keys 1981, with a = -0.75, torch's own, or -0.5, Pillow's. In the middle of a doubled row
    four numbers have a say, 0.75, 0.25, 1.25 and 1.75 pixels away."""

    def weight(x: float) -> float:
        if x <= 1:
            return (cubic + 2) * x**3 - (cubic + 3) * x**2 + 1
        return cubic * (x**3 - 5 * x**2 + 8 * x - 4)

    away = torch.tensor([weight(x) for x in (1.25, 0.25, 0.75, 1.75)])
    expected = float((away * torch.tensor([0.0, 1.0, 4.0, 2.0])).sum())
    assert rows(name, 64, vae)[3].item() == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("name", LATENT_MODES)
def test_the_latent_that_was_stored_stays_as_it_is(name: str, vae: Vae) -> None:
    latent = ROW.expand(4, 4, 4).numpy().copy()
    started(Source(BLACK, latent), name, Size(64, 64), vae)
    assert np.array_equal(latent, ROW.expand(4, 4, 4).numpy())


def test_pixels_are_enlarged_and_then_encoded(vae: Vae) -> None:
    random = np.random.default_rng(2)
    small = random.integers(0, 256, (16, 16, 3), dtype=np.uint8)
    for name, by in (
        ("Lanczos", Image.Resampling.LANCZOS),
        ("None", Image.Resampling.LANCZOS),
        ("Nearest", Image.Resampling.NEAREST),
    ):
        large = np.asarray(Image.fromarray(small).resize((32, 48), by))
        start = started(Source(small, None), name, Size(32, 48), vae)
        assert torch.equal(start.latent, vae.encode(large))


def test_a_name_of_no_way_is_none() -> None:
    with pytest.raises(KeyError):
        way_named("sharpest")


@pytest.mark.parametrize("shape", [(3, 4, 4), (4, 4), (1, 4, 4, 4)])
def test_a_stored_latent_of_another_models_shape_is_told(shape: tuple[int, ...], vae: Vae) -> None:
    source = Source(BLACK, np.zeros(shape, np.float32))
    with pytest.raises(StartProblem, match=r"has the shape .*, not 4 channels"):
        started(source, "latent", Size(32, 32), vae)


def test_without_a_stored_latent_there_is_nothing_to_enlarge(vae: Vae) -> None:
    for name in LATENT_MODES:
        with pytest.raises(StartProblem, match="latent is not stored"):
            started(Source(BLACK, None), name, Size(32, 32), vae)
    with pytest.raises(StartProblem, match="draw the preview first"):
        started(None, "Lanczos", Size(32, 32), vae)
