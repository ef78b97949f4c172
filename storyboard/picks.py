"""Picked takes, kept beside the story in `NAME.takes.yaml` with all their settings.

A pick takes the place of what the story asks for in its panel. It holds the recipe that it was made
from; if the panel's own recipe in the story changes later, the pick stays, and is told to be stale.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from storyboard import disk
from storyboard.compiled import CompiledStory, PanelJobs, Picked, final_of
from storyboard.digests import differences, digest, recipe
from storyboard.errors import Mark, Problem, Problems, ProblemsError, argument_error
from storyboard.files import write_atomic
from storyboard.jobs import ModelFile, PreviewJob, with_files
from storyboard.lock import StoreProblem, reason
from storyboard.recipes import RecipeProblem, restore_preview, without_paths
from storyboard.story.files import read_text
from storyboard.story.nodes import Mapping as Tree
from storyboard.story.nodes import parse

_HEAD = """\
# Takes that were picked, by panel, with all that they were drawn from. `storyboard pick` writes
# this file, and `storyboard pick STORY PANEL -` takes a pick back. Keep it with the story.
"""
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAKE_BACK = "`storyboard pick STORY PANEL -` takes a pick back; the takes themselves are kept"

Locate = Callable[[ModelFile], ModelFile | None]
"""The file of this name and sha256 with the path where it lies; None where it is gone."""


@dataclass(frozen=True, slots=True)
class Pick:
    """A panel's picked take. `of` is the digest of what the story asked for when it was picked;
    `job` names model files by name and sha256, without paths."""

    number: int
    of: str
    raw_prompt: str
    job: PreviewJob
    mark: Mark

    @property
    def digest(self) -> str:
        """What its picture is kept under."""
        return digest(self.job)


Picks = Mapping[str, Pick]
"""By the panel's address."""


def picks_path(story: Path) -> Path:
    """Where the picks of a story file are kept: beside it."""
    return story.with_name(f"{story.stem}.takes.yaml")


def read_picks(path: Path) -> Picks:
    """The picks in a file, none where there is none. Raises `ProblemsError`."""
    if not path.exists():
        return {}
    if not path.resolve().is_relative_to(path.parent.resolve()):
        raise argument_error("this is a link that leads out of the story's folder", "", str(path))
    text = read_text(path)
    tree = parse(text, str(path))  # keeps the bounds, and finds tags and keys said twice
    if tree.problems:
        raise ProblemsError(tree.problems)
    if not isinstance(tree.root, Tree):
        raise argument_error("this is no list of picked takes", _TAKE_BACK, str(path))
    try:
        document = yaml.load(text, _LOADER)
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError):
        # Of what can be parsed, a date that is none, or a number of a thousand digits.
        raise argument_error("a value in it is none that YAML has", _TAKE_BACK, str(path)) from None
    return {
        panel: _decoded(panel, document.get(panel), entry.key.mark)
        for panel, entry in tree.root.entries.items()
    }


def write_picks(path: Path, picks: Picks, order: Iterable[str]) -> None:
    """Writes the picks, whole or not at all, panels in `order`, others after them; without any
    pick the file is removed. Raises `StoreProblem`."""
    rank = {panel: place for place, panel in enumerate(order)}
    panels = sorted(picks, key=lambda panel: (rank.get(panel, len(rank)), panel))
    try:
        if panels:
            document = {panel: _encoded(picks[panel]) for panel in panels}
            text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100)
            write_atomic(path, (_HEAD + text).encode("utf-8"))
        else:
            disk.unlink(path)
            disk.sync_folder(path.parent)
    except OSError as problem:
        raise StoreProblem(f"{path} cannot be written: {reason(problem)}") from problem


def with_picks(
    compiled: CompiledStory, picks: Picks, locate: Locate
) -> tuple[CompiledStory, tuple[Problem, ...]]:
    """The story with picked takes in their panels' places, and warnings: of picks that are stale,
    and of picks for panels that the story does not have.

    `locate` finds a model file by its name and sha256. Raises `ProblemsError` where one is gone.
    """
    problems = Problems()
    addresses = {panel.address for panel in compiled.panels}
    for panel, pick in picks.items():
        if panel not in addresses:
            problems.add(
                pick.mark, f"there is no panel {panel}: its pick is kept here", "", "warning"
            )
    panels = tuple(
        _picked(panel, picks[panel.address], locate, problems) if panel.address in picks else panel
        for panel in compiled.panels
    )
    problems.raise_errors()
    return replace(compiled, panels=panels), problems.all()


def _picked(panel: PanelJobs, pick: Pick, locate: Locate, problems: Problems) -> PanelJobs:
    if panel.preview is None:
        message = f"panel {panel.address} has `art`: its picked take is not shown"
        problems.add(pick.mark, message, "", "warning")
        return panel
    gone: list[ModelFile] = []

    def located(file: ModelFile) -> ModelFile:
        found = locate(file)
        if found is None:
            gone.append(file)
        return found or file

    job = with_files(pick.job, located)
    for file in gone:
        problems.add(
            pick.mark,
            f"the picked take of {panel.address} was drawn with {file.name} (sha256 "
            f"{file.sha256[:10]}), which is not there any more",
            f"put it back on the model path, or storyboard pick STORY {panel.address} -",
        )
    changes: tuple[str, ...] = ()
    if digest(panel.preview) != pick.of:
        now = recipe(panel.preview)
        changes = tuple(differences(recipe(job), {**now, "seed": job.seed})) or ("its recipe",)
        problems.add(
            pick.mark,
            f"take {pick.number} of {panel.address} is stale, and stays: since it was picked the "
            f"story has changed there ({', '.join(changes)})",
            f"storyboard pick STORY {panel.address} - goes back to the story",
            "warning",
        )
    final = panel.final and final_of(panel.final, job)
    picked = Picked(pick.number, panel.preview, panel.raw_prompt, changes)
    return replace(panel, preview=job, final=final, raw_prompt=pick.raw_prompt, picked=picked)


def _encoded(pick: Pick) -> dict[str, Any]:
    return {
        "take": pick.number,
        "of": pick.of,
        "raw_prompt": pick.raw_prompt,
        "recipe": without_paths(recipe(pick.job)),
    }


def _decoded(panel: str, found: Any, mark: Mark) -> Pick:
    try:
        number, of, raw = found["take"], found["of"], found["raw_prompt"]
        job = restore_preview(found["recipe"])
        if not (isinstance(number, int) and isinstance(of, str) and isinstance(raw, str)):
            raise RecipeProblem("it has no take, of or raw_prompt")
        pick = Pick(number, of, raw, job, mark)
        if pick.digest != found["recipe"].get("digest"):
            raise RecipeProblem("its settings were changed by hand, so they are another take's")
    except (RecipeProblem, ProblemsError, KeyError, TypeError, AttributeError) as problem:
        why = str(problem) if isinstance(problem, RecipeProblem) else "it is not as it was written"
        message = f"the pick of panel {panel} cannot be read: {why}"
        raise ProblemsError([Problem(mark, message, _TAKE_BACK)]) from None
    return pick
