"""A network enlarges a picture: whole or in tiles, to the exact size, and from sound files only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain, product
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from spandrel import MAIN_REGISTRY
from spandrel.architectures.ESRGAN import ESRGAN

from storyboard.engine import upscaling
from storyboard.engine.base import Pixels
from storyboard.engine.beginnings import StartProblem
from storyboard.engine.diffusion import DiffusionEngine
from storyboard.engine.pictures import enlarged
from storyboard.engine.upscaling import load_upscaler, spans
from storyboard.errors import ProblemsError
from storyboard.geometry import Size
from storyboard.jobs import ModelFile
from storyboard.models.upscalers import is_upscaler
from tests.engine.drawing_table import Table, difference, source
from tests.support.tiny_model import TinyModel
from tests.support.upscalers import as_model, compact, tiny_upscaler, upscaler_file

CPU = torch.device("cpu")
NO_COLOUR_PICTURES = {"GFPGAN", "RestoreFormer", "LaMa"}
"""Of spandrel's architectures those for faces alone, and the one that fills holes."""


NEW_NAMES = (
    (r"^model\.0\.", "conv_first."),
    (r"^model\.1\.sub\.2\.", "conv_body."),
    (r"^model\.1\.sub\.(\d+)\.RDB(\d)\.conv(\d)\.0\.", r"body.\1.rdb\2.conv\3."),
    (r"^model\.3\.", "conv_up1."),
    (r"^model\.6\.", "conv_up2."),
    (r"^model\.8\.", "conv_hr."),
    (r"^model\.10\.", "conv_last."),
)
"""RealESRGAN's names for the layers of the first ESRGAN."""


@pytest.fixture(scope="module")
def engine() -> Iterator[DiffusionEngine]:
    """One that draws on the CPU."""
    made = DiffusionEngine(device="cpu")
    yield made
    made.close()


def noise(width: int, height: int) -> Pixels:
    """A picture in which no two places are alike."""
    random = np.random.default_rng(7)
    return random.integers(0, 256, (height, width, 3), dtype=np.uint8)


def repeated(pixels: Pixels, scale: int) -> Pixels:
    """Each pixel as a square."""
    return pixels.repeat(scale, axis=0).repeat(scale, axis=1)


@given(st.integers(1, 2000), st.integers(1, 300), st.integers(0, 40))
def test_tiles_fill_a_side_without_overlap_and_see_what_is_near(
    length: int, core: int, halo: int
) -> None:
    cut = list(spans(length, core, halo))
    assert [place for span in cut for place in range(span.start, span.stop)] == list(range(length))
    for span in cut:
        assert span.seen_from == max(span.start - halo, 0)
        assert span.seen_to == min(span.stop + halo, length)
        assert span.seen_to - span.seen_from <= core + 2 * halo


@pytest.mark.parametrize("scale", [1, 2, 4])
def test_a_network_of_any_scale_enlarges_by_it(tmp_path: Path, scale: int) -> None:
    upscaler = load_upscaler(tiny_upscaler(tmp_path / "x.safetensors", scale), CPU)
    picture = noise(20, 14)
    large = upscaler.enlarged(picture, Size(20 * scale, 14 * scale))
    assert np.array_equal(large, repeated(picture, scale))


def test_the_exact_size_is_lanczos_from_the_next_larger(tmp_path: Path) -> None:
    upscaler = load_upscaler(tiny_upscaler(tmp_path / "x.safetensors", 2), CPU)
    picture = noise(20, 14)
    for size, asked in ((Size(31, 22), 2), (Size(60, 42), 4), (Size(20, 14), 1)):
        expected = enlarged(repeated(picture, asked), size)
        assert np.array_equal(upscaler.enlarged(picture, size), expected)


def test_a_network_that_keeps_the_size_is_asked_once_and_lanczos_does_the_rest(
    tmp_path: Path,
) -> None:
    made = tiny_upscaler(tmp_path / "x.safetensors", 1, loudness=0.2)
    upscaler = load_upscaler(made, CPU)
    picture = noise(20, 14)
    cleaned = upscaler.enlarged(picture, Size(20, 14))
    assert difference(cleaned, picture) > 1
    assert np.array_equal(upscaler.enlarged(picture, Size(40, 28)), enlarged(cleaned, Size(40, 28)))


@pytest.mark.parametrize("core", [32, 61])
def test_tiles_show_no_seam(tmp_path: Path, core: int) -> None:
    file = tiny_upscaler(tmp_path / "x.safetensors", 2, loudness=0.2)
    picture, size = noise(200, 131), Size(400, 262)
    whole = load_upscaler(file, CPU, core=200).enlarged(picture, size)
    tiled = load_upscaler(file, CPU, core=core).enlarged(picture, size)
    assert difference(whole, repeated(picture, 2)) > 1  # it does draw
    assert np.abs(whole.astype(int) - tiled.astype(int)).max() <= 1


