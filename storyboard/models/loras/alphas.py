"""Alphas that stand in a LoRA's metadata, as diffusers and peft write them.

peft's configuration has one `lora_alpha` for all (`alpha` in a LoHa's), `alpha_pattern` for some
modules by their names' endings, and `use_rslora`, with which the product is divided by the rank's
square root (Kalajdzievski 2023, arXiv:2312.03732). diffusers puts it into the metadata of the file,
each key behind its part (`unet.lora_alpha`).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

DIFFUSERS = "lora_adapter_metadata"
PEFT = "adapter_config"
"""Under which keys of the metadata they stand."""

_KINDS = ("LORA", "LOHA")
_PARTS = ("unet", "text_encoder", "text_encoder_2")
_LONGEST = 1_000_000
_PLAIN = re.compile(r"[\w.]+")


@dataclass(frozen=True, slots=True)
class Alphas:
    """What is said for a part's modules, or, under the empty name, for all."""

    said: Mapping[str, tuple[float, Mapping[str, float], bool]]

    def of(self, path: str, part: str, rank: int) -> float | None:
        """The alpha that makes the module's scale by alpha / rank; None where none is said.

        `path` is the module's, with dots.
        """
        found = self.said.get(part) or self.said.get("")
        if found is None:
            return None
        alpha, pattern, by_root = found
        ending = next((key for key in pattern if _ends(path, key)), None)
        alpha = alpha if ending is None else pattern[ending]
        return alpha * math.sqrt(rank) if by_root else alpha


NOTHING_SAID = Alphas({})


def read_alphas(metadata: Mapping[str, str]) -> Alphas:
    """What a file's metadata say. Raises ValueError, a sentence about the file, where that makes
    no sense."""
    for key in (DIFFUSERS, PEFT):
        if key in metadata:
            return _read(key, metadata[key])
    return NOTHING_SAID


def _read(key: str, text: str) -> Alphas:
    try:
        found = json.loads(text) if len(text) <= _LONGEST else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ValueError(f"has metadata that make no sense: {key} is no JSON mapping")
    parts = {part: _of_part(found, f"{part}.") for part in _PARTS}
    configs = parts if any(parts.values()) else {"": found}
    return Alphas({part: _config(key, config) for part, config in configs.items() if config})


def _of_part(found: Mapping[str, object], prefix: str) -> dict[str, object]:
    return {
        key.removeprefix(prefix): value for key, value in found.items() if key.startswith(prefix)
    }


def _config(key: str, config: Mapping[str, object]) -> tuple[float, Mapping[str, float], bool]:
    # peft's own default is 8; a file without it has none of peft's configuration at all.
    kind = config.get("peft_type", _KINDS[0])
    if kind not in _KINDS:
        raise ValueError(f"is of peft's kind {str(kind)[:20]!r}, whose scale is not known")
    alpha = _number(key, config.get("lora_alpha", config.get("alpha")))
    pattern = config.get("alpha_pattern") or {}
    if not isinstance(pattern, dict):
        raise ValueError(f"has metadata that make no sense: alpha_pattern in {key} is no mapping")
    for name in pattern:
        if not _PLAIN.fullmatch(name):
            # peft takes them for regular expressions: a stranger's may run for ever.
            raise ValueError(f"has an alpha_pattern in {key} that is no plain name: {name[:60]!r}")
    numbers = {name: _number(key, value) for name, value in pattern.items()}
    return alpha, numbers, config.get("use_rslora") is True


def _number(key: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"has metadata that make no sense: an alpha in {key} is no number")
    return float(value)


def _ends(path: str, name: str) -> bool:
    return path == name or path.endswith(f".{name}")
