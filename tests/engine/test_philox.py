"""The numbers are those of Philox 4x32-10, and of `torch.randn` on an NVIDIA GPU."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from storyboard.engine.philox import Philox, Words, philox


def words(*numbers: int) -> tuple[Words, Words, Words, Words]:
    a, b, c, d = (np.array([number], dtype=np.uint64) for number in numbers)
    return a, b, c, d


@pytest.mark.parametrize(
    ("counter", "key", "bits"),
    [
        ((0, 0, 0, 0), (0, 0), "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            "d16cfe09 94fdcceb 5001e420 24126ea1",
        ),
    ],
)
def test_bits_are_those_of_the_known_answers(
    counter: tuple[int, ...], key: tuple[int, int], bits: str
) -> None:
    """Published with Random123, the generator's own library."""
    found = philox(words(*counter), key[0] | key[1] << 32)
    assert " ".join(f"{int(word[0]):08x}" for word in found) == bits


def test_numbers_are_those_of_a_gpu() -> None:
    """`torch.manual_seed(0); torch.randn(8, device="cuda")`, as torch prints it."""
    known = [-0.9247, -0.4253, -2.6438, 0.1452, -0.1209, -0.5797, -0.6229, -0.3284]
    assert Philox(0).randn((8,)).tolist() == pytest.approx(known, abs=5e-5)


def test_a_shape_only_folds_the_numbers() -> None:
    flat = Philox(7).randn((60,))
    assert torch.equal(Philox(7).randn((3, 4, 5)).flatten(), flat)
    assert flat.dtype == torch.float32


def test_draws_and_seeds_differ() -> None:
    generator = Philox(7)
    draws = [generator.randn((4, 8, 8)) for _ in range(3)]
    draws += [Philox(seed).randn((4, 8, 8)) for seed in (8, 7 + 2**32, -7)]
    for one, drawn in enumerate(draws):
        assert all(not torch.equal(drawn, other) for other in draws[one + 1 :])


def test_numbers_are_normal() -> None:
    drawn = Philox(1).randn((100_000,)).double()
    assert float(drawn.mean()) == pytest.approx(0, abs=0.01)
    assert float(drawn.std()) == pytest.approx(1, abs=0.01)
    assert float((drawn.abs() < 1).double().mean()) == pytest.approx(0.6827, abs=0.005)
    assert bool(torch.isfinite(drawn).all())
