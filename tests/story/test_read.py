"""A story is read whole, or every one of its problems is told."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storyboard.errors import Mark, ProblemsError
from storyboard.geometry import Size
from storyboard.pages.lengths import Length
from storyboard.pages.papers import Paper
from storyboard.story.drawing import LoraUse, SamplerSettings
from storyboard.story.lettering import Caption
from storyboard.story.model import Appearance, Panel
from storyboard.story.read import name_from, read_story
from storyboard.story.sheets import PageSettings
from storyboard.story.values import Anchor, is_device, is_name
from tests.story.stories import EXAMPLE, SMALL, problems, read
from tests.support.peaks import peak


def test_the_formats_example_is_read() -> None:
    file = read_story(EXAMPLE)
    story, panels = file.story, file.story.pages[0].panels
    assert isinstance(panels, dict)
    assert (story.title, file.name, story.seed) == (
        "The Lantern Keeper",
        "lantern-keeper",
        20260101,
    )
    assert story.sampler == SamplerSettings(name="DPM++ 2S a Karras", steps=20, cfg=7.0)
    assert story.size == "auto"
    assert story.model.vae is None
    assert story.page == PageSettings(
        size=Paper(Length(1200), Length(1800)), margin=Length(60), gutter=Length(24)
    )
    assert story.pages[0].layout == "pier pier\nface hand\n"
    assert list(panels) == ["pier", "face", "hand"]
    assert panels["pier"].caption == "The light has been out for three nights."
    assert panels["face"].characters == ["mei"]
    assert [balloon.says for balloon in panels["face"].balloons] == ["It's only rain.", None]
    assert panels["face"].balloons[1].at == Anchor(1, 0)
    assert panels["hand"].seed == 77


def test_included_files_are_merged_and_the_story_wins() -> None:
    file = read_story(EXAMPLE)
    mei = file.story.characters["mei"]
    assert (mei.lora, mei.negative) == ("mei", "")
    assert mei.prompt.startswith("mei, 1girl")
    assert "old-man" in file.story.characters
    assert file.story.vars == {"season": "autumn", "town": "Nore"}
    assert [path.name for path in file.files] == ["lantern-keeper.yaml", "cast.yaml"]


def test_values_are_found_again() -> None:
    marks = read_story(EXAMPLE).marks
    face = ("pages", 0, "panels", "face")
    assert marks.at((*face, "scene")).line == 45
    assert marks.at((*face, "scene")).column == 16
    assert marks.key((*face, "scene")).column == 9
    assert marks.at((*face, "balloons", 1, "at")).line == 48
    assert marks.at((*face, "seed")) == marks.at(face)
    assert marks.at(("pages", 7, "panels")) == marks.at(("pages",))
    assert Path(marks.at(("characters", "old-man", "prompt")).file).name == "cast.yaml"


def test_scalars_are_what_their_field_asks_for(tmp_path: Path) -> None:
    text = (
        "title: 1984\nauthor: null\nseed: 7.0\nvars: {n: 7, t: '7', no: No}\n"
        "model: {vae: null}\nsampler: Euler a\n"
        "characters:\n  no: {lora: 0123, prompt: on}\n"
        "pages:\n  - panels:\n      1:\n        characters: [no, {who: no, weight: 1}]\n"
        "        locked: yes\n        scene: 1:30\n        shot: ~\n"
        "        caption: No\n        balloons: [{who: no, says: No}]\n"
    )
    story = read(tmp_path, text).story
    panels = story.pages[0].panels
    assert isinstance(panels, dict)
    panel = panels["1"]
    assert (story.title, story.author, story.seed) == ("1984", "null", 7)
    assert story.vars == {"n": 7, "t": "7", "no": "No"}
    assert (story.model.vae, story.sampler) == (None, "Euler a")
    assert (story.characters["no"].lora, story.characters["no"].prompt) == ("0123", "on")
    assert (panel.locked, panel.scene, panel.shot, panel.caption) == (True, "1:30", "~", "No")
    assert panel.balloons[0].says == "No"


def test_a_key_with_nothing_after_it_is_not_said(tmp_path: Path) -> None:
    text = (
        "title: T\nseed:\nstyle:\nquality:\nsampler: null\ncharacters: {mei: }\nstyles:\n"
        "pages:\n  - panels:\n      a:\n      b:\n        characters:\n        locked:\n"
    )
    story = read(tmp_path, text).story
    assert (story.seed, story.style, story.quality, story.sampler) == (None, None, None, None)
    assert story.styles == {}
    assert story.characters["mei"].prompt == ""
    assert story.pages[0].panels == {"a": Panel(), "b": Panel()}


def test_values_have_several_forms(tmp_path: Path) -> None:
    text = (
        "title: T\ncharacters:\n  a: {lora: x}\n  b: {lora: {name: x, weight: 2}}\n"
        "  c: {lora: [x, {name: y}]}\nstyles: {s: {}}\n"
        "pages:\n  - panels:\n"
        "      - {caption: t, characters: [a, {who: b, weight: 0.5}], style: s, size: 448x640}\n"
        "      - {caption: {text: t, at: top}, style: [s], sampler: {steps: 3}, size: auto}\n"
        "      - {caption: [t, {text: u}]}\n    tiers: [1, [2, 1.5]]\n"
    )
    story = read(tmp_path, text).story
    first, second, third = story.pages[0].panels
    assert isinstance(first, Panel)
    assert isinstance(second, Panel)
    assert isinstance(third, Panel)
    assert story.characters["b"].lora == LoraUse(name="x", weight=2)
    assert story.characters["c"].lora == ["x", LoraUse(name="y")]
    assert first.characters == ["a", Appearance(who="b", weight=0.5)]
    assert (first.style, second.style) == ("s", ["s"])
    assert (first.size, second.size) == (Size(448, 640), "auto")
    assert second.sampler == SamplerSettings(steps=3)
    assert (first.caption, second.caption) == ("t", Caption(text="t", at=Anchor(0.5, 0)))
    assert third.caption == ["t", Caption(text="u")]
    assert story.pages[0].tiers == [1, [2.0, 1.5]]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"", "story.yaml: the file is empty"),
        (b"# only this\n", "story.yaml: the file is empty"),
        (b"\x89PNG\r\n\0\0", "story.yaml: this is a binary file, not text"),
        (b"title: T\nauthor: \xff", "story.yaml:2:9: this is not UTF-8 text"),
        ("title: é".encode("utf-16"), "story.yaml: the file is UTF-16, not UTF-8"),
        (b"- a\n- b", "story.yaml:1:1: a story file has keys at its top level"),
        (b"just text", "story.yaml:1:1: a story file has keys at its top level"),
        (b"x" * 4_000_001, "story.yaml: the file is larger than 4,000,000 bytes"),
        (b"[" * 100, "story.yaml:1:33: this is nested deeper than 32 levels"),
        (b"title: T\ntitle: U\npages: [{panels: {a: }}]", "story.yaml:2:1: the key `title` is"),
        (b"title: T", "story.yaml:1:1: the story has no pages"),
        (b"title: T\npages:", "story.yaml:1:1: the story has no pages"),
        (b"title: T\npages: []", "story.yaml:2:8: the story has no pages"),
        (
            b"title: T\npages: [" + b"{panels: {a: }}, " * 2001 + b"]",
            "story.yaml:2:8: `pages` is too",
        ),
        (b"title: T\npages: [{panels: {}}]", "story.yaml:2:18: the page has no panels"),
        (b"title: T\npages: [{panels: []}]", "story.yaml:2:18: the page has no panels"),
        (b"title: T\npages: [{}]", "story.yaml:2:9: a page needs `panels`"),
        (b"pages: [{panels: {a: }}]", "story.yaml:1:1: a story needs `title`"),
    ],
)
def test_a_file_that_is_no_story_gets_one_sentence(
    tmp_path: Path, text: bytes, problem: str
) -> None:
    found = problems(tmp_path, text)
    assert len(found) == 1
    assert found[0].startswith(problem)


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    assert problems(tmp_path, b"\xef\xbb\xbftitle: T\npages: [{panels: {a: }}]") == []


def test_of_a_file_that_is_too_large_no_more_is_read(tmp_path: Path) -> None:
    with (tmp_path / "story.yaml").open("wb") as file:
        file.truncate(2**27)
    with peak() as used, pytest.raises(ProblemsError, match="larger than 4,000,000 bytes"):
        read_story(tmp_path / "story.yaml")
    assert used.bytes < 2**24


def test_a_missing_file_and_a_folder_are_told(tmp_path: Path) -> None:
    with pytest.raises(ProblemsError, match="there is no such file"):
        read_story(tmp_path / "nowhere.yaml")
    with pytest.raises(ProblemsError, match="this is a folder"):
        read_story(tmp_path)
    with pytest.raises(ProblemsError, match=r"cannot be read|no such file"):
        read_story(tmp_path / ("x" * 5000))


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("scen: rain", "5:9: unknown key `scen` (did you mean `scene`?)"),
        ("clip_skip: 2", "5:9: unknown key `clip_skip` (it belongs in `model`)"),
        ("pages: []", "5:9: unknown key `pages` (it belongs in the story's top level)"),
        ("scene: {rain|snow}", "5:16: `scene` must be text, not a mapping (if this is text, put"),
        ("scene: [rain:snow:0.5]", "5:16: `scene` must be text, not a list (if this is text, put"),
        ("scene: {{ shot }}", "5:16: YAML takes `{{` for the beginning of a mapping, not for text"),
        ("scene: {a: 1}", "5:16: `scene` must be text, not a mapping"),
        ("caption: {rain|snow}", "5:18: `caption` must be text, a mapping with `text` and `at`"),
        ("seed: -1", "5:15: `seed` must be a whole number from 0 to 4294967295, not `-1`"),
        ("seed: 4294967296", "5:15: `seed` must be a whole number"),
        ("seed: many", "5:15: `seed` must be a whole number"),
        ("seed: [1]", "5:15: `seed` must be a whole number from 0 to 4294967295, not a list"),
        ("locked: maybe", "5:17: `locked` must be true or false, not `maybe`"),
        ("size: big", "5:15: `size` must be `auto`, or width x height in pixels, such as"),
        ("size: [1, 2]", "5:15: `size` must be `auto`, or width x height in pixels"),
        ("size: 9999999x640", "5:15: `size` must be `auto`, or width x height in pixels"),
        ("size: 9x9", "5:15: `size` has a side that is not 16 to 8192 pixels: 9x9"),
        ("focus: up", "5:16: `focus` must be a place such as `top right`"),
        ("focus: 150% 0%", "5:16: `focus` lies outside of the panel: `150%`"),
        ("sampler: [x]", "5:18: `sampler` must be a sampler's name, or a mapping with `name`"),
        ("sampler: {steps: 0}", "5:26: `steps` must be a whole number from 1 to 500, not `0`"),
        ("sampler: {steps: 501}", "5:26: `steps` must be a whole number from 1 to 500"),
        ("final: fast", "5:16: `final` must be a mapping with `scale`"),
        ("style: {a: b}", "5:16: `style` must be a style's name, or a list of styles' names"),
        ("sfx: {text: x}", "5:14: `sfx` must be a list; each item is a mapping"),
        ("sfx: [{at: top}]", "5:15: a sound needs `text`"),
        (f"balloons: [{'{says: a}, ' * 201}]", "5:19: `balloons` is too long (at most 200)"),
        ("balloons: [x]", "5:20: item 1 of `balloons` must be a mapping with `who`, `says`"),
        ("characters: [[x]]", "5:22: item 1 of `characters` must be a character's name, or a"),
        ("characters: [a b]", "5:22: item 1 of `characters` must be a character's name"),
        ("vars: {a: null}", "5:19: `a` must be text, a number, true or false, or a list"),
        ("vars: {a: .nan}", "5:19: `a` must be finite, not `.nan`"),
        ("vars: {a b: 1}", "5:16: `a b` cannot be a name"),
        ("art: ''", "5:14: `art` is empty"),
        ("scene: '" + "x" * 20_001 + "'", "5:16: `scene` is too long (at most 20,000)"),
    ],
)
def test_a_wrong_value_gets_one_sentence_at_its_place(
    tmp_path: Path, line: str, problem: str
) -> None:
    found = problems(tmp_path, SMALL + line)
    assert len(found) == 1
    assert found[0].startswith(f"story.yaml:{problem}")


@pytest.mark.parametrize("text", ["{a|b}", "[a:b:0.5]", "*x", "&x", "%x", "@x", "`x`", "a: b"])
def test_a_quoted_prompt_is_text_and_an_unquoted_one_is_told_to_be_quoted(
    tmp_path: Path, text: str
) -> None:
    quoted = read(tmp_path, f"{SMALL}scene: '{text}'").story.pages[0].panels
    assert isinstance(quoted, dict)
    assert quoted["a"].scene == text
    found = problems(tmp_path, f"{SMALL}scene: {text}")
    assert len(found) == 1
    assert "in quotes" in found[0]


def test_a_comma_in_braces_is_told(tmp_path: Path) -> None:
    found = problems(tmp_path, SMALL + "balloons: [{says: It rains, again}]")
    assert found == [
        "story.yaml:5:37: unknown key `again` (inside { } a comma ends the text: put text that "
        "holds commas in quotes)"
    ]


def test_everything_is_told_at_once_by_line(tmp_path: Path) -> None:
    text = (
        "titel: T\nseed: x\nseed: 1\nmodel: {clip_skip: 99}\nstyles: {unused: {weight: .inf}}\n"
        "pages:\n  - panels:\n      a: {characters: [nobody], scene: [x], balloons: [{}]}\n"
    )
    found = problems(tmp_path, text)
    lines = [int(problem.split(":")[1]) for problem in found]
    assert lines == [1, 1, 2, 3, 4, 5, 8, 8, 8]


def test_a_weight_is_finite_even_in_a_style_that_nobody_uses(tmp_path: Path) -> None:
    for weight in (".nan", ".inf", "1e999", "nan"):
        found = problems(tmp_path, f"styles: {{s: {{weight: {weight}}}}}\n{SMALL}seed: 1")
        assert found == [
            f"story.yaml:1:22: `weight` must be a finite number from -10 to 10, not `{weight}`"
        ]


def test_a_file_of_nothing_but_mistakes_is_told_quickly(tmp_path: Path) -> None:
    start = time.process_time()
    found = problems(tmp_path, "".join(f"key{n}: 1\n" for n in range(20_000)))
    assert time.process_time() - start < 4
    assert len(found) == 201
    assert found[-1].endswith("or more other problems")


def test_a_story_of_a_thousand_panels_is_read_quickly(tmp_path: Path) -> None:
    panel = (
        "      p{}:\n        shot: close-up\n        characters: [mei]\n"
        "        scene: rain, (lamp:1.2)\n"
        "        balloons:\n          - {{who: mei, says: 'Hello.', at: top right}}\n"
        "        caption: Later...\n        sfx: [{{text: DRIP}}]\n"
    )
    page = "  - panels:\n" + "".join(panel.format(number) for number in range(5))
    text = "title: T\ncharacters: {mei: {lora: mei}}\npages:\n" + page * 200
    start = time.process_time()
    story = read(tmp_path, text).story
    assert time.process_time() - start < 3
    assert sum(len(page.panels) for page in story.pages) == 1000


@pytest.mark.parametrize(
    ("stem", "name"),
    [
        ("lantern-keeper", "lantern-keeper"),
        ("My Story (2)", "My-Story-2"),
        ("story.draft", "story-draft"),
        ("灯台", "灯台"),
        ("...", "story"),
        ("con", "con-story"),
        ("x" * 100, "x" * 64),
    ],
)
def test_a_story_is_named_after_its_file(stem: str, name: str) -> None:
    assert name_from(stem) == name


@settings(deadline=None)
@given(st.text(max_size=100))
def test_every_file_name_gives_a_name(stem: str) -> None:
    name = name_from(stem)
    assert is_name(name)
    assert not is_device(name)


def test_a_windows_device_is_no_name_of_a_story(tmp_path: Path) -> None:
    found = problems(tmp_path, f"name: NUL\n{SMALL}seed: 1")
    assert found == ["story.yaml:1:7: `name` cannot be `NUL`: Windows keeps that name for itself"]


KEYS = """
    title pages panels characters styles style vars lora weight name scene caption balloons says
    who at sfx text size sampler steps final model page layout tiers include locked x
