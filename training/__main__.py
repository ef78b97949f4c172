"""Every stage of making inkling: `python -m training all`; each stage goes on where it stopped."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from storyboard.lock import Busy, WriterLock
from training import autoencoder, cast, machine, unet, upscaler
from training.card import NAME
from training.checkpoint import load
from training.export import MODELS, export
from training.latents import FULL, HALF, HELD_OUT, TWICE, make_shards, measure_scale
from training.lora import train_lora
from training.loraweights import strengthen
from training.tokens import write_tokenizer

HELD_OUT_FROM = 9_000_000


@dataclass(frozen=True)
class Settings:
    """How much of everything."""

    runs: Path
    models: Path
    processes: int
    slice_minutes: float
    autoencoder_minutes: float
    decoder_minutes: float
    unet_minutes: float
    upscaler_minutes: float
    half: int
    full: int
    twice: int
    loras: tuple[str, ...]


def run_tokenizer(settings: Settings) -> None:
    """Learns the vocabulary."""
    folder = settings.runs / "tokenizer"
    if not folder.exists():
        print(f"{write_tokenizer(folder)} tokens")


def run_autoencoder(settings: Settings) -> None:
    """Trains the autoencoder."""
    autoencoder.train(settings.runs, settings.autoencoder_minutes, settings.processes)


def run_latents(settings: Settings) -> None:
    """Draws and encodes the pictures that the UNet sees."""
    runs, workers = settings.runs, machine.drawers()
    make_shards(runs, HELD_OUT, HELD_OUT_FROM, 400, workers)
    scale = runs / "scale.json"
    if not scale.exists():
        factor = measure_scale(runs, HELD_OUT)
        scale.write_text(json.dumps({"scaling_factor": factor}) + "\n")
    make_shards(runs, HALF, 0, settings.half, workers)
    make_shards(runs, FULL, 0, settings.full, workers)
    make_shards(runs, TWICE, 200_000, settings.twice, workers)


def run_unet(settings: Settings) -> None:
    """Trains UNet and text encoder."""
    plan = unet.Plan(settings.unet_minutes, slice_minutes=settings.slice_minutes)
    if settings.half == 0:
        plan = replace(plan, half_until=0.0)
    unet.train(settings.runs, plan, settings.processes)


def run_decoder(settings: Settings) -> None:
    """Trains the decoder a little longer; the encoder stays, so the UNet's latents do too."""
    minutes = settings.autoencoder_minutes + settings.decoder_minutes
    autoencoder.train(settings.runs, minutes, settings.processes, decoder_only=True)


def run_export(settings: Settings) -> None:
    """Writes the model where the package looks for it."""
    print(export(settings.runs, settings.models))


def run_loras(settings: Settings) -> None:
    """Trains the built-in LoRAs on the exported model."""
    for name in settings.loras:
        checkpoint = load(settings.models / "checkpoints" / NAME)
        out = settings.models / "loras" / f"{name}.safetensors"
        out.parent.mkdir(parents=True, exist_ok=True)
        recipe = replace(cast.RECIPES[name], licence="Apache-2.0")
        train_lora(checkpoint, cast.draw_set(name), recipe, out)
        if name in cast.STRENGTHS:
            strengthen(out, cast.STRENGTHS[name])


def run_upscaler(settings: Settings) -> None:
    """Trains the upscaler on what the autoencoder gives."""
    upscaler.train(settings.runs, settings.upscaler_minutes)
    print(upscaler.export(settings.runs, settings.models))


def run_course(settings: Settings) -> None:
    """Begins a new course: from the last checkpoint or, where that is gone, from the export."""
    if (settings.runs / unet.CHECKPOINT).exists():
        unet.begin_course(settings.runs)
        return
    model = settings.models / "checkpoints" / NAME
    autoencoder.adopt(settings.runs, model)
    unet.adopt(settings.runs, model)


STAGES: dict[str, Callable[[Settings], None]] = {
    "tokenizer": run_tokenizer,
    "autoencoder": run_autoencoder,
    "latents": run_latents,
    "unet": run_unet,
    "decoder": run_decoder,
    "export": run_export,
    "loras": run_loras,
    "upscaler": run_upscaler,
}
READERS = ("export", "loras")
"""Stages that only read the runs, and so may go beside one that writes there."""


def run(stage: str, settings: Settings) -> None:
    """One stage; those that write into the runs one at a time. Raises `Busy` where one is on."""
    does = run_course if stage == "course" else STAGES[stage]
    with nullcontext() if stage in READERS else WriterLock(settings.runs).held():
        does(settings)


def main(arguments: Sequence[str] | None = None) -> int:
    """Reads the command line and runs the stages in order; 2 where another run is on already."""
    parser = argparse.ArgumentParser(description="Make inkling, the built-in model.")
    parser.add_argument("stage", choices=["all", "course", *STAGES])
    parser.add_argument("--runs", type=Path, default=Path("training/runs"))
    parser.add_argument("--models", type=Path, default=MODELS)
    parser.add_argument("--processes", type=int, default=machine.processes())
    parser.add_argument(
        "--slice",
        type=float,
        default=float("inf"),
        help="minutes after which the UNet's training stops, to go on with the next run",
    )
    parser.add_argument("--autoencoder-minutes", type=float, default=50)
    parser.add_argument("--decoder-minutes", type=float, default=4)
    parser.add_argument("--unet-minutes", type=float, default=180)
    parser.add_argument("--upscaler-minutes", type=float, default=20)
    parser.add_argument(
        "--half",
        type=int,
        default=12000,
        help="pictures of half the size; 0 leaves them out, for a course that only goes on",
    )
    parser.add_argument("--full", type=int, default=16000)
    parser.add_argument("--twice", type=int, default=800)
    parser.add_argument("--lora", action="append", choices=list(cast.RECIPES))
    options = parser.parse_args(arguments)
    settings = Settings(
        runs=options.runs,
        models=options.models,
        processes=options.processes,
        slice_minutes=options.slice,
        autoencoder_minutes=options.autoencoder_minutes,
        decoder_minutes=options.decoder_minutes,
        unet_minutes=options.unet_minutes,
        upscaler_minutes=options.upscaler_minutes,
        half=options.half,
        full=options.full,
        twice=options.twice,
        loras=tuple(options.lora or cast.RECIPES),
    )
    try:
        for name in list(STAGES) if options.stage == "all" else [options.stage]:
            run(name, settings)
    except Busy as busy:
        print(busy, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
