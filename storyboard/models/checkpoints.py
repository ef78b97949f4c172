"""From a checkpoint's path to its `Entry`: a diffusers folder or one file, and its card."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from storyboard.jobs import Prediction
from storyboard.models.advice import read_settings, with_family
from storyboard.models.betas import read_betas
from storyboard.models.entries import CARD, FAMILIES, Entry
from storyboard.models.header import Header, ModelFileProblem
from storyboard.models.layouts import Layout, layout_of
from storyboard.models.layouts.fit import text_widths
from storyboard.models.layouts.layout import layout_of_file
from storyboard.models.roots import builtin_tokenizer
from storyboard.models.side_files import plain_text, read_mapping
from storyboard.models.tokenizers import tokenizer_problems
from storyboard.models.trained import trained_prediction, trained_to_zero_snr
from storyboard.models.vocabulary import read_vocabulary

_MOST_PIXELS = 8192 * 8192
_PREDICTIONS: dict[str, Prediction] = {"epsilon": "epsilon", "v_prediction": "v_prediction"}


def describe_single(entry: Entry, header: Header) -> Entry:
    """A checkpoint in one file; beside it may stand its card."""
    try:
        entry = _laid_out(entry, layout_of_file(entry.path, header))
        entry = replace(
            entry,
            prediction=trained_prediction(header),
            zero_snr=trained_to_zero_snr(header),
            tokenizer_folder=builtin_tokenizer(),
        )
    except ModelFileProblem as problem:
        entry = replace(entry, problems=(str(problem),))
    return _with_card(entry, entry.path.with_name(f"{entry.path.stem}.{CARD}"))


def describe_folder(entry: Entry) -> Entry:
    """A diffusers folder; its card, if there, says family and sizes itself."""
    problems: list[str] = []
    scheduler = _mapping(entry.path / "scheduler" / "scheduler_config.json", problems)
    try:
        layout = layout_of(entry.path)
        entry = _laid_out(entry, layout)
        problems += tokenizer_problems(entry.path, layout)
    except ModelFileProblem as problem:
        entry = replace(entry, problems=(str(problem),))
    tokenizer = entry.path / "tokenizer"
    entry = replace(
        entry,
        prediction=_prediction(scheduler, problems),
        zero_snr=scheduler.get("rescale_betas_zero_snr") is True,
        tokenizer_folder=tokenizer if tokenizer.is_dir() else None,
        problems=(*entry.problems, *problems),
    )
    return _with_card(entry, entry.path / CARD)


def _laid_out(entry: Entry, layout: Layout) -> Entry:
    return replace(
        entry,
        family=layout.family,
        widths=_widths(layout),
        missing=layout.missing,
        problems=layout.problems,
        notes=(*entry.notes, *layout.notes),
    )


def _widths(layout: Layout) -> tuple[int, ...]:
    unet = layout.parts.get("unet")
    return text_widths(layout.family, unet.config) if unet else ()


def _with_card(entry: Entry, card: Path) -> Entry:
    """A checkpoint with what its card says of it; what the card says wrong is a problem."""
    problems: list[str] = []
    said = _mapping(card, problems)
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
        settings=with_family(entry.settings, entry.family),
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


def _prediction(scheduler: dict[str, Any], problems: list[str]) -> Prediction | None:
    """What the scheduler says that the UNet predicts; its noise levels must be ones we know."""
    try:
        read_betas(scheduler)
    except ModelFileProblem as problem:
        problems.append(f"has a scheduler_config.json that makes no sense here: {problem}")
    said = scheduler.get("prediction_type", "epsilon")
    if isinstance(said, str) and said in _PREDICTIONS:
        return _PREDICTIONS[said]
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


def _mapping(path: Path, problems: list[str]) -> dict[str, Any]:
    try:
        return read_mapping(path)
    except ValueError as error:
        problems.append(f"its {path.name} is broken: {str(error)[:200]}")
        return {}
