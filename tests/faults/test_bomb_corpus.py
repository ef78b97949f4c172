"""Promise 12: a malformed story, template or picture gives sentences, no traceback, within 2
seconds of the processor and 512 MB, all of the program counted."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.bomb_corpus import StoryBomb, pictures, story_bombs
from tests.faults.corpus_runner import Runner, runner

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="it forks")

PICTURES = pictures()


@pytest.fixture(name="commands", scope="module")
def _commands() -> Iterator[Runner]:
    with runner() as running:
        yield running


@pytest.mark.parametrize("bomb", list(story_bombs()), ids=lambda bomb: bomb.name)
def test_a_story_that_would_burst_is_told(
    commands: Runner, tmp_path: Path, bomb: StoryBomb
) -> None:
    story = tmp_path / "story.yaml"
    story.write_text(bomb.text, encoding="utf-8")
    (tmp_path / "wildcards").mkdir()
    (tmp_path / "wildcards" / "loop.txt").write_text("__loop__ __loop__\n" * 9, encoding="utf-8")
    (tmp_path / "wildcards" / "long.txt").write_text("{}" * 1_900_000, encoding="utf-8")
    ran = commands.run("check", story, "--output", tmp_path / "out").within_bounds()
    assert "Traceback" not in ran.out
    assert ran.code in ((0, 2) if bomb.ends is None else (bomb.ends,)), ran.out
    if ran.code:
        ran.in_a_sentence()


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_that_would_burst_is_shown_or_told(
    commands: Runner, tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_bytes(PICTURES[name])
    for command in (("show",), ("new", tmp_path / "made", "--from")):
        ran = commands.run(*command, tmp_path / name).within_bounds()
        assert "Traceback" not in ran.out and ran.code in (0, 1, 2), ran.out


@pytest.mark.parametrize("key", ["art", "init"])
@pytest.mark.parametrize("name", PICTURES)
def test_an_authors_picture_that_would_burst_is_told(
    commands: Runner, tmp_path: Path, name: str, key: str
) -> None:
    """A picture within the limits may take what it takes to be scaled for a page."""
    (tmp_path / name).write_bytes(PICTURES[name])
    story = tmp_path / "story.yaml"
    page = f"{{layout: 1x1, panels: [{{scene: a, {key}: {json.dumps(name)}}}]}}"
    story.write_text(f"title: A Tale\npages: [{page}]\n", encoding="utf-8")
    commands.run("check", story, "--output", tmp_path / "out").within_bounds()
    ran = commands.run("preview", story, "--output", tmp_path / "out")
    assert "Traceback" not in ran.out and ran.code in (0, 1, 2), ran.out
    if "within" in name:
        assert ran.megabytes < (1024 if key == "art" else 512), ran.out
    else:
        ran.within_bounds()
