"""Where a checkpoint's weights lie is told from its header, and agrees with diffusers' modules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import diffusers
import pytest
import torch
import transformers
from diffusers.loaders import single_file_utils

from storyboard.models.entries import Family
from storyboard.models.header import ModelFileProblem
from storyboard.models.layouts import COMPONENTS, Stored, layout_of, weights_of
from storyboard.models.layouts.specifications import (
    Component,
    Config,
    family_config,
    family_text,
    family_unet,
    text_config,
    text_specification,
    unet_config,
    unet_specification,
    vae_config,
    vae_specification,
)
from storyboard.models.layouts.text import read_text, text_weights
from storyboard.models.layouts.unet import read_unet, unet_weights
from storyboard.models.layouts.vae import vae_weights
from tests.models import made, singles
from tests.models.singles import Shapes, Sizes

ORACLE: Any = single_file_utils  # untyped in diffusers, and so are its modules
UNET: Any = diffusers.UNet2DConditionModel
VAE: Any = diffusers.AutoencoderKL
FAMILIES: tuple[Family, ...] = ("sd15", "sdxl")
SIZES = [make(family) for family in FAMILIES for make in (singles.full, singles.narrow)]
NAMES = [f"{kind} {family}" for family in FAMILIES for kind in ("full", "narrow")]
every_size = pytest.mark.parametrize("sizes", SIZES, ids=NAMES)


def one_text_specification(config: Config) -> object:
    return text_specification(config, projected=False)


def without_level(name: str) -> str:
    return name.removeprefix("text_model.")


@cache
def modules(sizes: Sizes) -> dict[str, Shapes]:
    """Names and shapes of the weights of diffusers' and transformers' own modules."""
    made_of: dict[str, Any] = {}
    family = sizes.family
    with torch.device("meta"):
        unet = unet_config(sizes.unet, family_config(family, "unet"))
        made_of["unet"] = UNET.from_config(unet)
        vae = vae_config(sizes.vae, family_config(family, "vae"))
        made_of["vae"] = VAE.from_config(vae)
        text = text_config(sizes.text, family_config(family, "text_encoder"))
        made_of["text_encoder"] = transformers.CLIPTextModel(transformers.CLIPTextConfig(**text))
        if sizes.second:
            second = text_config(sizes.second, family_config(family, "text_encoder_2"))
            config = transformers.CLIPTextConfig(**second)
            made_of["text_encoder_2"] = transformers.CLIPTextModelWithProjection(config)
    return {
        component: {
            without_level(name): tuple(weight.shape) for name, weight in module.named_parameters()
        }
        for component, module in made_of.items()
    }


@every_size
def test_a_single_files_weights_are_those_of_the_modules(tmp_path: Path, sizes: Sizes) -> None:
    path = singles.sparse(tmp_path / "any.safetensors", singles.single(sizes))
    layout = layout_of(path)
    assert (layout.family, layout.missing) == (sizes.family, ())
    assert (layout.problems, layout.notes) == ((), ())
    assert {name: part.shapes for name, part in layout.parts.items()} == modules(sizes)


@every_size
def test_a_folders_weights_are_the_same(tmp_path: Path, sizes: Sizes) -> None:
    folder(tmp_path, sizes)
    layout = layout_of(tmp_path)
    assert (layout.family, layout.missing, layout.problems) == (sizes.family, (), ())
    assert weights_of(tmp_path) == modules(sizes)


def folder(root: Path, sizes: Sizes) -> None:
    file = singles.sparse(root / "any.safetensors", singles.single(sizes))
    layout = layout_of(file)
    file.unlink()
    for component, part in layout.parts.items():
        stem = "model" if component.startswith("text") else "diffusion_pytorch_model"
        singles.sparse(root / component / f"{stem}.safetensors", part.shapes)
        made.document(root / component / "config.json", dict(part.config))


@pytest.mark.parametrize("sizes", [SIZES[0], SIZES[2]], ids=FAMILIES)
def test_a_unets_keys_are_those_that_diffusers_converts(sizes: Sizes) -> None:
    weights = unet_weights(sizes.unet)
    names = {f"model.diffusion_model.{w.key}": torch.empty(0) for w in weights}
    tagged = {key: torch.tensor([place]) for place, key in enumerate(names)}
    config = unet_config(sizes.unet, family_config(sizes.family, "unet"))
    if sizes.family == "sdxl":
        config["class_embed_type"] = None
    converted = ORACLE.convert_ldm_unet_checkpoint(tagged, config)
    places = {name: int(tensor[0]) for name, tensor in converted.items()}
    assert places == {weight.name: place for place, weight in enumerate(weights)}


def test_a_vaes_keys_are_those_that_diffusers_converts() -> None:
    sizes = singles.full("sd15")
    weights = vae_weights(sizes.vae)
    tagged = {
        f"first_stage_model.{w.key}": torch.full((1,) * len(w.kept or w.shape), float(place))
        for place, w in enumerate(weights)
    }
    converted = ORACLE.convert_ldm_vae_checkpoint(
        tagged, vae_config(sizes.vae, family_config("sd15", "vae"))
    )
    places = {name: int(tensor.flatten()[0]) for name, tensor in converted.items()}
    assert places == {weight.name: place for place, weight in enumerate(weights)}


def test_openclips_weights_are_those_that_diffusers_converts(tmp_path: Path) -> None:
    """Numbered values go through diffusers' conversion and through what the layout says."""
    sizes = singles.narrow("sdxl")
    assert sizes.second is not None
    tensors = numbered(singles.ldm(text_weights(sizes.second), singles.CLIP_G))
    config = text_config(sizes.second, family_config("sdxl", "text_encoder_2"))
    with torch.device("meta"):
        module = transformers.CLIPTextModelWithProjection(transformers.CLIPTextConfig(**config))
    wanted = ORACLE.convert_open_clip_checkpoint(module, tensors, prefix=singles.CLIP_G)
    path = singles.sparse(tmp_path / "xl.safetensors", singles.single(sizes))
    part = layout_of(path).parts["text_encoder_2"]
    assert {without_level(name) for name in wanted} >= part.weights.keys()
    for name, weight in wanted.items():
        if without_level(name) in part.weights:
            found = taken(part.weights[without_level(name)], tensors)
            assert torch.equal(found, weight), name


