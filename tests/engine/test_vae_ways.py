"""A VAE that needs less memory: in slices the same picture, in tiles nearly the same."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
import torch
from torch import Tensor

from storyboard.engine import vae, vae_slices
from storyboard.engine.base import Pixels
from storyboard.engine.vae import Vae, VaeWay
from storyboard.engine.vae_tiles import Tiling, places
from tests.engine.test_vae import CPU, picture
from tests.support.tiny_model import kl_vae, plain_vae

ROUNDING = 1e-4
"""What slices may be off, of the largest value, in float32."""

APPROXIMATION = 0.15
"""What tiles may be off on the mean, of the values' spread: in an AutoencoderKL of random weights,
whose norms hear more of what lies far away than those of a trained one."""


@pytest.fixture(name="kl")
def _kl(monkeypatch: pytest.MonkeyPatch) -> Vae:
    """A KL autoencoder, slices of a few rows and cells, tiles of 24 cells."""
    monkeypatch.setattr(vae_slices, "STRIPE", 4000)
    monkeypatch.setattr(vae_slices, "SCORES", 1000)
    monkeypatch.setattr(vae, "TILING", Tiling(24, 12))
    with torch.random.fork_rng():
        torch.manual_seed(3)
        return Vae(kl_vae().eval().requires_grad_(False), CPU)


def latent(height: int = 11, width: int = 14) -> Tensor:
    return torch.randn(4, height, width, generator=torch.Generator().manual_seed(1)) * 0.2


def large_picture() -> Pixels:
    return picture().repeat(16, axis=0).repeat(10, axis=1)


def test_slices_decode_and_encode_to_the_same_but_for_rounding(kl: Vae) -> None:
    decoded, encoded = kl.decode(latent()[None])[0], kl.encode(large_picture())
    with kl.going(VaeWay.SLICED):
        assert torch.allclose(
            kl.decode(latent()[None])[0],
            decoded,
            rtol=0,
            atol=ROUNDING * float(decoded.abs().max()),
        )
        assert torch.allclose(
            kl.encode(large_picture()), encoded, rtol=0, atol=ROUNDING * float(encoded.abs().max())
        )


def test_no_slice_is_as_large_as_the_layer_that_it_is_of(
    kl: Vae, monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs: list[int] = []
    convolve: Any = torch.nn.functional.conv2d

    def seen(x: Tensor, *rest: Any) -> Any:
        inputs.append(x.shape[2])
        return convolve(x, *rest)

    monkeypatch.setattr(torch.nn.functional, "conv2d", seen)
    with kl.going(VaeWay.SLICED):
        kl.decode(latent()[None])[0]
    whole = [rows for rows in inputs if rows == 11 * 8]
    assert len(whole) == 1  # the last convolution, to three colours
    assert len(inputs) > 200


def test_afterwards_it_goes_the_plain_way_to_the_bit(kl: Vae) -> None:
    before = kl.decode(latent()[None])[0]
    for way in (VaeWay.SLICED, VaeWay.TILED):
        with kl.going(way):
            kl.decode(latent()[None])[0]
        assert torch.equal(kl.decode(latent()[None])[0], before)


def test_tiles_are_an_approximation_within_what_is_said(kl: Vae) -> None:
    decoded, encoded = kl.decode(latent(40, 30)[None])[0], kl.encode(large_picture())
    with kl.going(VaeWay.TILED):
        tiled, back = kl.decode(latent(40, 30)[None])[0], kl.encode(large_picture())
    for approximation, exact in ((tiled, decoded), (back, encoded)):
        assert approximation.shape == exact.shape
        assert not torch.equal(approximation, exact)
        off = float((approximation - exact).square().mean().sqrt())
        assert off < APPROXIMATION * float(exact.std())


def test_a_vae_that_looks_nowhere_else_is_the_same_in_tiles(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(vae, "TILING", Tiling(8, 4))
    plain = Vae(plain_vae().eval().requires_grad_(False), CPU)
    assert not plain.can_slice
    decoded = plain.decode(latent(20, 17)[None])[0]
    with plain.going(VaeWay.TILED):
        assert torch.allclose(plain.decode(latent(20, 17)[None])[0], decoded, atol=1e-6)


def test_what_fits_one_tile_is_the_same(kl: Vae) -> None:
    small = latent(8, 8)
    with kl.going(VaeWay.SLICED):
        decoded = kl.decode(small[None])[0]
    with kl.going(VaeWay.TILED):
        assert torch.allclose(kl.decode(small[None])[0], decoded, atol=1e-6)


@pytest.mark.parametrize("length", [1, 64, 65, 112, 113, 128, 500])
def test_tiles_reach_from_end_to_end_and_overlap(length: int) -> None:
    tiling = Tiling()
    found = places(length, tiling)
    assert found[0] == 0
    assert found[-1] == max(length - tiling.side, 0)
    gaps = [after - before for before, after in pairwise(found)]
    assert all(0 < gap <= tiling.side - tiling.overlap for gap in gaps)
