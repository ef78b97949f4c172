"""VAEs and text encoders in files or folders of their own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from storyboard.models.components import component_headers
from storyboard.models.entries import Family
from storyboard.models.foreign import marked_as
from storyboard.models.header import ModelFileProblem, read_header
from storyboard.models.layouts.fit import text_widths
from storyboard.models.layouts.matching import Naming, held_in
from storyboard.models.layouts.parts import (
    Found,
    Tensors,
    find_text,
    find_vae,
    text_as_configured,
    text_namings,
    vae_as_configured,
    vae_namings,
)
from storyboard.models.layouts.specifications import Component, Config, family_config
from storyboard.models.side_files import read_mapping

_VAE_PREFIXES = ("", "first_stage_model.", "vae.")
_TEXT_PREFIXES = (
    "",
    "cond_stage_model.transformer.",
    "cond_stage_model.model.",
    "conditioner.embedders.0.transformer.",
    "conditioner.embedders.1.model.",
    "transformer.",
    "text_encoder.",
    "text_encoder_2.",
)
_NO_VAE = "no VAE: it has none of its weights"
_NO_TEXT = "no text encoder: it has none of its weights"
_PROJECTIONS = ("text_projection", "text_projection.weight")


def folder_tensors(folder: Path) -> Tensors:
    """All tensors of a diffusers component. Raises `ModelFileProblem`; see `component_headers`."""
    return {
        key: held
        for file, header in component_headers(folder).items()
        for key, held in held_in(file, header).items()
    }


def folder_config(folder: Path) -> Config:
    """A component's configuration; empty where there is none. Raises `ModelFileProblem` where it
    is broken."""
    try:
        return read_mapping(folder / "config.json")
    except ValueError as error:
        place = f"{folder.name}/config.json"
        raise ModelFileProblem(f"its {place} is broken: {str(error)[:120]}") from error


def separate_vae(path: Path, family: Family) -> Found:
    """A VAE of its own, as this family uses it. Raises `ModelFileProblem` where it is none."""
    if path.is_dir():
        return vae_as_configured(folder_tensors(path), folder_config(path), subject="")
    namings = [naming for prefix in _VAE_PREFIXES for naming in vae_namings(prefix)]
    tensors = held_in(path, read_header(path))
    found = find_vae(tensors, family, namings, subject="")
    if found is None:
        raise ModelFileProblem(f"is {marked_as(tensors) or _NO_VAE}", "name an AutoencoderKL")
    return found


def separate_text(
    path: Path, family: Family, widths: Sequence[int] = ()
) -> tuple[Component, Found]:
    """A text encoder of its own, and which of the family's it is, whose UNet listens to `widths`
    (one number an encoder; without them, to its family's own).

    Raises `ModelFileProblem` where it is none, or is none for this UNet.
    """
    tensors = folder_tensors(path) if path.is_dir() else held_in(path, read_header(path))
    found = find_text(tensors, family, "text_encoder", _text_namings(), subject="")
    if found is None:
        raise ModelFileProblem(f"is {marked_as(tensors) or _NO_TEXT}", "name one of CLIP's")
    component = _which(tensors, found.part.config["hidden_size"], family, widths)
    config = folder_config(path) if path.is_dir() else None
    if config:
        return component, text_as_configured(tensors, component, config, subject="")
    return component, find_text(tensors, family, component, _text_namings(), "") or found


def _which(tensors: Tensors, width: int, family: Family, widths: Sequence[int]) -> Component:
    """Told from its width; of two equally wide encoders, the second is the one that projects."""
    if family == "sd15":
        return "text_encoder"
    first, second = widths or text_widths(family, family_config(family, "unet"))
    if width not in (first, second):
        raise ModelFileProblem(
            f"is a text encoder of width {width}; the UNet listens to widths {first} and {second}"
        )
    projects = any(key.endswith(_PROJECTIONS) for key in tensors)
    return "text_encoder_2" if width == second and (projects or width != first) else "text_encoder"


def _text_namings() -> list[Naming]:
    return [naming for prefix in _TEXT_PREFIXES for naming in text_namings(prefix)]
