"""What the README says is so."""

from __future__ import annotations

import re
from pathlib import Path

from storyboard.workspace import stories_among
from tests.support.command import run

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_ten_lines_are_ten_and_a_story(tmp_path: Path) -> None:
    found = re.search(r"```yaml\n(.*?)```", README, re.DOTALL)
    assert found
    assert len(found[1].strip().splitlines()) == 10
    path = tmp_path / "morning.yaml"
    path.write_text(found[1], encoding="utf-8")
    ended = run("check", path, "--output", tmp_path / "output")
    assert ended.code == 0, ended.err


def test_every_command_has_help_and_those_of_the_readme_exist() -> None:
    for command in set(re.findall(r"(?:^|`)storyboard (\w+)", README, re.MULTILINE)):
        ended = run(command, "--help")
        assert ended.code == 0, f"{command}: {ended.err}"
        assert "usage: storyboard" in ended.out


def test_links_lead_somewhere() -> None:
    for link in re.findall(r"\]\(([^)#]+)", README):
        assert link.startswith("https://") or (ROOT / link).exists(), link


def test_the_stories_that_ship_have_no_problem(tmp_path: Path) -> None:
    stories = sorted((ROOT / "stories").glob("*.yaml"))
    assert len(stories) >= 2
    ended = run("check", *stories, "--output", tmp_path / "output")
    read = stories_among(map(str, stories))  # not the words of one in another language
    assert (ended.code, ended.err.count(": no problem")) == (0, len(read))
