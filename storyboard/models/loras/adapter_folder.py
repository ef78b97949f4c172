"""peft's own folders: `adapter_model.safetensors`, and beside it the file that says how much it
counts. What that says is read as if it stood in the weights' metadata."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from storyboard.models.header import Header
from storyboard.models.loras.alphas import DIFFUSERS, PEFT

_WEIGHTS, _CONFIG = "adapter_model.safetensors", "adapter_config.json"
_MOST_BYTES = 1_000_000


def config_beside(path: Path) -> Path | None:
    """The configuration that belongs to a LoRA's file; None where there is none."""
    config = path.with_name(_CONFIG)
    return config if path.name == _WEIGHTS and config.is_file() else None


def lora_metadata(path: Path, header: Header) -> Mapping[str, str]:
    """A LoRA's metadata, with what its configuration says. One that cannot be read is there as
    an empty text, which then makes no sense."""
    config = config_beside(path)
    if config is None or not header.metadata.keys().isdisjoint((PEFT, DIFFUSERS)):
        return header.metadata
    return {**header.metadata, PEFT: _text(config)}


def _text(config: Path) -> str:
    try:
        too_long = config.stat().st_size > _MOST_BYTES
        return "" if too_long else config.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeError):
        return ""
