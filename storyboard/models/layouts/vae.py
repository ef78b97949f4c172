"""SD's autoencoder: its weights by their diffusers names and LDM's, and its numbers off a file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache

from storyboard.models.header import Shape
from storyboard.models.layouts.derived import At, Weight, usual
from storyboard.models.layouts.specifications import VaeSpecification

_COLOURS = 3
_WIDTH = re.compile(
    r"encoder\.down(?:_blocks)?\.(\d)\.(?:block|resnets)\.\d\.(?:conv[12]|norm2)\.bias"
)
_LATENT = ("post_quant_conv.weight", "decoder.conv_in.weight")


@lru_cache(maxsize=16)
def vae_weights(of: VaeSpecification) -> tuple[Weight, ...]:
    """All weights of an AutoencoderKL of these numbers."""
    coded = 2 * of.latent  # a mean and a variance
    return (
        *_encoder(of, At("encoder", "encoder")),
        *_decoder(of, At("decoder", "decoder")),
        *At("quant_conv", "quant_conv").conv(coded, coded, 1),
        *At("post_quant_conv", "post_quant_conv").conv(of.latent, of.latent, 1),
    )


def read_vae(shapes: Mapping[str, Shape], like: VaeSpecification) -> VaeSpecification:
    """The numbers of a VAE with as many levels and layers as `like`, off its keys (LDM's or
    diffusers') and shapes; what cannot be read is as in `like`."""
    widths: dict[int, list[int]] = {}
    for key, shape in shapes.items():
        if (match := _WIDTH.fullmatch(key)) and len(shape) == 1 and shape[0] > 0:
            widths.setdefault(int(match[1]), []).append(shape[0])
    latents = (s[1] for key in _LATENT if len(s := shapes.get(key, ())) == 4 and s[1] > 0)
    return replace(
        like,
        channels=tuple(
            usual(widths.get(level, ()), width) for level, width in enumerate(like.channels)
        ),
        latent=usual(latents, like.latent),
    )


def _encoder(of: VaeSpecification, at: At) -> Iterator[Weight]:
    taken = of.channels[0]
    yield from at.to("conv_in").conv(taken, _COLOURS)
    for level, width in enumerate(of.channels):
        block = at.to(f"down_blocks.{level}", f"down.{level}")
        for layer in range(of.layers):
            yield from _resnet(block.to(f"resnets.{layer}", f"block.{layer}"), taken, width)
            taken = width
        if level + 1 < len(of.channels):
            yield from block.to("downsamplers.0.conv", "downsample.conv").conv(width, width)
    yield from _middle(at, taken)
    yield from _end(at, taken, 2 * of.latent)


def _decoder(of: VaeSpecification, at: At) -> Iterator[Weight]:
    """LDM counts the way up from its end, diffusers from its beginning."""
    taken = of.channels[-1]
    yield from at.to("conv_in").conv(taken, of.latent)
    for place, level in enumerate(reversed(range(len(of.channels)))):
        width = of.channels[level]
        block = at.to(f"up_blocks.{place}", f"up.{level}")
        for layer in range(of.layers + 1):
            yield from _resnet(block.to(f"resnets.{layer}", f"block.{layer}"), taken, width)
            taken = width
        if level:
            yield from block.to("upsamplers.0.conv", "upsample.conv").conv(width, width)
    yield from _middle(at, of.channels[-1])
    yield from _end(at, of.channels[0], _COLOURS)


def _end(at: At, width: int, out: int) -> Iterator[Weight]:
    yield from at.to("conv_norm_out", "norm_out").norm(width)
    yield from at.to("conv_out").conv(out, width)


def _middle(at: At, width: int) -> Iterator[Weight]:
    middle = at.to("mid_block", "mid")
    yield from _resnet(middle.to("resnets.0", "block_1"), width, width)
    attention = middle.to("attentions.0", "attn_1")
    yield from attention.to("group_norm", "norm").norm(width)
    for name, key in (("to_q", "q"), ("to_k", "k"), ("to_v", "v"), ("to_out.0", "proj_out")):
        yield from _convolved(attention.to(name, key), width)
    yield from _resnet(middle.to("resnets.1", "block_2"), width, width)


def _convolved(at: At, width: int) -> Iterator[Weight]:
    """A linear layer that LDM keeps as a convolution of 1x1."""
    weight, bias = at.linear(width, width)
    yield replace(weight, kept=(width, width, 1, 1))
    yield bias


def _resnet(at: At, taken: int, width: int) -> Iterator[Weight]:
    yield from at.to("norm1").norm(taken)
    yield from at.to("conv1").conv(width, taken)
    yield from at.to("norm2").norm(width)
    yield from at.to("conv2").conv(width, width)
    if taken != width:
        yield from at.to("conv_shortcut", "nin_shortcut").conv(width, taken, 1)
