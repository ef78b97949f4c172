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
_WIDEST = 100
_KEPT = "\N{NO-BREAK SPACE}"
"""Stands for a phrase's own spaces while lines are broken between phrases."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A name to look for."""
    parser.add_argument("name", nargs="?", metavar="NAME", help="a part of a name")
    add_common(parser)


def run(options: argparse.Namespace, console: Console) -> int:
    """Lists the entries; ends with 1 where a name was asked for and nothing has it."""
    from storyboard.models.hashing import Hasher

    wanted = (options.name or "").casefold()
    workspace = console.workspace
    entries = [e for e in workspace.catalog().entries() if wanted in e.name.casefold()]
    hasher = Hasher(workspace.cache_folder / "hashes.json")
    documents = [_document(entry, hasher if wanted else None) for entry in entries]
    if console.json:
        console.show({"models": documents})
    else:
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
    }
    if hasher is not None:
        from storyboard.models.advice import as_document
        from storyboard.workspace import model_hash

        document["sha256"] = model_hash(hasher, entry.path)
        document["description"] = entry.description
        document["settings"] = as_document(entry.settings)
        document["vocabulary"] = entry.vocabulary.as_document() if entry.vocabulary else None
    return document


def _lines(document: Mapping[str, Any], width: int) -> Iterator[str]:
    words = ", ".join(document["trigger_words"])
    line = f"{document['kind']:<11} {document['name']:<32} {document['family'] or '?':<6} {words}"
    yield line.rstrip()
    if "sha256" in document:
        yield f"    {document['path']}"
        yield f"    sha256 {document['sha256']}"
        if document["description"]:
            yield from _wrapped(document["description"], width, "    ", "    ")
        yield from _settings_lines(document["settings"])
        yield from _vocabulary_lines(document["vocabulary"] or {}, width)
    for problem in document["problems"]:
        yield f"    problem: {problem}"


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
