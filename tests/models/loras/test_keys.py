"""A key is taken apart into its module and its role, whoever wrote it."""

from __future__ import annotations

import time

import pytest

from storyboard.models.loras.keys import Key, looks_like_lora, refused_format, take_apart

DOTTED = "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1"
TEXT = "text_encoder.text_model.encoder.layers.0.self_attn"


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("lora_unet_x.lora_down.weight", Key("lora_unet_x", "lora_down")),
        ("lora_unet_x.lora_up.weight", Key("lora_unet_x", "lora_up")),
        ("lora_unet_x.lora_mid.weight", Key("lora_unet_x", "lora_mid")),
        ("lora_unet_x.alpha", Key("lora_unet_x", "alpha")),
        ("lora_unet_x.dora_scale", Key("lora_unet_x", "dora_scale")),
        ("lora_unet_x.hada_w1_a", Key("lora_unet_x", "hada_w1_a")),
        ("lora_unet_x.hada_t2", Key("lora_unet_x", "hada_t2")),
        ("lora_unet_x.lokr_w2_b", Key("lora_unet_x", "lokr_w2_b")),
        ("lora_unet_x.diff", Key("lora_unet_x", "diff")),
        ("lora_unet_x.diff_b", Key("lora_unet_x", "diff_b")),
        ("lora_unet_x.w_norm", Key("lora_unet_x", "diff")),
        ("lora_unet_x.b_norm", Key("lora_unet_x", "diff_b")),
        (f"{DOTTED}.to_q.lora_A.weight", Key(f"{DOTTED}.to_q", "lora_down")),
        (f"{DOTTED}.to_q.lora_B.default.weight", Key(f"{DOTTED}.to_q", "lora_up")),
        (f"{DOTTED}.to_q.lora_magnitude_vector", Key(f"{DOTTED}.to_q", "magnitude")),
        (f"{DOTTED}.to_q.lora_magnitude_vector.weight", Key(f"{DOTTED}.to_q", "magnitude")),
        (f"{DOTTED}.to_q.lora_magnitude_vector.my.weight", Key(f"{DOTTED}.to_q", "magnitude")),
        (f"{DOTTED}.to_out.0.lora.down.weight", Key(f"{DOTTED}.to_out.0", "lora_down")),
        (f"{DOTTED}.processor.to_q_lora.down.weight", Key(f"{DOTTED}.to_q", "lora_down")),
        (f"{DOTTED}.processor.to_out_lora.up.weight", Key(f"{DOTTED}.to_out.0", "lora_up")),
        (f"{DOTTED}.processor.to_v_lora.alpha", Key(f"{DOTTED}.to_v", "alpha")),
        (f"{TEXT}.to_out_lora.up.weight", Key(f"{TEXT}.out_proj", "lora_up")),
        (f"{TEXT}.q_proj.lora_linear_layer.up.weight", Key(f"{TEXT}.q_proj", "lora_up")),
        ("lora_unet_x.lora_sideways.weight", None),
        ("alpha", None),
        (".alpha", None),
        ("", None),
    ],
)
def test_every_format_of_a_key(key: str, expected: Key | None) -> None:
    assert take_apart(key) == expected


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("lora_unet_x.oft_blocks", "OFT"),
        ("base_model.model.x.boft_R", "OFT"),
        ("lora_unet_x.on_input", "IA3"),
        ("base_model.model.x.ia3_l", "IA3"),
        ("lora_unet_x.a1.weight", "GLoRA"),
        ("lora_unet_x.bias_indices", "LyCORIS' sparse biases"),
        ("bundle_emb.easy.string_to_param.*", "bundled embeddings"),
        ("base_model.model.x.lora_embedding_A", "LoRA of a table of embeddings"),
        ("base_model.model.x.lora_B.bias", "LoRA with biases of its own"),
    ],
)
def test_a_format_that_is_not_understood_is_called_by_its_name(key: str, name: str) -> None:
    assert take_apart(key) is None
    assert (refused_format(key) or "").startswith(name)
    assert looks_like_lora(key)


@pytest.mark.parametrize(
    "key", ["model.diffusion_model.out.2.weight", "emb_params", "decoder.conv_in.bias", "alpha"]
)
def test_other_files_keys_are_no_loras(key: str) -> None:
    assert refused_format(key) is None
    assert not looks_like_lora(key)


@pytest.mark.parametrize("key", ["." * 200_000, "lora_A." * 50_000, "a1.weight" * 50_000])
def test_hostile_keys_take_linear_time(key: str) -> None:
    start = time.process_time()
    take_apart(key)
    looks_like_lora(key)
    refused_format(key)
    assert time.process_time() - start < 2
