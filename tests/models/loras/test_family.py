"""A LoRA's family is told from its header."""

from __future__ import annotations

import pytest

from storyboard.models.header import Header, Shape, TensorInfo
from storyboard.models.loras.family import lora_family, made_for, told_family

ATTENTION = "lora_unet_{block}_transformer_blocks_0_attn2_to_k"
FIRST = ATTENTION.format(block="down_blocks_0_attentions_0")
SECOND = ATTENTION.format(block="down_blocks_1_attentions_0")
DOTTED = "unet.down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_v"


def header(shapes: dict[str, Shape], metadata: dict[str, str] | None = None) -> Header:
    tensors = {key: TensorInfo("F16", shape, 0, 0) for key, shape in shapes.items()}
    return Header(tensors, metadata or {}, 0)


def low_rank(module: str, width: int = 24) -> dict[str, Shape]:
    return {f"{module}.lora_down.weight": (4, width), f"{module}.lora_up.weight": (16, 4)}


@pytest.mark.parametrize(
    ("shapes", "made"),
    [
        (low_rank(FIRST, 768), "SD 1.x"),
        (low_rank(FIRST, 1024), "SD 2.x"),
        (low_rank(SECOND, 2048), "SDXL"),
        (low_rank(FIRST), "SD 1.x"),
        ({**low_rank("lora_te1_text_model_x"), **low_rank(SECOND)}, "SDXL"),
        ({**low_rank("lora_te1_text_model_x"), **low_rank(FIRST)}, "SD 1.x"),
        (low_rank("lora_te2_text_model_x"), "SDXL"),
        (low_rank("lora_te_text_model_x"), "SD 1.x"),
        (low_rank("lora_unet_input_blocks_7_1_transformer_blocks_9_attn1_to_k"), "SDXL"),
        ({f"{SECOND}.lokr_w1": (2, 32), f"{SECOND}.lokr_w2": (8, 64)}, "SDXL"),
        ({f"{FIRST}.hada_{w}_{side}": s for w in ("w1", "w2")
          for side, s in (("a", (16, 3)), ("b", (3, 768)))}, "SD 1.x"),
        ({f"{DOTTED}.lora_A.weight": (4, 2048), f"{DOTTED}.lora_B.weight": (16, 4)}, "SDXL"),
    ],
)  # fmt: skip
def test_names_and_shapes_tell(shapes: dict[str, Shape], made: str) -> None:
    assert made_for(header(shapes)) == made
    assert lora_family(header(shapes)) == {"SD 1.x": "sd15", "SDXL": "sdxl"}.get(made)


@pytest.mark.parametrize(
    ("metadata", "made"),
    [
        ({"ss_base_model_version": "sdxl_base_v1-0"}, "SDXL"),
        ({"modelspec.architecture": "stable-diffusion-xl-v1-base/lora"}, "SDXL"),
        ({"ss_base_model_version": "sd_v2"}, "SD 2.x"),
        ({"ss_base_model_version": "sd_v1"}, "SD 1.x"),
    ],
)
def test_metadata_tell_where_shapes_do_not(metadata: dict[str, str], made: str) -> None:
    assert made_for(header(low_rank("lora_unet_conv_in"), metadata)) == made
    assert made_for(header(low_rank(FIRST, 768), metadata)) == "SD 1.x"


@pytest.mark.parametrize(
    ("key", "made"),
    [
        ("lora_unet_double_blocks_0_img_attn_proj.alpha", "Flux, or a model built like it"),
        ("diffusion_model.single_blocks.0.linear1.lora_A.weight", "Flux, or a model built like it"),
        ("transformer.single_transformer_blocks.0.attn.to_q.lora_A.weight", "Flux"),
        ("lora_unet_joint_blocks_0_x_block_attn_qkv.lora_up.weight", "SD 3"),
        ("transformer.transformer_blocks.0.attn.add_k_proj.lora_A.weight", "a diffusion transf"),
        ("lycoris_transformer_blocks_0_attn_to_q.lokr_w1", "a diffusion transformer, as SD 3"),
        ("base_model.model.transformer_blocks.0.attn1.to_q.lora_A.weight", "a diffusion transf"),
        ("diffusion_model.blocks.0.cross_attn.k.lora_A.weight", "a diffusion transformer, as Wan"),
        ("lora_unet_blocks_0_cross_attn_k.lora_down.weight", "a diffusion transformer, as Wan"),
        ("diffusion_model.layers.0.attention.to_q.lora_A.weight", "a diffusion transformer, as L"),
        ("lora_unet_double_layers_0_attn_w1q.lora_down.weight", "AuraFlow"),
        ("diffusion_model.double_stream_blocks.0.block.attn1.to_q.lora_A.weight", "HiDream"),
        ("lora_prior_unet_down_blocks_0_1_attention_attn_in_proj.alpha", "Stable Cascade"),
        ("down_blocks.0.motion_modules.0.proj_in.lora_A.weight", "AnimateDiff"),
        ("lora_te3_encoder_block_0_layer_0_SelfAttention_q.alpha", "a model with a T5 text enc"),
        ("transformer.proj_out.lora_A.weight", "another family"),
    ],
)
def test_models_that_are_not_drawn_with_are_told_by_name(key: str, made: str) -> None:
    assert made_for(header({key: (4, 24)})).startswith(made)
    assert lora_family(header({key: (4, 24)})) is None


@pytest.mark.parametrize(
    ("module", "told"),
    [
        (FIRST.replace("attn2", "attn1"), "SD 1.x"),
        (SECOND.replace("attn2", "attn1"), None),
        ("lora_unet_mid_block_resnets_0_conv1", None),
        ("lora_te_text_model_x", "SD 1.x"),
        ("lora_te1_text_model_x", None),
        ("lora_te2_text_model_x", "SDXL"),
    ],
)
def test_a_few_layers_that_both_families_have_tell_nothing(module: str, told: str | None) -> None:
    assert told_family(header(low_rank(module))) == told
