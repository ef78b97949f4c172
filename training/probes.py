"""Trains the probe that the benchmarks judge pictures with: `python -m training.probes`.

The truth of every picture is known, since we draw it. The probe's own accuracy on drawn art that it
has not seen is measured at the end and written beside its weights.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor

from benchmarks.attributes import CLASSES, NAMED
from benchmarks.judge import CARD, WEIGHTS, load_probe, new_probe
from benchmarks.network import Probe
from training.keeping import cosine_from, save_atomically
from training.probe_art import (
    HELD_OUT_FROM,
    SHARD,
    TRAINING_FROM,
    Drawn,
    draw_shards,
    load_shards,
)
from training.probe_flaws import flawed

RATE = 3e-3
BATCH = 32
WARM_UP = 100
SAVE_EVERY = 60.0
CHECKPOINT = "probe.pt"
HARD = {"pose": 4.0, "expression": 2.0, "place": 2.0}
"""What is learnt last counts more: a pose is small, and two pictures of three show none."""


@dataclass(frozen=True)
class Plan:
    """How much is drawn and how long is trained; pictures in whole shards."""

    runs: Path
    pictures: int
    held_out: int
    steps: int
    processes: int
    device: str


def train(plan: Plan) -> Probe:
    """Trains for so many steps in all, going on where an earlier run stopped."""
    torch.manual_seed(0)
    probe = new_probe().to(plan.device)
    optimiser = torch.optim.AdamW(probe.parameters(), lr=RATE, weight_decay=0.02)
    path = plan.runs / "probes" / CHECKPOINT
    step = _resume(path, probe, optimiser, plan.device)
    drawn = load_shards(plan.runs, TRAINING_FROM, plan.pictures)
    random = torch.Generator().manual_seed(step)
    saved = time.monotonic()
    while step < plan.steps:
        for group in optimiser.param_groups:
            group["lr"] = RATE * min(1.0, (step + 1) / WARM_UP) * cosine_from(step / plan.steps, 0)
        pictures, numbers = _batch(drawn, random)
        loss = _step(probe, optimiser, flawed(pictures, random), numbers, plan.device)
        step += 1
        if step % 50 == 0:
            print(f"step {step} of {plan.steps}, loss {loss:.3f}", flush=True)
        if time.monotonic() - saved > SAVE_EVERY or step == plan.steps:
            _save(path, probe, optimiser, step)
            saved = time.monotonic()
    return probe


def _resume(path: Path, probe: Probe, optimiser: torch.optim.Optimizer, device: str) -> int:
    """Takes in an earlier run's checkpoint; the step to go on from."""
    if not path.exists():
        return 0
    state = torch.load(path, map_location=device, weights_only=True)
    probe.load_state_dict(state["probe"])
    optimiser.load_state_dict(state["optimiser"])
    return int(state["step"])


def _save(path: Path, probe: Probe, optimiser: torch.optim.Optimizer, step: int) -> None:
    save_atomically(
        {"probe": probe.state_dict(), "optimiser": optimiser.state_dict(), "step": step}, path
    )


def _batch(drawn: Sequence[Drawn], random: torch.Generator) -> tuple[Tensor, Tensor]:
    """Pictures of one size; sizes come as often as they have pictures."""
    weights = torch.tensor([float(len(group.pictures)) for group in drawn])
    group = drawn[int(torch.multinomial(weights, 1, generator=random))]
    chosen = torch.randint(len(group.pictures), (BATCH,), generator=random)
    return group.pictures[chosen], group.numbers[chosen]


def _step(
    probe: Probe,
    optimiser: torch.optim.Optimizer,
    pixels: Tensor,
    numbers: Tensor,
    device: str,
) -> float:
    probe.train()
    with torch.autocast(device, torch.bfloat16):
        logits = probe(pixels.to(device))
    loss = loss_of(logits, numbers.to(device))
    optimiser.zero_grad(set_to_none=True)
    torch.autograd.backward([loss])
    torch.nn.utils.clip_grad_norm_(probe.parameters(), 2.0)
    optimiser.step()
    return float(loss.detach())


