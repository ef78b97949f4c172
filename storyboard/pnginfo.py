"""The recipe inside a picture: our own as JSON, and the WebUI's `parameters` text."""

from __future__ import annotations

import io
import json
import struct
import warnings
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import ExifTags, Image, PngImagePlugin, UnidentifiedImageError

from storyboard.engine.base import Pixels
from storyboard.errors import argument_error
from storyboard.geometry import Size
from storyboard.recipes import without_paths

OURS = "storyboard"
WEBUI = "parameters"
_LONGEST = 1_000_000  # characters of text that are looked at
_PROGRAMS = {
    "workflow": "ComfyUI",
    "prompt": "ComfyUI",
    "invokeai_metadata": "InvokeAI",
    "sd-metadata": "InvokeAI",
    "Dream": "InvokeAI",
    "fooocus_scheme": "Fooocus",
}
"""Other programs by a text that they write into pictures."""
_UNREADABLE = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    MemoryError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)


@dataclass(frozen=True, slots=True)
class PictureInfo:
    """What a picture says of its making: our recipe, the WebUI's text; and its size in pixels.

    `program` names another program whose own words are in it, which are not understood.
    """

    recipe: dict[str, Any] | None
    parameters: str | None
    size: Size
    program: str | None = None


def encode_png(pixels: Pixels, recipe: Mapping[str, Any], parameters: str) -> bytes:
    """A PNG file of `pixels` (height x width x 3, RGB) with both texts in it.

    The same arguments give the same bytes. The recipe's file paths are left out: they are nobody
    else's business.
    """
    texts = PngImagePlugin.PngInfo()
    texts.add_text(WEBUI, _unicode(parameters))
    texts.add_text(OURS, json.dumps(without_paths(recipe)))
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(file, "PNG", pnginfo=texts)
    return file.getvalue()


def decode_png(data: bytes) -> Pixels:
    """The pixels of a picture that `encode_png` made: height x width x 3, RGB."""
    with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
        return np.asarray(image.convert("RGB"), dtype=np.uint8)


def read_info(path: Path) -> PictureInfo:
    """What is written in a PNG, JPEG or WebP file, whoever made it. The file may be anything.

    Raises `ProblemsError` where it is no picture or cannot be read.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=["PNG", "JPEG", "WEBP"]) as image:
                return _info(image)
    except UnidentifiedImageError:
        raise argument_error("this is no PNG, JPEG or WebP picture", file=str(path)) from None
    except _UNREADABLE as problem:
        why = getattr(problem, "strerror", None) or str(problem) or type(problem).__name__
        raise argument_error(f"the picture cannot be read: {why}", file=str(path)) from None


def _info(image: Image.Image) -> PictureInfo:
    size = Size(*image.size)
    texts = _texts(image)
    if image.format == "PNG" and not texts:
        image.load()  # some programs write their texts behind the pixels
        texts = _texts(image)
    return PictureInfo(_recipe(texts.get(OURS)), texts.get(WEBUI), size, _program(image))


def _program(image: Image.Image) -> str | None:
    if image.info.get("Software") == "NovelAI":
        return "NovelAI"
    return next((name for key, name in _PROGRAMS.items() if key in image.info), None)


def _texts(image: Image.Image) -> dict[str, str]:
    found = {key: image.info.get(key) for key in (OURS, WEBUI)}
    if found[WEBUI] is None and image.format != "PNG":
        found[WEBUI] = _user_comment(image)
    return {key: text[:_LONGEST] for key, text in found.items() if isinstance(text, str)}


def _user_comment(image: Image.Image) -> str | None:
    """The text in a JPEG's or WebP's EXIF, where the WebUI writes it: 8 bytes name its coding."""
    comment = image.getexif().get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.UserComment)
    if not isinstance(comment, bytes):
        return comment if isinstance(comment, str) else None
    coding, text = comment[:8], comment[8:]
    if coding.startswith(b"UNICODE"):
        big = text[0::2].count(0) >= text[1::2].count(0)  # its latin letters tell which way round
        return text.decode("utf-16-be" if big else "utf-16-le", "replace")
    return text.decode("utf-8", "replace").rstrip("\0")


def _recipe(text: str | None) -> dict[str, Any] | None:
    """Our recipe; None where there is none or it is not ours."""
    if text is None:
        return None
    try:
        recipe = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return recipe if isinstance(recipe, dict) else None


def _unicode(text: str) -> str:
    """The text with half characters (lone surrogates), which no PNG can hold, as `?`; and without
    NUL, which would end it."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "")
