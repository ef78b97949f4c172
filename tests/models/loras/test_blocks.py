"""Block weights count where the WebUI's extension counts them."""

from __future__ import annotations

import pytest

from storyboard.models.loras.blocks import BASE, COUNT, PRESETS, block_of, expanded, said
from storyboard.models.loras.names import todays_name

NAMES = ["BASE", *(f"IN{n:02}" for n in range(12)), "M00", *(f"OUT{n:02}" for n in range(12))]


def counted(numbers: list[float], family: str) -> dict[str, float]:
    return dict(zip(NAMES, expanded(numbers, family), strict=True))


@pytest.mark.parametrize(
    ("family", "blocks"),
    [
        ("sd15", "BASE IN01 IN02 IN04 IN05 IN07 IN08 M00 "
         "OUT03 OUT04 OUT05 OUT06 OUT07 OUT08 OUT09 OUT10 OUT11"),
        ("sdxl", "BASE IN04 IN05 IN07 IN08 M00 OUT00 OUT01 OUT02 OUT03 OUT04 OUT05"),
        ("sdxl", "BASE IN00 IN01 IN02 IN03 IN04 IN05 IN06 IN07 IN08 M00 "
         "OUT00 OUT01 OUT02 OUT03 OUT04 OUT05 OUT06 OUT07 OUT08"),
        ("sd15", " ".join(NAMES)),
    ],
)  # fmt: skip
def test_each_number_stands_for_a_block_and_the_others_are_0(family: str, blocks: str) -> None:
    names = blocks.split()
    numbers = [float(n + 2) for n in range(len(names))]
    assert counted(numbers, family) == {
        name: numbers[names.index(name)] if name in names else 0.0 for name in NAMES
    }


@pytest.mark.parametrize(("family", "count"), [("sd15", 20), ("sdxl", 17), ("sd15", 3)])
def test_other_counts_do_not_fit_the_family(family: str, count: int) -> None:
    with pytest.raises(ValueError, match=f"{count} block weights do not fit"):
        expanded([0.5] * count, family)


def test_ones_everywhere_are_nothing_said() -> None:
    assert expanded(said("ALL"), "sdxl") == ()
    assert expanded(said("NONE"), "sdxl") == (0.0,) * COUNT


def test_presets_have_as_many_numbers_as_sd1_has_blocks() -> None:
    assert {len(numbers) for name, numbers in PRESETS.items() if name not in ("NONE", "ALL")} == {
        17
    }
    assert said(" midd ") == (1, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0)


@pytest.mark.parametrize("text", ["", "1,2", "R" * 12, "1," * 12, ",".join(["nan"] * 12), "BEST"])
def test_what_are_no_block_weights_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="block weights"):
        said(text)


@pytest.mark.parametrize(
    ("module", "block"),
    [
        ("conv_in", "IN00"),
        ("input_blocks_0_0", "IN00"),
        ("input_blocks_1_1_proj_in", "IN01"),
        ("input_blocks_2_0_in_layers_2", "IN02"),
        ("input_blocks_3_0_op", "IN03"),
        ("input_blocks_4_1_transformer_blocks_0_attn1_to_k", "IN04"),
        ("input_blocks_11_0_in_layers_2", "IN11"),
        ("middle_block_1_proj_in", "M00"),
        ("output_blocks_0_0_in_layers_2", "OUT00"),
        ("output_blocks_2_1_conv", "OUT02"),
        ("output_blocks_5_2_conv", "OUT05"),
        ("output_blocks_11_1_proj_out", "OUT11"),
        ("time_embed_0", "BASE"),
        ("out_2", "BASE"),
        ("label_emb_0_0", "BASE"),
        ("down_blocks_9_attentions_0_proj_in", "BASE"),
    ],
)
def test_a_module_lies_in_ldms_block(module: str, block: str) -> None:
    assert NAMES[block_of(todays_name(f"lora_unet_{module}"))] == block


def test_text_encoders_are_base() -> None:
    assert block_of("lora_te_text_model_encoder_layers_0_mlp_fc1") == BASE
