"""The ways to enlarge a preview that need no file, by their names. No torch here.

Names are the WebUI's, in any case of letters, but for one: `latent`, so written, is this project's
own word for bicubic; the WebUI's `Latent` is bilinear.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from storyboard.jobs import Upscaler


@dataclass(frozen=True, slots=True)
class LatentMode:
    """How a latent is enlarged: torch's interpolation of this name. `antialias` is torch's too; in
    enlarging it only makes another cubic of `bicubic`, Pillow's (a = -0.5)."""

    mode: Literal["bilinear", "bicubic", "nearest", "nearest-exact"]
    antialias: bool = False


BICUBIC = LatentMode("bicubic")

LATENT_MODES: dict[str, LatentMode] = {
    "latent": BICUBIC,
    "Latent": LatentMode("bilinear"),
    "Latent (antialiased)": LatentMode("bilinear", antialias=True),
    "Latent (bicubic antialiased)": LatentMode("bicubic", antialias=True),
    "Latent (nearest)": LatentMode("nearest"),
    "Latent (nearest-exact)": LatentMode("nearest-exact"),
}
"""The stored latent is enlarged, by `FinalJob.upscaler`'s name for it."""

PIXEL_UPSCALERS = ("lanczos", "nearest")
"""The pixels are enlarged, by a filter of Pillow's."""

UPSCALERS: tuple[str, ...] = (*PIXEL_UPSCALERS, *LATENT_MODES)
"""The names that `FinalJob.upscaler` may have where it is no file."""

_ALIASES = {"none": "lanczos", "latent (bicubic)": "latent"}
"""The WebUI's other names for the same: "None" enlarges by Lanczos there."""

_WRITTEN = {"lanczos": "Lanczos", "nearest": "Nearest", "latent": "Latent (bicubic)"}

_FILES = {
    "r-esrgan 2x+": "RealESRGAN_x2plus",
    "r-esrgan 4x+": "RealESRGAN_x4plus",
    "r-esrgan 4x+ anime6b": "RealESRGAN_x4plus_anime_6B",
    "r-esrgan general 4xv3": "realesr-general-x4v3",
    "r-esrgan general wdn 4xv3": "realesr-general-wdn-x4v3",
    "r-esrgan animevideo": "realesr-animevideov3",
}
"""Files that the WebUI lists by another name than their own."""


def upscaler_named(name: str) -> str | None:
    """The one of `UPSCALERS` that a name stands for; None where it must be a file."""
    if name in UPSCALERS:
        return name
    folded = name.casefold()
    # `LATENT`, which is neither word exactly, is the WebUI's: of two alike the later one is kept.
    known = {one.casefold(): one for one in UPSCALERS}
    return _ALIASES.get(folded) or known.get(folded)


def latent_mode(upscaler: Upscaler) -> LatentMode | None:
    """How the stored latent is enlarged; None where the pixels are."""
    name = upscaler_named(upscaler) if isinstance(upscaler, str) else None
    return LATENT_MODES.get(name) if name else None


def written_name(name: str) -> str:
    """One of `UPSCALERS` as the WebUI writes it."""
    return _WRITTEN.get(name, name)


def file_named(name: str) -> str | None:
    """The file, without its ending, that the WebUI lists by this name; None: by its own."""
    return _FILES.get(name.casefold())
