"""An AutoencoderKL that needs less memory and gives the same picture, but for rounding.

Its blocks work on stripes of rows, with the statistics of their norms taken over the whole, and
its attention on some queries at a time. A whole layer then exists twice at most, where the plain
way holds it three times, and no table of all queries with all keys is ever made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from diffusers.models.attention_processor import Attention
from diffusers.models.resnet import ResnetBlock2D
from diffusers.models.upsampling import Upsample2D
from torch import Tensor, nn

STRIPE = 2**22
"""About how many numbers a stripe of a layer has."""

SCORES = 2**25
"""About how many scores, queries times keys, attention computes at a time."""

_EDGE = 1
"""How far a 3 x 3 convolution sees beyond a row."""

_Forward = Callable[..., Tensor]


def can_slice(module: nn.Module) -> bool:
    """Whether there is anything in it that slicing helps: AutoencoderTiny has nothing."""
    return any(isinstance(part, (ResnetBlock2D, Attention)) for part in module.modules())


@contextmanager
def sliced(module: nn.Module) -> Iterator[None]:
    """The module computes in slices for a while. To be used in inference mode: it computes in
    place."""
    changed: list[tuple[Any, str]] = []
    try:
        for part in module.modules():
            own = _sliced_forward(part)
            if own is not None:
                part.forward = own
                changed.append((part, "forward"))
        yield
    finally:
        for part, name in changed:
            delattr(part, name)


def _sliced_forward(part: Any) -> _Forward | None:
    if (
        isinstance(part, ResnetBlock2D)
        and part.time_emb_proj is None
        and not (part.up or part.down)
    ):
        return lambda x, temb=None, *_, **__: _resnet(part, x)
    if isinstance(part, Upsample2D) and part.use_conv and part.name == "conv" and not part.norm:
        return lambda x, *_, **__: _upsampled(part.conv, x)
    if isinstance(part, Attention) and part.spatial_norm is None and part.residual_connection:
        return lambda x, *_, **__: _attended(part, x)
    return None


def _resnet(block: Any, x: Tensor) -> Tensor:
    """What goes in, plus twice norm, activation and convolution of it."""
    out_channels = block.conv1.out_channels
    inner = x.new_empty(len(x), out_channels, *x.shape[2:])
    for rows, part in _convolved(block.conv1, _activated(block.norm1, block.nonlinearity, x), x):
        inner[:, :, rows] = part
    around: Tensor = x if block.conv_shortcut is None else block.conv_shortcut(x)
    act = _activated(block.norm2, block.nonlinearity, inner)
    for rows, part in _convolved(block.conv2, act, inner):
        around[:, :, rows] += part
    return around if block.output_scale_factor == 1 else around / block.output_scale_factor


def _upsampled(conv: Any, x: Tensor) -> Tensor:
    """Each cell twice as wide and high, then the convolution."""
    height, width = x.shape[2] * 2, x.shape[3] * 2
    large = x.new_empty(len(x), conv.out_channels, height, width)
    for start, stop in _stripes(x, 4):
        low, high = max(start - _EDGE, 0), min(stop + _EDGE, x.shape[2])
        seen = nn.functional.interpolate(x[:, :, low:high], scale_factor=2.0, mode="nearest")
        rows = slice(start * 2, stop * 2)
        large[:, :, rows] = _valid(conv, seen, low * 2, rows, height)
    return large


def _attended(attention: Any, x: Tensor) -> Tensor:
    """What goes in, plus what each cell hears of all others; some cells at a time."""
    count, channels, height, width = x.shape
    flat = x.reshape(count, channels, height * width)
    cells: Tensor = attention.group_norm(flat).transpose(1, 2)
    key, value = (_heads(attention, one(cells)) for one in (attention.to_k, attention.to_v))
    out = torch.empty_like(flat)
    most = max(SCORES // (height * width * attention.heads * count), 1)
    for start in range(0, height * width, most):
        some = slice(start, start + most)
        query = _heads(attention, attention.to_q(cells[:, some]))
        heard = nn.functional.scaled_dot_product_attention(query, key, value, scale=attention.scale)
        joined = heard.transpose(1, 2).flatten(2)
        out[:, :, some] = attention.to_out[0](joined.to(x.dtype)).transpose(1, 2)
    whole: Tensor = (out + flat).reshape(x.shape) / attention.rescale_output_factor
    return whole


def _heads(attention: Any, cells: Tensor) -> Tensor:
    """Batch x heads x cells x width of a head."""
    count, number, width = cells.shape
    heads = int(attention.heads)
    return cells.reshape(count, number, heads, width // heads).transpose(1, 2)


def _activated(
    norm: nn.GroupNorm, activation: Callable[[Tensor], Tensor], x: Tensor
) -> Callable[[Tensor], Tensor]:
    """Norm and activation of some of the rows of `x`, by the statistics of all of them."""
    grouped = x.reshape(len(x), norm.num_groups, -1, *x.shape[2:])
    found = [
        torch.var_mean(grouped[:, group].float(), dim=(1, 2, 3), correction=0)
        for group in range(norm.num_groups)
    ]
    wide = x.shape[1] // norm.num_groups
    variance, mean = (
        torch.stack(values, 1).repeat_interleave(wide, 1) for values in zip(*found, strict=True)
    )
    scale = (variance + norm.eps).rsqrt() * norm.weight.float()
    shift = norm.bias.float() - mean * scale

    def some(rows: Tensor) -> Tensor:
        normed = torch.addcmul(shift[..., None, None], rows.float(), scale[..., None, None])
        return activation(normed.to(rows.dtype))

    return some


def _convolved(
    conv: nn.Conv2d, before: Callable[[Tensor], Tensor], x: Tensor
) -> Iterator[tuple[slice, Tensor]]:
    """The convolution of what `before` makes of `x`, stripe by stripe."""
    height = x.shape[2]
    for start, stop in _stripes(x):
        low, high = max(start - _EDGE, 0), min(stop + _EDGE, height)
        rows = slice(start, stop)
        yield rows, _valid(conv, before(x[:, :, low:high]), low, rows, height)


def _valid(conv: nn.Conv2d, seen: Tensor, low: int, rows: slice, height: int) -> Tensor:
    """The convolution's `rows`, of `height`, from rows seen from `low` on; beyond the edges of the
    whole there are zeros."""
    above = _EDGE if rows.start == 0 else 0
    below = _EDGE if rows.stop == height else 0
    cut = seen[:, :, max(rows.start - _EDGE, 0) - low : min(rows.stop + _EDGE, height) - low]
    padded = nn.functional.pad(cut, (_EDGE, _EDGE, above, below))
    return nn.functional.conv2d(padded, conv.weight, conv.bias)


def _stripes(x: Tensor, times: int = 1) -> Iterator[tuple[int, int]]:
    """Rows from and to, so that a stripe, made `times` as large, has about STRIPE numbers."""
    height = x.shape[2]
    rows = max(STRIPE * height // max(x.numel() * times, 1), 1)
    for start in range(0, height, rows):
        yield start, min(start + rows, height)
