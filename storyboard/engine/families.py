"""The families of models there are: to tell one from another, and to load it."""

from __future__ import annotations

from pathlib import Path

from storyboard.engine.model import Family
from storyboard.engine.sd15 import StableDiffusion15
from storyboard.engine.sdxl import StableDiffusionXL
from storyboard.errors import argument_error

FAMILIES: tuple[Family, ...] = (StableDiffusion15(), StableDiffusionXL())


def family_named(name: str, file: str) -> Family:
    """The family that a job names; ProblemsError, standing at `file`, where it is not known."""
    for family in FAMILIES:
        if family.name == name:
            return family
    known = ", ".join(family.name for family in FAMILIES)
    raise argument_error(
        f"a model of the family '{name}' cannot be drawn from", f"known are {known}", file
    )


def family_of(folder: Path) -> Family | None:
    """The family of a diffusers folder, or None."""
    return next((family for family in FAMILIES if family.detect(folder)), None)
