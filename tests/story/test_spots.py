"""A word's place in the author's file, to the column."""

from __future__ import annotations

from pathlib import Path

import pytest

from storyboard.story.marks import Path as StoryPath
from storyboard.story.read import read_story
from storyboard.story.spots import Spots

STORY = """\
title: T
include: cast.yaml
pages:
  - tiers: [4]
    panels:
      plain: {scene: a red hat}
      quoted: {scene: "grün, hat"}
      block:
        scene: |
          first line,
            a hat here
      escaped: {scene: "a \\x68at"}
"""
CAST = "characters:\n  mei: {prompt: 'chat, HAT'}\n"


def panel(name: str) -> StoryPath:
    return ("pages", 0, "panels", name, "scene")


@pytest.fixture
def spots(tmp_path: Path) -> Spots:
    (tmp_path / "cast.yaml").write_text(CAST, encoding="utf-8")
    path = tmp_path / "story.yaml"
    path.write_text(STORY, encoding="utf-8")
    return Spots(read_story(path).marks)


@pytest.mark.parametrize(
    ("path", "file", "line", "column"),
    [
        (panel("plain"), "story.yaml", 6, 28),
        (panel("quoted"), "story.yaml", 7, 30),
        (panel("block"), "story.yaml", 11, 15),
        (("characters", "mei", "prompt"), "cast.yaml", 2, 24),
    ],
)
def test_a_word_is_found_where_it_stands(
    spots: Spots, path: StoryPath, file: str, line: int, column: int
) -> None:
    mark = spots.of(path, "hat")
    assert (Path(mark.file).name, mark.line, mark.column) == (file, line, column)


def test_a_word_behind_an_escape_is_told_where_its_text_begins(spots: Spots) -> None:
    assert spots.of(panel("escaped"), "hat") == spots.marks.at(panel("escaped"))


def test_what_is_no_text_is_told_where_it_begins(spots: Spots) -> None:
    assert spots.of(("pages", 0), "hat") == spots.marks.at(("pages", 0))


def test_a_file_that_is_gone_leaves_the_texts_beginning(spots: Spots, tmp_path: Path) -> None:
    (tmp_path / "story.yaml").unlink()
    assert spots.of(panel("plain"), "hat") == spots.marks.at(panel("plain"))


def test_a_file_that_was_shortened_meanwhile_leaves_it_too(spots: Spots, tmp_path: Path) -> None:
    (tmp_path / "story.yaml").write_text("title: T\n", encoding="utf-8")
    assert spots.of(panel("plain"), "hat") == spots.marks.at(panel("plain"))
