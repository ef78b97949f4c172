"""Trains the autoencoder: AutoencoderTiny, eight times smaller, four latent channels."""

from __future__ import annotations

import json
import time
from pathlib import Path
from random import Random

import torch
import torch.nn.functional as F
from diffusers import AutoencoderTiny
from torch import Tensor, nn

from training import machine
from training.crops import sample_crops
from training.keeping import Average, Clock, cosine_from, save_atomically
from training.parallel import agree, average, launch

WIDTH = 48
SIDE = 128
BATCH = 8
RATE = 2e-3
CHECKPOINT = "autoencoder.pt"


def build() -> AutoencoderTiny:
    """A fresh autoencoder."""
    widths = (WIDTH,) * 4
    model = AutoencoderTiny(
        encoder_block_out_channels=widths,
        decoder_block_out_channels=widths,
        num_encoder_blocks=(0, 1, 2, 3),
        num_decoder_blocks=(3, 3, 1, 0),
        latent_channels=4,
        scaling_factor=1.0,
    )
    for module in model.modules():
        if type(module).__name__ == "AutoencoderTinyBlock":
            # Without this the ReLU after every block dies early and training stalls.
            nn.init.zeros_(module.conv[-1].weight)
            nn.init.zeros_(module.conv[-1].bias)
    _pass_colors(model)
    return model


@torch.no_grad()
def _pass_colors(model: AutoencoderTiny, spread: float = 3.5) -> None:
    """Starts as a lens: three channels carry each area's mean colour through from end to end.

    Left to itself, training finds lines and brightness soon and colour only after a long plateau.
    """
    convs = [layer for layer in model.encoder.layers if isinstance(layer, nn.Conv2d)]
    for conv in convs:
        conv.weight[:3] = 0
        if conv.bias is not None:
            conv.bias[:3] = 0
    for color in range(3):
        convs[0].weight[color, color, 1, 1] = 1
        for conv in convs[1:-1]:
            conv.weight[color, color, 1:, 1:] = 0.25
        convs[-1].weight[color, color, 1, 1] = spread
        _bias(convs[-1])[color] = -0.5 * spread
    convs = [layer for layer in model.decoder.layers if isinstance(layer, nn.Conv2d)]
    for conv in convs[:-1]:
        conv.weight[:3] = 0
    _bias(convs[0])[:3] = 0.5
    convs[-1].weight *= 0.1
    for color in range(3):
        convs[0].weight[color, color, 1, 1] = 1 / spread
        for conv in convs[1:]:
            conv.weight[color, color, 1, 1] = 1


def _bias(conv: nn.Conv2d) -> Tensor:
    assert conv.bias is not None
    return conv.bias


def loss_of(pixels: Tensor, drawn: Tensor, latents: Tensor) -> dict[str, Tensor]:
    """The parts of the loss: pixels, edges, colours of larger areas, and tidy latents."""
    error = drawn - pixels
    right = (error[..., :, 1:] - error[..., :, :-1]).abs().mean()
    down = (error[..., 1:, :] - error[..., :-1, :]).abs().mean()
    low = F.avg_pool2d(error, 4)
    chroma = low - low.mean(1, keepdim=True)
    mean = latents.mean((0, 2, 3))
    std = latents.std((0, 2, 3))
    return {
        "pixels": error.abs().mean() + 2.0 * error.square().mean(),
        "edges": 0.5 * (right + down),
        "chroma": 2.0 * chroma.abs().mean() + 0.5 * low.abs().mean(),
        "latents": 0.05 * (mean.square().mean() + (std - 1).square().mean()),
    }


def train(folder: Path, minutes: float, processes: int = 2, decoder_only: bool = False) -> None:
    """Trains for so many minutes in all, going on where an earlier run stopped."""
    launch(_worker, processes, folder, minutes, decoder_only)


