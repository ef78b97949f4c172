"""Trains UNet and text encoder together on cached latents, half size first, then full size."""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import torch
from torch import Tensor, nn

from training import machine
from training.art.captions import caption
from training.art.sampling import sample_picture
from training.checkpoint import load
from training.growth import grow_state
from training.keeping import Average, Clock, cosine_from, save_atomically
from training.latents import FULL, HALF, HELD_OUT, TWICE, Latents, Stage, importance
from training.models import Diffusion, Inkling, load_tokenizer, seeded, tokenize
from training.muon import Muon, split_parameters
from training.parallel import agree, average, launch
from training.words import BLAMED, add_noise_words

CHECKPOINT = "unet.pt"
LOW_NOISE = 420
SAVE_EVERY = 150
ROUND = 8
EDGES = (
    "unet.conv_in",
    "unet.conv_out",
    "unet.time_emb",
    "text_encoder.embed",
    "text_encoder.text_model.embed",
)
"""Where a model begins and ends, and its embeddings: Adam's, not Muon's."""


@dataclass(frozen=True)
class Plan:
    """How long a course of training is, and when the sizes change, as shares of that time.

    A model may go through several courses: each begins at the full rate and ends at the lowest.
    """

    minutes: float
    half_until: float = 0.2
    twice_from: float = 0.85
    muon: bool = True
    rate: float = 1e-3
    muon_rate: float = 2e-3
    decay_from: float = 0.55
    half_batch: int = 40
    full_batch: int = 14
    twice_batch: int = 4
    slice_minutes: float = float("inf")

    def on(self, device: torch.device) -> Plan:
        """The plan with the batches that the machine likes best."""
        if device.type == "cpu":
            return self
        return replace(self, half_batch=512, full_batch=256, twice_batch=64)


def train(folder: Path, plan: Plan, processes: int = 2) -> None:
    """Trains one course of the plan's minutes, going on where an earlier run stopped."""
    launch(_worker, processes, folder, plan)


def adopt(folder: Path, model: Path) -> None:
    """Makes a checkpoint of an exported model, where the one that it came from is gone.

    Its tokenizer and `scale.json` come along, and from its card how long it was trained;
    optimisers begin anew.
    """
    shutil.copytree(model / "tokenizer", folder / "tokenizer", dirs_exist_ok=True)
    scale = json.loads((model / "vae" / "config.json").read_text())["scaling_factor"]
    (folder / "scale.json").write_text(json.dumps({"scaling_factor": scale}) + "\n")
    loaded = load(model)
    whole = Inkling(load_tokenizer(folder / "tokenizer"))
    whole.unet.load_state_dict(loaded.unet.state_dict())
    whole.text_encoder.load_state_dict(loaded.text_encoder.state_dict(), strict=False)
    mean = {name: weight.detach().clone() for name, weight in whole.named_parameters()}
    trained = json.loads((model / "storyboard.json").read_text()).get("trained", {})
    state = {
        "model": whole.state_dict(),
        "mean": mean,
        "step": 0,
        "seen": 0,
        "seconds": 0.0,
        "seconds_before": 60.0 * float(trained.get("unet_minutes", 0)),
        "pictures_before": int(trained.get("pictures_seen", 0)),
    }
    save_atomically(state, folder / CHECKPOINT)


def begin_course(folder: Path, tokenizer_before: Path | None = None) -> None:
    """Ends the course that the checkpoint is in: the next run begins a new one from its weights.

    The averaged weights are the ones that go on. With `tokenizer_before` the tokenizer has changed
    since, and the words' embeddings are carried over. Optimisers begin anew.
    """
    path = folder / CHECKPOINT
    state = torch.load(path, map_location="cpu", weights_only=True)
    weights = {**state["model"], **state["mean"]}
    if tokenizer_before is not None:
        before, after = load_tokenizer(tokenizer_before), load_tokenizer(folder / "tokenizer")
        weights = grow_state(weights, before, after)
    mean = {name: weights[name].clone() for name in state["mean"]}
    fresh: dict[str, object] = {
        "model": weights,
        "mean": mean,
        "step": state["step"],
        "seen": state["seen"],
        "seconds": 0.0,
        "seconds_before": state.get("seconds_before", 0.0) + state["seconds"],
        "pictures_before": state.get("pictures_before", 0),
    }
    save_atomically(fresh, path)


