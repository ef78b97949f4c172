"""An author's own picture on a page is read like any stranger's, and stands upright."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import ExifTags, Image

from storyboard.compiled import PanelJobs
from storyboard.errors import ProblemsError
from storyboard.gathering import gather
from storyboard.geometry import Size
from storyboard.store import Store


def gathered_size(path: Path) -> Size:
    panel = PanelJobs("1.a", 1, "a", None, None, "", str(path), False)
    return gather([panel], [], Store(path.parent / ".store"), "final").pictures["1.a"].size


def test_a_photograph_is_laid_out_as_it_is_drawn(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    Image.new("RGB", (60, 40)).save(tmp_path / "art.jpg", exif=exif)
    assert gathered_size(tmp_path / "art.jpg") == Size(40, 60)


@pytest.mark.parametrize("data", [b"", b"no picture"])
def test_what_is_no_picture_is_told_with_its_file(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "art.png").write_bytes(data)
    with pytest.raises(ProblemsError, match=r"art\.png: the picture cannot be read"):
        gathered_size(tmp_path / "art.png")