def numbered(shapes: Mapping[str, tuple[int, ...]]) -> dict[str, torch.Tensor]:
    """Tensors of which no two values are equal."""
    tensors, first = {}, 0
    for key, shape in shapes.items():
        count = torch.Size(shape).numel()
        tensors[key] = torch.arange(first, first + count, dtype=torch.float64).reshape(shape)
        first += count
    return tensors


def taken(stored: Stored, tensors: Mapping[str, torch.Tensor]) -> torch.Tensor:
    """As the door's docstring says."""
    tensor = tensors[stored.key]
    if stored.rows:
        tensor = tensor[stored.rows[0] : stored.rows[1]]
    if stored.transposed:
        tensor = tensor.T
    return tensor.reshape(stored.shape)


PREFIXES = ["", "first_stage_model."]


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("written", [singles.ldm, singles.named], ids=["ldm", "diffusers"])
@pytest.mark.parametrize("sizes", [singles.full("sd15"), singles.narrow("sd15")])
def test_a_vae_of_its_own_takes_the_place_of_the_files(
    tmp_path: Path, sizes: Sizes, written: Any, prefix: str
) -> None:
    checkpoint = singles.sparse(tmp_path / "any.safetensors", singles.single(sizes))
    vae = singles.sparse(tmp_path / "v.safetensors", written(vae_weights(sizes.vae), prefix))
    layout = layout_of(checkpoint, vae=vae)
    assert layout.problems == ()
    assert {stored.file for stored in layout.parts["vae"].weights.values()} == {vae}
    assert layout.parts["vae"].shapes == modules(sizes)["vae"]


