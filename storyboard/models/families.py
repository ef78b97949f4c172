"""What kind of model a safetensors file is, and of which family, told from its keys and shapes."""

from __future__ import annotations

from collections.abc import Iterable

from storyboard.models.entries import Family, Kind
from storyboard.models.header import Header, ModelFileProblem, Shape
from storyboard.models.layouts.single import single_family
from storyboard.models.loras.family import lora_family
from storyboard.models.loras.keys import looks_like_lora
from storyboard.models.upscalers import is_upscaler

# How wide the text is that a UNet's cross attention listens to, by family.
_SD2_WIDTH, _SDXL_WIDTH = 1024, 2048

_LORA_STARTS = ("lora_unet_", "lora_te", "lycoris_")


def kind_of(header: Header) -> Kind | None:
    """What the file is for; None where its keys do not tell."""
    keys = header.tensors.keys()
    if _any_starts(keys, "model.diffusion_model."):
        return Kind.CHECKPOINT
    if any(key.startswith(_LORA_STARTS) or looks_like_lora(key) for key in keys):
        return Kind.LORA
    if "emb_params" in keys or "clip_l" in keys or "clip_g" in keys:
        return Kind.EMBEDDING
    if is_upscaler(keys):
        return Kind.UPSCALER
    if any(key.startswith(("decoder.", "first_stage_model.decoder.")) for key in keys):
        return Kind.VAE
    if any(key.endswith("token_embedding.weight") for key in keys):
        return Kind.TEXT_ENCODER
    return None


def family_of(kind: Kind, header: Header) -> Family | None:
    """The file's family; None where it is another one, or has none, as upscalers do."""
    if kind is Kind.CHECKPOINT:
        return _checkpoint_family(header)
    if kind is Kind.LORA:
        return lora_family(header)
    if kind is Kind.EMBEDDING:
        return _embedding_family(header)
    return None


def embedding_vectors(header: Header) -> int:
    """How many vectors an embedding has; 0 where the file holds none."""
    shape = _embedding_shape(header)
    return shape[0] if shape else 0


def embedding_widths(header: Header) -> tuple[int, ...]:
    """How wide its vectors are, one number a text encoder; none where the file holds none."""
    shapes = [_embedding_shape(header)]
    if "clip_g" in header.tensors:
        shapes.append(header.tensors["clip_g"].shape)
    return tuple(shape[1] for shape in shapes if shape is not None and len(shape) == 2)


def _checkpoint_family(header: Header) -> Family | None:
    try:
        return single_family(header)
    except ModelFileProblem:
        return None


def _embedding_family(header: Header) -> Family | None:
    if "clip_g" in header.tensors:
        return "sdxl"
    shape = _embedding_shape(header)
    return _family_of_width(shape[1]) if shape else None


def _embedding_shape(header: Header) -> Shape | None:
    """Vectors x width: of `emb_params`, of SDXL's `clip_l`, or of the only tensor in the file."""
    keys = [key for key in ("emb_params", "clip_l") if key in header.tensors]
    if len(header.tensors) == 1:
        keys += header.tensors
    shape = header.tensors[keys[0]].shape if keys else ()
    return shape if len(shape) == 2 else None


def _family_of_width(width: int) -> Family | None:
    """Unknown widths belong to small models of SD 1.x's kind, as the built-in one is."""
    if width == _SDXL_WIDTH:
        return "sdxl"
    return None if width == _SD2_WIDTH else "sd15"


def _any_starts(keys: Iterable[str], *starts: str) -> bool:
    return any(key.startswith(starts) for key in keys)