def loss_of(logits: dict[str, Tensor], numbers: Tensor) -> Tensor:
    """Each picture's weighted cross entropy of what can be seen; `numbers` are [n, heads]."""
    parts = [
        HARD.get(name, 1.0)
        * F.cross_entropy(
            logits[name].float(),
            numbers[:, index],
            ignore_index=-1,
            label_smoothing=0.02,
            reduction="sum",
        )
        for index, name in enumerate(CLASSES)
    ]
    return torch.stack(parts).sum() / len(numbers)


@torch.no_grad()
def measure(probe: Probe, drawn: Sequence[Drawn]) -> dict[str, Any]:
    """Each attribute's accuracy on drawn art, on what the autoencoder made of some, and of how
    many pictures."""
    probe.eval()
    right, seen = [], []
    for group in drawn:
        for start in range(0, len(group.pictures), BATCH):
            part = slice(start, start + BATCH)
            pixels = group.pictures[part].float().div(127.5).sub(1)
            logits = probe(pixels.contiguous(memory_format=torch.channels_last))
            guesses = torch.stack([logits[name].argmax(1) for name in CLASSES], 1)
            right.append(guesses == group.numbers[part])
            seen.append(group.numbers[part] >= 0)
    decoded = torch.cat([group.decoded for group in drawn])
    hits, there = torch.cat(right), torch.cat(seen)
    return {
        name: {
            "classes": list(classes),
            "accuracy": _share(hits[~decoded, i], there[~decoded, i]),
            "pictures": int(there[~decoded, i].sum()),
            "accuracy through the autoencoder": _share(hits[decoded, i], there[decoded, i]),
        }
        for i, (name, classes) in enumerate(CLASSES.items())
    }


def _share(hits: Tensor, there: Tensor) -> float | None:
    """None where there is nothing to be seen."""
    count = int(there.sum())
    return round(int(hits[there].sum()) / count, 4) if count else None


def save(probe: Probe, weights: Path) -> None:
    """The weights in half precision; counters stay whole numbers."""
    state = {
        name: (value.half() if value.is_floating_point() else value).cpu().contiguous()
        for name, value in probe.state_dict().items()
    }
    weights.parent.mkdir(parents=True, exist_ok=True)
    save_file(state, weights)


def main() -> None:
    """Reads the command line; draws, trains, measures and writes the probe."""
    parser = argparse.ArgumentParser(
        prog="python -m training.probes", description="Train the probe of the benchmarks."
    )
    parser.add_argument("--runs", type=Path, default=Path("training/runs"))
    parser.add_argument("--pictures", type=int, default=16_000, help="drawn for training")
    parser.add_argument("--held-out", type=int, default=2_000, help="drawn for measuring")
    parser.add_argument("--steps", type=int, default=3_600, help=f"of {BATCH} pictures, in all")
    parser.add_argument("--processes", type=int, default=1, help="that draw")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    options = parser.parse_args()
    plan = Plan(
        options.runs,
        _whole(options.pictures),
        _whole(options.held_out),
        options.steps,
        options.processes,
        options.device,
    )
    draw_shards(plan.runs, HELD_OUT_FROM, plan.held_out, plan.processes)
    draw_shards(plan.runs, TRAINING_FROM, plan.pictures, plan.processes)
    save(train(plan), options.out)
    _write_card(options.out, plan)


def _whole(count: int) -> int:
    """In whole shards."""
    return max(1, round(count / SHARD)) * SHARD


def _write_card(weights: Path, plan: Plan) -> None:
    """Measures the weights as they were written, and says so on paper and on the screen."""
    held_out = load_shards(plan.runs, HELD_OUT_FROM, plan.held_out)
    measured = measure(load_probe(weights), held_out)
    card = {
        "command": "python -m training.probes",
        "trained on": f"{plan.pictures} drawn pictures, {plan.steps} steps of {BATCH}",
        "attributes": measured,
    }
    path = weights.with_suffix(CARD.suffix)
    path.write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    for name, found in measured.items():
        mark = " (named)" if name in NAMED else ""
        print(
            f"{name:13} {found['accuracy']} of {found['pictures']} pictures, "
            f"{found['accuracy through the autoencoder']} through the autoencoder{mark}"
        )


if __name__ == "__main__":
    main()
