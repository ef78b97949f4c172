"""The weight files of one part of a diffusers folder (`unet/`, `text_encoder/`, `vae/`)."""

from __future__ import annotations

import json
from pathlib import Path

from storyboard.models.header import ModelFileProblem

_STEMS = ("diffusion_pytorch_model", "model")
_ENDINGS = (".safetensors", ".fp16.safetensors")
_PICKLES = ("*.bin", "*.ckpt", "*.pt", "*.pth")


def component_files(folder: Path) -> list[Path]:
    """The part's safetensors file, or its shards as their index names them.

    Raises `ModelFileProblem` where there is none, or the index is broken or leads outside.
    """
    for stem in _STEMS:
        for ending in _ENDINGS:
            if (file := folder / (stem + ending)).is_file():
                return [file]
        if (index := folder / f"{stem}.safetensors.index.json").is_file():
            return _shards(index)
    raise ModelFileProblem(f"its part {folder.name}/ has no weights", _hint(folder))


def _shards(index: Path) -> list[Path]:
    try:
        weight_map = json.loads(index.read_text(encoding="utf-8"))["weight_map"]
        names = sorted({str(name) for name in weight_map.values()})
    except (OSError, ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
        raise ModelFileProblem(f"its {index.parent.name}/{index.name} is broken") from error
    for name in names:
        if Path(name).name != name or not (index.parent / name).is_file():
            raise ModelFileProblem(f"its part {index.parent.name}/ lacks the file {name[:100]!r}")
    return [index.parent / name for name in names]


def _hint(folder: Path) -> str:
    pickles = sorted(file.name for pattern in _PICKLES for file in folder.glob(pattern))
    if pickles:
        return f"{pickles[0]} may be a pickle: convert it to safetensors first"
    return "a diffusers folder holds diffusion_pytorch_model.safetensors or model.safetensors"