def test_an_old_vaes_attention_is_found_under_its_old_names(tmp_path: Path) -> None:
    sizes = singles.narrow("sd15")
    shapes = singles.named(vae_weights(sizes.vae))
    old = {
        key.replace(".to_q.", ".query.").replace(".to_out.0.", ".proj_attn.")
        .replace(".to_k.", ".key.").replace(".to_v.", ".value."): shape
        for key, shape in shapes.items()
    }  # fmt: skip
    folder(tmp_path / "any", sizes)
    singles.sparse(tmp_path / "any" / "vae" / "diffusion_pytorch_model.safetensors", old)
    layout = layout_of(tmp_path / "any")
    assert layout.problems == ()
    stored = layout.parts["vae"].weights["decoder.mid_block.attentions.0.to_out.0.weight"]
    assert stored.key == "decoder.mid_block.attentions.0.proj_attn.weight"
    assert layout.parts["vae"].shapes == modules(sizes)["vae"]


def test_a_text_encoder_without_its_level_is_found(tmp_path: Path) -> None:
    """As NAI's models have it, and those merged from them."""
    sizes = singles.narrow("sd15")
    shapes = singles.single(sizes)
    nai = {key.replace(".text_model.", "."): shape for key, shape in shapes.items()}
    layout = layout_of(singles.sparse(tmp_path / "nai.safetensors", nai))
    assert (layout.problems, layout.missing) == ((), ())
    assert layout.parts["text_encoder"].shapes == modules(sizes)["text_encoder"]


def test_what_a_file_lacks_is_named(tmp_path: Path) -> None:
    bare = {
        key: shape
        for key, shape in singles.single(singles.narrow("sdxl")).items()
        if key.startswith(singles.UNET)
    }
    layout = layout_of(singles.sparse(tmp_path / "unet.safetensors", bare))
    assert layout.missing == ("vae", "text_encoder", "text_encoder_2")
    assert layout.problems == ()


@pytest.mark.parametrize("written", [singles.ldm, singles.named], ids=["openclip", "transformers"])
@pytest.mark.parametrize("prefix", ["", "text_model."])
def test_text_encoders_of_their_own_are_told_by_their_width(
    tmp_path: Path, written: Any, prefix: str
) -> None:
    sizes = singles.narrow("sdxl")
    assert sizes.second is not None
    second = written(text_weights(sizes.second))
    if written is singles.named:
        second = {key if "projection" in key else prefix + key: s for key, s in second.items()}
    bare = {
        key: shape
        for key, shape in singles.single(sizes).items()
        if not key.startswith("conditioner.")
    }
    checkpoint = singles.sparse(tmp_path / "any.safetensors", bare)
    first = singles.sparse(
        tmp_path / "l.safetensors", singles.named(text_weights(sizes.text), "text_model.")
    )
    other = singles.sparse(tmp_path / "g.safetensors", second)
    layout = layout_of(checkpoint, text_encoders=[other, first])
    assert (layout.problems, layout.missing) == ((), ())
    assert weights_of(checkpoint, text_encoders=[first, other]) == modules(sizes)


def test_two_files_for_one_text_encoder_are_refused(tmp_path: Path) -> None:
    sizes = singles.narrow("sdxl")
    checkpoint = singles.sparse(tmp_path / "any.safetensors", singles.single(sizes))
    shapes = singles.named(text_weights(sizes.text))
    both = [singles.sparse(tmp_path / name, shapes) for name in ("a", "b")]
    with pytest.raises(ModelFileProblem, match="two files for its text encoder: a and b"):
        layout_of(checkpoint, text_encoders=both)


