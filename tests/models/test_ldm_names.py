"""LDM's UNet names are the same modules that diffusers' own converter makes of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from diffusers.loaders.single_file_utils import convert_ldm_unet_checkpoint

from storyboard.models.ldm_names import diffusers_name

ATTENTION = (
    "proj_in",
    "proj_out",
    *(
        f"transformer_blocks.0.attn{n}.to_{part}"
        for n in (1, 2)
        for part in ("q", "k", "v", "out.0")
    ),
    "transformer_blocks.0.ff.net.0.proj",
    "transformer_blocks.0.ff.net.2",
)
RESNET = (
    "in_layers.0", "in_layers.2", "emb_layers.1", "out_layers.0", "out_layers.3", "skip_connection",
)  # fmt: skip
AROUND = ("input_blocks.0.0", "time_embed.0", "time_embed.2", "out.0", "out.2")


def sd1_modules() -> Iterator[str]:
    """The modules of SD 1.x's UNet by their LDM names; of an attention, some."""
    yield from AROUND
    for number in range(1, 12):
        if number in (3, 6, 9):
            yield f"input_blocks.{number}.0.op"
            continue
        yield from (f"input_blocks.{number}.0.{part}" for part in RESNET)
        if number < 9:
            yield from (f"input_blocks.{number}.1.{part}" for part in ATTENTION)
    for part in (0, 2):
        yield from (f"middle_block.{part}.{name}" for name in RESNET)
    yield from (f"middle_block.1.{name}" for name in ATTENTION)
    for number in range(12):
        yield from (f"output_blocks.{number}.0.{part}" for part in RESNET)
        if number > 2:
            yield from (f"output_blocks.{number}.1.{part}" for part in ATTENTION)
    yield from ("output_blocks.2.1.conv", "output_blocks.5.2.conv", "output_blocks.8.2.conv")


def sdxl_modules() -> Iterator[str]:
    """The same of SDXL's; of an attention, those of its first and its second layer."""
    yield from (*AROUND, "label_emb.0.0", "label_emb.0.2")
    attention = (*ATTENTION, *(name.replace("blocks.0", "blocks.1") for name in ATTENTION[2:]))
    for number in range(1, 9):
        if number in (3, 6):
            yield f"input_blocks.{number}.0.op"
            continue
        yield from (f"input_blocks.{number}.0.{part}" for part in RESNET)
        if number > 3:
            yield from (f"input_blocks.{number}.1.{part}" for part in attention)
    for part in (0, 2):
        yield from (f"middle_block.{part}.{name}" for name in RESNET)
    yield from (f"middle_block.1.{name}" for name in attention)
    for number in range(9):
        yield from (f"output_blocks.{number}.0.{part}" for part in RESNET)
        if number < 6:
            yield from (f"output_blocks.{number}.1.{part}" for part in attention)
    yield from ("output_blocks.2.2.conv", "output_blocks.5.2.conv")


@pytest.mark.parametrize(
    ("modules", "config"),
    [
        (sd1_modules, {"layers_per_block": 2}),
        (sdxl_modules, {"layers_per_block": 2, "addition_embed_type": "text_time"}),
    ],
    ids=["SD 1.x", "SDXL"],
)
def test_every_module_is_the_one_of_diffusers(
    modules: Callable[[], Iterator[str]], config: dict[str, Any]
) -> None:
    stored: Any = {f"model.diffusion_model.{name}.weight": name for name in modules()}
    stored |= {key.replace(".weight", ".bias"): "" for key in stored}
    convert: Any = convert_ldm_unet_checkpoint
    converted: dict[str, str] = convert(stored, config)
    expected = {
        name.replace(".", "_"): key.removesuffix(".weight").replace(".", "_")
        for key, name in converted.items()
        if name
    }
    assert len(expected) == len(list(modules()))
    assert {name: diffusers_name(name) for name in expected} == expected


@pytest.mark.parametrize(
    "name",
    [
        "down_blocks_0_attentions_0_proj_in",
        "input_blocks_0_1_proj_in",
        "input_blocks_12_0_in_layers_2",
        "output_blocks_12_0_in_layers_2",
        "input_blocks_3_0_conv",
        "input_blocks_3_1_op",
        "input_blocks_1_2_proj_in",
        "input_blocks_1_0_in_layers_1",
        "middle_block_3_proj_in",
        "label_emb_0_1",
        "",
    ],
)
def test_other_names_are_not_known(name: str) -> None:
    assert diffusers_name(name) is None
