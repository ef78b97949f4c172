"""What a LoRA is trained with: every number that changes it, in one place."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from training.album import names_trigger

PRAISE = "masterpiece, best quality"


@dataclass(frozen=True, slots=True)
class Pace:
    """How long and how fast; `rate` and `text_rate` are AdamW's highest learning rates."""

    steps: int
    batch: int
    rate: float
    text_rate: float


SMALL = Pace(steps=300, batch=6, rate=1.2e-3, text_rate=3e-4)
"""For a model of a few million numbers, as the built-in one."""

LARGE = Pace(steps=1500, batch=2, rate=1e-4, text_rate=5e-5)
"""For SD 1.5 and its like: what authors of LoRAs commonly use."""


def pace_for(parameters: int) -> Pace:
    """The usual pace for a UNet of so many numbers."""
    return SMALL if parameters < 100_000_000 else LARGE


@dataclass(frozen=True)
class Recipe:
    """What to train and for how long."""

    name: str
    trigger: str
    description: str
    steps: int = SMALL.steps
    batch: int = SMALL.batch
    rate: float = SMALL.rate
    text_rate: float = SMALL.text_rate
    rank: int = 8
    alpha: float = 8.0
    preferred_weight: float = 1.0
    seed: int = 7
    clip_skip: int = 1
    flip: bool = False
    licence: str = ""


def reworded(caption: str, trigger: str, random: Random) -> str:
    """The caption with its tags in another order, the trigger staying in front.

    Now and then the trigger is all that is said, so that it alone calls the character; and half of
    the others begin as authors' prompts do. A caption without the trigger never gets it.
    """
    known = names_trigger(caption, trigger)
    if random.random() < 0.08:
        return trigger if known else ""
    tags, own = _tags(caption), _tags(trigger)
    front = own if all(tag in tags for tag in own) else []
    rest = [tag for tag in tags if tag not in front]
    random.shuffle(rest)
    return ", ".join([*([PRAISE] if random.random() < 0.5 else []), *front, *rest])


def _tags(text: str) -> list[str]:
    return [tag.strip() for tag in text.split(",") if tag.strip()]
