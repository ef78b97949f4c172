"""The upscaler's network: spandrel's RealESRGAN Compact, small; and what it is trained for."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from spandrel.architectures.Compact import Compact
from torch import Tensor, nn

SCALE = 2
FEATURES = 32
CONVS = 12


def build() -> Compact:
    """A fresh network; at first it does little but repeat pixels."""
    network = Compact(num_in_ch=3, num_out_ch=3, num_feat=FEATURES, num_conv=CONVS, upscale=SCALE)
    for layer in network.body:
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, a=0.25)
            layer.register_parameter("bias", nn.Parameter(torch.zeros(layer.out_channels)))
    network.body[-1].weight.data.mul_(0.05)
    return network


def enlarge(network: Compact, pictures: Tensor) -> Tensor:
    """As the network's own `forward`, but what it adds to the repeated pixels is summed in float32,
    whatever precision the convolutions have."""
    added = pictures
    for layer in network.body:
        added = layer(added)
    large: Tensor = network.upsampler(added).float()
    return large + F.interpolate(pictures, scale_factor=SCALE, mode="nearest").float()


def loss_of(drawn: Tensor, truth: Tensor) -> dict[str, Tensor]:
    """The parts of the loss: pixels, and their differences to the right and downwards."""
    error = drawn - truth
    right = (error[..., :, 1:] - error[..., :, :-1]).abs().mean()
    down = (error[..., 1:, :] - error[..., :-1, :]).abs().mean()
    return {"pixels": error.abs().mean(), "edges": 0.5 * (right + down)}
