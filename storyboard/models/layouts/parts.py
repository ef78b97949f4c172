"""Each component found among the tensors of a file or folder, with its configuration."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from storyboard.models.entries import Family
from storyboard.models.layouts.configured import config_problem, text_config_of
from storyboard.models.layouts.derived import Weight
from storyboard.models.layouts.matching import (
    Held,
    Naming,
    Part,
    Stored,
    below,
    match,
    naming_of,
)
from storyboard.models.layouts.specifications import (
    Component,
    Config,
    TextSpecification,
    VaeSpecification,
    family_config,
    family_text,
    family_unet,
    family_vae,
    text_config,
    text_specification,
    unet_config,
    unet_specification,
    vae_config,
    vae_specification,
)
from storyboard.models.layouts.text import read_text, text_weights
from storyboard.models.layouts.unet import read_unet, unet_weights
from storyboard.models.layouts.vae import read_vae, vae_weights

Tensors = Mapping[str, Held]

NOUNS: dict[Component, str] = {
    "unet": "UNet",
    "vae": "VAE",
    "text_encoder": "text encoder",
    "text_encoder_2": "second text encoder",
}
LDM_UNET = Naming("model.diffusion_model.", older=True)

_OWN = Naming("", older=False)
_OLD_ATTENTION = ((".to_q.", ".query."), (".to_k.", ".key."), (".to_v.", ".value."),
                  (".to_out.0.", ".proj_attn."))  # fmt: skip
_LEVEL = tuple(
    (name, f"text_model.{name}") for name in ("embeddings.", "encoder.layers.", "final_layer_norm.")
)
_NO_TEXT_WEIGHT = re.compile(
    r".*position_ids|(text_model\.)?logit_scale|attn_mask|(vision_model|visual_projection)\..*"
)
_PROJECTION = re.compile(r"(text_model\.)?text_projection(\.weight)?")
_NO_VAE_WEIGHT = re.compile(r"(loss|model_ema)\..*")
_CHANNELS = 4


@dataclass(frozen=True, slots=True)
class Found:
    """A component that is there, and sentences about what is wrong with it."""

    part: Part
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Read:
    """A checkpoint's family and components, and what is there and is not used."""

    family: Family
    parts: Mapping[Component, Found]
    notes: tuple[str, ...] = ()


def vae_namings(prefix: str) -> tuple[Naming, ...]:
    """The ways in which a VAE's keys are written below a prefix."""
    return (
        Naming(prefix, older=True),
        Naming(prefix, older=False),
        Naming(prefix, older=False, changes=_OLD_ATTENTION),
    )


def text_namings(prefix: str) -> tuple[Naming, ...]:
    """The ways in which a text encoder's keys are written below a prefix."""
    return (
        Naming(prefix, older=False, changes=_LEVEL),
        Naming(prefix, older=False),
        Naming(prefix, older=True),
    )


def find_unet(tensors: Tensors, family: Family, naming: Naming) -> Found | None:
    """The UNet, its numbers read off its shapes; None where there is none."""
    like = family_unet(family)
    if naming_of(unet_weights(like), (naming,), tensors) is None:
        return None
    read = read_unet(below(naming.prefix, tensors), like)
    config = unet_config(read, family_config(family, "unet"))
    return _found("its UNet", config, unet_weights(read), naming, tensors, _nothing)


def find_vae(
    tensors: Tensors, family: Family, namings: Sequence[Naming], subject: str = "its VAE"
) -> Found | None:
    """The VAE, its numbers read off its shapes; None where there is none."""
    like = family_vae(family)
    naming = naming_of(vae_weights(like), namings, tensors)
    if naming is None:
        return None
    read = read_vae(below(naming.prefix, tensors), like)
    config = vae_config(read, family_config(family, "vae"))
    if read.latent != _CHANNELS:
        return Found(Part(config, {}), (f"{subject} {_latent(read)}".lstrip(),))
    no_weight = _NO_VAE_WEIGHT.fullmatch
    return _found(subject, config, vae_weights(read), naming, tensors, no_weight)


