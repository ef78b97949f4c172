"""Checkpoints of one file: which family they are of, and their components."""

from __future__ import annotations

from pathlib import Path

from storyboard.models.entries import Family
from storyboard.models.foreign import foreign_checkpoint
from storyboard.models.header import Header, ModelFileProblem
from storyboard.models.layouts.matching import count, held_in, some
from storyboard.models.layouts.parts import (
    LDM_UNET,
    Found,
    Read,
    Tensors,
    find_text,
    find_unet,
    find_vae,
    text_namings,
    vae_namings,
)
from storyboard.models.layouts.specifications import Component

_TEXT: dict[Family, tuple[tuple[Component, str], ...]] = {
    "sd15": (("text_encoder", "cond_stage_model.transformer."),),
    "sdxl": (
        ("text_encoder", "conditioner.embedders.0.transformer."),
        ("text_encoder_2", "conditioner.embedders.1.model."),
    ),
}
_VAE = "first_stage_model."
_SDXL = ("conditioner.embedders.", "model.diffusion_model.label_emb.")

# What training leaves in a file: noise levels, averages, counters, marks of how it was trained.
_LEFT_OVER = (
    "model_ema.", "alphas_cumprod", "betas", "sqrt_", "log_one_minus_", "posterior_", "logvar",
    "lvlb_weights", "denoiser.", "scale_factor", "v_pred", "ztsnr", "cond_stage_model.logit_scale",
    "cond_stage_model.text_projection", "conditioner.embedders.0.logit_scale",
    "conditioner.embedders.0.text_projection", "conditioner.embedders.1.logit_scale",
)  # fmt: skip


def single_family(header: Header) -> Family:
    """The family of a checkpoint in LDM's key layout.

    Raises `ModelFileProblem`, with what it is, for one that cannot be drawn with.
    """
    foreign = foreign_checkpoint(header.shapes)
    if foreign:
        raise ModelFileProblem(f"is {foreign}", "use an SD 1.x or SDXL checkpoint")
    return "sdxl" if any(key.startswith(_SDXL) for key in header.tensors) else "sd15"


def single_parts(path: Path, header: Header) -> Read:
    """The components that the file holds. Raises `ModelFileProblem`; see `layout_of`."""
    family = single_family(header)
    tensors = held_in(path, header)
    found: dict[Component, Found | None] = {
        "unet": find_unet(tensors, family, LDM_UNET),
        "vae": find_vae(tensors, family, vae_namings(_VAE)),
    }
    for component, prefix in _TEXT[family]:
        found[component] = find_text(tensors, family, component, text_namings(prefix))
    parts = {component: one for component, one in found.items() if one}
    return Read(family, parts, _notes(tensors, family))


def _notes(tensors: Tensors, family: Family) -> tuple[str, ...]:
    ours = (LDM_UNET.prefix, _VAE, *(prefix for _, prefix in _TEXT[family]), *_LEFT_OVER)
    strange = sorted(key for key in tensors if not key.startswith(ours))
    if not strange:
        return ()
    return (f"holds {count(strange)} without a use: {some(strange)}",)
