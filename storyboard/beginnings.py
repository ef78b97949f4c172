"""The picture that a preview begins with, and its mask, brought to the preview's own size."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from storyboard.engine.base import MaskPixels, Source
from storyboard.engine.beginnings import WHITE
from storyboard.errors import ProblemsError, argument_error
from storyboard.geometry import Size
from storyboard.jobs import Box, Mask, ModelFile, PreviewJob
from storyboard.pages.pictures import Ground, open_picture
from storyboard.pnginfo import decode_png
from storyboard.store import Entry

_MOST_BYTES = 512 * 1024**2


class NoBeginning(Exception):
    """What a picture is to be drawn from is not to be had; one sentence."""


def beginning_source(job: PreviewJob, stored: Entry | None) -> Source:
    """What a preview with a beginning starts from, in the preview's own size: the `stored` entry of
    the earlier picture, or else the author's file; scaled to cover it and cropped from its middle.

    A mask's file is read as grey, covers the preview likewise, and counts as white from its middle
    grey on; what is transparent in it is black. A box's edges are rounded to whole pixels. Raises
    `NoBeginning` where the picture or its mask is not there, is not what the job means, or cannot
    be read, and where nothing is white.
    """
    assert job.beginning is not None
    picture, mask = job.beginning.picture, job.beginning.mask
    try:
        if isinstance(picture, ModelFile):
            found = _authors_picture(picture, "white")
        elif stored is not None:
            found = Image.fromarray(decode_png(stored.picture))
        else:
            raise NoBeginning("the picture that it begins with is not there")
        pixels = np.asarray(_covering(found, job.size), dtype=np.uint8)
        return Source(pixels, None, None if mask is None else _mask(mask, job.size))
    except ProblemsError as problem:
        raise NoBeginning(str(problem)) from None


def _mask(mask: Mask, size: Size) -> MaskPixels:
    if isinstance(mask, Box):
        return _boxed(mask, size)
    grey = _covering(_authors_picture(mask, "black").convert("L"), size)
    white: MaskPixels = np.where(np.asarray(grey) >= WHITE, 255, 0).astype(np.uint8)
    if not white.any():
        raise argument_error(
            "the mask is black where the picture is: nothing would be drawn",
            "paint white what is to be drawn anew",
            mask.path,
        )
    return white


def _boxed(box: Box, size: Size) -> MaskPixels:
    """The box in whole pixels, at least one."""
    pixels = np.zeros((size.height, size.width), np.uint8)
    rows = _span(box.top, box.height, size.height)
    pixels[rows, _span(box.left, box.width, size.width)] = 255
    return pixels


def _span(start: float, share: float, length: int) -> slice:
    first = min(round(start * length), length - 1)
    return slice(first, max(round((start + share) * length), first + 1))


def _covering(picture: Image.Image, size: Size) -> Image.Image:
    return ImageOps.fit(picture, (size.width, size.height), Image.Resampling.LANCZOS)


def _authors_picture(file: ModelFile, ground: Ground) -> Image.Image:
    """The very picture that a job means: that of the contents that it was made with."""
    path = Path(file.path)
    try:
        with path.open("rb") as opened:
            data = opened.read(_MOST_BYTES + 1)
    except OSError as error:
        raise argument_error(
            f"the picture cannot be read: {error.strerror or error}", file=file.path or file.name
        ) from None
    if len(data) > _MOST_BYTES:
        raise argument_error(
            f"the picture's file has more than {_MOST_BYTES // 1024**2} MiB",
            "make it smaller",
            file.path,
        )
    if hashlib.sha256(data).hexdigest() != file.sha256.lower():
        raise argument_error(
            "the picture is not the one that this panel was to begin with: it has changed",
            "run the command again",
            file.path,
        )
    return open_picture(path, data, ground)