def find_text(
    tensors: Tensors,
    family: Family,
    component: Component,
    namings: Sequence[Naming],
    subject: str | None = None,
) -> Found | None:
    """A text encoder, its numbers read off its shapes; None where there is none."""
    like = family_text(family, component)
    naming = naming_of(text_weights(like), namings, tensors)
    if naming is None:
        return None
    shapes = below(naming.prefix, tensors)
    read = read_text({key.removeprefix("text_model."): s for key, s in shapes.items()}, like)
    config = text_config(read, family_config(family, component))
    subject = f"its {NOUNS[component]}" if subject is None else subject
    no_weight = _no_text_weight(read)
    return _found(subject, config, text_weights(read), naming, tensors, no_weight)


def unet_as_configured(tensors: Tensors, config: Config) -> Found:
    """A diffusers folder's UNet, checked against its configuration if that is understood."""
    if problem := config_problem("unet", config):
        return _misconfigured("its UNet", problem)
    said = unet_specification(config)
    if said is None:
        return as_it_is(tensors, config)
    return _found("its UNet", config, unet_weights(said), _OWN, tensors, _nothing)


def vae_as_configured(tensors: Tensors, config: Config, subject: str = "its VAE") -> Found:
    """A diffusers folder's VAE, checked against its configuration if that is understood."""
    if problem := config_problem("vae", config):
        return _misconfigured(subject, problem)
    said = vae_specification(config)
    if said is None:
        return as_it_is(tensors, config)
    naming = naming_of(vae_weights(said), vae_namings(""), tensors) or _OWN
    no_weight = _NO_VAE_WEIGHT.fullmatch
    return _found(subject, config, vae_weights(said), naming, tensors, no_weight)


def text_as_configured(
    tensors: Tensors, component: Component, config: Config, subject: str | None = None
) -> Found:
    """A diffusers folder's text encoder, checked against its configuration."""
    subject = f"its {NOUNS[component]}" if subject is None else subject
    config = text_config_of(config)
    if problem := config_problem(component, config):
        return _misconfigured(subject, problem)
    said = text_specification(config, component == "text_encoder_2")
    if said is None:
        return as_it_is(tensors, config)
    naming = naming_of(text_weights(said), text_namings(""), tensors) or _OWN
    no_weight = _no_text_weight(said)
    return _found(subject, config, text_weights(said), naming, tensors, no_weight)


def as_it_is(tensors: Tensors, config: Config) -> Found:
    """A component of a build of its own: its tensors under their names."""
    weights = {
        key.removeprefix("text_model."): Stored(held.file, key, held.shape)
        for key, held in tensors.items()
        if not _NO_TEXT_WEIGHT.fullmatch(key)
    }
    return Found(Part(config, weights))


def _found(
    subject: str,
    config: Config,
    weights: Sequence[Weight],
    naming: Naming,
    tensors: Tensors,
    is_no_weight: Callable[[str], object],
) -> Found:
    matched = match(subject, weights, naming, tensors, is_no_weight)
    return Found(Part(config, matched.weights), matched.problems)


def _misconfigured(subject: str, problem: str) -> Found:
    return Found(Part({}, {}), (f"{subject} {problem}".lstrip(),))


def _no_text_weight(of: TextSpecification) -> Callable[[str], bool]:
    def is_none(key: str) -> bool:
        unused = of.projection is None and _PROJECTION.fullmatch(key)
        return bool(unused or _NO_TEXT_WEIGHT.fullmatch(key))

    return is_none


def _nothing(_: str) -> bool:
    return False


def _latent(of: VaeSpecification) -> str:
    whose = " (as SD 3's and Flux's)" if of.latent == 16 else ""
    return f"has latents of {of.latent} channels{whose}, not {_CHANNELS}"
