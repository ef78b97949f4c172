"""Trains a LoRA on pictures and captions, and writes it in kohya's format.

`python -m training.lora --model DIR --pictures DIR --name NAME --trigger WORDS --out FILE` takes a
folder of pictures, each with its caption beside it in a .txt file of the same name.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor, nn

from training.latents import encode
from training.loraweights import targets
from training.models import Diffusion, tokenize
from training.sampler import Drawer


@dataclass(frozen=True)
class Recipe:
    """What to train and for how long."""

    name: str
    trigger: str
    description: str
    steps: int = 300
    batch: int = 6
    rate: float = 1.2e-3
    text_rate: float = 3e-4
    rank: int = 8
    alpha: float = 8.0
    preferred_weight: float = 1.0


class Adapted(nn.Module):
    """A frozen layer with a trainable low-rank change beside it."""

    def __init__(self, base: nn.Module, rank: int, alpha: float):
        super().__init__()
        self.base, self.scale = base, alpha / rank
        out = base.weight.shape[0]
        if isinstance(base, nn.Conv2d):
            self.down = nn.Parameter(torch.empty(rank, *base.weight.shape[1:]))
            self.up = nn.Parameter(torch.zeros(out, rank, 1, 1))
        else:
            self.down = nn.Parameter(torch.empty(rank, base.weight.shape[1]))
            self.up = nn.Parameter(torch.zeros(out, rank))
        nn.init.kaiming_uniform_(self.down, a=math.sqrt(5))

    def forward(self, x: Tensor) -> Tensor:
        """The layer's output with its change."""
        plain = self.base(x)
        if self.down.ndim == 2:
            return plain + self.scale * F.linear(F.linear(x, self.down), self.up)
        low = F.conv2d(x, self.down, stride=self.base.stride, padding=self.base.padding)
        return plain + self.scale * F.conv2d(low, self.up)


def adapt(drawer: Drawer, recipe: Recipe) -> dict[str, Adapted]:
    """Puts an adapter around every target; returns them by kohya key."""
    drawer.unet.requires_grad_(False)
    drawer.text_encoder.requires_grad_(False)
    adapters = {}
    homes = [*drawer.unet.modules(), *drawer.text_encoder.modules()]
    found = {id(m): key for key, m in targets(drawer.unet, drawer.text_encoder).items()}
    for home in homes:
        for name, child in list(home.named_children()):
            if id(child) in found:
                adapter = Adapted(child, recipe.rank, recipe.alpha)
                setattr(home, name, adapter)
                adapters[found[id(child)]] = adapter
    return adapters


def train_lora(
    drawer: Drawer, examples: list[tuple[np.ndarray, str]], recipe: Recipe, out: Path
) -> None:
    """Trains on examples of pictures and captions, and writes the LoRA and its side file."""
    torch.manual_seed(7)
    random, diffusion = Random(7), Diffusion()
    groups: dict[tuple[int, ...], list[tuple[Tensor, str]]] = {}
    for picture, caption in examples:
        latents = encode(drawer.vae, [picture])[0] * drawer.scale
        groups.setdefault(tuple(latents.shape), []).append((latents, caption))
    adapters = adapt(drawer, recipe)
    text = [p for key, a in adapters.items() if "_te_" in key for p in (a.down, a.up)]
    image = [p for key, a in adapters.items() if "_te_" not in key for p in (a.down, a.up)]
    optimiser = torch.optim.AdamW(
        [{"params": image, "lr": recipe.rate}, {"params": text, "lr": recipe.text_rate}],
        betas=(0.9, 0.99),
        weight_decay=0.01,
    )
    peaks = [group["lr"] for group in optimiser.param_groups]
    shapes, began = list(groups), time.monotonic()
    for step in range(recipe.steps):
        shape = random.choices(shapes, [len(groups[shape]) for shape in shapes])[0]
        chosen = random.choices(groups[shape], k=recipe.batch)
        clean = torch.stack([latents for latents, _ in chosen])
        captions = [shuffled(text, recipe.trigger, random) for _, text in chosen]
        spread = (torch.arange(recipe.batch) + torch.rand(recipe.batch)) / recipe.batch
        times = (spread * 1000).long().clamp(max=999)
        noisy, velocity = diffusion.noisy(clean, torch.randn_like(clean), times)
        with torch.autocast("cpu", torch.bfloat16):
            words = drawer.text_encoder(tokenize(drawer.tokenizer, captions)).last_hidden_state
            predicted = drawer.unet(noisy, times, words).sample
        loss = diffusion.loss(predicted, velocity, times)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(image + text, 1.0)
        pace = min(1.0, (step + 1) / 20) * (0.5 + 0.5 * math.cos(math.pi * step / recipe.steps))
        for group, peak in zip(optimiser.param_groups, peaks, strict=True):
            group["lr"] = peak * pace
        optimiser.step()
        if step % 40 == 0:
            print(f"{recipe.name} step {step} loss {float(loss.detach()):.4f}", flush=True)
    seconds = time.monotonic() - began
    write_lora(adapters, recipe, [caption for _, caption in examples], seconds, out)


