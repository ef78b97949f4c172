"""What kind of model a safetensors file is, and of which family, told from its keys and shapes."""

from __future__ import annotations

from collections.abc import Iterable

from storyboard.models.entries import Family, Kind
from storyboard.models.header import Header, Shape
from storyboard.models.upscalers import is_upscaler

# How wide the text is that a UNet's cross attention listens to, by family.
_SD2_WIDTH, _SDXL_WIDTH = 1024, 2048

_LORA_MARKS = (".lora_", ".hada_", ".lokr_", ".diff", ".lora.", "_lora.", ".oft_", ".dora_scale")
_LORA_STARTS = ("lora_unet_", "lora_te", "lycoris_")


def kind_of(header: Header) -> Kind | None:
    """What the file is for; None where its keys do not tell."""
    keys = header.tensors.keys()
    if _any_starts(keys, "model.diffusion_model."):
        return Kind.CHECKPOINT
    if any(key.startswith(_LORA_STARTS) or _is_lora_key(key) for key in keys):
        return Kind.LORA
    if "emb_params" in keys or "clip_l" in keys or "clip_g" in keys:
        return Kind.EMBEDDING
    if is_upscaler(keys):
        return Kind.UPSCALER
    if any(key.startswith(("decoder.", "first_stage_model.decoder.")) for key in keys):
        return Kind.VAE
    return None


def family_of(kind: Kind, header: Header) -> Family | None:
    """The file's family; None where it is another one, or has none, as upscalers do."""
    if kind is Kind.CHECKPOINT:
        return _checkpoint_family(header)
    if kind is Kind.LORA:
        return _lora_family(header)
    if kind is Kind.EMBEDDING:
        return _embedding_family(header)
    return None


def embedding_vectors(header: Header) -> int:
    """How many vectors an embedding has; 0 where the file holds none."""
    shape = _embedding_shape(header)
    return shape[0] if shape else 0


def _checkpoint_family(header: Header) -> Family | None:
    keys = header.tensors.keys()
    if _any_starts(keys, "conditioner.embedders.1."):
        return "sdxl"
    if _any_starts(keys, "cond_stage_model.transformer."):
        return "sd15"
    return None  # cond_stage_model.model. is SD 2.x


def _lora_family(header: Header) -> Family | None:
    if _any_starts(header.tensors, "lora_te1_", "lora_te2_"):
        return "sdxl"
    width = _listened_width(header)
    if width is not None:
        return _family_of_width(width)
    base = header.metadata.get("ss_base_model_version", "").lower()
    architecture = header.metadata.get("modelspec.architecture", "").lower()
    if base.startswith("sdxl") or "stable-diffusion-xl" in architecture:
        return "sdxl"
    if base.startswith("sd_v2") or "stable-diffusion-v2" in architecture:
        return None
    return "sd15" if _any_starts(header.tensors, "lora_te_", "lora_unet_") else None


def _listened_width(header: Header) -> int | None:
    """The width of the text that the LoRA's cross attention takes."""
    for key, info in header.tensors.items():
        if key.endswith("attn2_to_k.lora_down.weight") and len(info.shape) >= 2:
            return info.shape[1]
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


def _is_lora_key(key: str) -> bool:
    return any(mark in key for mark in _LORA_MARKS)


def _any_starts(keys: Iterable[str], *starts: str) -> bool:
    return any(key.startswith(starts) for key in keys)
