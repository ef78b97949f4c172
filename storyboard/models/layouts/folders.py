"""Diffusers folders: which family they are of, and their components."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from storyboard.models.entries import CARD, Family
from storyboard.models.foreign import foreign_unet
from storyboard.models.header import ModelFileProblem
from storyboard.models.layouts.matching import Part
from storyboard.models.layouts.parts import (
    Found,
    Read,
    Tensors,
    text_as_configured,
    unet_as_configured,
    vae_as_configured,
)
from storyboard.models.layouts.separate import folder_config, folder_tensors
from storyboard.models.layouts.specifications import (
    COMPONENTS,
    Component,
    Config,
    unet_specification,
)
from storyboard.models.side_files import read_mapping

_AGAIN = "get the folder again: its files belong together"
_ONLY = "use an SD 1.x or SDXL checkpoint"
_PIPELINES = {
    "StableDiffusionInpaintPipeline": "an inpainting checkpoint",
    "StableDiffusionXLInpaintPipeline": "an inpainting checkpoint",
    "StableDiffusionInstructPix2PixPipeline": "an InstructPix2Pix checkpoint",
    "StableDiffusion3Pipeline": "an SD 3 checkpoint",
    "FluxPipeline": "a Flux checkpoint",
}


def folder_family(folder: Path) -> Family:
    """What its `storyboard.json` says, or else what its UNet's configuration tells.

    Raises `ModelFileProblem`, with what it is, for one that cannot be drawn with.
    """
    claimed = _mapping(folder / CARD).get("family")
    unet = folder_config(folder / "unet")
    if claimed in ("sd15", "sdxl"):
        built = "sdxl" if unet.get("addition_embed_type") == "text_time" else "sd15"
        if unet and built != claimed:
            raise ModelFileProblem(
                f"is said to be {claimed} by its {CARD}, but its UNet is built as {built}'s is"
            )
        return "sdxl" if claimed == "sdxl" else "sd15"
    pipeline = str(_mapping(folder / "model_index.json").get("_class_name"))
    if claimed is not None or pipeline in _PIPELINES:
        what = _PIPELINES.get(pipeline, "of a family that is not supported")
        raise ModelFileProblem(f"is {what}", _ONLY)
    return _built_as(unet, (folder / "text_encoder").is_dir())


def folder_parts(folder: Path) -> Read:
    """The components that are there. Raises `ModelFileProblem`; see `layout_of`."""
    family = folder_family(folder)
    return Read(
        family,
        {
            component: _read(folder / component, component)
            for component in COMPONENTS[family]
            if (folder / component).is_dir()
        },
    )


def _read(folder: Path, component: Component) -> Found:
    try:
        tensors, config = folder_tensors(folder), folder_config(folder)
        if not config:
            raise ModelFileProblem(f"its part {folder.name}/ has no config.json", _AGAIN)
        return _ways(component)(tensors, config)
    except ModelFileProblem as problem:
        return Found(Part({}, {}), (str(problem),))


def _ways(component: Component) -> Callable[[Tensors, Config], Found]:
    if component == "unet":
        return unet_as_configured
    if component == "vae":
        return vae_as_configured
    return lambda tensors, config: text_as_configured(tensors, component, config)


def _built_as(unet: Config, has_first_encoder: bool) -> Family:
    foreign = foreign_unet(
        unet.get("in_channels"), unet.get("cross_attention_dim"), unet.get("block_out_channels")
    )
    if unet.get("addition_embed_type") == "text_time":
        if foreign is None and has_first_encoder:
            return "sdxl"
    elif foreign is None and unet.get("addition_embed_type") is None and unet_specification(unet):
        return "sd15"
    raise ModelFileProblem(f"is {foreign or 'of a family that is not supported'}", _ONLY)


def _mapping(path: Path) -> dict[str, Any]:
    try:
        return read_mapping(path)
    except ValueError as error:
        raise ModelFileProblem(f"its {path.name} is broken: {str(error)[:200]}") from error
