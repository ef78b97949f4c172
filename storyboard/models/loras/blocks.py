"""Factors for a UNet's blocks (`lbw=`), by the numbers of the WebUI's block weight extension.

The blocks are LDM's: BASE, IN00 to IN11, M00, OUT00 to OUT11. BASE stands for the text encoders
and for what lies in no block. Fewer numbers mean the blocks that have attention, as in that
extension, and 0 for all others.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from storyboard.models.entries import Family

BASE = 0
"""The number of what lies in no block."""

_IN, _MIDDLE, _OUT = 1, 13, 14
COUNT = 26
"""How many blocks there are; SDXL uses the first nine of IN and of OUT."""

_LAYERS = 3  # that LDM counts a level: two layers and a sampler down, or three layers
_LEVELS = 4

_SD1_ATTENTION = (0, 2, 3, 5, 6, 8, 9, 13, *range(17, 26))
_SDXL_ATTENTION = (0, 5, 6, 8, 9, 13, *range(14, 20))
_SDXL_ALL = (*range(10), 13, *range(14, 23))
_PLACES: dict[Family, dict[int, tuple[int, ...]]] = {
    "sd15": {12: _SDXL_ATTENTION, 17: _SD1_ATTENTION, 26: tuple(range(COUNT))},
    "sdxl": {12: _SDXL_ATTENTION, 20: _SDXL_ALL, 26: tuple(range(COUNT))},
}
COUNTS = frozenset(count for places in _PLACES.values() for count in places)
"""How many numbers there may be."""

PRESETS: dict[str, tuple[float, ...]] = {
    "NONE": (0.0,) * COUNT,
    "ALL": (1.0,) * COUNT,
    "INS": (1.0,) * 4 + (0.0,) * 13,
    "IND": (1.0,) + (0.0,) * 3 + (1.0,) * 3 + (0.0,) * 10,
    "INALL": (1.0,) * 7 + (0.0,) * 10,
    "MIDD": (1.0,) + (0.0,) * 3 + (1.0,) * 8 + (0.0,) * 5,
    "OUTD": (1.0,) + (0.0,) * 7 + (1.0,) * 4 + (0.0,) * 5,
    "OUTS": (1.0,) + (0.0,) * 11 + (1.0,) * 5,
    "OUTALL": (1.0,) + (0.0,) * 7 + (1.0,) * 9,
}
"""The extension's presets. All but NONE and ALL are for SD 1.x."""

_NUMBERS = "write 12 numbers, 17 for SD 1.x or 20 for SDXL, or 26 for every block"

_LEVEL = re.compile(
    r"lora_unet_(?P<side>down|up)_blocks_(?P<level>\d)_"
    r"(?:(?:resnets|attentions)_(?P<layer>\d)_|(?P<sampler>downsamplers|upsamplers)_0_)"
)


def said(text: str) -> tuple[float, ...]:
    """The numbers of `lbw=`: separated by commas, or a preset's.

    Raises ValueError, a sentence, for anything else.
    """
    name = text.strip().upper()
    if name in PRESETS:
        return PRESETS[name]
    try:
        numbers = tuple(float(number) for number in text.split(",")) if len(text) < 1000 else ()
    except ValueError:
        presets = ", ".join(PRESETS)
        raise ValueError(
            f"'{text[:60]}' are no block weights: {_NUMBERS}, or one of {presets}"
        ) from None
    if len(numbers) not in COUNTS or not all(map(math.isfinite, numbers)):
        raise ValueError(f"there are {len(numbers)} finite block weights: {_NUMBERS}")
    return numbers


def expanded(numbers: Sequence[float], family: str) -> tuple[float, ...]:
    """The factors of all 26 blocks; () where all are 1.

    Raises ValueError, a sentence, where the family's blocks are not told by so many numbers.
    """
    known = _PLACES["sdxl" if family == "sdxl" else "sd15"]
    places = known.get(len(numbers))
    if places is None:
        *some, last = map(str, sorted(known))
        raise ValueError(
            f"{len(numbers)} block weights do not fit the checkpoint's family: "
            f"give {', '.join(some)} or {last}"
        )
    given = dict(zip(places, numbers, strict=True))
    factors = tuple(float(given.get(place, 0.0)) for place in range(COUNT))
    return () if set(factors) == {1.0} else factors


def block_of(name: str) -> int:
    """The number of the block, among the 26, that a module lies in; by `kohya_name`'s names."""
    if name.startswith("lora_unet_mid_block_"):
        return _MIDDLE
    if name == "lora_unet_conv_in":
        return _IN
    found = _LEVEL.match(name)
    if found is None or int(found["level"]) >= _LEVELS:
        return BASE
    layer = _LAYERS - 1 if found["sampler"] else min(int(found["layer"]), _LAYERS - 1)
    number = int(found["level"]) * _LAYERS + layer
    return min(_IN + 1 + number, _MIDDLE - 1) if found["side"] == "down" else _OUT + number