def test_without_the_halo_tiles_would_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tiny_upscaler(tmp_path / "x.safetensors", 2, loudness=0.2)
    picture, size = noise(80, 40), Size(160, 80)
    whole = load_upscaler(file, CPU, core=80).enlarged(picture, size)
    monkeypatch.setattr(upscaling, "HALO", 0)
    tiled = load_upscaler(file, CPU, core=40).enlarged(picture, size)
    assert np.abs(whole.astype(int) - tiled.astype(int)).max() > 1


def esrgan(old: bool) -> dict[str, npt.NDArray[np.float32]]:
    """A small ESRGAN of random weights, in its own or in its first layout of keys."""
    torch.manual_seed(3)
    network = ESRGAN(num_filters=8, num_blocks=2, scale=4)
    plain = {key: tensor.numpy() for key, tensor in network.state_dict().items()}
    if old:
        return plain
    renamed = {}
    for key, array in plain.items():
        for before, after in NEW_NAMES:
            key = re.sub(before, after, key)
        renamed[key] = array
    return renamed


@pytest.mark.parametrize("old", [True, False])
def test_an_esrgan_of_either_layout_enlarges_in_tiles_as_it_does_whole(
    tmp_path: Path, old: bool
) -> None:
    """It looks about 35 pixels far, a little beyond the halo: tiles agree within 1/255."""
    file = upscaler_file(tmp_path / "x.safetensors", esrgan(old))
    picture, size = noise(120, 70), Size(480, 280)
    whole = load_upscaler(file, CPU, core=200).enlarged(picture, size)
    tiled = load_upscaler(file, CPU, core=48).enlarged(picture, size)
    assert whole.std() > 1
    assert np.abs(whole.astype(int) - tiled.astype(int)).max() <= 1


def test_four_times_for_twice_is_four_times_and_then_lanczos(tmp_path: Path) -> None:
    upscaler = load_upscaler(upscaler_file(tmp_path / "x.safetensors", esrgan(old=True)), CPU)
    picture = noise(20, 14)
    four = upscaler.enlarged(picture, Size(80, 56))
    twice = upscaler.enlarged(picture, Size(40, 28))
    assert np.array_equal(twice, enlarged(four, Size(40, 28)))


@pytest.mark.parametrize("channels", [1, 4])
def test_networks_for_grey_pictures_and_for_some_with_alpha_enlarge_colours_too(
    tmp_path: Path, channels: int
) -> None:
    file = upscaler_file(tmp_path / "x.safetensors", compact(2, channels=channels))
    picture = noise(20, 14)
    large = load_upscaler(file, CPU).enlarged(picture, Size(40, 28))
    assert np.array_equal(large, repeated(picture, 2))


def test_half_precision_differs_by_a_shade_at_most(tmp_path: Path) -> None:
    file = tiny_upscaler(tmp_path / "x.safetensors", 2, loudness=0.2)
    picture, size = noise(40, 28), Size(80, 56)
    whole = load_upscaler(file, CPU).enlarged(picture, size)
    half = load_upscaler(file, CPU, dtype=torch.float16)
    rounded = half.enlarged(picture, size)
    assert half.dtype == torch.float16
    assert 0 < np.abs(whole.astype(int) - rounded.astype(int)).max() <= 2


def test_what_overflows_in_half_precision_is_drawn_in_float32(tmp_path: Path) -> None:
    file = upscaler_file(tmp_path / "x.safetensors", overflowing())
    picture, size = noise(20, 14), Size(40, 28)
    upscaler = load_upscaler(file, CPU, dtype=torch.float16)
    assert np.array_equal(upscaler.enlarged(picture, size), repeated(picture, 2))
    assert upscaler.dtype == torch.float32


def overflowing() -> dict[str, npt.NDArray[np.float32]]:
    """A network whose first layers go beyond what float16 holds, and back."""
    weights = compact(2)
    weights["body.0.bias"] += 6e4
    weights["body.2.weight"] += 1
    return weights


def test_a_network_without_numbers_is_told(tmp_path: Path) -> None:
    weights = compact(2, loudness=1e30)
    file = upscaler_file(tmp_path / "x.safetensors", weights)
    with pytest.raises(StartProblem, match="NaN"):
        load_upscaler(file, CPU).enlarged(noise(16, 16), Size(32, 32))


