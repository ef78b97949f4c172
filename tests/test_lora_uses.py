"""Blocks and steps of a LoRA come from the story or a tag into the job, and into its picture."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from storyboard.errors import ProblemsError
from storyboard.jobs import Adapter, PreviewJob
from storyboard.parameters import parameters_text
from tests.support.jobs import lora, preview
from tests.support.stories import compiled, panels

TWELVE = "1,0,0,0,1,1,1,1,1,1,1,1"


def job(folder: Path, mei: str = "mei", scene: str = "a pier") -> PreviewJob:
    """The only panel of a story with one character."""
    text = (
        f"title: T\ncharacters: {{mei: {{lora: {mei}}}}}\n"
        f"pages: [{{tiers: [1], panels: {{a: {{characters: [mei], scene: '{scene}'}}}}}}]\n"
    )
    made = panels(folder, text)["1.a"].preview
    assert made is not None
    return made


def only(made: PreviewJob) -> Adapter:
    (adapter,) = made.adapters
    return adapter


def factors(adapter: Adapter) -> dict[int, float]:
    """The blocks that count, by their number among the 26."""
    return {number: factor for number, factor in enumerate(adapter.blocks) if factor}


def test_a_story_says_blocks_and_steps(tmp_path: Path) -> None:
    adapter = only(
        job(tmp_path, f"{{name: mei, weight: .8, blocks: [{TWELVE}], start: 3, stop: 15}}")
    )
    assert (adapter.unet, adapter.text_encoder) == (0.8, 0.8)
    assert (adapter.start, adapter.stop) == (3, 15)
    assert factors(adapter) == dict.fromkeys((0, 9, 13, 14, 15, 16, 17, 18, 19), 1.0)


def test_a_preset_may_stand_for_the_numbers(tmp_path: Path) -> None:
    named = only(job(tmp_path, "{name: mei, blocks: OUTS}"))
    assert factors(named) == dict.fromkeys((0, 21, 22, 23, 24, 25), 1.0)
    assert only(job(tmp_path, "{name: mei, blocks: ALL}")).blocks == ()
    assert only(job(tmp_path)).blocks == ()


def test_a_tag_says_the_same(tmp_path: Path) -> None:
    tag = f"a pier, <lora:juno:0.5:lbw={TWELVE}:step=3-15>"
    mei, juno = job(tmp_path, scene=tag).adapters
    assert (mei.blocks, mei.start, mei.stop) == ((), 0, None)
    story = only(job(tmp_path, f"{{name: mei, blocks: [{TWELVE}], start: 3, stop: 15}}"))
    assert (juno.blocks, juno.start, juno.stop) == (story.blocks, 3, 15)


def test_one_lora_with_several_ranges_is_several(tmp_path: Path) -> None:
    scene = "a <lora:mei:0.5> <lora:mei:0.2:start=4> <lora:mei:0.1:start=4> <lora:mei:1:lbw=INS>"
    found = job(tmp_path, scene=scene).adapters
    assert [(one.unet, one.start, bool(one.blocks)) for one in found] == [
        (1.5, 0, False),
        (pytest.approx(0.3), 4, False),
        (1.0, 0, True),
    ]


def test_a_weight_for_the_panel_leaves_blocks_and_steps(tmp_path: Path) -> None:
    text = (
        "title: T\ncharacters: {mei: {lora: {name: mei, blocks: MIDD, stop: 9}}}\n"
        "pages: [{tiers: [1], panels: {a: {characters: [{who: mei, weight: 0.3}], scene: x}}}]\n"
    )
    made = panels(tmp_path, text)["1.a"].preview
    assert made is not None
    assert (only(made).unet, only(made).stop, bool(only(made).blocks)) == (0.3, 9, True)


@pytest.mark.parametrize(
    ("mei", "says"),
    [
        ("{name: mei, blocks: [1, 2]}", "2 block weights do not fit"),
        ("{name: mei, blocks: BEST}", "'BEST' are no block weights"),
        ("{name: mei, start: 9, stop: 9}", "stops at step 9 and starts at 9, so it never counts"),
    ],
)
def test_what_cannot_be_is_told_where_it_is_said(tmp_path: Path, mei: str, says: str) -> None:
    with pytest.raises(ProblemsError, match=says) as caught:
        job(tmp_path, mei)
    (problem,) = caught.value.problems
    assert problem.mark.line == 2
    assert problem.message.startswith("LoRA mei: ")


def test_a_lora_that_starts_too_late_is_warned_of(tmp_path: Path) -> None:
    text = (
        "title: T\nsampler: {steps: 8}\n"
        "pages: [{tiers: [1], panels: {a: {scene: 'a <lora:mei:1:start=8>'}}}]\n"
    )
    _, warnings = compiled(tmp_path, text)
    assert "panel 1.a: LoRA mei starts at step 8 of 8, so it does not count" in [
        warning.message for warning in warnings
    ]
    _, warnings = compiled(tmp_path, text.replace("start=8", "start=7"))
    assert not any("LoRA" in warning.message for warning in warnings)


def test_twenty_numbers_are_sdxls(tmp_path: Path) -> None:
    twenty = ",".join(["1"] * 20)
    with pytest.raises(ProblemsError, match="20 block weights do not fit"):
        job(tmp_path, scene=f"a <lora:juno:1:lbw={twenty}>")


def test_a_picture_tells_blocks_and_steps_in_its_tags() -> None:
    limited = replace(lora("mei", 0.8), blocks=(1.0, 0.5, *[0.0] * 24), start=3, stop=15)
    made = preview("a girl, ", adapters=(limited, lora("ink")))
    numbers = ",".join(["1", "0.5", *["0"] * 24])
    tag = f"<lora:mei:0.8:lbw={numbers}:start=3:stop=15>"
    assert parameters_text(made, "another", "1", {}, "h").startswith(f"{tag} <lora:ink:1> a girl,")
    raw = f"a girl, <lora:mei:0.8:lbw={numbers}:step=3-15>"
    assert parameters_text(made, raw, "1", {}, "h").startswith(f"<lora:ink:1> {raw}\n")
    assert parameters_text(made, raw.replace("3-", "4-"), "1", {}, "h").startswith(tag)
