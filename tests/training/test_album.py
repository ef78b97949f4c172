"""A folder of pictures is read whole, or everything that is wrong with it is said at once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from storyboard.errors import ProblemsError
from tests.training.pictures import picture, write_album
from training.album import Example, Fitting, names_trigger, read_album

FITTING = Fitting(64 * 64, 16)


def read(folder: Path, trigger: str = "mei") -> tuple[list[Example], list[str]]:
    """The examples, and what was told."""
    told: list[str] = []
    return read_album(folder, trigger, FITTING, told.append), told


def problems(folder: Path, trigger: str = "mei") -> list[str]:
    """What is wrong, a sentence each."""
    with pytest.raises(ProblemsError) as caught:
        read(folder, trigger)
    return [str(problem) for problem in caught.value.problems]


def save(path: Path, width: int, height: int, caption: str = "mei") -> None:
    """A picture of that size, with its caption."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture(0, width, height)).save(path)
    path.with_suffix(".txt").write_text(caption, encoding="utf-8")


def test_pictures_come_by_name_with_their_captions(album: Path) -> None:
    examples, told = read(album)
    assert [caption for _, caption in examples][:3] == [
        "mei, red coat, day",
        "mei, red coat, dusk",
        "mei, red coat, night",
    ]
    assert np.array_equal(examples[0][0], picture(0))
    assert told == []


@pytest.mark.parametrize(
    ("size", "expected"),
    [((640, 640), (64, 64)), ((48, 80), (48, 80)), ((900, 500), (80, 48)), ((64, 700), (48, 80))],
)
def test_a_picture_is_brought_to_the_nearest_bucket(
    tmp_path: Path, size: tuple[int, int], expected: tuple[int, int]
) -> None:
    save(tmp_path / "a.png", *size)
    (pixels, _), *_ = read(tmp_path)[0]
    assert pixels.shape == (expected[1], expected[0], 3)


def test_the_middle_of_a_wide_picture_stays_undistorted(tmp_path: Path) -> None:
    save(tmp_path / "a.png", 400, 64)
    pixels = np.full((64, 400, 3), 255, np.uint8)
    pixels[:, 180:220] = 0
    Image.fromarray(pixels).save(tmp_path / "a.png")
    (found, _), *_ = read(tmp_path)[0]
    dark = (found[found.shape[0] // 2, :, 0] < 128).sum()
    assert abs(int(dark) - 40 * found.shape[0] / 64) <= 2


def test_transparent_is_white_and_a_camera_turned_is_upright(tmp_path: Path) -> None:
    save(tmp_path / "a.png", 64, 64)
    Image.new("RGBA", (64, 64), (0, 0, 0, 0)).save(tmp_path / "a.png")
    save(tmp_path / "b.jpg", 64, 64)
    turned = Image.fromarray(picture(0, 80, 48))
    exif = turned.getexif()
    exif[0x0112] = 6
    turned.save(tmp_path / "b.jpg", exif=exif)
    clear, upright = (pixels for pixels, _ in read(tmp_path)[0])
    assert (clear == 255).all()
    assert upright.shape == (80, 48, 3)


def test_a_caption_of_several_lines_is_one(tmp_path: Path) -> None:
    save(tmp_path / "a.png", 64, 64, "\ufeffmei, red coat,\n\n smile \n")
    assert read(tmp_path)[0][0][1] == "mei, red coat, smile"


def test_a_missing_or_empty_folder_is_told(tmp_path: Path) -> None:
    assert "is no folder" in problems(tmp_path / "nowhere")[0]
    assert "has no pictures in it" in problems(tmp_path)[0]


def test_all_that_is_wrong_is_said_at_once_by_file(album: Path) -> None:
    (album / "0.txt").unlink()
    (album / "5.txt").unlink()
    (album / "1.txt").write_bytes("mei, caf\u00e9".encode("latin-1"))
    (album / "2.txt").write_text(" \n", encoding="utf-8")
    (album / "3.png").write_bytes(b"not a picture")
    whole = (album / "4.png").read_bytes()
    (album / "4.png").write_bytes(whole[: len(whole) // 2])
    found = {line.split(": ")[0].split("/")[-1]: line for line in problems(album)}
    assert sorted(found) == ["0.png", "1.txt", "2.txt", "3.png", "4.png", "5.png"]
    assert "has no caption (write what is to be seen into 0.txt)" in found["0.png"]
    assert "has no caption" in found["5.png"]
    assert "not in UTF-8" in found["1.txt"]
    assert "has no words" in found["2.txt"]
    assert "cannot be read as a picture" in found["3.png"]
    assert "cannot be read as a picture" in found["4.png"]


def test_a_trigger_that_no_caption_has_is_told(album: Path) -> None:
    (sentence,) = problems(album, "bo")
    assert "no caption has the trigger 'bo'" in sentence
    assert "bo, mei, red coat, day" in sentence
    assert "has no words" in problems(album, " ")[0]


def test_few_others_soft_and_cut_pictures_are_told(tmp_path: Path) -> None:
    write_album(tmp_path / "few", 3)
    save(tmp_path / "few" / "other.png", 64, 64, "bo, blue coat")
    save(tmp_path / "few" / "small.png", 32, 32)
    save(tmp_path / "few" / "wide.png", 400, 64)
    _, told = read(tmp_path / "few")
    assert told[0].startswith("6 pictures only")
    assert told[1].endswith("taken as pictures of others: other.png")
    assert told[2].endswith("enlarged and soft: small.png")
    assert told[3].endswith("cut to the middle: wide.png")


@pytest.mark.parametrize(
    ("caption", "trigger", "found"),
    [
        ("Mei stands on a pier", "mei", True),
        ("meister, harbour", "mei", False),
        ("screentone, 1girl, ink drawing", "ink drawing, screentone", True),
        ("ink drawing, 1girl", "ink drawing, screentone", False),
    ],
)
def test_a_trigger_is_whole_words_in_any_order(caption: str, trigger: str, found: bool) -> None:
    assert names_trigger(caption, trigger) is found
