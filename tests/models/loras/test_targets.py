"""A LoRA's modules find the layers that they change, and what does not fit is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from storyboard.models.header import ModelFileProblem, Shape
from storyboard.models.loras.file import parse_lora
from storyboard.models.loras.targets import Axis, Target, resolve, targets_in, targets_of
from tests.models import made
from tests.models.loras.samples import CONVOLUTION, KOHYA, LINEAR, Shapes, of_module, targets

DOWN: Shapes = {"lora_down.weight": (4, 24, 1, 1), "lora_up.weight": (16, 4, 1, 1)}


@pytest.mark.parametrize(
    ("shapes", "weight"),
    [
        *((shapes, (16, 24)) for shapes in LINEAR.values()),
        *((shapes, (16, 24, 3, 3)) for shapes in CONVOLUTION.values()),
        (LINEAR["low rank"], (16, 24, 1, 1)),
        (DOWN, (16, 24, 1, 1)),
        (DOWN, (16, 24)),
        ({"diff": (16,), "diff_b": (16,)}, (16,)),
        ({"diff_b": (16,)}, (16, 24)),
    ],
)
def test_what_fits_is_resolved(shapes: Shapes, weight: Shape) -> None:
    layer = targets(weight, (16,))
    (match,), problems = resolve(parse_lora(of_module(shapes)), layer)
    assert problems == []
    assert match.target == next(iter(layer.values()))


@pytest.mark.parametrize(
    ("shapes", "weight", "says"),
    [
        (LINEAR["low rank"], (16, 32), "is 16x24, not 16x32"),
        (LINEAR["low rank"], (24, 16), "is 16x24, not 24x16"),
        (LINEAR["low rank"], (16, 24, 3, 3), "is 16x24, not 16x24x3x3"),
        (CONVOLUTION["LoHa"], (16, 54, 2, 2), None),
        (CONVOLUTION["LoHa"], (16, 24), "is 16x216, not 16x24"),
        (CONVOLUTION["LoKr"], (16, 24, 1, 1), "is 16x24x3x3, not 16x24x1x1"),
        ({**LINEAR["LoKr"], "diff_b": (24,)}, (16, 24), "has a bias of 24, not 16"),
        ({**LINEAR["LoKr"], "dora_scale": (2, 1)}, (16, 24), "has magnitudes of 2x1 for a weight"),
        ({"diff": (16,), "dora_scale": (1,)}, (16,), "has magnitudes of 1 for a weight of 16"),
    ],
)
def test_what_does_not_fit_is_told_with_both_shapes(
    shapes: Shapes, weight: Shape, says: str | None
) -> None:
    _, problems = resolve(parse_lora(of_module(shapes)), targets(weight, (16,)))
    expected = [f"does not fit the checkpoint's weights: {KOHYA} {says}"] if says else []
    assert [problem[: len(expected[0])] for problem in problems] == expected


def test_a_bias_that_is_not_there_cannot_be_changed() -> None:
    _, problems = resolve(parse_lora(of_module({"diff_b": (16,)})), targets((16, 24)))
    assert problems == [
        f"does not fit the checkpoint's weights: {KOHYA} changes a bias, and there is none"
    ]


@pytest.mark.parametrize(
    ("role", "shape", "weight", "axis"),
    [
        ("dora_scale", (16, 1), (16, 24), 0),
        ("dora_scale", (1, 24), (16, 24), 1),
        ("dora_scale", (16, 1), (16, 16), 0),
        ("dora_scale", (1, 16), (16, 16), 1),
        ("dora_scale", (16, 1, 1, 1), (16, 24, 3, 3), 0),
        ("dora_scale", (1, 24, 1, 1), (16, 24, 3, 3), 1),
        ("dora_scale", (16, 1), (16, 24, 3, 3), 0),
        ("lora_magnitude_vector", (16,), (16, 24), 0),
        ("lora_magnitude_vector", (16,), (16, 16), 0),
        ("lora_magnitude_vector", (1, 16, 1, 1), (16, 16, 3, 3), 0),
        ("lora_magnitude_vector", (1, 24), (16, 24), 1),
        ("lora_magnitude_vector", (16, 1), (16, 24), 0),
    ],
)
def test_the_magnitudes_shape_tells_what_they_are_norms_of(
    role: str, shape: Shape, weight: Shape, axis: Axis
) -> None:
    change = {"diff": weight, role: shape}
    (match,), problems = resolve(parse_lora(of_module(change)), targets(weight))
    assert problems == []
    assert match.axis == axis


def test_what_the_checkpoint_lacks_is_listed_and_counted() -> None:
    shapes = made.lora_shapes(*(f"lora_unet_nothing_{n}" for n in range(7)))
    lora = parse_lora({key: tuple(shape) for key, shape in shapes.items()})
    found, problems = resolve(lora, targets((16, 24)))
    assert found == []
    assert problems == [
        "changes what the checkpoint does not have: lora_unet_nothing_0, lora_unet_nothing_1, "
        "lora_unet_nothing_2, lora_unet_nothing_3 and 3 more"
    ]


def test_what_is_missing_is_called_as_the_file_calls_it() -> None:
    shapes: Shapes = {"unet.none.lora_A.weight": (4, 24), "unet.none.lora_B.weight": (16, 4)}
    _, problems = resolve(parse_lora(shapes), targets((16, 24)))
    assert problems == ["changes what the checkpoint does not have: unet.none"]


def test_older_names_are_understood() -> None:
    path = "down_blocks.0.attentions.0.proj_in"
    lora = parse_lora(of_module(LINEAR["low rank"], "lora_unet_input_blocks_1_1_proj_in"))
    (match,), problems = resolve(lora, targets((16, 24), path=path))
    assert problems == []
    assert match.target.module == path


def test_one_weight_under_two_names_is_told() -> None:
    path = "down_blocks.0.attentions.0.proj_in"
    shapes = {
        **of_module(LINEAR["low rank"], "lora_unet_input_blocks_1_1_proj_in"),
        **of_module(LINEAR["low rank"], "lora_unet_down_blocks_0_attentions_0_proj_in"),
    }
    _, problems = resolve(parse_lora(shapes), targets((16, 24), path=path))
    assert problems == [f"changes a weight twice, under two names: {path}"]


def test_a_checkpoints_layers_are_targets_with_their_biases(tmp_path: Path) -> None:
    found = targets_of(made.checkpoint(tmp_path))
    assert found[made.ATTENTION] == Target(
        "unet", "down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k", (16, 24)
    )
    assert found["lora_unet_conv_in"] == Target("unet", "conv_in", (16, 4, 3, 3), (16,))
    assert found["lora_unet_down_blocks_0_attentions_0_norm"].shape == (16,)
    assert found[made.QUERY].part == "text_encoder"


def test_a_second_text_encoder_has_names_of_its_own() -> None:
    weights = {
        "encoder.layers.0.self_attn.q_proj.weight": (24, 24),
        "text_projection.weight": (2, 24),
    }
    assert targets_in("text_encoder_2", weights) == {
        made.QUERY.replace("lora_te_", "lora_te2_"): Target(
            "text_encoder_2", "encoder.layers.0.self_attn.q_proj", (24, 24)
        ),
        "lora_te2_text_projection": Target("text_encoder_2", "text_projection", (2, 24)),
    }


def test_a_text_encoder_may_be_stored_without_its_outer_level() -> None:
    bare = {key.removeprefix("text_model."): tuple(s) for key, s in made.TEXT_ENCODER.items()}
    module = targets_in("text_encoder", bare)[made.QUERY].module
    assert module == "encoder.layers.0.self_attn.q_proj"


def test_a_checkpoint_without_a_unet_is_a_problem(tmp_path: Path) -> None:
    folder = made.checkpoint(tmp_path)
    (folder / "unet" / "diffusion_pytorch_model.safetensors").unlink()
    with pytest.raises(ModelFileProblem, match="its part unet/ has no weights"):
        targets_of(folder)