def _worker(rank: int, processes: int, folder: Path, minutes: float, decoder_only: bool) -> None:
    torch.manual_seed(rank)
    device = machine.device()
    model = build().to(device, memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(model.parameters(), lr=RATE, betas=(0.9, 0.99), weight_decay=0.0)
    mean = Average(model, 0.998)
    path, step, before = folder / CHECKPOINT, 0, 0.0
    if path.exists():
        state = torch.load(path, map_location=device, weights_only=True)
        model.load_state_dict(state["model"])
        if "optimiser" in state:
            optimiser.load_state_dict(state["optimiser"])
        mean.shadow, mean.steps = state["mean"], state["step"]
        step, before = state["step"], state["seconds"]
    if decoder_only:
        # The averaged encoder made the latents that the UNet knows: it is the one to keep.
        model.load_state_dict(mean.state(), strict=False)
        model.encoder.requires_grad_(False)
    random = Random(f"{rank} {step}")
    clock, saved = Clock(minutes * 60, before), time.monotonic()
    began = step
    while agree(clock.share) < 1.0:
        for group in optimiser.param_groups:
            warm = min(1.0, (step - began + 1) / 100)
            group["lr"] = RATE * warm * cosine_from(clock.share, 0.3)
        losses = _step(model, optimiser, sample_crops(random, BATCH, SIDE).to(device))
        step += 1
        if step % 8 == 0:
            average(model.parameters())
            if rank == 0:
                mean.update(model, 8)
        if rank == 0 and step % 50 == 0:
            parts = " ".join(f"{name} {value:.4f}" for name, value in losses.items())
            print(f"{clock.seconds:6.0f} s step {step} {parts}", flush=True)
        if rank == 0 and (time.monotonic() - saved > 120 or clock.share >= 1.0):
            _save(path, model, optimiser, mean, step, clock)
            saved = time.monotonic()
    if rank == 0:
        _save(path, model, optimiser, mean, step, clock)


def _save(
    path: Path,
    model: nn.Module,
    optimiser: torch.optim.Optimizer,
    mean: Average,
    step: int,
    clock: Clock,
) -> None:
    save_atomically(
        {
            "model": model.state_dict(),
            "optimiser": optimiser.state_dict(),
            "mean": mean.state(),
            "step": step,
            "seconds": clock.seconds,
        },
        path,
    )


def _step(
    model: AutoencoderTiny, optimiser: torch.optim.Optimizer, pixels: Tensor
) -> dict[str, float]:
    pixels = pixels.contiguous(memory_format=torch.channels_last)
    with machine.autocast():
        latents = model.encoder(pixels).float()
        # Diffusion never hits a latent exactly: the decoder must forgive a little noise.
        amount = 0.12 * torch.rand(len(latents), 1, 1, 1, device=latents.device)
        noise = torch.randn_like(latents) * amount
        drawn = model.decoder(latents + noise).float()
    parts = loss_of(pixels, drawn, latents)
    optimiser.zero_grad(set_to_none=True)
    torch.stack(list(parts.values())).sum().backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimiser.step()
    return {name: float(value.detach()) for name, value in parts.items()}


def adopt(folder: Path, model: Path) -> None:
    """Makes a checkpoint of an exported model's autoencoder, where the one that it came from is
    gone; how long it was trained is taken from the model's card."""
    trained = json.loads((model / "storyboard.json").read_text()).get("trained", {})
    vae = AutoencoderTiny.from_pretrained(model / "vae", torch_dtype=torch.float32)
    mean = {name: weight.detach().clone() for name, weight in vae.named_parameters()}
    seconds = 60.0 * float(trained.get("autoencoder_minutes", 0))
    state = {"model": vae.state_dict(), "mean": mean, "step": 0, "seconds": seconds}
    save_atomically(state, folder / CHECKPOINT)


def load_mean(folder: Path) -> AutoencoderTiny:
    """The averaged autoencoder of the newest checkpoint."""
    state = torch.load(folder / CHECKPOINT, map_location="cpu", weights_only=True)
    model = build()
    model.load_state_dict(state["model"])
    model.load_state_dict(state["mean"], strict=False)
    return model.eval()
