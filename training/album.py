"""A folder of pictures, each with its caption in a .txt file beside it, read for training."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError

from storyboard.errors import Mark, Problems, argument_error
from storyboard.geometry import Size
from storyboard.sizes import bucket

Pixels = npt.NDArray[np.uint8]
Example = tuple[Pixels, str]
"""A picture, height x width x 3, and its caption."""

ENDINGS = (".png", ".jpg", ".jpeg", ".webp")
FEW = 8
"""Fewer pictures than this are told."""

SOFT, CUT = 1.2, 1.25
"""Pictures enlarged, or cut on one side, by more than these factors are told."""

_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Fitting:
    """What a model's pictures are like: usual number of pixels, what sides are multiples of."""

    native_pixels: int
    multiple: int

    def bucket(self, size: Size) -> Size:
        """The training size with the nearest aspect."""
        return bucket(size, self.native_pixels, self.multiple)


@dataclass(frozen=True, slots=True, eq=False)
class _Page:
    """One picture, fitted, and the size that it had."""

    name: str
    caption: str
    pixels: Pixels
    size: Size

    @property
    def stretch(self) -> tuple[float, float]:
        """How many times it was made wider, and higher, before it was cut."""
        height, width = self.pixels.shape[:2]
        return width / self.size.width, height / self.size.height


def read_album(
    folder: Path, trigger: str, fitting: Fitting, tell: Callable[[str], None]
) -> list[Example]:
    """All pictures, each scaled and cut from the middle to the bucket with the nearest aspect.

    Raises ProblemsError with everything that is wrong with them at once. `tell` hears what is odd,
    but no error.
    """
    paths = picture_paths(folder)
    problems = Problems()
    pages = [
        _Page(path.name, _caption(path, problems), *_picture(path, fitting, problems))
        for path in paths
    ]
    problems.raise_errors()
    _check_trigger(folder, trigger, [page.caption for page in pages])
    for sentence in _oddities(pages, trigger):
        tell(sentence)
    return [(page.pixels, page.caption) for page in pages]


def picture_paths(folder: Path) -> list[Path]:
    """The pictures in a folder, by name. Raises ProblemsError where there are none."""
    if not folder.is_dir():
        raise argument_error("is no folder", "--pictures names a folder", str(folder))
    paths = [
        path
        for path in sorted(folder.iterdir())
        if path.suffix.lower() in ENDINGS and not path.name.startswith(".")
    ]
    if not paths:
        raise argument_error(
            "has no pictures in it", f"pictures end in {', '.join(ENDINGS)}", file=str(folder)
        )
    return paths


def fitted(picture: Image.Image, fitting: Fitting) -> Pixels:
    """The picture's middle, in the size of its bucket."""
    size = fitting.bucket(Size(*picture.size))
    if picture.size != (size.width, size.height):
        wanted = (size.width, size.height)
        picture = ImageOps.fit(picture, wanted, Image.Resampling.LANCZOS)
    return np.asarray(picture, dtype=np.uint8).copy()


def names_trigger(caption: str, trigger: str) -> bool:
    """Whether all of the trigger's tags stand in the caption, as whole words, in any order."""
    tags = (re.escape(tag.strip()) for tag in trigger.split(","))
    return all(re.search(rf"(?<!\w){tag}(?!\w)", caption, re.IGNORECASE) for tag in tags)


def _caption(path: Path, problems: Problems) -> str:
    """The caption in one line; its lines are joined with commas."""
    file = path.with_suffix(".txt")
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        hint = f"write what is to be seen into {file.name}"
        problems.add(Mark(str(path)), "has no caption", hint)
        return ""
    except UnicodeDecodeError:
        problems.add(Mark(str(file)), "is not in UTF-8", "save it as UTF-8 text")
        return ""
    except OSError as error:
        problems.add(Mark(str(file)), f"cannot be read: {error.strerror or error}")
        return ""
    caption = ", ".join(line.strip().strip(",") for line in lines if line.strip())
    if not caption:
        problems.add(Mark(str(file)), "has no words in it", "say in it what is to be seen")
    return caption


def _picture(path: Path, fitting: Fitting, problems: Problems) -> tuple[Pixels, Size]:
    """The picture, fitted, and the size it had; no pixels where it cannot be read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path) as opened:
                upright = ImageOps.exif_transpose(opened).convert("RGBA")
    except Exception as error:  # a damaged picture raises whatever its decoder likes
        reason = "no picture" if isinstance(error, UnidentifiedImageError) else str(error)
        problems.add(Mark(str(path)), f"cannot be read as a picture: {reason}", "save it anew")
        return np.zeros((0, 0, 3), np.uint8), Size(1, 1)
    white = Image.new("RGBA", upright.size, "white")  # where it is transparent
    white.alpha_composite(upright)
    return fitted(white.convert("RGB"), fitting), Size(*upright.size)


def _check_trigger(folder: Path, trigger: str, captions: list[str]) -> None:
    if not trigger.strip():
        raise argument_error("has no words", "give one made-up word, such as mei", "--trigger")
    if not any(names_trigger(caption, trigger) for caption in captions):
        raise argument_error(
            f"no caption has the trigger '{trigger}' in it",
            f"begin each caption with it: {trigger}, {captions[0][:60]}",
            file=str(folder),
        )


def _oddities(pages: list[_Page], trigger: str) -> list[str]:
    found = []
    if len(pages) < FEW:
        found.append(f"{_count(len(pages))} only: the LoRA will know few poses; 15 are better")
    others = [page.name for page in pages if not names_trigger(page.caption, trigger)]
    if others:
        found.append(f"without '{trigger}', so taken as pictures of others: {_some(others)}")
    small = [page.name for page in pages if max(page.stretch) > SOFT]
    if small:
        found.append(f"smaller than the model draws, so enlarged and soft: {_some(small)}")
    cut = [page.name for page in pages if max(page.stretch) > CUT * min(page.stretch)]
    if cut:
        found.append(f"too wide or too high, so cut to the middle: {_some(cut)}")
    return found


def _count(pictures: int) -> str:
    return "1 picture" if pictures == 1 else f"{pictures} pictures"


def _some(names: list[str]) -> str:
    rest = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + rest
