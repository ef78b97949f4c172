"""The VAE and the text encoders that a story names for its checkpoint: found, and seen to fit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from storyboard.models.catalog import Entry, Kind
from storyboard.models.header import ModelFileProblem
from storyboard.models.layouts import Component, layout_of
from storyboard.models.layouts.parts import NOUNS
from storyboard.models.layouts.separate import separate_text
from storyboard.story.drawing import ModelSettings

At = tuple[str | int, ...]
Find = Callable[[Kind, str, At], Entry | None]
"""Finds a model of a kind, by the name at a place of the story; None after noting the problem."""
Note = Callable[[At, str, str], None]
"""Notes a problem at a place of the story, with a hint."""

_CHECKPOINT: At = ("model", "checkpoint")


@dataclass(frozen=True, slots=True)
class Pieces:
    """What takes the place of a checkpoint's own components."""

    vae: Entry | None
    text_encoders: tuple[Entry, ...]


def pieces_of(entry: Entry, model: ModelSettings, find: Find, note: Note) -> Pieces | None:
    """What the story names for a checkpoint that has no problem of its own.

    None after noting what cannot be found, does not fit, or is missing and not named.
    """
    said: dict[Component, str | None] = {
        "vae": model.vae,
        "text_encoder": model.text_encoder,
        "text_encoder_2": model.text_encoder_2,
    }
    found = {
        component: find(_kind(component), name, ("model", component))
        for component, name in said.items()
        if name is not None
    }
    pieces = {component: piece for component, piece in found.items() if piece}
    problems = [
        *_own_problems(pieces),
        *_missing(entry, said),
        *([] if any(piece.problems for piece in pieces.values()) else _misfits(entry, pieces)),
    ]
    for at, message, hint in problems:
        note(at, message, hint)
    if problems or len(pieces) < len(found):
        return None
    encoders = (pieces.get("text_encoder"), pieces.get("text_encoder_2"))
    return Pieces(pieces.get("vae"), tuple(encoder for encoder in encoders if encoder))


def _kind(component: Component) -> Kind:
    return Kind.VAE if component == "vae" else Kind.TEXT_ENCODER


def _own_problems(pieces: dict[Component, Entry]) -> Iterator[tuple[At, str, str]]:
    for component, piece in pieces.items():
        for problem in piece.problems:
            yield ("model", component), f"{piece.kind.noun} {piece.name}: {problem}", ""


def _missing(entry: Entry, said: dict[Component, str | None]) -> Iterator[tuple[At, str, str]]:
    for component, name in said.items():
        if component in entry.missing and name is None:
            yield (
                _CHECKPOINT,
                f"checkpoint {entry.name} has no {NOUNS[component]} in it",
                f"name a file that has one: model: {{{component}: NAME}}",
            )
    if "unet" in entry.missing:
        yield _CHECKPOINT, f"checkpoint {entry.name} has no UNet in it", "get the model again"


def _misfits(entry: Entry, pieces: dict[Component, Entry]) -> Iterator[tuple[At, str, str]]:
    """What is wrong with the whole that they make together."""
    if not pieces:
        return
    for component in ("text_encoder", "text_encoder_2"):
        if component in pieces and (problem := _misplaced(entry, component, pieces[component])):
            yield ("model", component), problem, ""
            return
    encoders = [piece.path for component, piece in pieces.items() if component != "vae"]
    vae = pieces["vae"].path if "vae" in pieces else None
    try:
        problems = layout_of(entry.path, vae, encoders).problems
    except ModelFileProblem as problem:
        problems = (str(problem),)
    names = ", ".join(piece.name for piece in pieces.values())
    for one in problems:
        yield _CHECKPOINT, f"checkpoint {entry.name} with {names}: {one}", ""


def _misplaced(entry: Entry, component: Component, piece: Entry) -> str | None:
    """Why a text encoder is not the one that its place in the story says."""
    what = f"text encoder {piece.name}"
    if entry.family is None:
        return None
    if entry.family == "sd15" and component == "text_encoder_2":
        return f"{what}: an SD 1.x checkpoint has one text encoder, model.text_encoder"
    try:
        really = separate_text(piece.path, entry.family, entry.widths)[0]
    except ModelFileProblem as problem:
        return f"{what} {problem}"
    return None if really == component else f"{what} is the one for model.{really}"
