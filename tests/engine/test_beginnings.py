"""What is drawn over a picture fades in from a mask's edge, and leaves what is outside alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from torch import Tensor

from storyboard.engine.base import Source
from storyboard.engine.beginnings import FEATHER, Ground, Region, feathered, ground_of
from storyboard.engine.devices import placement
from storyboard.engine.diffusion import DiffusionEngine
from storyboard.engine.drawing import Panel, Walk, draw_latents
from storyboard.engine.families import family_named
from storyboard.engine.model import Encoded, Model, Wording
from storyboard.engine.names import SAMPLERS
from storyboard.engine.sd15 import Sd15Model
from storyboard.geometry import Size
from storyboard.jobs import Beginning, Box, Sampling
from tests.engine.drawing_table import Table, latent, masked
from tests.support.jobs import model_file
from tests.support.tiny_model import TinyModel

BARE = [name for name in SAMPLERS if f"{name} Automatic" in SAMPLERS]
regions = arrays.arrays(np.bool_, st.tuples(st.integers(1, 20), st.integers(1, 20)))


def region(rows: slice, columns: slice, height: int = 192, width: int = 256) -> Region:
    found = np.zeros((height, width), np.bool_)
    found[rows, columns] = True
    return found


def test_a_feather_is_a_part_of_the_shorter_side() -> None:
    drawn = region(slice(40, 90), slice(50, 200))
    shares = feathered(drawn)
    assert 192 // FEATHER == 3
    expected = [0, 0, 1 / 4, 2 / 4, 3 / 4, *[1.0] * 7]
    assert shares[60, 48:60].tolist() == pytest.approx(expected)
    assert np.array_equal(shares, feathered(drawn[:, ::-1])[:, ::-1])


def test_the_pictures_own_edges_are_no_edges_of_the_mask() -> None:
    shares = feathered(region(slice(0, 90), slice(0, 256)))
    assert (shares[:86] == 1).all()
    assert shares[86:91, 9].tolist() == pytest.approx([1, 3 / 4, 2 / 4, 1 / 4, 0])
    assert (feathered(np.ones((9, 9), np.bool_)) == 1).all()
    assert (feathered(np.zeros((9, 9), np.bool_)) == 0).all()


@pytest.mark.parametrize(("wide", "shares"), [(1, [1]), (2, [1, 1]), (3, [0.5, 1, 0.5])])
def test_a_narrow_stroke_is_drawn_all_the_same(wide: int, shares: list[float]) -> None:
    found = feathered(region(slice(10, 180), slice(20, 20 + wide)))
    assert found[90, 20 : 20 + wide].tolist() == shares


@given(regions)
def test_something_shows_of_every_pixel_that_is_drawn_and_of_no_other(drawn: Region) -> None:
    shares = feathered(drawn)
    assert shares.dtype == np.float32
    assert np.array_equal(shares > 0, drawn)
    assert shares.max(initial=0) == drawn.any()


@given(regions, st.integers(0, 2**32 - 1))
def test_what_is_laid_over_keeps_every_byte_outside(drawn: Region, seed: int) -> None:
    random = np.random.default_rng(seed)
    below, above = random.integers(0, 256, (2, *drawn.shape, 3), dtype=np.uint8)
    laid = Ground(below, drawn).under(above)
    assert np.array_equal(laid[~drawn], below[~drawn])
    whole = feathered(drawn) == 1
    assert np.array_equal(laid[whole], above[whole])
    assert ((np.minimum(below, above) <= laid) & (laid <= np.maximum(below, above))).all()


def test_a_cell_is_drawn_where_any_of_it_is() -> None:
    ground = Ground(np.zeros((20, 20, 3), np.uint8), region(slice(7, 9), slice(19, 20), 20, 20))
    cells = ground.cells(8)
    assert cells is not None
    # The last column is of what was drawn out beyond the picture's edge.
    assert cells.tolist() == [[False, False, True], [False, False, True], [False, False, False]]


def test_a_grey_mask_is_white_from_its_middle_on() -> None:
    beginning = Beginning(model_file("a"), 0.5, Box(0, 0, 1, 1))
    mask = np.full((48, 32), 127, np.uint8)
    mask[:24] = 128
    source = Source(np.zeros((48, 32, 3), np.uint8), None, mask)
    ground = ground_of(beginning, Size(32, 48), source)
    assert ground.drawn is not None
    assert ground.drawn[:24].all() and not ground.drawn[24:].any()


@pytest.fixture(scope="module")
def model(tiny_model: TinyModel) -> Model:
    return family_named("sd15", "").load(tiny_model.checkpoint(), placement("cpu", "float32"))


def half() -> Tensor:
    """The right half of a small latent."""
    drawn = torch.zeros(1, 6, 8, dtype=torch.bool)
    drawn[..., 4:] = True
    return drawn


def panel(model: Model) -> Panel:
    start = torch.randn(4, 6, 8, generator=torch.Generator().manual_seed(1))
    return Panel(7, model.condition("a cat", "", Wording(1, ())), (4, 6, 8), start, None, half())


@pytest.mark.parametrize("sampler", BARE)
def test_with_every_sampler_what_is_not_drawn_is_its_start_to_the_bit(
    model: Model, sampler: str
) -> None:
    walk = Walk.plan(Sampling(sampler, 3, 1.0), "v_prediction", model.schedule, denoise=0.7)
    one = panel(model)
    (found,) = draw_latents(model, [one], walk, lambda: None)
    assert one.start is not None
    assert torch.equal(found[..., :4], one.start[..., :4])
    assert not torch.isclose(found[..., 4:], one.start[..., 4:]).any(0).all()


def test_what_is_not_drawn_goes_straight_to_what_it_was(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Euler's x at each level is the start with that level's noise over it, and so never strays
    from what the rest has to fit to."""
    seen: list[Tensor] = []
    answer = Sd15Model.predict

    def predict(model: Sd15Model, x: Tensor, timestep: float, context: Encoded) -> Tensor:
        seen.append(x.clone())
        return answer(model, x, timestep, context)

    monkeypatch.setattr(Sd15Model, "predict", predict)
    walk = Walk.plan(Sampling("Euler", 4, 1.0), "v_prediction", model.schedule, denoise=0.7)
    one = panel(model)
    draw_latents(model, [one], walk, lambda: None)
    assert one.start is not None
    noise = torch.randn(4, 6, 8, generator=torch.Generator().manual_seed(7))
    for x, sigma in zip(seen, walk.route.sigmas, strict=False):
        expected = (one.start + noise * sigma) / (sigma**2 + 1) ** 0.5
        assert torch.allclose(x[0, ..., :4], expected[..., :4], atol=1e-5)
    assert len(seen) == 4
    assert not torch.allclose(seen[-1][0, ..., 4:], expected[..., 4:], atol=1e-2)


def test_the_latent_is_blended_as_the_picture_is(tiny_model: TinyModel, model: Model) -> None:
    table = Table(DiffusionEngine("cpu"), tiny_model)
    first = table.preview()
    given = masked(table.one(first), slice(0, 48), slice(20, 64))  # it ends amid a cell
    (unchanged,) = table.drawn([table.begun(first, 0)], [given])
    (mended,) = table.drawn([table.begun(first, 0.8, Box(0.3125, 0, 0.6875, 1))], [given])
    assert np.array_equal(latent(mended)[..., :2], latent(unchanged)[..., :2])
    # This model's latent is each cell's mean colour: it must be that of the picture that is kept.
    shown = model.vae.encode(mended.pixels)[:3]
    kept = torch.from_numpy(latent(mended)[:3])
    fits = (kept - shown).abs() < 0.05
    assert fits[..., 2].float().mean() > 0.8  # colours beyond what a picture can show do not fit
    away = (latent(mended) - latent(unchanged))[:, :, 2:]
    assert (np.abs(away).max(axis=(0, 1)) > 0.05).all()
