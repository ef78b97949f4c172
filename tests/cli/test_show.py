"""`show` prints the recipe inside a picture, whoever made it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.importing.made import SETTINGS, picture, webui
from tests.support.command import run


def test_the_webuis_text_is_printed_and_as_json_taken_apart(tmp_path: Path) -> None:
    path = webui(tmp_path / "a.png", "a girl,\nby the sea", "bad")
    ended = run("show", path)
    assert ended.code == 0
    assert ended.out == f"{path} (8x8)\na girl,\nby the sea\nNegative prompt: bad\n{SETTINGS}\n"
    document = json.loads(run("show", path, "--json").out)
    assert (document["prompt"], document["negative"]) == ("a girl,\nby the sea", "bad")
    assert document["settings"]["Size"] == "448x640"


def test_a_picture_without_a_recipe_ends_with_1(tmp_path: Path) -> None:
    ended = run("show", picture(tmp_path / "a.png"))
    assert (ended.code, ended.out) == (1, "")
    assert "has no recipe inside" in ended.err


def test_a_strangers_picture_does_not_steer_the_terminal(tmp_path: Path) -> None:
    steering = "red \x1b[2J \x9b31m 猫 👩\u200d👩\tx\rgreen"
    recipe = json.dumps({"title": "\x9b31m"}, ensure_ascii=False)
    path = picture(tmp_path / "a.png", parameters=steering, storyboard=recipe)
    ended = run("show", path)
    assert ended.out.splitlines()[1] == "red  [2J  31m 猫 👩\u200d👩\tx green"
    assert "\x9b" not in ended.out
    assert json.loads(run("show", path, "--json").out)["parameters"] == steering
