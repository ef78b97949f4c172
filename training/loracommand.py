"""`python -m training.lora`: the command line; what is left out is completed here."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from storyboard.engine.devices import placement
from storyboard.errors import Mark, Problem, ProblemsError, argument_error
from training.album import Example, Fitting, read_album
from training.checkpoint import Checkpoint, load
from training.lora import Manner, check_out, train_lora
from training.lorapreview import Preview
from training.recipe import Recipe, pace_for

DESCRIPTION = (
    "Trains a LoRA on your own pictures, each with its caption in a .txt file beside it. "
    "Interrupt it at will: the same command goes on. The guide is docs/your-own-character.md."
)


def parser() -> argparse.ArgumentParser:
    """All options; a default of None is completed by what suits the model."""
    made = argparse.ArgumentParser(prog="python -m training.lora", description=DESCRIPTION)
    add = made.add_argument
    add("--model", type=Path, required=True, metavar="DIR", help="a diffusers folder, SD 1.x")
    add("--pictures", type=Path, required=True, metavar="DIR", help="NAME.png and NAME.txt ...")
    add("--trigger", required=True, help="the word that calls the character; in the captions")
    add("--out", type=Path, required=True, metavar="FILE", help="NAME.safetensors")
    add("--name", help="default: the name of --out")
    add("--description", default="", help="a sentence for those who use it")
    add("--licence", default="", help="written into the file; default: nothing")
    length = made.add_mutually_exclusive_group()
    length.add_argument("--steps", type=_whole, help="default: 300, or 1500 for SD 1.5")
    length.add_argument("--repeats", type=_whole, help="how often each picture is seen, instead")
    add("--batch", type=_whole, help="pictures a step; default: 6, or 2 for SD 1.5")
    add("--rate", type=_positive, help="learning rate; default: 0.0012, or 0.0001 for SD 1.5")
    add("--text-rate", type=_number, help="the text encoder's; 0 leaves it as it is")
    add("--rank", type=_whole, default=8, help="how much a LoRA can hold; default 8")
    add("--alpha", type=_positive, help="default: the rank")
    add("--size", type=_whole, metavar="SIDE", help="side of a square; default: the model's own")
    add("--flip", action="store_true", help="mirror pictures too: never for a hairpin on one side")
    add("--clip-skip", type=_whole, default=1, help="as the checkpoint was trained; default 1")
    add("--seed", type=int, default=7)
    add("--preview", metavar="PROMPT", help="draw this now and then")
    add("--preview-every", type=_whole, default=100, metavar="STEPS")
    add("--device", default="auto", help="auto, cuda, cuda:1, mps or cpu")
    add("--float32", action="store_true", help="compute in float32 rather than bfloat16")
    add("--frugal", action="store_true", help="less memory, a third slower: for small GPUs")
    add("--fresh", action="store_true", help="do not go on from an unfinished training")
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Trains as the command line says; 2 where something is wrong with what was given."""
    options = parser().parse_args(arguments)
    try:
        _run(options)
    except ProblemsError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted: the same command goes on from what was last kept", file=sys.stderr)
        return 130
    return 0


def _run(options: argparse.Namespace) -> None:
    check_out(options.out)
    checkpoint = load(options.model, placement(options.device).device)
    warn = _warner(options.pictures)
    fitting = _fitting(options.size, checkpoint)
    examples = read_album(options.pictures, options.trigger, fitting, warn)
    _tell_long_captions(checkpoint, examples, warn)
    preview = Preview(options.preview, options.preview_every) if options.preview else None
    manner = Manner(not options.float32, options.frugal, fresh=options.fresh, preview=preview)
    recipe = _recipe(options, checkpoint, len(examples))
    train_lora(checkpoint, examples, recipe, options.out, manner)
    print(options.out)


def _recipe(options: argparse.Namespace, checkpoint: Checkpoint, pictures: int) -> Recipe:
    pace = pace_for(sum(weight.numel() for weight in checkpoint.unet.parameters()))
    batch = options.batch or pace.batch
    seen = options.repeats and math.ceil(pictures * options.repeats / batch)
    layers = len(checkpoint.text_encoder.get_submodule("encoder.layers")._modules)
    if options.clip_skip > layers:
        raise argument_error(
            f"is from 1 to {layers} with this model",
            "most need 1, some drawn ones 2",
            "--clip-skip",
        )
    return Recipe(
        name=options.name or options.out.stem,
        trigger=options.trigger,
        description=options.description,
        steps=options.steps or seen or pace.steps,
        batch=batch,
        rate=options.rate or pace.rate,
        text_rate=pace.text_rate if options.text_rate is None else options.text_rate,
        rank=options.rank,
        alpha=options.alpha or float(options.rank),
        seed=options.seed,
        clip_skip=options.clip_skip,
        flip=options.flip,
        licence=options.licence,
    )


def _fitting(side: int | None, checkpoint: Checkpoint) -> Fitting:
    if side is not None and side < 2 * checkpoint.multiple:
        least = 2 * checkpoint.multiple
        raise argument_error(f"{side} is too small", f"this model takes {least} at least", "--size")
    return Fitting(side**2 if side else checkpoint.native_pixels, checkpoint.multiple)


def _tell_long_captions(
    checkpoint: Checkpoint, examples: Sequence[Example], warn: Callable[[str], None]
) -> None:
    """Nothing of a caption is left out in silence."""
    for _, caption in examples:
        if left_out := checkpoint.words_left_out(caption):
            warn(f"the caption '{caption[:40]}...' is too long; left out: {left_out}")


def _warner(folder: Path) -> Callable[[str], None]:
    def warn(sentence: str) -> None:
        print(Problem(Mark(str(folder)), sentence, severity="warning"), file=sys.stderr)

    return warn


def _whole(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not 1 or more")
    return value


def _number(text: str) -> float:
    value = float(text)
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is not 0 or more")
    return value


def _positive(text: str) -> float:
    if _number(text) == 0:
        raise argparse.ArgumentTypeError("it must be above 0")
    return float(text)
