"""A story's wildcards are chosen when it is compiled, by each panel's seed."""

from __future__ import annotations

from pathlib import Path

import pytest

from storyboard.errors import ProblemsError
from tests.support.command import run
from tests.support.stories import panels

LAYOUT = "{tiers: [3], panels: {a: {scene: %s}, b: {scene: %s}, c: {scene: %s}}}"


def prompts(folder: Path, scene: str, *more: str) -> list[str]:
    """Those of three panels that say the same, without their quality."""
    page = LAYOUT % ((f"'{scene}'",) * 3)
    text = "\n".join(["title: T", "quality: ''", "negative: ''", *more, f"pages: [{page}]"])
    found = [panel.preview for panel in panels(folder, text).values()]
    return [job.prompt for job in found if job]


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_words_come_from_braces_and_files_and_stay(tmp_path: Path) -> None:
    write(tmp_path / "wildcards" / "colours.txt", "red\nblue\ngreen\n")
    first = prompts(tmp_path, "{big|small} __colours__ boat")
    assert first == prompts(tmp_path, "{big|small} __colours__ boat")
    assert all("{" not in prompt and "__" not in prompt for prompt in first)
    assert first != prompts(tmp_path, "{big|small} __colours__ boat", "seed: 77")


def test_panels_choose_apart_and_a_panels_own_seed_counts(tmp_path: Path) -> None:
    scene = "{a|b|c|d|e|f|g|h} {a|b|c|d|e|f|g|h}"
    assert len(set(prompts(tmp_path, scene))) == 3
    page = LAYOUT % ((f"'{scene}', seed: 5",) * 3)
    found = panels(tmp_path, f"title: T\npages: [{page}]").values()
    assert len({panel.preview.prompt for panel in found if panel.preview}) == 1


def test_a_lora_may_be_chosen_and_the_raw_prompt_has_its_tag(tmp_path: Path) -> None:
    page = LAYOUT % (("'x {<lora:mei:0.5>|<lora:mei:0.5>}'",) * 3)
    found = panels(tmp_path, f"title: T\nquality: ''\npages: [{page}]")["1.a"]
    assert found.preview is not None
    assert [one.unet for one in found.preview.adapters] == [0.5]
    assert found.preview.prompt == "x "
    assert found.raw_prompt == "x <lora:mei:0.5>"


def test_negatives_templates_and_second_passes_have_wildcards_too(tmp_path: Path) -> None:
    text = (
        "title: T\nquality: '{good|fine}'\nnegative: '{bad|poor}'\n"
        "prompt: '{{ scene }}, {{ quality }}'\n"
        "final: {denoise: 0.4, prompt: '{{ prompt }}, {sharp|crisp}'}\n"
        "pages: [{tiers: [1], panels: {a: {scene: '{cat|dog}'}}}]\n"
    )
    panel = panels(tmp_path, text)["1.a"]
    assert panel.preview is not None and panel.final is not None
    animal, quality = panel.preview.prompt.split(", ")
    assert animal in ("cat", "dog") and quality in ("good", "fine")
    assert panel.preview.negative in ("bad", "poor")
    assert panel.final.wording is not None
    words = panel.final.wording.prompt.split(", ")
    assert words[:2] == [animal, quality] and words[2] in ("sharp", "crisp")


def test_escaped_braces_are_never_chosen_from(tmp_path: Path) -> None:
    text = (
        "title: T\nquality: ''\nfinal: {denoise: 0.4, prompt: '{{ prompt }}, more'}\n"
        "pages: [{tiers: [1], panels: {a: {scene: '\\{a|b\\}'}}}]\n"
    )
    panel = panels(tmp_path, text)["1.a"]
    assert panel.preview is not None and panel.final is not None
    assert panel.preview.prompt == "\\{a|b\\}"
    assert panel.final.wording is not None
    assert panel.final.wording.prompt == "\\{a|b\\}, more"


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("      a: {scene: 'a __colurs__ boat'}", ":7:21"),
        ("      a: {scene: 'a boat', characters: [bo]}", ":3:20"),
    ],
)
def test_a_name_that_is_not_there_is_told_where_it_is_said(
    tmp_path: Path, line: str, place: str
) -> None:
    write(tmp_path / "wildcards" / "colours.txt", "red\n")
    lines = ["title: T", "characters:", "  bo: {prompt: 'a, __colurs__'}", "pages:"]
    story = write(
        tmp_path / "s.yaml", "\n".join([*lines, "  - tiers: [1]", "    panels:", line, ""])
    )
    ended = run("check", story)
    assert ended.code == 2
    assert f"{story}{place}: panel 1.a: prompt: there is no wildcard file `colurs`" in ended.err
    assert "did you mean `colours`?" in ended.err


def test_a_brace_left_open_is_told(tmp_path: Path) -> None:
    with pytest.raises(ProblemsError, match=r"the brace of `\{red\|blue` is never closed"):
        prompts(tmp_path, "{red|blue")
