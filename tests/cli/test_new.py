"""`new` writes a story to start from, and makes one from pictures that draws them again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.importing.made import SETTINGS, picture, webui
from tests.support.command import run


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_new_story_passes_check_and_is_never_overwritten() -> None:
    ended = run("new", "my-story")
    assert (ended.code, ended.out) == (0, "my-story.yaml\n")
    text = Path("my-story.yaml").read_text(encoding="utf-8")
    assert 'title: "My Story"' in text
    assert run("check", "my-story.yaml").code == 0
    again = run("new", "my-story.yaml")
    assert again.code == 2
    assert "the file is there already" in again.err
    assert Path("my-story.yaml").read_text(encoding="utf-8") == text


@pytest.mark.parametrize("name", ["a b", "-x", "..", "x/..", "."])
def test_a_name_that_cannot_be_a_storys_is_refused(name: str) -> None:
    assert run("new", "--", name).code == 2
    assert list(Path().iterdir()) == []


def recipes(*arguments: str | Path) -> list[dict[str, Any]]:
    """What the plan says of each picture but where it stands."""
    panels = run("plan", *arguments, "--json").document["panels"]
    return [
        {key: said for key, said in panel.items() if key not in ("panel", "page", "reason")}
        for panel in panels
    ]


def test_pictures_that_were_drawn_become_a_story_that_has_them_already(story: Path) -> None:
    assert run("render", story).code == 0
    drawn = [
        Path(f"output/rain/finals/{name}.png") for name in ("1.pier", "1.face", "1.hand", "2.1")
    ]
    ended = run("new", "again", "--from", *drawn)
    assert ended.code == 0, ended.err
    assert run("check", "again.yaml").code == 0
    digests = [panel["digest"] for panel in recipes(story, "--finals")]
    again = recipes("again.yaml", "--finals")
    assert [panel["digest"] for panel in again] == digests
    assert {panel["state"] for panel in again} == {"ready"}
    assert run("render", "again.yaml", "--json").drawn() == []


def test_previews_become_a_story_without_a_second_pass(story: Path) -> None:
    assert run("preview", story).code == 0
    ended = run("new", "small", "--from", "output/rain/previews")
    assert ended.code == 0, ended.err
    found = {panel["digest"] for panel in recipes("small.yaml", "--finals")}
    assert found == {panel["digest"] for panel in recipes(story)}


def test_a_webui_picture_becomes_a_story_that_plans_its_prompts() -> None:
    webui(Path("in.png"), "(a girl:1.2), {{ x }}, <lora:mei:0.8>", "bad, (worse:1.3)")
    ended = run("new", "tale", "--from", "in.png")
    assert ended.code == 0, ended.err
    assert run("check", "tale.yaml").code == 0
    (panel,) = recipes("tale.yaml")
    assert panel["prompt"] == "(a girl:1.2), {{ x }}, "
    assert panel["negative_prompt"] == "bad, (worse:1.3)"
    assert [(lora["name"], lora["weight"]) for lora in panel["loras"]] == [("mei", 0.8)]
    assert (panel["seed"], panel["width"], panel["height"]) == (5, 448, 640)


def test_notes_are_told_and_the_story_is_written() -> None:
    webui(Path("in.png"), "x, <lora:missing:1>", said=f"{SETTINGS}, Tiling: True")
    ended = run("new", "tale", "--from", "in.png", "--models", ".")
    assert ended.code == 0
    assert "in.png was drawn with LoRA missing: there is no LoRA 'missing'" in ended.err
    assert "in.png was drawn with settings that are not taken over: Tiling" in ended.err
    assert Path("tale.yaml").exists()


def test_a_picture_without_a_recipe_writes_nothing() -> None:
    webui(Path("in.png"))
    picture(Path("out.png"))
    ended = run("new", "tale", "--from", "in.png", "out.png", "none.png")
    assert ended.code == 2
    lines = ended.err.splitlines()
    assert lines[0].startswith("out.png: there is no recipe in it")
    assert lines[1].startswith("none.png: the picture cannot be read")
    assert not Path("tale.yaml").exists()
