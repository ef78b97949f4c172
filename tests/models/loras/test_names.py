"""However a file writes a module's path, it comes down to one name."""

from __future__ import annotations

import pytest

from storyboard.models.loras.names import kohya_name, part_and_name, todays_name

UNET = ("unet", "lora_unet_mid_block_attentions_0_proj_in")
TEXT = ("text_encoder", "lora_te_text_model_encoder_layers_0_mlp_fc1")
SECOND = ("text_encoder_2", "lora_te2_text_model_encoder_layers_0_mlp_fc1")


@pytest.mark.parametrize(
    ("module", "expected"),
    [
        ("lora_unet_mid_block_attentions_0_proj_in", UNET),
        ("lycoris_mid_block_attentions_0_proj_in", UNET),
        ("unet.mid_block.attentions.0.proj_in", UNET),
        ("diffusion_model.mid_block.attentions.0.proj_in", UNET),
        ("base_model.model.unet.mid_block.attentions.0.proj_in", UNET),
        ("base_model.model.mid_block.attentions.0.proj_in", UNET),
        ("mid_block.attentions.0.proj_in", UNET),
        ("unet.conv_in", ("unet", "lora_unet_conv_in")),
        ("conv_in", ("unet", "lora_unet_conv_in")),
        ("lora_te_text_model_encoder_layers_0_mlp_fc1", TEXT),
        ("lora_te1_text_model_encoder_layers_0_mlp_fc1", TEXT),
        ("text_encoder.text_model.encoder.layers.0.mlp.fc1", TEXT),
        ("text_encoder.encoder.layers.0.mlp.fc1", TEXT),
        ("text_model.encoder.layers.0.mlp.fc1", TEXT),
        ("base_model.model.text_model.encoder.layers.0.mlp.fc1", TEXT),
        ("text_encoders.clip_l.transformer.text_model.encoder.layers.0.mlp.fc1", TEXT),
        ("lora_te2_text_model_encoder_layers_0_mlp_fc1", SECOND),
        ("text_encoders.clip_g.transformer.text_model.encoder.layers.0.mlp.fc1", SECOND),
        ("text_encoder_2.text_model.encoder.layers.0.mlp.fc1", SECOND),
        ("text_encoder_2.text_projection", ("text_encoder_2", "lora_te2_text_projection")),
        ("transformer.blocks.0", None),
        ("lora_te3_x", None),
        ("", None),
    ],
)
def test_every_way_to_write_a_module(module: str, expected: tuple[str, str] | None) -> None:
    assert part_and_name(module) == expected


def test_a_checkpoints_module_has_the_same_name() -> None:
    assert kohya_name("unet", "mid_block.attentions.0.proj_in") == UNET[1]
    assert kohya_name("text_encoder", "text_model.encoder.layers.0.mlp.fc1") == TEXT[1]
    assert kohya_name("text_encoder_2", "encoder.layers.0.mlp.fc1") == SECOND[1]


def test_a_unets_older_names_become_todays() -> None:
    today = "lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn1_to_k"
    assert todays_name("lora_unet_input_blocks_4_1_transformer_blocks_0_attn1_to_k") == today
    assert todays_name(today) == today
    assert todays_name(TEXT[1]) == TEXT[1]
