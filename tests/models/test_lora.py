"""What a LoRA changes is told from names and shapes alone, and what does not fit is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from storyboard.models.header import ModelFileProblem, Shape
from storyboard.models.lora import Target, kohya_name, parse_lora, resolve, targets_of
from tests.models import made

LINEAR = "lora_unet_mid_block_attentions_0_proj_out"


def parsed(
    down: Shape, up: Shape, mid: Shape | None = None, module: str = LINEAR
) -> dict[str, Shape]:
    shapes = {f"{module}.lora_down.weight": down, f"{module}.lora_up.weight": up}
    return shapes if mid is None else {**shapes, f"{module}.lora_mid.weight": mid}


def target(shape: Shape, module: str = "mid_block.attentions.0.proj_out") -> dict[str, Target]:
    return {kohya_name("unet", module): Target("unet", module, shape)}


def test_a_module_tells_its_tensors_rank_and_alpha() -> None:
    lora = parse_lora({**parsed((4, 24), (16, 4)), f"{LINEAR}.alpha": ()})
    (module,) = lora.modules
    assert (module.key, module.part, module.rank) == (LINEAR, "unet", 4)
    assert module.roles == {"down": f"{LINEAR}.lora_down.weight", "up": f"{LINEAR}.lora_up.weight"}
    assert module.alpha == f"{LINEAR}.alpha"
    assert module.delta == (16, 24)
    assert lora.problems == []


def test_without_an_alpha_there_is_none() -> None:
    (module,) = parse_lora(parsed((4, 24), (16, 4))).modules
    assert module.alpha is None


def test_parts_are_told_by_their_prefixes() -> None:
    shapes = {
        **made.lora_shapes("lora_te_text_model_encoder_layers_0_mlp_fc1", "lora_unet_conv_in"),
        **made.lora_shapes("lora_te2_text_model_encoder_layers_0_mlp_fc1"),
    }
    lora = parse_lora({key: tuple(shape) for key, shape in shapes.items()})
    assert [module.part for module in lora.modules] == ["text_encoder", "text_encoder", "unet"]


@pytest.mark.parametrize(
    ("down", "up", "mid", "weight"),
    [
        ((4, 24), (16, 4), None, (16, 24)),
        ((4, 24, 1, 1), (16, 4, 1, 1), None, (16, 24, 1, 1)),
        ((4, 24), (16, 4), None, (16, 24, 1, 1)),
        ((4, 24, 1, 1), (16, 4, 1, 1), None, (16, 24)),
        ((4, 24, 3, 3), (16, 4, 1, 1), None, (16, 24, 3, 3)),
        ((4, 24, 1, 1), (16, 4, 1, 1), (4, 4, 3, 3), (16, 24, 3, 3)),
    ],
    ids=["linear", "1x1", "linear for 1x1", "1x1 for linear", "3x3", "with mid"],
)
def test_what_fits_is_resolved(down: Shape, up: Shape, mid: Shape | None, weight: Shape) -> None:
    lora = parse_lora(parsed(down, up, mid))
    targets = target(weight)
    found, problems = resolve(lora, targets)
    assert problems == []
    assert found == [(lora.modules[0], next(iter(targets.values())))]


@pytest.mark.parametrize(
    ("down", "up", "mid"),
    [
        ((4, 24), (16, 8), None),
        ((4, 24), (16,), None),
        ((4,), (16, 4), None),
        ((4, 24), (16, 4, 3, 3), None),
        ((0, 24), (16, 0), None),
        ((4, 24, 3, 3), (16, 4, 1, 1), (4, 4, 3, 3)),
        ((4, 24, 1, 1), (16, 4, 1, 1), (4, 8, 3, 3)),
        ((4, 24, 1, 1), (16, 4, 1, 1), (8, 4, 3, 3)),
        ((4, 24, 1, 1), (16, 4, 1, 1), (4, 4)),
    ],
)
def test_factors_that_do_not_multiply_are_told(down: Shape, up: Shape, mid: Shape | None) -> None:
    lora = parse_lora(parsed(down, up, mid))
    assert lora.modules == ()
    (problem,) = lora.problems
    assert f"{LINEAR} does not multiply" in problem


def test_half_a_module_is_told() -> None:
    lora = parse_lora({f"{LINEAR}.lora_down.weight": (4, 24), f"{LINEAR}.alpha": ()})
    assert lora.problems == [f"its module {LINEAR} lacks its up weight"]


def test_an_alpha_that_is_no_single_number_is_told() -> None:
    lora = parse_lora({**parsed((4, 24), (16, 4)), f"{LINEAR}.alpha": (4,)})
    assert lora.problems == [f"its module {LINEAR} has an alpha of shape 4"]


def test_a_file_without_a_module_changes_nothing() -> None:
    assert parse_lora({}).problems == ["changes nothing: there is no LoRA module in it"]


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("lora_unet_conv_in.hada_w1_a", "LoHa"),
        ("lora_unet_conv_in.lokr_w1", "LoKr"),
        ("lora_unet_conv_in.dora_scale", "DoRA"),
        ("lora_unet_conv_in.diff", "full differences"),
        ("lora_unet_conv_in.diff_b", "full differences"),
        ("lora_unet_conv_in.oft_blocks", "OFT"),
        ("base_model.model.conv_in.lora_A.weight", "peft's format"),
        ("unet.mid_block.attentions.0.proj_in.lora.down.weight", "diffusers' old format"),
        ("unet.x.processor.to_q_lora.down.weight", "diffusers' old format"),
    ],
)
def test_a_format_of_another_day_is_called_by_its_name(key: str, name: str) -> None:
    lora = parse_lora({**parsed((4, 24), (16, 4)), key: (1, 1)})
    assert lora.unknown == (key,)
    (problem,) = lora.problems
    assert "not supported yet" in problem
    assert name in problem
    assert key in problem


def test_a_key_of_no_format_is_told_too() -> None:
    (problem,) = parse_lora({**parsed((4, 24), (16, 4)), "something": (1,)}).problems
    assert problem == "has keys of no known LoRA format (something)"


def test_what_the_checkpoint_lacks_is_listed_and_counted() -> None:
    shapes = made.lora_shapes(*(f"lora_unet_nothing_{n}" for n in range(7)))
    lora = parse_lora({key: tuple(shape) for key, shape in shapes.items()})
    found, problems = resolve(lora, target((16, 24)))
    assert found == []
    assert problems == [
        "changes what the checkpoint does not have: lora_unet_nothing_0, lora_unet_nothing_1, "
        "lora_unet_nothing_2, lora_unet_nothing_3 and 3 more"
    ]


def test_a_shape_that_does_not_fit_is_told_with_both_shapes() -> None:
    _, problems = resolve(parse_lora(parsed((4, 24), (16, 4))), target((16, 32)))
    assert problems == [f"does not fit the checkpoint's weights: {LINEAR} is 16x24, not 16x32"]


def test_a_kernel_of_another_size_does_not_fit() -> None:
    _, problems = resolve(parse_lora(parsed((4, 24), (16, 4))), target((16, 24, 3, 3)))
    assert "is 16x24, not 16x24x3x3" in problems[0]


def test_sd1s_older_names_are_understood() -> None:
    module = "lora_unet_input_blocks_1_1_proj_in"
    targets = target((16, 24), "down_blocks.0.attentions.0.proj_in")
    found, problems = resolve(parse_lora(parsed((4, 24), (16, 4), module=module)), targets)
    assert problems == []
    assert found[0][1].module == "down_blocks.0.attentions.0.proj_in"


def test_one_weight_under_two_names_is_told() -> None:
    targets = target((16, 24), "down_blocks.0.attentions.0.proj_in")
    shapes = {
        **parsed((4, 24), (16, 4), module="lora_unet_input_blocks_1_1_proj_in"),
        **parsed((4, 24), (16, 4), module="lora_unet_down_blocks_0_attentions_0_proj_in"),
    }
    _, problems = resolve(parse_lora(shapes), targets)
    assert problems == [
        "changes a weight twice, under two names: down_blocks.0.attentions.0.proj_in"
    ]


def test_a_checkpoints_linear_and_convolution_weights_are_targets(tmp_path: Path) -> None:
    targets = targets_of(made.checkpoint(tmp_path))
    assert targets[made.ATTENTION] == Target(
        "unet", "down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k", (16, 24)
    )
    assert targets[made.QUERY] == Target(
        "text_encoder", "text_model.encoder.layers.0.self_attn.q_proj", (24, 24)
    )
    assert len(targets) == 5  # no bias, no norm


def test_a_text_encoder_may_be_stored_without_its_outer_level(tmp_path: Path) -> None:
    folder = made.checkpoint(tmp_path)
    bare = {key.removeprefix("text_model."): shape for key, shape in made.TEXT_ENCODER.items()}
    made.weights(folder / "text_encoder" / "model.safetensors", bare)
    assert targets_of(folder)[made.QUERY].module == "encoder.layers.0.self_attn.q_proj"


def test_a_checkpoint_without_a_unet_is_a_problem(tmp_path: Path) -> None:
    folder = made.checkpoint(tmp_path)
    (folder / "unet" / "diffusion_pytorch_model.safetensors").unlink()
    with pytest.raises(ModelFileProblem, match="its part unet/ has no weights"):
        targets_of(folder)
