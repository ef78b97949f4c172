"""Whether the UNet is compiled: only where that earns its own time back, or the user says so. No
torch here."""

from __future__ import annotations

from collections.abc import Collection
from enum import Enum

from storyboard.engine.compiling import Compiling
from storyboard.estimating import Figures, in_words
from storyboard.jobs import Job

GAIN = 1.3
"""How many times as quick a compiled UNet is taken for on a GPU: a guess, on the low side."""

SECONDS = 60.0
"""What compiling for one shape is taken for, where nothing of it is kept from earlier: a guess."""


class Compile(Enum):
    """What the user says of it."""

    AUTO = "auto"
    ON = "on"
    OFF = "off"


def compiling(said: Compile, jobs: Collection[Job], figures: Figures) -> Compiling | None:
    """What is to be done for pictures that are to be drawn; None to leave the UNet as it is."""
    if said is Compile.OFF:
        return None
    if said is Compile.ON:
        return Compiling("as you asked", everywhere=True)
    seconds = figures.seconds(jobs)
    if not jobs or seconds is None:
        return None  # how long it takes is not known, so nothing says that it pays
    saved, cost = seconds * (1 - 1 / GAIN), SECONDS * len(set(map(_shape, jobs)))
    if saved < 2 * cost:
        return None
    return Compiling(f"it takes about {in_words(cost)} and saves about {in_words(saved)}")


def _shape(job: Job) -> object:
    """What needs a compiled UNet of its own, as far as a plan tells; most UNets are asked for one
    number of texts where they are guided, and for another where they are not."""
    return job.size, job.sampling.cfg == 1, job.sampling.guided_above > 0
