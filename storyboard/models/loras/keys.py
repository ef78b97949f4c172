"""A LoRA file's key taken apart: the module it belongs to, and what it is there.

| written by | a key of the module `mid_block.attentions.0.proj_in` |
| --- | --- |
| kohya's scripts, LyCORIS | `lora_unet_mid_block_attentions_0_proj_in.lora_down.weight` |
| peft | `base_model.model.unet.mid_block.attentions.0.proj_in.lora_A.default.weight` |
| diffusers | `unet.mid_block.attentions.0.proj_in.lora_A.weight`, or `.lora.down.weight` |
| diffusers at first | `unet.(...).attn1.processor.to_q_lora.down.weight` |
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Role = Literal[
    "lora_down", "lora_up", "lora_mid",
    "hada_w1_a", "hada_w1_b", "hada_w2_a", "hada_w2_b", "hada_t1", "hada_t2",
    "lokr_w1", "lokr_w1_a", "lokr_w1_b", "lokr_w2", "lokr_w2_a", "lokr_w2_b", "lokr_t2",
    "diff", "diff_b", "alpha", "dora_scale", "magnitude",
]  # fmt: skip
"""What a tensor is in its module, by kohya's and LyCORIS' names. `magnitude` is peft's
`lora_magnitude_vector`: DoRA's scale as `dora_scale` is, but of other shapes."""

_ENDINGS: dict[str, Role] = {
    "lora_down.weight": "lora_down",
    "lora_up.weight": "lora_up",
    "lora_mid.weight": "lora_mid",
    "lora.down.weight": "lora_down",
    "lora.up.weight": "lora_up",
    "lora_linear_layer.down.weight": "lora_down",
    "lora_linear_layer.up.weight": "lora_up",
    "lora_A.weight": "lora_down",
    "lora_B.weight": "lora_up",
    "hada_w1_a": "hada_w1_a",
    "hada_w1_b": "hada_w1_b",
    "hada_w2_a": "hada_w2_a",
    "hada_w2_b": "hada_w2_b",
    "hada_t1": "hada_t1",
    "hada_t2": "hada_t2",
    "lokr_w1": "lokr_w1",
    "lokr_w1_a": "lokr_w1_a",
    "lokr_w1_b": "lokr_w1_b",
    "lokr_w2": "lokr_w2",
    "lokr_w2_a": "lokr_w2_a",
    "lokr_w2_b": "lokr_w2_b",
    "lokr_t2": "lokr_t2",
    "diff": "diff",
    "diff_b": "diff_b",
    "w_norm": "diff",
    "b_norm": "diff_b",
    "alpha": "alpha",
    "dora_scale": "dora_scale",
    "lora_magnitude_vector": "magnitude",
    "lora_magnitude_vector.weight": "magnitude",
}
# peft puts an adapter's name between (`lora_A.default.weight`).
_WITH_ADAPTER: dict[str, Role] = {
    "lora_A": "lora_down",
    "lora_B": "lora_up",
    "lora_magnitude_vector": "magnitude",
}
# diffusers' first form says within the attention which of its layers is meant: the roles by what
# follows, and the layers in a UNet and in a text encoder.
_IN_ATTENTION: dict[str, Role] = {
    "down.weight": "lora_down",
    "up.weight": "lora_up",
    "alpha": "alpha",
}
_UNET_LAYERS = {
    "to_q_lora": "to_q",
    "to_k_lora": "to_k",
    "to_v_lora": "to_v",
    "to_out_lora": "to_out.0",
}
_TEXT_LAYERS = {
    "to_q_lora": "q_proj",
    "to_k_lora": "k_proj",
    "to_v_lora": "v_proj",
    "to_out_lora": "out_proj",
}
_LONGEST = 3

# The formats of keys that are not understood, told by what is in them; the first that fits.
_REFUSED = (
    (re.compile(r"^bundle_emb\."), "bundled embeddings: save them as embedding files of their own"),
    (re.compile(r"\b(oft|boft)_"), "OFT"),
    (re.compile(r"\.(on_input|ia3_l)\b"), "IA3"),
    (re.compile(r"\.[ab][12]\.weight$"), "GLoRA"),
    (re.compile(r"\.vera_"), "VeRA"),
    (re.compile(r"\.bias_(indices|values|size)$"), "LyCORIS' sparse biases"),
    (re.compile(r"^(?=.*bias$).*\.lora_([AB]\b|(up|down)\.bias$)"), "LoRA with biases of its own"),
    (re.compile(r"\.lora_embedding_[AB]\b"), "LoRA of a table of embeddings"),
)
_MARKS = re.compile(r"\.(lora_|hada_|lokr_|diff(_b)?$|[wb]_norm$|dora_scale$|lora\.)|_lora\.")


@dataclass(frozen=True, slots=True)
class Key:
    """A module's path as the file writes it (`processor` left out), and the tensor's role in it."""

    module: str
    role: Role


def take_apart(key: str) -> Key | None:
    """The key's module and role; None where it is of no format that is understood."""
    for count in range(_LONGEST, 0, -1):
        module, *ending = key.rsplit(".", count)
        if len(ending) == count and module and (found := _taken(module, ending)):
            return found
    return None


def refused_format(key: str) -> str | None:
    """The name of the format of a key that is not understood; None where it is of no known one."""
    return next((name for what, name in _REFUSED if what.search(key)), None)


def looks_like_lora(key: str) -> bool:
    """Whether a key is of a LoRA in any format, understood or not."""
    return _MARKS.search(key) is not None or refused_format(key) is not None


def _taken(module: str, ending: list[str]) -> Key | None:
    if role := _ENDINGS.get(".".join(ending)):
        return Key(module, role)
    first, *rest = ending
    if first in _WITH_ADAPTER and len(rest) == 2 and rest[1] == "weight":
        return Key(module, _WITH_ADAPTER[first])
    role = _IN_ATTENTION.get(".".join(rest))
    if first in _UNET_LAYERS and role:
        layers = _TEXT_LAYERS if module.endswith(".self_attn") else _UNET_LAYERS
        return Key(f"{module.removesuffix('.processor')}.{layers[first]}", role)
    return None
