"""`fast` is an approximation that is asked for: by the story, or for one command by `--fast`; the
pictures are then others, and say so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from storyboard.settings import FAST
from tests.support.command import run


def digests(*words: str | Path) -> dict[str, tuple[str, float]]:
    """Each picture's digest, and above which noise level it is guided."""
    panels = run("plan", *words, "--json").document["panels"]
    return {f"{p['panel']} {p['kind']}": (p["digest"], p["guided_above"]) for p in panels}


def rewritten(story: Path, change: Callable[[str], str]) -> Path:
    story.write_text(change(story.read_text(encoding="utf-8")), encoding="utf-8")
    return story


def test_the_option_is_as_if_the_story_said_it(story: Path) -> None:
    exact, asked = digests(story), digests(story, "--fast")
    said = digests(
        rewritten(story, lambda text: text.replace("{steps: 4}", "{steps: 4, fast: true}", 1))
    )
    assert asked == said
    assert {level for _, level in asked.values()} == {FAST}
    assert {level for _, level in exact.values()} == {0}
    assert not {digest for digest, _ in exact.values()} & {digest for digest, _ in asked.values()}


@pytest.mark.parametrize("sampler", ["", "sampler: Euler a\n"])
def test_a_name_alone_is_a_sampler_too(sampler: str, story: Path) -> None:
    rewritten(story, lambda text: text.replace("sampler: {steps: 4}\n", sampler))
    assert {level for _, level in digests(story, "--fast").values()} == {FAST}


def test_a_panel_that_has_no_guidance_has_none_to_leave_out(story: Path) -> None:
    rewritten(story, lambda text: text.replace("sampler: {steps: 4}", "sampler: {cfg: 1}"))
    assert digests(story, "--fast") == digests(story)


def test_the_plan_names_the_approximation(story: Path) -> None:
    assert "fast" not in run("plan", story).out
    assert "4 of 4 pictures are `fast`" in run("plan", story, "--fast").out


def test_exact_pictures_stay_beside_the_fast_ones(story: Path) -> None:
    assert run("preview", story).code == 0
    assert len(run("preview", story, "--fast", "--json").drawn()) == 4
    assert run("preview", story, "--json").drawn() == []


def test_it_can_be_tried_on_one_panel(story: Path) -> None:
    ended = run("reroll", story, "1.face", "--set", "fast=true")
    assert ended.code == 0, ended.err
