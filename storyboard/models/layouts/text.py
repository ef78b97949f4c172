"""CLIP's text encoders: their weights by transformers' names and OpenCLIP's, and their numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache

from storyboard.models.header import Shape
from storyboard.models.layouts.derived import At, Weight, usual
from storyboard.models.layouts.specifications import TextSpecification

_MOST_LAYERS = 64
_LAYER = re.compile(r"(?:encoder\.layers|transformer\.resblocks)\.(\d{1,3})\.")
_NORM = re.compile(
    r"(?:encoder\.layers\.\d{1,3}\.layer_norm[12]|transformer\.resblocks\.\d{1,3}\.ln_[12])\.bias"
)
_INNER = re.compile(r".*\.(?:mlp\.fc1|mlp\.c_fc)\.bias")


@lru_cache(maxsize=16)
def text_weights(of: TextSpecification) -> tuple[Weight, ...]:
    """All weights of a CLIPTextModel of these numbers, and of its projection if it has one."""
    return tuple(_weights(of))


def read_text(shapes: Mapping[str, Shape], like: TextSpecification) -> TextSpecification:
    """The numbers of a text encoder, off its keys (transformers' or OpenCLIP's) and shapes; what
    cannot be read is as in `like`, and so is whether there is a projection."""
    layers = {int(match[1]) for key in shapes if (match := _LAYER.match(key))}
    tokens = _rows(shapes, "token_embedding.weight", "embeddings.token_embedding.weight")
    places = _rows(shapes, "positional_embedding", "embeddings.position_embedding.weight")
    width = usual(_lengths(shapes, _NORM), like.width)
    return replace(
        like,
        width=width,
        layers=min(len(layers), _MOST_LAYERS) or like.layers,
        inner=usual(_lengths(shapes, _INNER), like.inner),
        vocabulary=tokens or like.vocabulary,
        positions=places or like.positions,
        projection=None if like.projection is None else _projection(shapes, width),
    )


def _weights(of: TextSpecification) -> Iterator[Weight]:
    words, places = "embeddings.token_embedding.weight", "embeddings.position_embedding.weight"
    yield Weight(words, (of.vocabulary, of.width), "token_embedding.weight")
    yield Weight(places, (of.positions, of.width), "positional_embedding")
    for layer in range(of.layers):
        yield from _layer(of, At(f"encoder.layers.{layer}", f"transformer.resblocks.{layer}"))
    yield from At("final_layer_norm", "ln_final").norm(of.width)
    if of.projection is not None:
        shape = of.projection, of.width
        kept = of.width, of.projection
        yield Weight("text_projection.weight", shape, "text_projection", kept, transposed=True)


def _layer(of: TextSpecification, at: At) -> Iterator[Weight]:
    yield from at.to("layer_norm1", "ln_1").norm(of.width)
    yield from _attention(at.to("self_attn", "attn"), of.width)
    yield from at.to("layer_norm2", "ln_2").norm(of.width)
    yield from at.to("mlp.fc1", "mlp.c_fc").linear(of.inner, of.width)
    yield from at.to("mlp.fc2", "mlp.c_proj").linear(of.width, of.inner)


def _attention(at: At, width: int) -> Iterator[Weight]:
    """OpenCLIP keeps query, key and value in one tensor, one below the other."""
    for third, name in enumerate(("q_proj", "k_proj", "v_proj")):
        rows = third * width, (third + 1) * width
        for what, shape in (("weight", (width, width)), ("bias", (width,))):
            kept = 3 * width, *shape[1:]
            yield Weight(f"{at.name}.{name}.{what}", shape, f"{at.key}.in_proj_{what}", kept, rows)
    yield from at.to("out_proj").linear(width, width)


def _rows(shapes: Mapping[str, Shape], *keys: str) -> int:
    found = (shapes[key] for key in keys if key in shapes)
    return next((shape[0] for shape in found if len(shape) == 2), 0)


def _lengths(shapes: Mapping[str, Shape], pattern: re.Pattern[str]) -> Iterator[int]:
    for key, shape in shapes.items():
        if len(shape) == 1 and shape[0] > 0 and pattern.fullmatch(key):
            yield shape[0]


def _projection(shapes: Mapping[str, Shape], width: int) -> int:
    if len(shape := shapes.get("text_projection.weight", ())) == 2:
        return shape[0]
    return shape[1] if len(shape := shapes.get("text_projection", ())) == 2 else width
