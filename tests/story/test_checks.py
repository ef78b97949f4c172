"""What a story means: names are known, keys go together, nothing is said twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.story.stories import problems

CAST = "title: T\ncharacters: {mei: , bob: }\nstyles: {ink: }\npages:\n  - panels:\n      a: "


@pytest.mark.parametrize(
    ("panel", "problem"),
    [
        ("{characters: [mai]}", "6:24: there is no character `mai` (did you mean `mei`?)"),
        (
            "{characters: [{who: zoe}]}",
            "6:30: there is no character `zoe` (`characters` has: mei, bob)",
        ),
        (
            "{balloons: [{who: Mei, says: x}]}",
            "6:28: there is no character `Mei` (did you mean `mei`?)",
        ),
        ("{style: inc}", "6:18: there is no style `inc` (did you mean `ink`?)"),
        ("{style: [ink, x]}", "6:24: there is no style `x` (`styles` has: ink)"),
        ("{balloons: [{who: mei}]}", "6:22: a balloon needs `says`, `thinks`, `whispers`"),
        ("{balloons: [{says: a, thinks: b}]}", "6:32: a balloon either `says` or `thinks`"),
        ("{balloons: [{says: ''}]}", "6:23: the balloon has no text"),
        ("{balloons: [{thinks: ' '}]}", "6:23: the balloon has no text"),
        ("{balloons: [{says: }]}", "6:23: the balloon has no text"),
        ("{caption: {text: ''}}", "6:21: the caption has no text"),
        ("{sfx: [{text: ' '}]}", "6:18: the sound has no text"),
        ("{vars: {scene: x}}", "6:18: `scene` is a template's own name for the panel's `scene`"),
        ("{vars: {a-b: x}}", "6:18: `a-b` cannot be used in a template"),
    ],
)
def test_a_panels_mistake_is_told(tmp_path: Path, panel: str, problem: str) -> None:
    found = problems(tmp_path, CAST + panel)
    assert len(found) == 1
    assert found[0].startswith(f"story.yaml:{problem}")


@pytest.mark.parametrize(
    "panel",
    [
        "{characters: [mei, {who: bob}], style: ink}",
        "{balloons: [{says: a}, {who: bob, thinks: b}, {says: a, thinks: }]}",
        "{caption: '', style: []}",
        "{vars: {season: autumn}}",
    ],
)
def test_other_panels_have_none(tmp_path: Path, panel: str) -> None:
    assert problems(tmp_path, CAST + panel) == []


def test_a_page_has_one_layout(tmp_path: Path) -> None:
    page = "title: T\npages:\n  - panels: {a: }\n"
    assert problems(tmp_path, page) == []
    assert problems(tmp_path, page + "    layout: a") == []
    assert problems(tmp_path, page + "    tiers: [1]") == []
    assert problems(tmp_path, page + "    layout: a\n    tiers: [1]") == [
        "story.yaml:5:5: the page has both a `layout` and `tiers` (keep one of the two)"
    ]


@pytest.mark.parametrize("pair", [("face", "Face"), ("straße", "STRASSE"), ("é", "e\u0301")])
def test_panels_of_one_page_are_different_files_everywhere(
    tmp_path: Path, pair: tuple[str, str]
) -> None:
    one, other = pair
    together = f"title: T\npages:\n  - panels: {{{one}: , {other}: }}"
    assert "two panels of this page are named alike" in problems(tmp_path, together)[0]
    apart = f"title: T\npages:\n  - panels: {{{one}: }}\n  - panels: {{{other}: }}"
    assert problems(tmp_path, apart) == []


def test_characters_and_styles_are_not_told_apart_by_case(tmp_path: Path) -> None:
    text = "characters: {mei: , Mei: }\nstyles: {ink: , INK: }\ntitle: T\npages: [{panels: {a: }}]"
    assert len(problems(tmp_path, text)) == 2


def test_names_are_looked_for_at_every_level(tmp_path: Path) -> None:
    text = (
        "title: T\nstyle: x\nvars: {page: 1}\npages:\n"
        "  - style: [y]\n    vars: {names: 1}\n    panels: [{style: z}]"
    )
    found = problems(tmp_path, text)
    assert [problem.split(":")[1] for problem in found] == ["2", "3", "5", "6", "7"]
