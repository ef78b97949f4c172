"""The model path: the command line's folders, the environment's, the story's, our own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from storyboard.errors import ProblemsError
from storyboard.models.roots import builtin_root, model_roots


def folders(top: Path, *names: str) -> list[Path]:
    for name in names:
        (top / name).mkdir(parents=True)
    return [top / name for name in names]


def test_the_order_is_the_precedence(tmp_path: Path) -> None:
    one, two, three, four, beside, working = folders(
        tmp_path, "one", "two", "three", "four", "story/models", "work/models"
    )
    environment = {"STORYBOARD_MODELS": f"{three}{os.pathsep}{os.pathsep}{four}"}
    roots = model_roots([one, two], environment, tmp_path / "story", tmp_path / "work")
    assert roots == [one, two, three, four, beside, working, builtin_root()]


def test_folders_that_nobody_asked_for_may_be_missing(tmp_path: Path) -> None:
    assert model_roots([], {}, tmp_path, tmp_path) == [builtin_root()]
    assert model_roots([], {}, None, tmp_path) == [builtin_root()]


def test_each_folder_is_searched_once(tmp_path: Path) -> None:
    (models,) = folders(tmp_path, "models")
    roots = model_roots([models], {"STORYBOARD_MODELS": str(models)}, tmp_path, tmp_path)
    assert roots == [models, builtin_root()]


def test_relative_folders_are_the_working_folders(tmp_path: Path) -> None:
    (here,) = folders(tmp_path, "here")
    assert model_roots([Path("here")], {}, None, tmp_path)[0] == here


@pytest.mark.parametrize("source", ["--models", "STORYBOARD_MODELS"])
def test_a_folder_that_was_asked_for_must_be_there(tmp_path: Path, source: str) -> None:
    missing = tmp_path / "none"
    options = [missing] if source == "--models" else []
    environment = {} if options else {"STORYBOARD_MODELS": str(missing)}
    with pytest.raises(ProblemsError, match="there is no folder") as caught:
        model_roots(options, environment, None, tmp_path)
    (problem,) = caught.value.problems
    assert source in problem.hint
