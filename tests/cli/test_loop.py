"""Only what changed is drawn again, and nothing that was drawn is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from PIL import Image

from tests.support.command import run

PANELS = ["1.face", "1.hand", "1.pier", "2.1"]
ALL = sorted((panel, kind) for panel in PANELS for kind in ("preview", "final"))


def change(story: Path, old: str, new: str) -> None:
    text = story.read_text(encoding="utf-8")
    assert old in text
    story.write_text(text.replace(old, new), encoding="utf-8")


def test_a_story_becomes_pages_a_pdf_and_a_cbz(story: Path) -> None:
    ended = run("render", story, "--json")
    assert ended.code == 0, ended.err
    assert ended.drawn() == ALL
    folder = Path("output/rain")
    for name in ("pages/page-01.png", "pages/page-02.png", "rain.pdf", "rain.cbz"):
        assert (folder / name).stat().st_size > 0
    assert sorted(p.name for p in (folder / "finals").iterdir()) == [f"{p}.png" for p in PANELS]


def test_rendering_again_draws_nothing(story: Path) -> None:
    run("render", story)
    assert run("render", story, "--json").drawn() == []


def test_a_changed_scene_draws_that_panel_and_no_other(story: Path) -> None:
    run("render", story)
    change(story, "close-up, smile", "close-up, tears")
    assert run("render", story, "--json").drawn() == [("1.face", "final"), ("1.face", "preview")]


def test_a_changed_balloon_draws_nothing_but_the_page(story: Path) -> None:
    run("render", story)
    before = Path("output/rain/pages/page-01.png").read_bytes()
    change(story, "Only rain.", "It will pass.")
    assert run("render", story, "--json").drawn() == []
    assert Path("output/rain/pages/page-01.png").read_bytes() != before


def test_an_authors_own_picture_that_is_painted_over_changes_its_page(story: Path) -> None:
    """Flat colours: as busy as each other, and of one size."""
    change(story, "scene: harbour at dusk", "art: pier.png")
    pages = []
    for colour in ("red", "blue"):
        Image.new("RGB", (300, 200), colour).save(story.parent / "pier.png")
        run("preview", story)
        pages.append(Path("output/rain/draft/page-01.png").read_bytes())
    assert pages[0] != pages[1]


def test_a_page_put_in_front_draws_only_its_own_panels(story: Path) -> None:
    run("preview", story)
    change(story, "pages:\n", "pages:\n  - {tiers: [1], panels: {cover: {scene: sea}}}\n")
    assert run("preview", story, "--json").drawn() == [("1.cover", "preview")]


def test_a_panel_can_be_asked_for_alone(story: Path) -> None:
    assert run("preview", story, "face", "2.1", "--json").drawn() == [
        ("1.face", "preview"),
        ("2.1", "preview"),
    ]
    assert run("render", story, "1.pier", "--json").drawn() == [
        ("1.pier", "final"),
        ("1.pier", "preview"),
    ]


def test_a_panel_that_is_not_there_is_told_with_a_likely_one(story: Path) -> None:
    ended = run("preview", story, "fase")
    assert ended.code == 2
    assert "face" in ended.err


def test_a_deleted_view_comes_back_without_drawing(story: Path) -> None:
    run("render", story)
    view = Path("output/rain/finals/1.face.png")
    before = view.read_bytes()
    view.unlink()
    assert run("render", story, "--json").drawn() == []
    assert view.read_bytes() == before


def test_the_plan_tells_states_and_reasons(story: Path) -> None:
    first = run("plan", story, "--finals", "--json").document
    assert {panel["reason"] for panel in first["panels"]} == {"never drawn"}
    run("render", story)
    change(story, "harbour at dusk", "harbour at dawn")
    document = run("plan", story, "--finals", "--json").document
    states = {(p["panel"], p["kind"]): (p["state"], p["reason"]) for p in document["panels"]}
    assert states["1.pier", "preview"] == ("stale", "prompt changed")
    assert states["1.pier", "final"][0] == "stale"
    assert states["1.face", "final"][0] == "ready"


def test_the_plan_holds_each_panels_whole_recipe(story: Path) -> None:
    panels = {p["panel"]: p for p in run("plan", story, "--json").document["panels"]}
    hand = panels["1.hand"]
    assert hand["prompt"].startswith("mei, 1girl, holding a lantern, ")
    assert "<lora" not in hand["prompt"]
    assert "<lora:manga-ink:0.4>" in hand["raw_prompt"]
    assert [(lora["name"], lora["weight"]) for lora in hand["loras"]] == [
        ("mei", 0.5),
        ("manga-ink", 0.4),
    ]
    assert (hand["sampler"], hand["steps"]) == ("DPM++ 2S a Karras", 4)
    (inkling,) = (
        model
        for model in run("models", "inkling", "--json").document["models"]
        if model["name"] == "inkling"
    )
    assert hand["cfg"] == inkling["settings"]["sampler"]["cfg"]
    pier = panels["1.pier"]
    assert pier["width"] > pier["height"]


def test_killed_in_the_middle_a_second_run_draws_what_is_missing(story: Path) -> None:
    code = (
        "from storyboard.cli.main import main\n"
        "from storyboard.engine.fake import FakeEngine\n"
        f"main(['render', {str(story)!r}], make_engine=lambda: FakeEngine(delay=0.05))"
    )
    running = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: len(list(Path("output/.store").glob("??/*/entry.json"))) >= 2)
        # SIGKILL where there is one; TerminateProcess on Windows.
        os.kill(running.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
    finally:
        running.wait()
    kept = len(list(Path("output/.store").glob("??/*/entry.json")))
    ended = run("render", story, "--json")
    assert ended.code == 0, ended.err
    assert 0 < len(ended.drawn()) == len(ALL) - kept


def wait_for(condition: object, seconds: float = 30.0) -> None:
    """Waits until `condition` holds."""
    assert callable(condition)
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.01)
