"""SD's UNet: its weights by their diffusers names and LDM's, and its numbers read off a file.

LDM counts all blocks through (`input_blocks.4`), diffusers by level and layer
(`down_blocks.1.resnets.0`); within a transformer both use the same names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache

from storyboard.models.header import Shape
from storyboard.models.layouts.derived import At, Weight, usual
from storyboard.models.layouts.specifications import UNetSpecification

_DEEPEST = 64
_WIDEST = 2**16
_RESNET_OUT = re.compile(r"input_blocks\.(\d{1,3})\.0\.(?:emb_layers\.1|out_layers\.[03])\.bias")
_DEPTH = re.compile(
    r"((?:input|output)_blocks\.\d{1,3}|middle_block)\.1\.transformer_blocks\.(\d+)\."
)
_LISTENING = ("attn2.to_k.weight", "attn2.to_v.weight")


@lru_cache(maxsize=16)
def unet_weights(of: UNetSpecification) -> tuple[Weight, ...]:
    """All weights of a UNet2DConditionModel of these numbers."""
    return tuple(_UNet(of).weights())


def read_unet(shapes: Mapping[str, Shape], like: UNetSpecification) -> UNetSpecification:
    """The numbers of a UNet of the same build as `like`, read off LDM's keys and their shapes.

    What cannot be read is as in `like`. Whether the file has all the weights that follow from these
    numbers is another question.
    """
    widths = [
        usual(_widths(shapes, level, like.layers), width)
        for level, width in enumerate(like.channels)
    ]
    read = replace(
        like,
        channels=tuple(widths),
        context=usual(
            (s[1] for key, s in shapes.items() if key.endswith(_LISTENING) and len(s) == 2),
            like.context,
        ),
        in_channels=_side(shapes, "input_blocks.0.0.weight", 1, like.in_channels),
        out_channels=_side(shapes, "out.2.weight", 0, like.out_channels),
    )
    if like.added is not None:
        read = replace(read, added=_side(shapes, "label_emb.0.0.weight", 1, like.added))
    return _with_depths(read, shapes)


def _widths(shapes: Mapping[str, Shape], level: int, layers: int) -> Iterator[int]:
    first = 1 + level * (layers + 1)
    numbers = range(first, first + layers)
    for key, shape in shapes.items():
        found = _RESNET_OUT.fullmatch(key)
        if found and int(found[1]) in numbers and len(shape) == 1 and 0 < shape[0] <= _WIDEST:
            yield shape[0]


def _with_depths(of: UNetSpecification, shapes: Mapping[str, Shape]) -> UNetSpecification:
    """A level's depth is what most of its transformers have; where `like` has none, none."""
    found: dict[str, int] = {}
    for key in shapes:
        if (match := _DEPTH.match(key)) and len(match[2]) < 4:
            found[match[1]] = min(_DEEPEST, max(found.get(match[1], 0), int(match[2]) + 1))
    depths = tuple(
        usual(_depths(found, of, level), depth) if depth else 0
        for level, depth in enumerate(of.depths)
    )
    return replace(of, depths=depths, mid_depth=found.get("middle_block", of.mid_depth))


def _depths(found: Mapping[str, int], of: UNetSpecification, level: int) -> Iterator[int]:
    each, up = of.layers + 1, len(of.channels) - 1 - level
    places = [
        *(f"input_blocks.{1 + level * each + layer}" for layer in range(of.layers)),
        *(f"output_blocks.{up * each + layer}" for layer in range(each)),
    ]
    return (found[place] for place in places if place in found)


def _side(shapes: Mapping[str, Shape], key: str, axis: int, otherwise: int) -> int:
    shape = shapes.get(key, ())
    return shape[axis] if len(shape) > axis and 0 < shape[axis] <= _WIDEST else otherwise