"""
keys = st.sampled_from(KEYS.split())
leaves = st.sampled_from(
    ["a", "1", "0.5", "null", "''", "auto", "448x640", "top", ".nan", "[]", "{}", "-1", "true"]
)
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.dictionaries(keys, inner, max_size=4).map(
            lambda items: "{" + ", ".join(f"{key}: {value}" for key, value in items.items()) + "}"
        ),
    ),
    max_leaves=20,
)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(keys, trees, min_size=1, max_size=6))
def test_any_wrong_shape_gives_sentences_of_our_own(
    tmp_path_factory: pytest.TempPathFactory, tree: dict[str, str]
) -> None:
    folder = tmp_path_factory.getbasetemp()
    found = problems(folder, "".join(f"{key}: {value}\n" for key, value in tree.items()))
    for problem in found:
        assert problem.startswith("story.yaml:")
        assert "Input should" not in problem
        assert "<" not in problem
        assert "valid" not in problem


def test_a_problem_is_where_the_value_stands(tmp_path: Path) -> None:
    (tmp_path / "cast.yaml").write_text("styles:\n  ink: {weight: 11}\n", encoding="utf-8")
    with pytest.raises(ProblemsError) as raised:
        read(tmp_path, f"include: cast.yaml\n{SMALL}seed: 1")
    assert raised.value.problems[0].mark == Mark(str(tmp_path / "cast.yaml"), 2, 17)
