"""From a path to an `Entry`: what the model is, read from its header and side files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from storyboard.models.checkpoints import describe_folder, describe_single
from storyboard.models.entries import Entry, Kind
from storyboard.models.families import embedding_vectors, embedding_widths, family_of, kind_of
from storyboard.models.foreign import marked_as
from storyboard.models.header import Header, ModelFileProblem, read_header
from storyboard.models.layouts.separate import separate_text, separate_vae
from storyboard.models.loras.adapter_folder import lora_metadata
from storyboard.models.loras.file import no_weights, parse_lora
from storyboard.models.loras.foreign import foreign_lora
from storyboard.models.side_files import read_side_files
from storyboard.models.upscalers import upscaler_problems

_MOST_VECTORS = 75


def describe(kind: Kind, name: str, path: Path) -> Entry:
    """What is known of a model file or folder; whatever is wrong is among its problems."""
    entry = Entry(kind, name, path)
    try:
        if not path.is_dir():
            return _describe_file(entry)
        if kind is Kind.CHECKPOINT:
            return describe_folder(entry)
        return replace(entry, problems=tuple(_alone(kind, path)))
    except OSError as error:
        return replace(entry, problems=(f"cannot be read: {error.strerror or error}",))


def _describe_file(entry: Entry) -> Entry:
    try:
        header = read_header(entry.path)
    except ModelFileProblem as problem:
        return replace(entry, problems=(str(problem),))
    side = read_side_files(entry.path, header.metadata)
    described = replace(
        entry,
        family=None if entry.kind is Kind.CHECKPOINT else family_of(entry.kind, header),
        vectors=embedding_vectors(header) if entry.kind is Kind.EMBEDDING else 0,
        widths=embedding_widths(header) if entry.kind is Kind.EMBEDDING else (),
        trigger_words=side.trigger_words,
        activation=side.activation,
        trained_as=header.metadata.get("ss_output_name", ""),
        preferred_weight=side.preferred_weight,
        negative=side.negative,
        description=side.description,
        problems=tuple(_file_problems(entry.kind, entry.path, header)),
        notes=side.notes,
    )
    if entry.kind is Kind.CHECKPOINT and not described.problems:
        return describe_single(described, header)
    return described


def _file_problems(kind: Kind, path: Path, header: Header) -> list[str]:
    found = kind_of(header)
    if found not in (kind, None):
        return [f"is {found.one}, not {kind.one}"]
    if found is None and kind is not Kind.CHECKPOINT and (what := marked_as(header.tensors)):
        return [f"is {what}, not {kind.one}"]
    if kind in (Kind.VAE, Kind.TEXT_ENCODER):
        return _alone(kind, path)
    if kind is Kind.UPSCALER:
        return upscaler_problems(header)
    if kind is Kind.LORA:
        if foreign := foreign_lora(header.tensors):
            return [f"is made for {foreign}, not for SD 1.x or SDXL"]
        return [
            *parse_lora(header.shapes, lora_metadata(path, header)).problems,
            *no_weights(header),
        ]
    if kind is Kind.EMBEDDING:
        return [*_embedding_problems(embedding_vectors(header)), *no_weights(header)]
    return []


def _embedding_problems(vectors: int) -> list[str]:
    if not vectors:
        return ["holds no embedding: there is no tensor `emb_params`"]
    if vectors > _MOST_VECTORS:
        return [f"has {vectors} vectors; at most {_MOST_VECTORS} go into a prompt"]
    return []


def _alone(kind: Kind, path: Path) -> list[str]:
    """What is wrong with a VAE or text encoder of its own; it may serve any family."""
    try:
        if kind is Kind.TEXT_ENCODER:
            return list(separate_text(path, "sd15")[1].problems)
        return list(separate_vae(path, "sd15").problems)
    except ModelFileProblem as problem:
        return [str(problem)]
