"""`storyboard convert SOURCE ...`: pickled models become safetensors, and run nothing."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from storyboard.cli.console import Console, as_json

if TYPE_CHECKING:
    from storyboard.errors import Problem
    from storyboard.models.entries import Entry

HELP = "turn .pt, .pth, .ckpt and .bin files into safetensors"
DESCRIPTION = (
    "Writes the weights of pickled embeddings, upscalers, LoRAs, VAEs and checkpoints as "
    "safetensors, beside each source or into one folder, under the same name. Reads with torch's "
    "weights-only loader, so nothing in a file is run; what would have to run is refused. "
    "Overwrites nothing, and leaves the sources as they are."
)
_FAMILIES = {"sd15": "SD 1.x", "sdxl": "SDXL"}
_STATES = {
    "written": "",
    "there already": "there already, ",
    "safetensors already": "is one already, ",
}


@dataclass(frozen=True, slots=True)
class _Task:
    source: Path
    target: Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Sources, and where to."""
    parser.add_argument(
        "sources",
        nargs="+",
        type=Path,
        metavar="SOURCE",
        help="a file, or a folder for all pickles in it",
    )
    parser.add_argument(
        "--out", type=Path, metavar="FOLDER", help="where to write (default: beside each source)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON on standard output")


def run(options: argparse.Namespace, console: Console) -> int:
    """Converts what can be converted; ends with 2 where something could not be."""
    documents: list[dict[str, Any]] = []
    problems: list[Problem] = []
    for source in options.sources:
        for task in _tasks(source, options.out):
            done = _converted(task)
            if isinstance(done, dict):
                documents.append(done)
                if not console.json:
                    print("\n".join(_lines(done)), flush=True)
            else:
                problems.append(done)
                if not console.json:
                    console.problems([done])
    if console.json:
        told = [as_json(problem) for problem in problems]
        console.show({"converted": documents, "problems": told})
    elif not documents and not problems:
        console.say("no pickle was found")
    return 2 if problems else 0


def _tasks(source: Path, out: Path | None) -> Iterator[_Task]:
    if not source.is_dir():
        folder = source.parent if out is None else out
        yield _Task(source, folder / target_name(source.name))
        return
    for path in sorted(path for path in source.rglob("*") if path.is_file()):
        if _is_pickle(path):
            folder = path.parent if out is None else out / path.parent.relative_to(source)
            yield _Task(path, folder / target_name(path.name))


def target_name(name: str) -> str:
    """The source's name with the new ending; transformers' `pytorch_model.bin` is `model` there."""
    stem = Path(name).stem
    if stem.partition(".")[0] == "pytorch_model":
        stem = stem.removeprefix("pytorch_")
    return f"{stem}.safetensors"


def _is_pickle(path: Path) -> bool:
    from storyboard.models.header import IsPickle, ModelFileProblem, read_header
    from storyboard.models.scan import PICKLES

    if path.suffix.lower() not in PICKLES:
        return False
    try:
        read_header(path)
    except IsPickle:
        return True
    except ModelFileProblem:
        return False
    return False


def _converted(task: _Task) -> dict[str, Any] | Problem:
    """What came of it, as a document."""
    from storyboard.errors import Mark, Problem
    from storyboard.models.header import IsPickle, ModelFileProblem, read_header

    try:
        try:
            read_header(task.source)
        except IsPickle:
            return _rewritten(task)
        return _document(task.source, task.source, "safetensors already")
    except ModelFileProblem as problem:
        return Problem(Mark(str(task.source)), problem.message, problem.hint)
    except OSError as error:
        file = error.filename or task.target
        return Problem(Mark(str(file)), f"cannot be written: {error.strerror or error}")


def _rewritten(task: _Task) -> dict[str, Any]:
    from storyboard.engine.conversion import convert  # here, as torch comes with it

    done = convert(task.source, task.target)
    return _document(task.source, done.target, done.state, done.left_out)


def _document(
    source: Path, target: Path, state: str, left_out: Sequence[str] = ()
) -> dict[str, Any]:
    entry = _entry(target)
    return {
        "source": str(source),
        "target": str(target),
        "state": state,
        "kind": str(entry.kind) if entry else None,
        "family": entry.family if entry else None,
        "vectors": entry.vectors if entry else 0,
        "left_out": list(left_out),
        "problems": list(entry.problems) if entry else [],
    }


def _entry(path: Path) -> Entry | None:
    """What the new file is, as the model path would tell it; None where its keys do not tell."""
    from storyboard.models.describe import describe
    from storyboard.models.families import kind_of
    from storyboard.models.header import read_header

    kind = kind_of(read_header(path))
    return describe(kind, path.stem, path) if kind else None


def _lines(document: dict[str, Any]) -> Iterator[str]:
    yield f"{document['target']}: {_STATES[document['state']]}{_what(document)}"
    if document["left_out"]:
        yield f"    left out, as no weights: {', '.join(document['left_out'])}"
    for problem in document["problems"]:
        yield f"    problem: {problem}"


def _what(document: dict[str, Any]) -> str:
    """`embedding for SD 1.x, 8 vectors`."""
    from storyboard.models.entries import Kind

    if document["kind"] is None:
        return "weights of an unknown kind"
    kind = Kind(document["kind"])
    family = _FAMILIES.get(document["family"] or "")
    count = document["vectors"]
    vectors = f", {count} vector{'s' if count > 1 else ''}" if kind is Kind.EMBEDDING else ""
    return f"{kind.noun}{f' for {family}' if family else ''}{vectors}"
