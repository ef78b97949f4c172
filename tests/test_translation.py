"""A story's words in another language: from its side file, or said in the story itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from storyboard.errors import Problem, ProblemsError
from storyboard.lettered import page_content
from storyboard.pages.content import PageContent
from storyboard.story.read import StoryFile, read_story
from storyboard.story.sidefile import side_files
from storyboard.translation import side_file_text, translated

STORY = """\
title: Rain
pages:
  - tiers: [1, 1, 1]
    panels:
      pier: {caption: It rained.}
      face:
        balloons: [{who: mei, says: "Only rain."}, {who: mei, thinks: {en: "Hm.", de: "Hmm."}}]
      hand:
        caption: [{text: Later., kind: location}, "And later."]
        sfx: [{text: DRIP}]
characters: {mei: {}}
"""
SIDE = """\
title: 雨
panels:
  1.pier: {caption: 下雨了。}
  1.face:
    balloons: [只是下雨。, 嗯。]
  1.hand:
    caption: [后来。, 又后来。]
    sfx: 滴答
"""


@pytest.fixture
def story(tmp_path: Path) -> StoryFile:
    (tmp_path / "rain.yaml").write_text(STORY, encoding="utf-8")
    return read_story(tmp_path / "rain.yaml")


def write(story: StoryFile, text: str, language: str = "zh") -> None:
    story.path.with_name(f"rain.{language}.yaml").write_text(text, encoding="utf-8")


def said(page: PageContent) -> dict[str, list[str]]:
    return {
        panel.address: [
            *(one.text for one in panel.captions),
            *(one.text for one in panel.balloons),
            *(one.text for one in panel.sfx),
        ]
        for panel in page.panels
    }


def in_language(story: StoryFile, language: str) -> tuple[dict[str, list[str]], list[str]]:
    """What a page says in a language, and what is told of it."""
    found, warnings = translated(story, language)
    return said(page_content(found, 0, {}, language)), [_place(one) for one in warnings]


def _place(problem: Problem) -> str:
    return f"{Path(problem.mark.file).name}:{problem.mark.line} {problem.message}"


def test_every_word_is_taken_from_the_side_file(story: StoryFile) -> None:
    write(story, SIDE)
    words, warnings = in_language(story, "zh")
    assert words == {
        "1.pier": ["下雨了。"],
        "1.face": ["只是下雨。", "嗯。"],
        "1.hand": ["后来。", "又后来。", "滴答"],
    }
    assert warnings == []
    assert translated(story, "zh")[0].story.title == "雨"


def test_how_a_text_stands_is_the_storys(story: StoryFile) -> None:
    write(story, SIDE)
    page = page_content(translated(story, "zh")[0], 0, {}, "zh")
    assert [one.kind for one in page.panels[1].balloons] == ["says", "thinks"]
    assert [one.kind for one in page.panels[2].captions] == ["location", "narration"]


def test_what_is_not_translated_is_told_and_shown_as_it_is(story: StoryFile) -> None:
    write(story, 'panels:\n  1.face:\n    balloons: ["", 嗯。]\n  1.hand: {sfx: 滴答}\n')
    words, warnings = in_language(story, "zh")
    assert words["1.face"] == ["Only rain.", "嗯。"]
    assert warnings == [
        "rain.yaml:5 panel 1.pier: no text in zh, the rest is shown as it is",
        "rain.zh.yaml:2 panel 1.face: 1 of 2 texts in zh, the rest is shown as it is",
        "rain.zh.yaml:4 panel 1.hand: 1 of 3 texts in zh, the rest is shown as it is",
    ]


def test_a_story_may_say_it_itself(story: StoryFile) -> None:
    words, _ = in_language(story, "de")
    assert words["1.face"] == ["Only rain.", "Hmm."]


def test_the_side_file_goes_before_the_story(story: StoryFile) -> None:
    write(story, "panels: {1.face: {balloons: [Nur Regen., Tja.]}}", "de")
    assert in_language(story, "de")[0]["1.face"] == ["Nur Regen.", "Tja."]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("panels: {1.fase: {}}", "1:10: the story has no panel 1.fase (did you mean `1.face`?)"),
        (
            "panels:\n  1.face: {balloons: [嗯。]}",
            "2:12: panel 1.face has 2 balloons in the story, and 1 balloon here "
            '(leave "" for what is not translated yet)',
        ),
        (
            "panels:\n  1.hand: {sfx: [a, b]}",
            "2:12: panel 1.hand has 1 sound in the story, and 2 sounds here "
            '(leave "" for what is not translated yet)',
        ),
        ("panles: {}", "1:1: unknown key `panles` (did you mean `panels`?)"),
        (
            "panels: {1.pier: {captions: a}}",
            "1:19: unknown key `captions` (did you mean `caption`?)",
        ),
        (
            "panels: [a]",
            "1:9: `panels` must be a mapping from panels' addresses to their words, not a list",
        ),
        (
            "panels: {1.face: {balloons: [{says: a}]}}",
            "1:30: `balloons` must be text, not a mapping",
        ),
    ],
)
def test_what_does_not_fit_is_told_with_its_place(story: StoryFile, text: str, told: str) -> None:
    write(story, text)
    with pytest.raises(ProblemsError) as caught:
        translated(story, "zh")
    assert str(caught.value) == f"{story.path.with_name('rain.zh.yaml')}:{told}"


def test_a_language_in_which_nothing_is_said_is_wrong(story: StoryFile) -> None:
    with pytest.raises(ProblemsError, match=r"nothing of the story is in es .*translate"):
        translated(story, "es")


def test_a_side_file_is_no_story(story: StoryFile) -> None:
    write(story, SIDE)
    with pytest.raises(ProblemsError, match=r"not a story \(name the story itself, .*rain\.yaml"):
        read_story(story.path.with_name("rain.zh.yaml"))


def test_an_empty_side_file_says_what_the_story_says(story: StoryFile) -> None:
    write(story, side_file_text(story, "zh"))
    words, warnings = in_language(story, "zh")
    assert words == said(page_content(story, 0, {}))
    assert len(warnings) == 3


def test_an_empty_side_file_shows_the_translator_what_is_to_be_said(story: StoryFile) -> None:
    text = side_file_text(story, "de")
    assert '    balloons:\n      # Only rain.\n      - ""\n      # Hm.\n      - "Hmm."\n' in text


def test_side_files_are_found_beside_their_story(story: StoryFile) -> None:
    for name in ("rain.zh.yaml", "rain.pt-BR.yaml", "rain.takes.yaml", "snow.zh.yaml"):
        story.path.with_name(name).write_text("panels: {}", encoding="utf-8")
    assert list(side_files(story.path)) == ["pt-BR", "zh"]


def test_hundreds_of_panels_to_go_are_told_in_few_lines(tmp_path: Path) -> None:
    page = "  - panels: {a: {caption: a}, b: {caption: b}}\n"
    (tmp_path / "long.yaml").write_text("title: Long\npages:\n" + 40 * page, encoding="utf-8")
    story = read_story(tmp_path / "long.yaml")
    (tmp_path / "long.zh.yaml").write_text("panels: {}", encoding="utf-8")
    _, warnings = translated(story, "zh")
    assert len(warnings) == 21
    assert warnings[-1].message == "and 60 more panels are not wholly in zh"
