"""From a path to an `Entry`: what the model is, read from its header and side files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from storyboard.jobs import Prediction
from storyboard.models.advice import read_settings
from storyboard.models.components import component_headers
from storyboard.models.entries import FAMILIES, Entry, Family, Kind
from storyboard.models.families import embedding_vectors, family_of, kind_of
from storyboard.models.header import Header, ModelFileProblem, read_header
from storyboard.models.lora import parse_lora
from storyboard.models.roots import builtin_tokenizer
from storyboard.models.side_files import plain_text, read_mapping, read_side_files
from storyboard.models.upscalers import upscaler_problems
from storyboard.models.vocabulary import read_vocabulary

CARD = "storyboard.json"
"""What a checkpoint says of itself: a diffusers folder's file of this name, or, with the
checkpoint's name before it, the one beside a single file."""

_MOST_VECTORS = 75
_MOST_PIXELS = 8192 * 8192
_SINGLE_FILE = (
    "drawing from a single-file checkpoint comes in a later version: use it as a diffusers folder"
)
_SDXL = "drawing with SDXL comes in a later version: use an SD 1.x checkpoint"
_OTHER_FAMILY = "is of a family that is not supported: use an SD 1.x checkpoint"
_SD1_WIDTH = 768


def describe(kind: Kind, name: str, path: Path) -> Entry:
    """What is known of a model file or folder; whatever is wrong is among its problems."""
    entry = Entry(kind, name, path)
    try:
        if not path.is_dir():
            return _describe_file(entry)
        if kind is Kind.CHECKPOINT:
            return _describe_folder(entry)
        return replace(entry, problems=tuple(_component_problems(path)))
    except OSError as error:
        return replace(entry, problems=(f"cannot be read: {error.strerror or error}",))


def _describe_file(entry: Entry) -> Entry:
    try:
        header = read_header(entry.path)
    except ModelFileProblem as problem:
        return replace(entry, problems=(str(problem),))
    side = read_side_files(entry.path, header.metadata)
    family = family_of(entry.kind, header)
    is_checkpoint = entry.kind is Kind.CHECKPOINT
    described = replace(
        entry,
        family=family,
        tokenizer_folder=builtin_tokenizer() if is_checkpoint and family == "sd15" else None,
        vectors=embedding_vectors(header) if entry.kind is Kind.EMBEDDING else 0,
        trigger_words=side.trigger_words,
        preferred_weight=side.preferred_weight,
        negative=side.negative,
        description=side.description,
        problems=tuple(_file_problems(entry.kind, family, header)),
        notes=side.notes,
    )
    if not is_checkpoint:
        return described
    card = entry.path.with_name(f"{entry.path.stem}.{CARD}")
    problems: list[str] = []
    said = _mapping(card, problems)
    return _with_card(replace(described, problems=(*described.problems, *problems)), said, card)


def _file_problems(kind: Kind, family: Family | None, header: Header) -> list[str]:
    found = kind_of(header)
    if found not in (kind, None):
        return [f"is {found.one}, not {kind.one}"]
    if kind is Kind.CHECKPOINT:
        return [_SINGLE_FILE if family == "sd15" else _SDXL if family else _OTHER_FAMILY]
    if kind is Kind.UPSCALER:
        return upscaler_problems(header)
    if kind is Kind.LORA:
        return parse_lora(header.shapes).problems
    if kind is Kind.EMBEDDING:
        return _embedding_problems(embedding_vectors(header))
    return []


def _embedding_problems(vectors: int) -> list[str]:
    if not vectors:
        return ["holds no embedding: there is no tensor `emb_params`"]
    if vectors > _MOST_VECTORS:
        return [f"has {vectors} vectors; at most {_MOST_VECTORS} go into a prompt"]
    return []


def _describe_folder(entry: Entry) -> Entry:
    """A diffusers folder; its `storyboard.json`, if there, says family and sizes itself."""
    problems: list[str] = []
    index = _mapping(entry.path / "model_index.json", problems)
    said = _mapping(entry.path / CARD, problems)
    scheduler = _mapping(entry.path / "scheduler" / "scheduler_config.json", problems)
    family = _folder_family(entry.path, index, said, problems)
    tokenizer = entry.path / "tokenizer"
    if not tokenizer.is_dir():
        problems.append("its part tokenizer/ is missing")
    for part in ("unet", "vae", "text_encoder"):
        problems += _component_problems(entry.path / part)
    described = replace(
        entry,
        family=family,
        prediction=_prediction(scheduler, problems),
        tokenizer_folder=tokenizer if tokenizer.is_dir() else None,
        problems=tuple(problems),
    )
    return _with_card(described, said, entry.path / CARD)


def _with_card(entry: Entry, said: dict[str, Any], card: Path) -> Entry:
    """A checkpoint with what its card says of it; what the card says wrong is a problem."""
    problems: list[str] = []
    facts = FAMILIES[entry.family or "sd15"]
    counts = {
        key: _count(said, key, default, least, card, problems)
        for key, default, least in (
            ("native_pixels", facts.native_pixels, 64 * 64),
            ("size_multiple", facts.size_multiple, 8),
        )
    }
    with _problem_of(card, problems):
        entry = replace(entry, settings=read_settings(said.get("settings")))
    with _problem_of(card, problems):
        entry = replace(entry, vocabulary=read_vocabulary(said.get("vocabulary")))
    return replace(
        entry,
        native_pixels=counts["native_pixels"],
        size_multiple=counts["size_multiple"],
        description=plain_text(said.get("description")) or entry.description,
        problems=(*entry.problems, *problems),
    )


@contextmanager
def _problem_of(card: Path, problems: list[str]) -> Iterator[None]:
    """Notes what a reader of one of the card's values says is wrong with it."""
    try:
        yield
    except ValueError as error:
        problems.append(f"its {card.name} is wrong: {plain_text(str(error))}")


def _folder_family(
    folder: Path, index: dict[str, Any], said: dict[str, Any], problems: list[str]
) -> Family | None:
    claimed = said.get("family")
    if claimed == "sdxl" or "text_encoder_2" in index:
        problems.append(_SDXL)
        return "sdxl"
    if claimed == "sd15":
        return "sd15"
    unet = _mapping(folder / "unet" / "config.json", problems)
    if claimed is None and unet.get("cross_attention_dim") == _SD1_WIDTH:
        return "sd15"
    problems.append(_OTHER_FAMILY)
    return None


def _prediction(scheduler: dict[str, Any], problems: list[str]) -> Prediction | None:
    said = scheduler.get("prediction_type", "epsilon")
    if said == "epsilon":
        return "epsilon"
    if said == "v_prediction":
        return "v_prediction"
    problems.append(f"its scheduler has an unknown prediction type, {str(said)[:60]!r}")
    return None


def _count(
    said: dict[str, Any], key: str, default: int, least: int, card: Path, problems: list[str]
) -> int:
    """A whole number of the card's, at least `least`."""
    value = said.get(key, default)
    if type(value) is int and least <= value <= _MOST_PIXELS:
        return value
    problems.append(f"its {card.name} has no sensible {key}: {str(value)[:60]!r}")
    return default


def _component_problems(part: Path) -> list[str]:
    try:
        component_headers(part)
    except ModelFileProblem as problem:
        return [str(problem)]
    return []


def _mapping(path: Path, problems: list[str]) -> dict[str, Any]:
    try:
        return read_mapping(path)
    except ValueError as error:
        problems.append(f"its {path.name} is broken: {str(error)[:200]}")
        return {}
