"""Opening picture files: what strangers sent is decoded within bounds, or refused in a sentence."""

from __future__ import annotations

import warnings
from pathlib import Path

from PIL import Image

from storyboard.errors import ProblemsError, argument_error
from storyboard.geometry import Size

MOST_PIXELS = 100_000_000
"""A page or a picture has no more; Pillow's own limit is only a warning up to twice its number."""

_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF")


def open_picture(path: Path) -> Image.Image:
    """The picture as RGB, on white where it is transparent.

    Raises `ProblemsError` where the file cannot be read as a picture, or is too large.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=_FORMATS) as picture:
                _check_size(Size(*picture.size), path)
                return _on_white(picture)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise _unreadable(path, error) from error
    except Image.DecompressionBombWarning as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> ProblemsError:
    reason = str(error).replace(str(path), path.name).strip() or type(error).__name__
    return argument_error(
        f"the picture cannot be read: {reason}", "draw or export it again", str(path)
    )


def _check_size(size: Size, path: Path) -> None:
    if size.area > MOST_PIXELS:
        raise argument_error(
            f"the picture has {size} pixels, at most {MOST_PIXELS // 1_000_000} million are read",
            "make it smaller",
            str(path),
        )


def _on_white(picture: Image.Image) -> Image.Image:
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        colored = picture.convert("RGBA")
        ground = Image.new("RGBA", colored.size, (255, 255, 255, 255))
        ground.alpha_composite(colored)
        return ground.convert("RGB")
    if picture.mode.startswith("I;16"):
        return (
            picture.convert("I").point(lambda value: value / 257 + 0.5).convert("L").convert("RGB")
        )
    return picture.convert("RGB")