class _UNet:
    """Follows the data through the network, as its channels do."""

    def __init__(self, of: UNetSpecification) -> None:
        self._of = of
        self._time = 4 * of.channels[0]

    def weights(self) -> Iterator[Weight]:
        of, top, first = self._of, At(), self._of.channels[0]
        yield from top.to("conv_in", "input_blocks.0.0").conv(first, of.in_channels)
        yield from top.to("time_embedding.linear_1", "time_embed.0").linear(self._time, first)
        yield from top.to("time_embedding.linear_2", "time_embed.2").linear(self._time, self._time)
        if of.added is not None:
            label, added = "label_emb.0", "add_embedding"
            yield from top.to(f"{added}.linear_1", f"{label}.0").linear(self._time, of.added)
            yield from top.to(f"{added}.linear_2", f"{label}.2").linear(self._time, self._time)
        skipped = [first]
        yield from self._down(skipped)
        yield from self._middle()
        yield from self._up(skipped)
        yield from top.to("conv_norm_out", "out.0").norm(first)
        yield from top.to("conv_out", "out.2").conv(of.out_channels, first)

    def _down(self, skipped: list[int]) -> Iterator[Weight]:
        """Notes in `skipped` the channels of each block's result: the way up takes them again."""
        of, number = self._of, 1
        for level, width in enumerate(of.channels):
            block = f"down_blocks.{level}"
            for layer in range(of.layers):
                yield from self._layer(block, f"input_blocks.{number}", layer, skipped[-1], level)
                skipped.append(width)
                number += 1
            if level + 1 < len(of.channels):
                sampler = At(f"{block}.downsamplers.0.conv", f"input_blocks.{number}.0.op")
                yield from sampler.conv(width, width)
                skipped.append(width)
                number += 1

    def _middle(self) -> Iterator[Weight]:
        width, middle = self._of.channels[-1], At("mid_block", "middle_block")
        yield from self._resnet(middle.to("resnets.0", "0"), width, width)
        yield from self._transformer(middle.to("attentions.0", "1"), width, self._of.mid_depth)
        yield from self._resnet(middle.to("resnets.1", "2"), width, width)

    def _up(self, skipped: list[int]) -> Iterator[Weight]:
        of, number, width = self._of, 0, self._of.channels[-1]
        for place, level in enumerate(reversed(range(len(of.channels)))):
            block = f"up_blocks.{place}"
            for layer in range(of.layers + 1):
                taken = width + skipped.pop()
                yield from self._layer(block, f"output_blocks.{number}", layer, taken, level)
                width = of.channels[level]
                number += 1
            if level:
                part = 2 if of.depths[level] else 1
                key = f"output_blocks.{number - 1}.{part}.conv"
                yield from At(f"{block}.upsamplers.0.conv", key).conv(width, width)

    def _layer(
        self, block: str, numbered: str, layer: int, taken: int, level: int
    ) -> Iterator[Weight]:
        width, depth = self._of.channels[level], self._of.depths[level]
        yield from self._resnet(At(f"{block}.resnets.{layer}", f"{numbered}.0"), taken, width)
        if depth:
            at = At(f"{block}.attentions.{layer}", f"{numbered}.1")
            yield from self._transformer(at, width, depth)

    def _resnet(self, at: At, taken: int, width: int) -> Iterator[Weight]:
        yield from at.to("norm1", "in_layers.0").norm(taken)
        yield from at.to("conv1", "in_layers.2").conv(width, taken)
        yield from at.to("time_emb_proj", "emb_layers.1").linear(width, self._time)
        yield from at.to("norm2", "out_layers.0").norm(width)
        yield from at.to("conv2", "out_layers.3").conv(width, width)
        if taken != width:
            yield from at.to("conv_shortcut", "skip_connection").conv(width, taken, 1)

    def _transformer(self, at: At, width: int, depth: int) -> Iterator[Weight]:
        yield from at.to("norm").norm(width)
        yield from self._projection(at.to("proj_in"), width)
        for number in range(depth):
            yield from self._block(at.to(f"transformer_blocks.{number}"), width)
        yield from self._projection(at.to("proj_out"), width)

    def _projection(self, at: At, width: int) -> list[Weight]:
        return at.linear(width, width) if self._of.linear else at.conv(width, width, 1)

    def _block(self, at: At, width: int) -> Iterator[Weight]:
        for name, heard in (("attn1", width), ("attn2", self._of.context)):
            yield at.to(f"{name}.to_q").weight((width, width))
            yield at.to(f"{name}.to_k").weight((width, heard))
            yield at.to(f"{name}.to_v").weight((width, heard))
            yield from at.to(f"{name}.to_out.0").linear(width, width)
        yield from at.to("ff.net.0.proj").linear(8 * width, width)
        yield from at.to("ff.net.2").linear(width, 4 * width)
        for norm in ("norm1", "norm2", "norm3"):
            yield from at.to(norm).norm(width)