class Trainer:
    """One process' share of the training."""

    def __init__(self, rank: int, folder: Path, plan: Plan):
        self.device = machine.device()
        self.rank, self.folder, self.plan = rank, folder, plan.on(self.device)
        torch.manual_seed(0)
        self.tokenizer = load_tokenizer(folder / "tokenizer")
        self.model = Inkling(self.tokenizer)
        self.model.to(self.device).unet.to(memory_format=torch.channels_last)
        matrices, rest = split_parameters(self.model, EDGES)
        if not plan.muon:
            matrices, rest = [], matrices + rest
        self.adam = torch.optim.AdamW(rest, lr=plan.rate, betas=(0.9, 0.98), weight_decay=0.0)
        self.muon = Muon(matrices, plan.muon_rate) if matrices else None
        self.mean = Average(self.model, 0.998)
        self.diffusion = Diffusion(self.device)
        self.step, self.seen, self.seconds_before, before = 0, 0, 0.0, 0.0
        self.pictures_before = 0
        if (folder / CHECKPOINT).exists():
            before = self._resume()
        self.began = self.step
        self.scale = float(json.loads((folder / "scale.json").read_text())["scaling_factor"])
        self.random = Random(f"{rank} {self.step}")
        torch.manual_seed(1000 * rank + self.step)
        self.clock = Clock(plan.minutes * 60, before)
        self.stages: dict[str, Latents] = {}

    def _resume(self) -> float:
        state = torch.load(self.folder / CHECKPOINT, map_location=self.device, weights_only=True)
        self.model.load_state_dict(state["model"])
        if "adam" in state:
            self.adam.load_state_dict(state["adam"])
        if self.muon and state.get("muon"):
            self.muon.load_state_dict(state["muon"])
        self.mean.shadow, self.mean.steps = state["mean"], state["step"]
        self.step, self.seen = state["step"], state["seen"]
        self.seconds_before = float(state.get("seconds_before", 0.0))
        self.pictures_before = int(state.get("pictures_before", 0))
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
            "seconds_before": self.seconds_before,
            "pictures_before": self.pictures_before,
        }
        save_atomically(state, self.folder / CHECKPOINT)

    def latents(self, stage: Stage) -> Latents:
        """A stage's latents, read when they are first needed."""
        if stage.name not in self.stages:
            self.stages[stage.name] = Latents(self.folder, stage, self.scale)
        return self.stages[stage.name]

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
        times = spread.long().clamp(max=top - 1).to(self.device)
        clean = clean.to(self.device).contiguous(memory_format=torch.channels_last)
        return seeds, clean, times

    def train_step(self) -> float:
        """One update; returns its loss."""
        share = self.clock.share
        seeds, clean, times = self.batch(share)
        tokens = tokenize(self.tokenizer, [self.caption(seed) for seed in seeds]).to(self.device)
        noisy, velocity = self.diffusion.noisy(clean, torch.randn_like(clean), times)
        with machine.autocast():
            predicted = self.model(noisy, times, tokens)
        counts = importance(seeds, *clean.shape[2:]).to(self.device)
        loss = self.diffusion.loss(predicted, velocity, times, counts)
        self.model.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        warm = min(1.0, (self.step - self.began + 1) / 80)
        pace = warm * cosine_from(share, self.plan.decay_from)
        for optimiser, rate in ((self.adam, self.plan.rate), (self.muon, self.plan.muon_rate)):
            if optimiser is not None:
                optimiser.param_groups[0]["lr"] = rate * pace
                optimiser.step()
        self.step += 1
        self.seen += len(seeds)
        return float(loss.detach())

    @property
    def done(self) -> float:
        """1 when the course is over, or this slice of it; otherwise 0."""
        spent = self.clock.seconds - self.clock.before > self.plan.slice_minutes * 60
        return float(spent or self.clock.share >= 1.0)

    def caption(self, seed: int) -> str:
        """A fresh caption of a picture; for guidance a tenth are empty, or words of blame alone.

        Those words, and words of praise, mean nothing: a negative prompt of blurred pictures would
        push every line to be as thick and hard as it can.
        """
        chance = self.random.random()
        if chance < 0.1:
            return "" if chance < 0.06 else self.random.choice(BLAMED)
        quality = ""
        if self.random.random() < 0.5:
            quality = self.random.choice(("masterpiece, best quality",) * 3 + ("best quality",))
        text = caption(sample_picture(seed).scene, self.random, quality)
        return add_noise_words(text, self.random)

    @torch.no_grad()
    def held_out_loss(self) -> float:
        """The averaged model's loss on pictures it never sees, at fixed noise."""
        live = {name: p.detach().clone() for name, p in self.model.named_parameters()}
        self.model.load_state_dict(self.mean.state(), strict=False)
        latents, random, total, rounds = self.latents(HELD_OUT), Random(5), 0.0, 8
        for turn in range(rounds):
            seeds, clean = latents.batch(random, 8)
            captions = [caption(sample_picture(seed).scene, random) for seed in seeds]
            clean = clean.to(self.device)
            times = ((torch.arange(8, device=self.device) + 0.5) / 8 * 1000).long()
            noise = torch.randn(clean.shape, generator=seeded(turn)).to(self.device)
            noisy, velocity = self.diffusion.noisy(clean, noise, times)
            with machine.autocast():
                tokens = tokenize(self.tokenizer, captions).to(self.device)
                predicted = self.model(noisy, times, tokens)
            total += float(self.diffusion.loss(predicted, velocity, times))
        self.model.load_state_dict(live, strict=False)
        return total / rounds


def _worker(rank: int, processes: int, folder: Path, plan: Plan) -> None:
    trainer = Trainer(rank, folder, plan)
    saved, losses = time.monotonic(), []
    while not agree(trainer.done):
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
        "minutes": round((trainer.seconds_before + trainer.clock.seconds) / 60, 1),
        "pictures": trainer.pictures_before + trainer.seen * processes,
        "step": trainer.step,
        "held_out_loss": round(trainer.held_out_loss(), 4),
    }
    print(note, flush=True)
    with (trainer.folder / "history.jsonl").open("a") as history:
        history.write(json.dumps(note) + "\n")
