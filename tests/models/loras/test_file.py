"""What a LoRA file changes is told from names and shapes alone, and what is wrong with it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyboard.models.header import Shape
from storyboard.models.loras.file import LoraModule, parse_lora
from storyboard.models.loras.targets import resolve
from tests.models import made
from tests.models.loras.samples import CONVOLUTION, KOHYA, LINEAR, PATH, Shapes, of_module, targets


def module_of(shapes: Shapes, metadata: dict[str, str] | None = None) -> LoraModule:
    lora = parse_lora(shapes, metadata)
    assert lora.problems == []
    (module,) = lora.modules
    return module


def test_a_module_tells_its_tensors_rank_and_shape() -> None:
    module = module_of(of_module({**LINEAR["low rank"], "alpha": ()}))
    assert (module.key, module.name, module.part) == (KOHYA, KOHYA, "unet")
    assert module.roles == {
        "lora_down": f"{KOHYA}.lora_down.weight",
        "lora_up": f"{KOHYA}.lora_up.weight",
        "alpha": f"{KOHYA}.alpha",
    }
    assert module.product is not None
    assert (module.product.rank, module.product.shape) == (4, (16, 24))


@pytest.mark.parametrize(("name", "rank"), [("LoHa", 3), ("LoKr", None), ("LoKr factored", 2)])
def test_the_rank_is_what_lycoris_divides_alpha_by(name: str, rank: int | None) -> None:
    module = module_of(of_module(LINEAR[name]))
    assert module.product is not None
    assert module.product.rank == rank


def test_ranks_may_differ_from_module_to_module() -> None:
    shapes = {
        **of_module({"lora_down.weight": (8, 24), "lora_up.weight": (16, 8)}, "lora_unet_conv_in"),
        **of_module(LINEAR["low rank"]),
    }
    ranks = [module.product.rank for module in parse_lora(shapes).modules if module.product]
    assert ranks == [8, 4]


def test_parts_are_told_by_their_prefixes() -> None:
    shapes = {
        **made.lora_shapes("lora_te_text_model_encoder_layers_0_mlp_fc1", "lora_unet_conv_in"),
        **made.lora_shapes("lora_te2_text_model_encoder_layers_0_mlp_fc1"),
    }
    lora = parse_lora({key: tuple(shape) for key, shape in shapes.items()})
    assert [module.part for module in lora.modules] == ["text_encoder_2", "text_encoder", "unet"]


BROKEN: list[tuple[Shapes, str]] = [
    ({"lora_down.weight": (4, 24), "lora_up.weight": (16, 8)}, "does not multiply"),
    ({"lora_down.weight": (4, 24), "lora_up.weight": (16,)}, "does not multiply"),
    ({"lora_down.weight": (4,), "lora_up.weight": (16, 4)}, "does not multiply"),
    ({"lora_down.weight": (), "lora_up.weight": (16, 4)}, "does not multiply"),
    ({"lora_down.weight": (4, 24), "lora_up.weight": (16, 4, 3, 3)}, "does not multiply"),
    ({"lora_down.weight": (0, 24), "lora_up.weight": (16, 0)}, "is empty: lora_down is 0x24"),
    ({**CONVOLUTION["low rank with mid"], "lora_mid.weight": (4, 8, 3, 3)}, "does not multiply"),
    ({**CONVOLUTION["low rank with mid"], "lora_mid.weight": (8, 4, 3, 3)}, "does not multiply"),
    ({**CONVOLUTION["low rank with mid"], "lora_mid.weight": (4, 4)}, "does not multiply"),
    (
        {**CONVOLUTION["low rank with mid"], "lora_down.weight": (4, 24, 3, 3)},
        "does not multiply",
    ),
    ({"lora_down.weight": (4, 24), "alpha": ()}, "lacks its lora_up"),
    ({"alpha": ()}, "has nothing but alpha"),
    ({"dora_scale": (16, 1), "diff_b": (16,)}, "has a magnitude but no change"),
    ({**LINEAR["low rank"], "alpha": (4,)}, "has an alpha of shape 4"),
    ({**LINEAR["LoHa"], "hada_w2_a": (15, 3)}, "does not multiply"),
    ({**LINEAR["LoHa"], "hada_w1_b": (2, 24)}, "does not multiply"),
    ({**LINEAR["LoHa"], "hada_t1": (3, 3, 3, 3)}, "lacks its hada_t2"),
    ({**CONVOLUTION["LoHa with cores"], "hada_t1": (3, 2, 3, 3)}, "does not multiply"),
    ({"lokr_w1": (2, 4)}, "lacks its lokr_w2_a"),
    ({"lokr_w1": (2,), "lokr_w2": (8, 6)}, "does not multiply"),
    ({**LINEAR["LoKr"], "lokr_w2_b": (2, 6)}, "has both lokr_w2 and lokr_w2_b"),
    ({**LINEAR["LoKr"], **LINEAR["LoHa"]}, "is LoHa and LoKr at once"),
    (
        {**LINEAR["low rank"], "dora_scale": (1, 24), "lora_magnitude_vector": (16,)},
        "has two magnitudes",
    ),
]


@pytest.mark.parametrize(("shapes", "says"), BROKEN)
def test_a_module_that_does_not_hold_together_is_told(shapes: Shapes, says: str) -> None:
    lora = parse_lora(of_module(shapes))
    assert lora.modules == ()
    (problem,) = lora.problems
    assert problem.startswith(f"its module {KOHYA} {says}")


def test_what_is_said_twice_is_told() -> None:
    shapes = {**of_module(LINEAR["low rank"]), f"unet.{PATH}.lora_A.weight": (4, 24)}
    (problem,) = parse_lora(shapes).problems
    assert "says the same twice" in problem


def test_a_file_without_a_module_changes_nothing() -> None:
    assert parse_lora({}).problems == ["changes nothing: there is no LoRA module in it"]


def test_keys_of_a_known_format_that_is_not_supported_are_named() -> None:
    lora = parse_lora({**of_module(LINEAR["low rank"]), "lora_unet_conv_in.oft_blocks": (1, 1)})
    assert lora.unknown == ("lora_unet_conv_in.oft_blocks",)
    assert lora.problems == [
        "is in a format that is not supported: OFT (lora_unet_conv_in.oft_blocks)"
    ]


def test_keys_of_no_format_are_listed() -> None:
    (problem,) = parse_lora({**of_module(LINEAR["low rank"]), "something": (1,)}).problems
    assert problem == "has keys of no known LoRA format (something)"


PEFT = f"unet.{PATH}"
PEFT_SHAPES: dict[str, Shape] = {
    f"{PEFT}.lora_A.weight": (4, 24),
    f"{PEFT}.lora_B.weight": (16, 4),
}


@pytest.mark.parametrize(
    ("config", "alpha"),
    [
        ({}, None),
        ({"lora_adapter_metadata": {"unet.lora_alpha": 8, "unet.r": 4}}, 8.0),
        ({"lora_adapter_metadata": {"text_encoder.lora_alpha": 8}}, None),
        ({"lora_adapter_metadata": {"lora_alpha": 6}}, 6.0),
        ({"adapter_config": {"lora_alpha": 2.5}}, 2.5),
        ({"adapter_config": {"lora_alpha": 3, "use_rslora": True}}, 6.0),
        ({"adapter_config": {"lora_alpha": 3, "alpha_pattern": {"proj_out": 5}}}, 5.0),
        ({"adapter_config": {"lora_alpha": 3, "alpha_pattern": {"oj_out": 5}}}, 3.0),
    ],
)
def test_alphas_are_read_from_the_metadata(config: dict[str, object], alpha: float | None) -> None:
    metadata = {key: json.dumps(value) for key, value in config.items()}
    assert module_of(PEFT_SHAPES, metadata).alpha == alpha


def test_an_alpha_among_the_tensors_wins() -> None:
    metadata = {"adapter_config": json.dumps({"lora_alpha": 8})}
    module = module_of({**PEFT_SHAPES, f"{PEFT}.alpha": ()}, metadata)
    assert module.alpha is None
    assert module.roles["alpha"] == f"{PEFT}.alpha"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "no JSON mapping"),
        ("[]", "no JSON mapping"),
        ("[" * 100_000, "no JSON mapping"),
        ('{"lora_alpha": 1}' + " " * 1_000_000, "no JSON mapping"),
        ('{"unet.lora_alpha": "much"}', "an alpha in lora_adapter_metadata is no number"),
        ('{"unet.lora_alpha": 1e999}', "an alpha in lora_adapter_metadata is no number"),
        ('{"unet.r": 4}', "an alpha in lora_adapter_metadata is no number"),
        ('{"lora_alpha": 1, "alpha_pattern": [1]}', "alpha_pattern"),
        ('{"lora_alpha": 1, "alpha_pattern": {"(a+)+b": 1}}', "no plain name"),
    ],
)
def test_metadata_that_make_no_sense_are_told(text: str, says: str) -> None:
    (problem,) = parse_lora(PEFT_SHAPES, {"lora_adapter_metadata": text}).problems
    assert says in problem


EVERYTHING = {
    key: shape
    for number, shapes in enumerate([*LINEAR.values(), *CONVOLUTION.values()])
    for key, shape in of_module(
        {**shapes, "alpha": (), "diff_b": (16,), "dora_scale": (16, 1)}, f"lora_unet_layer_{number}"
    ).items()
}
SHAPES = st.lists(st.integers(0, 30), max_size=5).map(tuple)


@given(st.sets(st.sampled_from(sorted(EVERYTHING))))
def test_any_part_of_a_good_file_gives_modules_or_sentences(keys: set[str]) -> None:
    lora = parse_lora({key: EVERYTHING[key] for key in keys})
    _, problems = resolve(lora, targets((16, 24)))
    assert lora.modules or lora.problems
    assert problems


@given(st.dictionaries(st.sampled_from(sorted(EVERYTHING)) | st.text(max_size=30), SHAPES))
def test_any_shapes_give_modules_or_sentences(shapes: Shapes) -> None:
    lora = parse_lora(shapes)
    assert lora.modules or lora.problems
    for weight in ((16, 24), (16, 24, 3, 3), (16,), ()):
        resolve(lora, targets(weight, (16,)))
