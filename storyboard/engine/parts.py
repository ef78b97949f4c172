"""A checkpoint's parts as they are stored: each a configuration, and weights under the names that
diffusers and transformers have for them. Whether they lie in folders or in one file ends here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from storyboard.engine.weights import Weights, read_folder, read_json, read_stored
from storyboard.errors import Mark, Problem, ProblemsError, argument_error
from storyboard.jobs import Checkpoint
from storyboard.models.entries import Family
from storyboard.models.header import ModelFileProblem
from storyboard.models.layouts import COMPONENTS, Component, Layout, layout_of
from storyboard.models.roots import builtin_tokenizer

_NAMES: Mapping[Family, str] = {"sd15": "Stable Diffusion 1.x", "sdxl": "SDXL"}
_TOKENIZERS: Mapping[Family, tuple[str, ...]] = {
    "sd15": ("tokenizer",),
    "sdxl": ("tokenizer", "tokenizer_2"),
}
_NOUNS: Mapping[Component, str] = {
    "unet": "UNet",
    "vae": "VAE",
    "text_encoder": "text encoder",
    "text_encoder_2": "second text encoder",
}


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A module to be: its configuration, its weights, and where they come from, for messages.

    The weights are views of the mapped file: they are read when they are turned to a dtype.
    """

    config: Mapping[str, Any]
    weights: Weights
    of: Path


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """All that a checkpoint is made of; `of` is its file or folder. Encoders and tokenizers go in
    their order, one or, in SDXL, two; `scheduler` is None where there is no such file."""

    of: Path
    unet: Part
    vae: Part
    text_encoders: tuple[Part, ...]
    tokenizers: tuple[Path, ...]
    scheduler: Path | None


def folder_part(folder: Path) -> Part:
    """A diffusers component: `config.json` and its weights. Raises ProblemsError if broken."""
    return Part(read_json(folder / "config.json"), read_folder(folder), folder)


def read_parts(checkpoint: Checkpoint, family: Family) -> Parts:
    """Finds a checkpoint's parts, in a diffusers folder, in one file, or elsewhere where the
    checkpoint says so. Raises ProblemsError with all that is missing or misshapen."""
    path = Path(checkpoint.file.path)
    layout = _layout(checkpoint, family)
    encoders = [name for name in COMPONENTS[family] if name.startswith("text_encoder")]
    tokenizers = _tokenizers(path, family)
    scheduler = path / "scheduler" / "scheduler_config.json"
    return Parts(
        of=path,
        unet=_part(layout, "unet", path),
        vae=_part(layout, "vae", Path(checkpoint.vae.path) if checkpoint.vae else path),
        text_encoders=tuple(_part(layout, name, path) for name in encoders),
        tokenizers=tokenizers,
        scheduler=scheduler if scheduler.is_file() else None,
    )


def _layout(checkpoint: Checkpoint, family: Family) -> Layout:
    """Where everything lies; all that is needed is there, and fits."""
    path = Path(checkpoint.file.path)
    vae = Path(checkpoint.vae.path) if checkpoint.vae else None
    encoders = [Path(file.path) for file in checkpoint.text_encoders]
    try:
        layout = layout_of(path, vae, encoders)
    except ModelFileProblem as error:
        raise argument_error(error.message, error.hint, file=str(path)) from error
    if layout.family != family:
        raise argument_error(
            f"is a checkpoint of {_NAMES[layout.family]}, not of {_NAMES[family]}", file=str(path)
        )
    problems = [Problem(Mark(str(path)), text) for text in layout.problems]
    problems += [_lacking(path, name) for name in layout.missing]
    if problems:
        raise ProblemsError(problems)
    return layout


def _lacking(path: Path, component: Component) -> Problem:
    hint = "use another checkpoint" if component == "unet" else "name a file of it in the story"
    return Problem(Mark(str(path)), f"lacks its {_NOUNS[component]}", hint)


def _part(layout: Layout, component: Component, of: Path) -> Part:
    found = layout.parts[component]
    return Part(found.config, read_stored(found.weights), of)


def _tokenizers(path: Path, family: Family) -> tuple[Path, ...]:
    """A folder's own; a single file has none, and CLIP's own serve."""
    names = _TOKENIZERS[family]
    if not path.is_dir():
        return tuple(builtin_tokenizer() for _ in names)
    missing = [name for name in names if not (path / name).is_dir()]
    if missing:
        raise argument_error(
            f"a {_NAMES[family]} folder lacks {', '.join(missing)}", file=str(path)
        )
    return tuple(path / name for name in names)
