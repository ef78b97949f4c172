"""`storyboard models [NAME]`: what is on the model path, and what is wrong with it."""

from __future__ import annotations

import argparse
import shutil
import textwrap
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from storyboard.cli.console import Console, add_common

if TYPE_CHECKING:
    from storyboard.models.catalog import Entry

HELP = "list checkpoints, LoRAs, upscalers and embeddings"
DESCRIPTION = (
    "Lists what is on the model path: kind, name, family, trigger words, problems. With a NAME, "
    "only what has it in its name, with path and digest, and of a checkpoint the settings that it "
    "recommends and the words that it knows, if it says so."
)
_OF_NO_FAMILY = ("upscaler", "vae", "text_encoder")
_WIDEST = 100
_KEPT = "\N{NO-BREAK SPACE}"
"""Stands for a phrase's own spaces while lines are broken between phrases."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A name to look for."""
    parser.add_argument("name", nargs="?", metavar="NAME", help="a part of a name")
    add_common(parser)


def run(options: argparse.Namespace, console: Console) -> int:
    """Lists the entries; ends with 1 where a name was asked for and nothing has it."""
    wanted = (options.name or "").casefold()
    workspace = console.workspace
    catalog = workspace.catalog()
    entries = [e for e in catalog.entries() if wanted in e.name.casefold()]
    hasher = workspace.hasher()
    documents = [_document(entry, hasher if wanted else None) for entry in entries]
    if console.json:
        console.show({"models": documents, "problems": list(catalog.problems)})
    else:
        for problem in catalog.problems:
            console.say(problem)
        width = min(shutil.get_terminal_size((_WIDEST, 24)).columns, _WIDEST)
        for document in documents:
            print("\n".join(_lines(document, width)))
    if wanted and not entries:
        console.say(f"nothing on the model path has {options.name} in its name")
    return 0 if entries or not wanted else 1


def _document(entry: Entry, hasher: Any) -> dict[str, Any]:
    document: dict[str, Any] = {
        "kind": str(entry.kind),
        "name": entry.name,
        "family": entry.family,
        "trigger_words": list(entry.trigger_words),
        "preferred_weight": entry.preferred_weight,
        "path": str(entry.path),
        "problems": list(entry.problems),
        "notes": list(entry.notes),
    }
    if hasher is not None:
        from storyboard.models.advice import as_document
        from storyboard.workspace import model_hash

        document["sha256"] = model_hash(hasher, entry.path)
        document["activation_text"] = entry.activation
        document["negative_text"] = entry.negative
        document["description"] = entry.description
        document["settings"] = as_document(entry.settings)
        document["vocabulary"] = entry.vocabulary.as_document() if entry.vocabulary else None
    return document


def _lines(document: Mapping[str, Any], width: int) -> Iterator[str]:
    words = ", ".join(document["trigger_words"])
    weight = document["preferred_weight"]
    family = document["family"] or ("" if document["kind"] in _OF_NO_FAMILY else "?")
    line = f"{document['kind']:<12} {document['name']:<32} {family:<6} {words}"
    yield line.rstrip() + ("" if weight in (None, 1) else f" (weight {weight:g})")
    if "sha256" in document:
        yield f"    {document['path']}"
        yield f"    sha256 {document['sha256']}"
        for key in ("activation_text", "negative_text"):
            if document[key]:
                yield from _wrapped(
                    f"{key.replace('_', ' ')}: {document[key]}", width, "    ", "      "
                )
        if document["description"]:
            yield from _wrapped(document["description"], width, "    ", "    ")
        yield from _settings_lines(document["settings"])
        yield from _vocabulary_lines(document["vocabulary"] or {}, width)
    for problem in document["problems"]:
        yield f"    problem: {problem}"
    for note in document["notes"]:
        yield f"    note: {note}"


def _settings_lines(settings: Mapping[str, Any]) -> Iterator[str]:
    """The recommended settings as a story would say them."""
    if settings:
        yield ""
        yield "    draws best with these settings, unless a story says otherwise:"
    for key, value in settings.items():
        yield f"      {key}: {_said(value)}"


def _said(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_said(one)}" for key, one in value.items()) + "}"
    return f"{value:g}" if isinstance(value, float) else " ".join(str(value).split())


def _vocabulary_lines(groups: Mapping[str, list[str]], width: int) -> Iterator[str]:
    """The words by group, each group's name in a column of its own."""
    if groups:
        yield ""
        yield "    knows these words:"
    column = 6 + max((len(name) for name in groups), default=0) + 2
    for name, phrases in groups.items():
        head = f"      {name}".ljust(column)
        text = ", ".join(phrase.replace(" ", _KEPT) for phrase in phrases)
        for line in _wrapped(text, width, head, " " * column):
            yield line.replace(_KEPT, " ")


def _wrapped(text: str, width: int, first: str, rest: str) -> list[str]:
    return textwrap.wrap(
        text, width, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False
    )