def test_components_that_do_not_belong_together_are_told(tmp_path: Path) -> None:
    sizes = singles.narrow("sd15")
    wide = replace(sizes, text=replace(sizes.text, width=48))
    (problem,) = layout_of(
        singles.sparse(tmp_path / "x.safetensors", singles.single(wide))
    ).problems
    assert problem == "its text encoder has width 48, its UNet listens to 32"


def test_one_wrong_weight_is_the_only_one_told(tmp_path: Path) -> None:
    shapes = singles.single(singles.narrow("sdxl"))
    del shapes[f"{singles.UNET}input_blocks.1.0.out_layers.3.bias"]
    shapes[f"{singles.UNET}input_blocks.0.0.weight"] = (64, 4, 3, 3)
    shapes[f"{singles.UNET}input_blocks.4.1.transformer_blocks.7.norm1.bias"] = (64,)
    layout = layout_of(singles.sparse(tmp_path / "x.safetensors", shapes))
    lacks, misshapen, strange = layout.problems
    assert lacks.startswith(
        f"its UNet lacks 1 tensor: {singles.UNET}input_blocks.1.0.out_layers.3.bias ("
    )
    assert misshapen.startswith(
        "its UNet has 1 tensor of a wrong shape: "
        f"{singles.UNET}input_blocks.0.0.weight is 64x4x3x3, not 32x4x3x3 ("
    )
    assert strange.startswith(
        "its UNet has 1 tensor too many: "
        f"{singles.UNET}input_blocks.4.1.transformer_blocks.7.norm1.bias ("
    )


BEYOND = 2**20 + 1
LEVELS = {
    "block_out_channels": [32] * 9,
    "down_block_types": ["DownBlock2D"] * 9,
    "up_block_types": ["UpBlock2D"] * 9,
}


@pytest.mark.parametrize(
    ("component", "read", "said"),
    [
        ("unet", unet_specification, LEVELS),
        ("unet", unet_specification, {"layers_per_block": 65}),
        ("unet", unet_specification, {"transformer_layers_per_block": 65}),
        ("unet", unet_specification, {"cross_attention_dim": BEYOND}),
        ("vae", vae_specification, {"block_out_channels": [32] * 9}),
        ("vae", vae_specification, {"layers_per_block": 65}),
        ("vae", vae_specification, {"latent_channels": BEYOND}),
        ("text_encoder", one_text_specification, {"num_hidden_layers": 65}),
        ("text_encoder", one_text_specification, {"vocab_size": BEYOND}),
    ],
)
def test_a_configuration_of_more_than_any_model_has_is_not_understood(
    component: Component, read: Callable[[Config], object], said: Config
) -> None:
    config = family_config("sd15", component)
    assert read(config) is not None
    assert read({**config, **said}) is None


def test_a_files_names_and_shapes_make_no_network_without_end() -> None:
    text = {f"encoder.layers.{number}.layer_norm1.bias": (768,) for number in range(900)}
    assert read_text(text, family_text("sd15", "text_encoder")).layers == 64
    like = family_unet("sd15")
    deep = {f"middle_block.1.transformer_blocks.{number}.norm1.bias": (1280,) for number in (0, 99)}
    assert read_unet(deep, like).mid_depth == 64
    assert read_unet({"middle_block.1.transformer_blocks.9999.x": (1,)}, like) == like
    wide = {
        "input_blocks.0.0.weight": (4, 2**16 + 1),
        "input_blocks.1.0.out_layers.0.bias": (2**17,),
    }
    assert read_unet(wide, like) == like


@pytest.mark.parametrize("family", FAMILIES)
def test_the_packages_configurations_are_the_families_own(family: Family) -> None:
    for component in COMPONENTS[family]:
        config = family_config(family, component)
        if component == "unet":
            said = unet_specification(config)
            assert said is not None
            assert unet_config(said, config) == config
        if component == "vae":
            coded = vae_specification(config)
            assert coded is not None
            assert vae_config(coded, config) == config
