"""Pictures that tests hold a drawing to, pixel by pixel."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageChops

FOLDER = Path(__file__).parent.parent / "data" / "references"


def assert_looks_like(picture: Image.Image, name: str, folder: Path) -> None:
    """Fails where `picture` is not the reference of that name.

    Then `folder` has both and their difference, to look at; if the new one is better, it becomes
    the reference by copying it there.
    """
    reference = FOLDER / f"{name}.png"
    actual = folder / f"{name}-actual.png"
    picture.save(actual)
    assert reference.is_file(), f"there is no {reference}; look at {actual}, and copy it there"
    with Image.open(reference) as opened:
        expected = opened.convert("RGB")
    if picture.size == expected.size and np.array_equal(np.asarray(picture), np.asarray(expected)):
        return
    expected.save(folder / f"{name}-expected.png")
    difference = folder / f"{name}-difference.png"
    ImageChops.difference(picture, expected).save(difference)
    raise AssertionError(f"it is not {reference}: look at {actual} and {difference}")