def broken(folder: Path, how: str) -> ModelFile:
    """A file that is no upscaler."""
    path = folder / "bad.safetensors"
    weights = compact()
    match how:
        case "missing":
            return ModelFile("bad", str(path), "0" * 64)
        case "truncated":
            upscaler_file(path, weights)
            path.write_bytes(path.read_bytes()[:-20])
        case "pickle":
            path = path.with_suffix(".pth")
            path.write_bytes(b"\x80\x02}q\x00.")
        case "unknown":
            upscaler_file(path, {"x.weight": np.zeros((3, 3), np.float32)})
        case "misshapen":
            upscaler_file(path, {**weights, "body.2.weight": np.zeros((1, 2), np.float32)})
        case "two":
            upscaler_file(path, compact(channels=2))
        case "infinite":
            upscaler_file(path, {**weights, "body.0.bias": np.full(4, np.inf, np.float32)})
        case "endless":
            upscaler_file(path, {**weights, "body.99999999.weight": np.zeros(1, np.float32)})
        case "huge":
            upscaler_file(path, compact(scale=16))
    return as_model(path)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("missing", "cannot be read"),
        ("truncated", "is cut off"),
        ("pickle", "is a pickle.*run: storyboard convert /"),
        ("unknown", "no upscaler of a known architecture"),
        ("misshapen", r"that spandrel can load: .*body\.2\.weight"),
        ("two", "pictures of 2 channels"),
        ("infinite", "not finite"),
        ("endless", "beyond 1000"),
        ("huge", "16 times as large"),
    ],
)
def test_what_is_no_upscaler_is_one_clear_problem(tmp_path: Path, how: str, message: str) -> None:
    file = broken(tmp_path, how)
    with pytest.raises(ProblemsError, match=message) as told:
        load_upscaler(file, CPU)
    (problem,) = told.value.problems
    assert problem.mark.file == file.path
    assert "\n" not in str(problem)


def conjunctions(condition: Any) -> list[list[str]]:
    """A key condition of spandrel as the sets of keys of which one must be there whole."""
    if isinstance(condition, str):
        return [[condition]]
    parts = [conjunctions(part) for part in condition._keys]
    if condition._kind == "any":
        return [keys for part in parts for keys in part]
    return [list(chain.from_iterable(chosen)) for chosen in product(*parts)]


def test_every_architecture_that_spandrel_tells_is_told_from_the_header_too() -> None:
    architectures = [support.architecture for support in MAIN_REGISTRY.architectures()]
    assert len(architectures) > 40
    for architecture in architectures:
        for keys in conjunctions(architecture._detect):
            assert is_upscaler(keys) == (architecture.id not in NO_COLOUR_PICTURES)


def test_a_final_from_a_network_is_the_same_alone_and_among_others(
    engine: DiffusionEngine, tiny_model: TinyModel, tmp_path: Path
) -> None:
    table = Table(engine, tiny_model)
    network = tiny_upscaler(tmp_path / "x.safetensors", 2, loudness=0.2)
    previews = [table.preview(seed=seed) for seed in (1, 2)]
    sources = [source(drawn) for drawn in table.drawn(previews)]
    finals = [table.final(job, denoise=0.4, upscaler=network) for job in previews]
    among = table.drawn(finals, sources)
    (alone,) = table.drawn(finals[1:], sources[1:])
    (plain,) = table.drawn([table.final(previews[1], denoise=0.4)], sources[1:])
    assert np.array_equal(among[1].pixels, alone.pixels)
    assert difference(alone.pixels, plain.pixels) > 0
    assert "spandrel" in alone.provenance and "spandrel" not in plain.provenance


def test_a_final_without_denoising_is_what_the_network_makes_of_its_preview(
    engine: DiffusionEngine, tiny_model: TinyModel, tmp_path: Path
) -> None:
    table = Table(engine, tiny_model)
    job = table.preview()
    small = table.one(job)
    for scale in (2, 4):
        network = tiny_upscaler(tmp_path / f"{scale}.safetensors", scale)
        (large,) = table.drawn(
            [table.final(job, denoise=0, upscaler=network, scale=scale)], [source(small)]
        )
        assert np.array_equal(large.pixels, repeated(small.pixels, scale))
        assert large.latent is None


def test_a_batch_whose_upscaler_is_broken_is_told_before_anything_is_drawn(
    engine: DiffusionEngine, tiny_model: TinyModel, tmp_path: Path
) -> None:
    table = Table(engine, tiny_model)
    job = table.preview()
    given_source = source(table.one(job))
    final = table.final(job, upscaler=broken(tmp_path, "unknown"))
    steps: list[int] = []
    with pytest.raises(ProblemsError, match="no upscaler of a known architecture"):
        table.results([final], [given_source], lambda done, total: steps.append(done))
    assert steps == []
