"""Trains UNet and text encoder together on cached latents, half size first, then full size."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random

import torch
from torch import Tensor, nn

from training.art.captions import caption
from training.art.sampling import sample_picture
from training.keeping import Average, Clock, cosine_from, save_atomically
from training.latents import FULL, HALF, HELD_OUT, TWICE, Latents
from training.models import Diffusion, Inkling, load_tokenizer, seeded, tokenize
from training.muon import Muon, split_parameters
from training.parallel import agree, average, launch
from training.words import DEGRADED, add_noise_words

CHECKPOINT = "unet.pt"
LOW_NOISE = 420
SAVE_EVERY = 150
ROUND = 8


@dataclass(frozen=True)
class Plan:
    """How long to train, and when the sizes change, as shares of that time."""

    minutes: float
    half_until: float = 0.33
    twice_from: float = 0.87
    muon: bool = True
    rate: float = 1e-3
    muon_rate: float = 2e-3
    decay_from: float = 0.55
    half_batch: int = 32
    full_batch: int = 10
    twice_batch: int = 3


def train(folder: Path, plan: Plan, processes: int = 2) -> None:
    """Trains for the plan's minutes in all, going on where an earlier run stopped."""
    launch(_worker, processes, folder, plan)


class Trainer:
    """One process' share of the training."""

    def __init__(self, rank: int, folder: Path, plan: Plan):
        self.rank, self.folder, self.plan = rank, folder, plan
        torch.manual_seed(0)
        self.tokenizer = load_tokenizer(folder / "tokenizer")
        self.model = Inkling(self.tokenizer)
        self.model.unet.to(memory_format=torch.channels_last)
        edges = ("unet.conv_in", "unet.conv_out", "text_encoder.embed", "unet.time_emb")
        edges += ("text_encoder.text_model.embed",)
        matrices, rest = split_parameters(self.model, edges)
        if not plan.muon:
            matrices, rest = [], matrices + rest
        self.adam = torch.optim.AdamW(rest, lr=plan.rate, betas=(0.9, 0.98), weight_decay=0.0)
        self.muon = Muon(matrices, plan.muon_rate) if matrices else None
        self.mean = Average(self.model, 0.998)
        self.diffusion = Diffusion()
        self.step, self.seen, before = 0, 0, 0.0
        if (folder / CHECKPOINT).exists():
            before = self._resume()
        self.scale = float(json.loads((folder / "scale.json").read_text())["scaling_factor"])
        self.random = Random(f"{rank} {self.step}")
        torch.manual_seed(1000 * rank + self.step)
        self.clock = Clock(plan.minutes * 60, before)
        self.stages: dict[str, Latents] = {}

    def _resume(self) -> float:
        state = torch.load(self.folder / CHECKPOINT, map_location="cpu", weights_only=True)
        self.model.load_state_dict(state["model"])
        self.adam.load_state_dict(state["adam"])
        if self.muon:
            self.muon.load_state_dict(state["muon"])
        self.mean.shadow, self.mean.steps = state["mean"], state["step"]
        self.step, self.seen = state["step"], state["seen"]
        return float(state["seconds"])

    def save(self) -> None:
        """Keeps everything that a later run needs."""
        state: dict[str, object] = {
            "model": self.model.state_dict(),
            "mean": self.mean.state(),
            "adam": self.adam.state_dict(),
            "muon": self.muon.state_dict() if self.muon else {},
            "step": self.step,
            "seen": self.seen,
            "seconds": self.clock.seconds,
        }
        save_atomically(state, self.folder / CHECKPOINT)

    def latents(self, stage: object) -> Latents:
        """A stage's latents, read when they are first needed."""
        name = stage.name  # type: ignore[attr-defined]
        if name not in self.stages:
            self.stages[name] = Latents(self.folder, stage, self.scale)  # type: ignore[arg-type]
        return self.stages[name]

    def batch(self, share: float) -> tuple[list[int], Tensor, Tensor]:
        """Seeds, latents and time steps for one step at this share of the training."""
        plan, top = self.plan, 1000
        if share < plan.half_until:
            seeds, clean = self.latents(HALF).batch(self.random, plan.half_batch)
        elif share >= plan.twice_from and self.random.random() < 0.3:
            seeds, clean = self.latents(TWICE).batch(self.random, plan.twice_batch)
            top = LOW_NOISE
        else:
            seeds, clean = self.latents(FULL).batch(self.random, plan.full_batch)
        # One time from every equal part of the range: a batch covers all noise levels.
        spread = (torch.arange(len(seeds)) + torch.rand(len(seeds))) / len(seeds) * top
        times = spread.long().clamp(max=top - 1)
        return seeds, clean.contiguous(memory_format=torch.channels_last), times

    def train_step(self) -> float:
        """One update; returns its loss."""
        share = self.clock.share
        seeds, clean, times = self.batch(share)
        tokens = tokenize(self.tokenizer, [self.caption(seed) for seed in seeds])
        noisy, velocity = self.diffusion.noisy(clean, torch.randn_like(clean), times)
        with torch.autocast("cpu", torch.bfloat16):
            predicted = self.model(noisy, times, tokens)
        loss = self.diffusion.loss(predicted, velocity, times)
        self.model.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        pace = min(1.0, (self.step + 1) / 80) * cosine_from(share, self.plan.decay_from)
        for optimiser, rate in ((self.adam, self.plan.rate), (self.muon, self.plan.muon_rate)):
            if optimiser is not None:
                optimiser.param_groups[0]["lr"] = rate * pace
                optimiser.step()
        self.step += 1
        self.seen += len(seeds)
        return float(loss.detach())

    def caption(self, seed: int) -> str:
        """A fresh caption of a picture; a tenth are empty, for guidance."""
        if self.random.random() < 0.1:
            return ""
        picture = sample_picture(seed)
        quality = ""
        if picture.degraded:
            quality = self.random.choice(DEGRADED)
        elif self.random.random() < 0.5:
            quality = self.random.choice(("masterpiece, best quality",) * 3 + ("best quality",))
        text = caption(picture.scene, self.random, quality)
        return text if picture.degraded else add_noise_words(text, self.random)

    @torch.no_grad()
    def held_out_loss(self) -> float:
        """The averaged model's loss on pictures it never sees, at fixed noise."""
        live = {name: p.detach().clone() for name, p in self.model.named_parameters()}
        self.model.load_state_dict(self.mean.state(), strict=False)
        latents, random, total, rounds = self.latents(HELD_OUT), Random(5), 0.0, 8
        for turn in range(rounds):
            seeds, clean = latents.batch(random, 8)
            captions = [caption(sample_picture(seed).scene, random) for seed in seeds]
            times = ((torch.arange(8) + 0.5) / 8 * 1000).long()
            noise = torch.randn(clean.shape, generator=seeded(turn))
            noisy, velocity = self.diffusion.noisy(clean, noise, times)
            with torch.autocast("cpu", torch.bfloat16):
                predicted = self.model(noisy, times, tokenize(self.tokenizer, captions))
            total += float(self.diffusion.loss(predicted, velocity, times))
        self.model.load_state_dict(live, strict=False)
        return total / rounds