def shuffled(caption: str, trigger: str, random: Random) -> str:
    """The caption with its tags in another order, the trigger staying in front; some are empty."""
    if random.random() < 0.08:
        return trigger
    tags = caption.removeprefix(trigger).strip(", ").split(", ")
    random.shuffle(tags)
    praise = ["masterpiece, best quality"] if random.random() < 0.5 else []
    return ", ".join([*praise, trigger, *tags] if random.random() < 0.5 else [trigger, *tags])


def write_lora(
    adapters: dict[str, Adapted], recipe: Recipe, captions: list[str], seconds: float, out: Path
) -> None:
    """Writes kohya keys in half precision with their metadata, and the side file for authors."""
    state = {}
    for key, adapter in adapters.items():
        state[f"{key}.lora_down.weight"] = adapter.down.detach().half().contiguous()
        state[f"{key}.lora_up.weight"] = adapter.up.detach().half().contiguous()
        state[f"{key}.alpha"] = torch.tensor(recipe.alpha).half()
    tags = Counter(tag for caption in captions for tag in caption.split(", "))
    for part in recipe.trigger.split(", "):
        tags[part] = len(captions)
    metadata = {
        "ss_base_model_version": "inkling_v1",
        "ss_output_name": recipe.name,
        "ss_network_module": "networks.lora",
        "ss_network_dim": str(recipe.rank),
        "ss_network_alpha": str(recipe.alpha),
        "ss_network_args": json.dumps(
            {"conv_dim": str(recipe.rank), "conv_alpha": str(recipe.alpha)}
        ),
        "ss_tag_frequency": json.dumps({recipe.name: dict(tags)}),
        "ss_num_train_images": str(len(captions)),
        "ss_steps": str(recipe.steps),
        "ss_training_seconds": str(round(seconds)),
        "modelspec.title": recipe.name,
        "modelspec.trigger_phrase": recipe.trigger,
        "modelspec.license": "Apache-2.0",
        "modelspec.architecture": "stable-diffusion-v1/lora",
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    save_file(state, out.with_suffix(".fresh"), metadata)
    out.with_suffix(".fresh").chmod(0o644)
    out.with_suffix(".fresh").replace(out)
    side = {
        "activation text": recipe.trigger,
        "preferred weight": recipe.preferred_weight,
        "description": recipe.description,
    }
    out.with_suffix(".json").write_text(json.dumps(side, indent=2) + "\n")


def read_folder(folder: Path) -> list[tuple[np.ndarray, str]]:
    """Pictures with their captions; sides are cut to multiples of 32."""
    examples = []
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in (".png", ".jpg", ".jpeg", ".webp"):
            continue
        picture = np.asarray(Image.open(path).convert("RGB"))
        tall, wide = (side // 32 * 32 for side in picture.shape[:2])
        caption = path.with_suffix(".txt").read_text().strip()
        examples.append((picture[:tall, :wide].copy(), caption))
    return examples


def main() -> None:
    """Reads the command line and trains."""
    from training.sample import load_export

    parser = argparse.ArgumentParser(description="Train a LoRA for inkling on your own pictures.")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--pictures", type=Path, required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--trigger", required=True)
    parser.add_argument("--description", default="")
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    recipe = Recipe(options.name, options.trigger, options.description, options.steps)
    train_lora(load_export(options.model), read_folder(options.pictures), recipe, options.out)


if __name__ == "__main__":
    main()
