"""A recipe in a picture or in takes may be a stranger's: it asks for no more than a story may."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from storyboard.digests import recipe
from storyboard.errors import ProblemsError
from storyboard.picks import read_picks
from storyboard.recipes import RecipeProblem, restore
from tests.support.jobs import final, lora, preview

JOB = preview(adapters=(lora("ink"),))


@pytest.mark.parametrize("job", [JOB, final(JOB)], ids=["preview", "final"])
def test_what_was_written_is_read_again(job: Any) -> None:
    assert recipe(restore(json.loads(json.dumps(recipe(job))))) == recipe(job)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("seed",), -1),
        (("seed",), 2**32),
        (("width",), 10**6),
        (("height",), 0),
        (("sampling", "steps"), 10**9),
        (("sampling", "steps"), 0),
        (("sampling", "cfg"), float("nan")),
        (("sampling", "cfg"), True),
        (("sampling", "cfg"), -0.5),
        (("sampling", "cfg"), 100.5),
        (("sampling", "eta"), 10**400),
        (("sampling", "eta"), 1.5),
        (("sampling", "ensd"), 2**40),
        (("sampling", "guided_above"), -0.1),
        (("sampling", "guided_above"), "all"),
        (("rng",), "tpu"),
        (("checkpoint", "prediction"), "sample"),
        (("checkpoint", "clip_skip"), 0),
        (("checkpoint", "clip_skip"), 13),
        (("checkpoint", "sha256"), "\ud800"),
        (("adapters", 0, "unet"), float("inf")),
        (("adapters", 0, "start"), -1),
        (("adapters", 0, "start"), 10_001),
        (("adapters", 0, "stop"), 10_001),
        (("prompt",), "x" * 20_001),
        (("negative",), "x" * 20_001),
        (("variation",), {"seed": 2**32, "strength": 0.5}),
    ],
    ids=str,
)
def test_more_than_a_story_may_say_is_refused(path: tuple[str | int, ...], value: object) -> None:
    document: Any = copy.deepcopy(recipe(JOB))
    holder = document
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    with pytest.raises(RecipeProblem):
        restore(document)


@pytest.mark.parametrize(
    ("key", "value"),
    [("denoise", 1.5), ("denoise", -1), ("max_drift", 2), ("height", 10**6), ("width", True)],
)
def test_a_final_asks_for_no_more_either(key: str, value: object) -> None:
    with pytest.raises(RecipeProblem):
        restore({**recipe(final(JOB)), key: value})


@pytest.mark.parametrize("value", ["2026-99-99", "0x", "1" * 5000, "!!binary x", "12:99:99"])
def test_a_takes_file_with_a_value_that_is_none_is_told(tmp_path: Path, value: str) -> None:
    path = tmp_path / "tale.takes.yaml"
    path.write_text(f"1.face: {{take: {value}, of: {value}}}\n", encoding="utf-8")
    with pytest.raises(ProblemsError):
        read_picks(path)


def test_a_takes_file_is_read_as_strictly_as_a_story(tmp_path: Path) -> None:
    path = tmp_path / "tale.takes.yaml"
    path.write_text("1.face: {}\n1.face: {}\n", encoding="utf-8")
    with pytest.raises(ProblemsError, match=r"the key `1\.face` is there twice"):
        read_picks(path)
