"""A model file that cannot be drawn with is told as such: in a sentence, soon, in little memory."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Sequence
from pathlib import Path

import pytest

from storyboard.compiler import compile_story
from storyboard.errors import Problem, ProblemsError
from storyboard.models.catalog import Catalog, builtin_root
from storyboard.story.read import read_story
from tests.models.broken import FOLDERS, NAME, Case, cases

CASES = cases()
BOMBS = ("a header of", "sixty thousand", "deep nesting")
MOST_SECONDS, MOST_BYTES = 2.0, 1_000_000_000


def test_there_are_many_of_them() -> None:
    assert len(CASES) >= 60


@pytest.mark.parametrize("case", CASES, ids=[f"{n} {c.title}" for n, c in enumerate(CASES)])
def test_a_broken_file_is_told_in_a_sentence(tmp_path: Path, case: Case) -> None:
    story = laid_out(tmp_path, case)
    began = time.process_time()  # not the clock on the wall: another program may be busy
    problems = checked(story)
    assert time.process_time() - began < MOST_SECONDS
    told = [problem for problem in problems if case.says in problem.message]
    assert told, [str(problem) for problem in problems]
    for problem in told:
        assert NAME in problem.message
        assert problem.mark.line is not None
        assert "\n" not in problem.message
        assert len(problem.message) < 1000


@pytest.mark.parametrize(
    "case", [c for c in CASES if c.title.startswith(BOMBS)], ids=lambda case: str(case.title)
)
def test_a_header_that_is_a_bomb_takes_little_memory(tmp_path: Path, case: Case) -> None:
    story = laid_out(tmp_path, case)
    tracemalloc.start()
    checked(story)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < MOST_BYTES / 4


def laid_out(folder: Path, case: Case) -> Path:
    """The broken file on the model path, and a story that names it."""
    root = folder / "models"
    ending = "" if case.is_folder else ".safetensors"
    path = root / FOLDERS[case.kind] / f"{NAME}{ending}"
    path.parent.mkdir(parents=True)
    case.make(path)
    if case.beside:
        case.beside(root)
    styles = f"styles: {{x: {{lora: {NAME}}}}}\n" if case.kind == "lora" else ""
    text = f"title: T\nmodel: {case.model}\n{styles}pages: [{{tiers: [1], panels: [{{}}]}}]\n"
    story = folder / "story.yaml"
    story.write_text(text, encoding="utf-8")
    return story


def checked(story: Path) -> Sequence[Problem]:
    catalog = Catalog([story.parent / "models", builtin_root()])
    with pytest.raises(ProblemsError) as caught:
        compile_story(read_story(story), catalog, lambda _: "0" * 64)
    return caught.value.problems
