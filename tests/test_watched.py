"""A story's parts are told from its text, whether or not it can be drawn."""

from __future__ import annotations

from pathlib import Path

import pytest

from storyboard.prompts.wildcard_files import WildcardFiles
from storyboard.watched import parts_of

STORY = """\
include: [cast.yaml, later.yaml, ../secret.yaml]
characters: {bo: {prompt: __hats/tall__}}
pages:
  - panels:
      - {scene: "a __Colour__ boat"}
      - {art: inked/hand.png}
      - {art: ../elsewhere.png}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A story's folder with what the story names, but for what is to come."""
    folder = tmp_path / "story"
    for name in ("wildcards/hats", "elsewhere"):
        (folder / name).mkdir(parents=True)
    (folder / "tale.yaml").write_text(STORY)
    (folder / "cast.yaml").write_text("include: elsewhere/styles.yaml\n")
    (folder / "elsewhere" / "styles.yaml").write_text("include: ../cast.yaml\nname: harbour\n")
    (folder / "wildcards" / "colour.txt").write_text("red\n__shade__ blue\n__colour__\n")
    (folder / "wildcards" / "hats" / "tall.txt").write_text("top hat\n")
    return folder


def parts(folder: Path) -> set[str]:
    """The parts' names within the folder."""
    story = folder / "tale.yaml"
    found = parts_of(story, WildcardFiles([folder / "wildcards"]))
    assert found[0] == story
    assert len(set(found)) == len(found)
    return {path.relative_to(folder).as_posix() for path in found}


def test_parts_are_what_is_named_there_or_not(folder: Path) -> None:
    assert parts(folder) == {
        "tale.yaml",
        "tale.takes.yaml",
        "cast.yaml",
        "elsewhere/styles.yaml",
        "later.yaml",
        "inked/hand.png",
        "wildcards/colour.txt",
        "wildcards/shade.txt",
        "wildcards/hats/tall.txt",
    }


def test_a_story_of_another_name_may_have_its_takes_under_that(folder: Path) -> None:
    (folder / "tale.yaml").write_text("name: harbour\npages: []\n")
    assert parts(folder) == {"tale.yaml", "tale.takes.yaml", "harbour.takes.yaml"}


@pytest.mark.parametrize("text", ["pages: [", "", "- a list", "\0"])
def test_of_a_story_that_cannot_be_read_itself_is_known(folder: Path, text: str) -> None:
    (folder / "tale.yaml").write_text(text)
    assert parts(folder) == {"tale.yaml"}


def test_a_story_that_is_not_there_is_its_own_part(folder: Path) -> None:
    assert parts_of(folder / "no.yaml", WildcardFiles([])) == (folder / "no.yaml",)


def test_a_story_that_names_itself_in_a_circle_comes_to_an_end(folder: Path) -> None:
    (folder / "tale.yaml").write_text("include: elsewhere/../tale.yaml\n")
    assert parts(folder) == {"tale.yaml", "tale.takes.yaml"}


def test_a_broken_story_in_good_yaml_has_its_parts(folder: Path) -> None:
    (folder / "tale.yaml").write_text("panels: 7\nscene: __colour__\nart: [a.png]\n")
    assert parts(folder) == {
        "tale.yaml",
        "tale.takes.yaml",
        "wildcards/colour.txt",
        "wildcards/shade.txt",
    }
