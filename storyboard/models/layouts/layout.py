"""The door to a checkpoint's weights, whether it is a diffusers folder or one file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from storyboard.models.entries import Family
from storyboard.models.header import Header, ModelFileProblem, Shape, read_header
from storyboard.models.layouts.fit import misfits, text_widths
from storyboard.models.layouts.folders import folder_parts
from storyboard.models.layouts.matching import Part
from storyboard.models.layouts.parts import NOUNS, Found, Read
from storyboard.models.layouts.separate import separate_text, separate_vae
from storyboard.models.layouts.single import single_parts
from storyboard.models.layouts.specifications import COMPONENTS, Component


@dataclass(frozen=True, slots=True)
class Layout:
    """A checkpoint's components, which of its family's it lacks, and what is wrong with it.

    `notes` tell of what is there and is not used. Where there are `problems`, parts may lack
    weights.
    """

    family: Family
    parts: Mapping[Component, Part]
    missing: tuple[Component, ...]
    problems: tuple[str, ...]
    notes: tuple[str, ...] = ()


def layout_of(
    checkpoint: Path, vae: Path | None = None, text_encoders: Sequence[Path] = ()
) -> Layout:
    """Where the weights of a checkpoint lie.

    `vae` and `text_encoders` (files, or folders with a `config.json`) take the place of its own
    ones, or of what it lacks; which text encoder is which is told from their widths. Only headers
    are read. Raises `ModelFileProblem` where a file is broken or is no checkpoint of a family that
    can be drawn with; what is wrong with the weights is among the layout's problems.
    """
    read = _read(checkpoint)
    found = dict(read.parts)
    if vae is not None:
        found["vae"] = _named("VAE", vae, separate_vae(vae, read.family))
    widths = text_widths(read.family, found["unet"].part.config) if "unet" in found else ()
    given: dict[Component, Path] = {}
    for path in text_encoders:
        component, encoder = separate_text(path, read.family, widths)
        if component in given:
            both = f"{given[component].name} and {path.name}"
            raise ModelFileProblem(f"is given two files for its {NOUNS[component]}: {both}")
        given[component] = path
        found[component] = _named("text encoder", path, encoder)
    return _whole(read.family, found, read.notes)


def weights_of(
    checkpoint: Path, vae: Path | None = None, text_encoders: Sequence[Path] = ()
) -> dict[Component, dict[str, Shape]]:
    """The shape of each weight of each component; see `layout_of`."""
    layout = layout_of(checkpoint, vae, text_encoders)
    return {component: part.shapes for component, part in layout.parts.items()}


def _named(noun: str, path: Path, found: Found) -> Found:
    """What is wrong with a file of its own, as said of the checkpoint that it is to serve."""
    problems = tuple(f"its {noun} {path.name} {problem}" for problem in found.problems)
    return replace(found, problems=problems)


def layout_of_file(path: Path, header: Header) -> Layout:
    """`layout_of` a single file whose header is known already."""
    read = single_parts(path, header)
    return _whole(read.family, read.parts, read.notes)


def _read(checkpoint: Path) -> Read:
    if checkpoint.is_dir():
        return folder_parts(checkpoint)
    return single_parts(checkpoint, read_header(checkpoint))


def _whole(family: Family, found: Mapping[Component, Found], notes: tuple[str, ...]) -> Layout:
    parts = {component: one.part for component, one in found.items()}
    problems = tuple(problem for one in found.values() for problem in one.problems)
    return Layout(
        family=family,
        parts=parts,
        missing=tuple(component for component in COMPONENTS[family] if component not in parts),
        problems=problems or tuple(misfits(family, parts)),
        notes=notes,
    )
