"""Parts of a panel are drawn again, and panels begin with pictures of the author's own."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from storyboard.engine.base import Pixels
from tests.cli.test_loop import change
from tests.cli.test_takes import beside, files, planned, refused
from tests.support.command import run


def pixels(picture: str) -> Pixels:
    with Image.open(Path("output/rain") / picture) as image:
        return np.asarray(image.convert("RGB"))


def recipe(picture: str) -> dict[str, Any]:
    with Image.open(Path("output/rain") / picture) as image:
        found: dict[str, Any] = json.loads(image.info["storyboard"])
    return found


def sketch(folder: Path, name: str = "sketch.png", color: object = (200, 30, 30)) -> None:
    Image.new("RGB", (300, 200), color).save(folder / name)  # type: ignore[arg-type]


def test_only_the_box_is_drawn_anew(story: Path) -> None:
    ended = run("mend", story, "face", "--box", "25%,25%,50%,50%", "--prompt", "a calm face")
    assert ended.code == 0, ended.err
    before, after = pixels("previews/1.face.png"), pixels("takes/1.face/take-01.png")
    height, width = before.shape[:2]
    changed = (before != after).any(axis=2)
    inside = np.zeros_like(changed)
    inside[height // 4 : height - height // 4, width // 4 : width - width // 4] = True
    assert changed[inside].any()
    assert not changed[~inside].any()
    made = recipe("takes/1.face/take-01.png")
    assert "a calm face" in made["prompt"] and "close-up, smile" not in made["prompt"]
    assert made["beginning"]["picture"]["digest"] == planned(story, "1.face")["digest"]


def test_a_mended_take_is_picked_and_mended_again(story: Path) -> None:
    run("mend", story, "face", "--box", "0,0,0.5,0.5", "-n", "2")
    run("pick", story, "face", "2")
    assert run("mend", story, "face", "--box", "50%,50%,50%,50%").code == 0
    made = recipe("takes/1.face/take-03.png")
    assert made["beginning"]["picture"]["beginning"] is not None
    assert run("pick", story, "face", "3").code == 0
    ended = run("render", story, "face")
    assert ended.code == 0, ended.err
    assert beside(story) == ["output", "rain.takes.yaml", "rain.yaml"]


def test_a_picked_mended_take_that_the_store_lost_is_drawn_again_with_what_it_goes_back_to(
    story: Path,
) -> None:
    run("mend", story, "face", "--box", "0,0,0.5,0.5")
    run("pick", story, "face", "1")
    before = pixels("previews/1.face.png")
    shutil.rmtree("output/.store")
    Path("output/rain/previews/1.face.png").unlink()
    ended = run("preview", story, "face")
    assert ended.code == 0, ended.err
    assert (pixels("previews/1.face.png") == before).all()


def test_a_mask_in_a_file_says_what_is_drawn_anew(story: Path) -> None:
    mask = Image.new("L", (300, 200), 0)
    mask.paste(255, (150, 0, 300, 200))
    mask.save(story.parent / "mask.png")
    assert run("mend", story, "face", "--mask", "mask.png").code == 0
    changed = (pixels("previews/1.face.png") != pixels("takes/1.face/take-01.png")).any(axis=2)
    middle = changed.shape[1] // 2
    assert changed[:, middle + 1 :].any() and not changed[:, : middle - 1].any()


def test_a_panel_begins_with_a_picture_and_is_drawn_again_when_that_changes(story: Path) -> None:
    sketch(story.parent)
    change(story, "scene: close-up, smile", "scene: close-up, smile\n        init: sketch.png")
    assert run("preview", story, "--json").code == 0
    assert recipe("previews/1.face.png")["beginning"]["denoise"] == 0.75
    sketch(story.parent, color=(10, 10, 200))
    assert run("preview", story, "--json").drawn() == [("1.face", "preview")]


def test_outside_of_its_mask_a_picture_stays_as_it_is(story: Path) -> None:
    sketch(story.parent)
    extra = "init: {picture: sketch.png, denoise: 0.6}\n        mask: 0%,0%,50%,100%"
    change(story, "scene: close-up, smile", f"scene: close-up, smile\n        {extra}")
    assert run("preview", story).code == 0
    found = pixels("previews/1.face.png")
    right = found[:, found.shape[1] // 2 + 1 :]
    assert (right == (200, 30, 30)).all()
    assert not (found[:, : found.shape[1] // 2] == (200, 30, 30)).all()


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ("init: nobody.png", ("rain.yaml:", "no picture nobody.png")),
        ("init: ../x.png", ("outside the story's folder",)),
        ("mask: sketch.png", ("`mask` and no `init`", "mend")),
        ("init: sketch.png\n        mask: nobody.png", ("no picture nobody.png",)),
        ("init: sketch.png\n        mask: 80%,0%,40%,40%", ("does not lie within",)),
        ("init: {picture: sketch.png, denoise: 2}", ("`denoise` must be",)),
        ("init: {file: sketch.png}", ("`init` needs `picture`",)),
    ],
)
def test_wrong_pictures_are_told_with_their_place(
    story: Path, extra: str, words: tuple[str, ...]
) -> None:
    sketch(story.parent)
    change(story, "scene: close-up, smile", f"scene: close-up, smile\n        {extra}")
    refused(run("check", story), *words)


BAD = [
    (("face", "--box", "80%,0%,40%,40%"), ("does not lie within the picture",)),
    (("face", "--box", "a,b"), ("a,b is no box", "30%,20%,40%,30%")),
    (("face", "--box", "0,0,0,0"), ("does not lie within",)),
    (("face", "--mask", "nobody.png"), ("no picture nobody.png",)),
    (("face", "--mask", "../x.png"), ("outside the story's folder",)),
    (("face",), ("--box",)),
    (("face", "--box", "0,0,1,1", "--denoise", "0"), ("0 is no denoise",)),
    (("face", "--box", "0,0,1,1", "--denoise", "2"), ("2 is no denoise",)),
    (("face", "--box", "0,0,1,1", "-n", "99"), ("99 takes",)),
    (("nobody", "--box", "0,0,1,1"), ("there is no panel nobody",)),
    (("face", "--box", "0,0,1,1", "--prompt", "<lora:nobody:1>"), ("nobody",)),
]


@pytest.mark.parametrize(("arguments", "words"), BAD, ids=lambda value: " ".join(value))
def test_bad_use_ends_in_a_sentence_and_changes_nothing(
    story: Path, arguments: tuple[str, ...], words: tuple[str, ...]
) -> None:
    run("preview", story, "face")
    before, neighbours = files(), beside(story)
    refused(run("mend", story, *arguments), *words)
    assert (files(), beside(story)) == (before, neighbours)


def test_only_the_stale_or_the_failed_are_drawn(story: Path) -> None:
    run("preview", story)
    change(story, "close-up, smile", "close-up, tears")
    change(story, "scene: lighthouse", "scene: lighthouse at night")
    assert run("render", story, "--failed", "--json").events == []
    ended = run("render", story, "hand", "face", "--stale", "--json")
    assert ended.drawn() == [("1.face", "final"), ("1.face", "preview")]
    assert run("preview", story, "--stale", "--json").drawn() == [("2.1", "preview")]
