"""What a preview begins with is brought to its size, and is the very picture that its job means."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from storyboard import beginnings
from storyboard.beginnings import NoBeginning, beginning_source
from storyboard.engine.base import MaskPixels, Pixels
from storyboard.geometry import Size
from storyboard.jobs import Beginning, Box, ModelFile, PreviewJob
from storyboard.pnginfo import encode_png
from storyboard.store import PICTURE, Entry, Store
from tests.support.jobs import preview
from tests.support.peaks import peak

SIZE = Size(32, 48)
SMALL = np.random.default_rng(1).integers(0, 256, (48, 32, 3), dtype=np.uint8)


def kept(folder: Path, data: bytes, name: str = "sketch.png") -> ModelFile:
    """The bytes as a file that a job names."""
    path = folder / name
    path.write_bytes(data)
    return ModelFile(path.stem, str(path), sha256(data).hexdigest())


def saved(folder: Path, picture: Image.Image, name: str = "sketch.png") -> ModelFile:
    file = io.BytesIO()
    picture.save(file, Path(name).suffix.removeprefix("."))
    return kept(folder, file.getvalue(), name)


def begun(picture: ModelFile | PreviewJob, mask: Box | ModelFile | None = None) -> PreviewJob:
    return replace(preview(size=SIZE), beginning=Beginning(picture, 0.5, mask))


def pixels(picture: ModelFile) -> Pixels:
    return beginning_source(begun(picture), None).pixels


def mask_of(folder: Path, mask: Box | ModelFile) -> MaskPixels:
    found = beginning_source(begun(saved(folder, Image.fromarray(SMALL)), mask), None).mask
    assert found is not None
    assert found.dtype == np.uint8
    assert found.shape == (SIZE.height, SIZE.width)
    return found


def stored(folder: Path, values: Pixels) -> Entry:
    return Store(folder / ".store").put("0" * 64, {PICTURE: encode_png(values, {}, "")}, {})


def test_a_picture_of_the_right_size_is_taken_byte_for_byte(tmp_path: Path) -> None:
    source = beginning_source(begun(saved(tmp_path, Image.fromarray(SMALL))), None)
    assert np.array_equal(source.pixels, SMALL)
    assert source.latent is None
    assert source.mask is None


def test_an_earlier_picture_is_taken_from_the_store(tmp_path: Path) -> None:
    job = begun(preview("earlier"), Box(0, 0, 1, 0.5))
    entry = stored(tmp_path, SMALL)
    source = beginning_source(job, entry)
    assert np.array_equal(source.pixels, SMALL)
    assert source.mask is not None
    assert source.mask[:24].all() and not source.mask[24:].any()
    with pytest.raises(NoBeginning, match="is not there"):
        beginning_source(job, None)


@pytest.mark.parametrize("size", [(64, 24), (8, 24), (640, 960), (31, 2000)])
def test_another_shape_is_cropped_from_its_middle(tmp_path: Path, size: tuple[int, int]) -> None:
    wide, high = size
    picture = Image.new("RGB", size, "white")
    # All that can be seen of it is black: the largest part in its middle of the preview's shape.
    seen = min(wide / SIZE.width, high / SIZE.height)
    across, down = SIZE.width * seen, SIZE.height * seen
    left, top = (wide - across) / 2, (high - down) / 2
    picture.paste("black", (round(left), round(top), round(left + across), round(top + down)))
    found = pixels(saved(tmp_path, picture))
    assert found.shape == (48, 32, 3)
    # At the crop's edges the filter sees a little of what lies beyond, on both sides as much.
    assert found[12:-12, 12:-12].max() <= 2
    assert found.mean() < 25
    assert np.abs(found.astype(int) - found[::-1, ::-1]).max() <= 12


MODES: dict[str, Callable[[], Image.Image]] = {
    "transparent.png": lambda: Image.new("RGBA", (32, 48), (0, 0, 0, 0)),
    "palette.gif": lambda: Image.new("L", (32, 48), 255).convert("P"),
    "grey.png": lambda: Image.new("LA", (32, 48), (255, 255)),
    "deep.png": lambda: Image.fromarray(np.full((48, 32), 65535, np.uint16)),
    "print.jpeg": lambda: Image.new("CMYK", (32, 48), (0, 0, 0, 0)),
}


@pytest.mark.parametrize("name", MODES)
def test_whatever_a_picture_is_kept_in_it_is_rgb(tmp_path: Path, name: str) -> None:
    found = pixels(saved(tmp_path, MODES[name](), name))
    assert found.shape == (48, 32, 3)
    assert found.min() >= 254


def test_a_photograph_is_turned_upright_before_it_is_cropped(tmp_path: Path) -> None:
    picture = Image.new("RGB", (48, 32), "white")
    picture.paste("black", (24, 0, 48, 32))
    exif = Image.Exif()
    exif[0x0112] = 6  # held so that the top is to the right
    file = io.BytesIO()
    picture.save(file, "PNG", exif=exif)
    found = pixels(kept(tmp_path, file.getvalue()))
    assert found[:24].min() == 255
    assert found[24:].max() == 0


@pytest.mark.parametrize(
    ("box", "rows", "columns"),
    [
        (Box(0, 0, 1, 1), slice(0, 48), slice(0, 32)),
        (Box(0.25, 0.5, 0.5, 0.25), slice(24, 36), slice(8, 24)),
        (Box(0.1, 0.1, 0.2, 0.2), slice(5, 14), slice(3, 10)),
        (Box(0.999, 0.999, 0.001, 0.001), slice(47, 48), slice(31, 32)),
        (Box(0.5, 0.5, 1e-9, 1e-9), slice(24, 25), slice(16, 17)),
    ],
)
def test_a_box_is_so_many_pixels(tmp_path: Path, box: Box, rows: slice, columns: slice) -> None:
    expected = np.zeros((48, 32), np.uint8)
    expected[rows, columns] = 255
    assert np.array_equal(mask_of(tmp_path, box), expected)


Colour = str | int | tuple[int, ...]


def half(mode: str, white: Colour, black: Colour) -> Image.Image:
    """White above, black below."""
    picture = Image.new(mode, (32, 48), black)
    picture.paste(white, (0, 0, 32, 24))
    return picture


@pytest.mark.parametrize(
    "picture",
    [
        half("1", 1, 0),
        half("L", 255, 0),
        half("L", 128, 127),
        half("RGB", "white", "black"),
        half("RGBA", (255, 255, 255, 255), (255, 255, 255, 0)),
        half("RGBA", (255, 255, 255, 255), (0, 0, 0, 255)),
        half("RGB", "white", "black").resize((320, 480)),
        half("RGB", "white", "black").crop((8, 0, 24, 48)).resize((32, 96)),
    ],
)
def test_what_is_white_in_a_mask_is_drawn_anew(tmp_path: Path, picture: Image.Image) -> None:
    found = mask_of(tmp_path, saved(tmp_path, picture, "mask.png"))
    assert (found[:24] == 255).all()
    assert (found[24:] == 0).all()


def test_a_mask_that_leaves_nothing_to_draw_is_told(tmp_path: Path) -> None:
    for picture in (half("L", 0, 0), Image.new("RGBA", (8, 8), (255, 255, 255, 0))):
        with pytest.raises(NoBeginning, match=r"mask\.png: the mask is black.*paint white"):
            mask_of(tmp_path, saved(tmp_path, picture, "mask.png"))


def test_a_file_that_is_not_what_the_job_means_is_told(tmp_path: Path) -> None:
    file = saved(tmp_path, Image.fromarray(SMALL))
    Path(file.path).write_bytes(b"another")
    with pytest.raises(NoBeginning, match=r"sketch\.png.* has changed"):
        pixels(file)
    Path(file.path).unlink()
    with pytest.raises(NoBeginning, match=r"sketch\.png: the picture cannot be read: No such file"):
        pixels(file)
    with pytest.raises(NoBeginning, match="sketch: the picture cannot be read"):
        pixels(replace(file, path=""))


@pytest.mark.parametrize("data", [b"", b"no picture", b"\x89PNG\r\n\x1a\n" + b"\0" * 64])
def test_what_is_no_picture_is_told(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(NoBeginning, match="cannot be read"):
        pixels(kept(tmp_path, data))


def test_of_a_file_that_is_too_large_no_more_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beginnings, "_MOST_BYTES", 2**20)
    path = tmp_path / "sketch.png"
    with path.open("wb") as file:
        file.truncate(2**26)
    with peak() as used, pytest.raises(NoBeginning, match="has more than 1 MiB"):
        pixels(ModelFile("sketch", str(path), "0" * 64))
    assert used.bytes < 2**24


def test_a_decompression_bomb_is_told_and_not_decoded(tmp_path: Path) -> None:
    file = io.BytesIO()
    Image.new("1", (20_000, 10_000)).save(file, "PNG")
    with pytest.raises(NoBeginning, match=r"cannot be read|at most 100 million"):
        pixels(kept(tmp_path, file.getvalue()))
