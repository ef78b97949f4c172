"""`storyboard models [NAME]`: what is on the model path, and what is wrong with it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from storyboard.cli.console import Console, add_common

if TYPE_CHECKING:
    from storyboard.models.catalog import Entry

HELP = "list checkpoints, LoRAs and embeddings"
DESCRIPTION = (
    "Lists what is on the model path: kind, name, family, trigger words, problems. With a NAME, "
    "only what has it in its name, with path and digest."
)


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
        for document in documents:
            print(_lines(document))
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
        from storyboard.workspace import model_hash

        document["sha256"] = model_hash(hasher, entry.path)
    return document


def _lines(document: dict[str, Any]) -> str:
    words = ", ".join(document["trigger_words"])
    line = f"{document['kind']:<11} {document['name']:<32} {document['family'] or '?':<6} {words}"
    lines = [line.rstrip()]
    if "sha256" in document:
        lines += [f"    {document['path']}", f"    sha256 {document['sha256']}"]
    lines += [f"    problem: {problem}" for problem in document["problems"]]
    return "\n".join(lines)