def _worker(rank: int, processes: int, folder: Path, plan: Plan) -> None:
    trainer = Trainer(rank, folder, plan)
    saved, losses = time.monotonic(), []
    while agree(trainer.clock.share) < 1.0:
        losses += [trainer.train_step() for _ in range(ROUND)]
        average(trainer.model.parameters())
        if rank == 0:
            trainer.mean.update(trainer.model, ROUND)
        if rank == 0 and trainer.step % (6 * ROUND) == 0:
            _report(trainer, losses, processes)
            losses.clear()
        if time.monotonic() - saved > SAVE_EVERY:
            saved = time.monotonic()
            for latents in trainer.stages.values():
                latents.refresh()
            if rank == 0:
                trainer.save()
                _note(trainer, processes)
    if rank == 0:
        trainer.save()
        _note(trainer, processes)


def _report(trainer: Trainer, losses: list[float], processes: int) -> None:
    loss = sum(losses) / max(1, len(losses))
    print(
        f"{trainer.clock.seconds:6.0f} s step {trainer.step} "
        f"seen {trainer.seen * processes} loss {loss:.4f}",
        flush=True,
    )


def _note(trainer: Trainer, processes: int) -> None:
    """One line of the history that the model's card is written from."""
    note = {
        "minutes": round(trainer.clock.seconds / 60, 1),
        "pictures": trainer.seen * processes,
        "step": trainer.step,
        "held_out_loss": round(trainer.held_out_loss(), 4),
    }
    print(note, flush=True)
    with (trainer.folder / "history.jsonl").open("a") as history:
        history.write(json.dumps(note) + "\n")
