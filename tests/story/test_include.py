"""Included files stand in the story's folder, are merged in order, and never go in a circle."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.story.stories import SMALL, problems, read


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        path = folder / (name.replace("__", "/") + ".yaml")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")


def test_mappings_are_merged_and_lists_replaced(tmp_path: Path) -> None:
    write(
        tmp_path,
        a="vars: {x: 1, y: 1, z: [1, 2]}\nstyle: [s]\nstyles: {s: {prompt: p, weight: 2}}\n",
        b="vars: {y: 2}\npages: [{panels: {other: }}]\nauthor: B\n",
    )
    text = (
        f"include: [a.yaml, b.yaml]\nvars: {{z: [3]}}\nstyles: {{s: {{weight: 1}}}}\n{SMALL}seed: 1"
    )
    story = read(tmp_path, text).story
    assert story.vars == {"x": 1, "y": 2, "z": (3,)}
    assert (story.styles["s"].prompt, story.styles["s"].weight) == ("p", 1)
    assert (story.author, story.style) == ("B", ["s"])
    assert list(story.pages[0].panels) == ["a"]


def test_nothing_said_takes_an_included_value_back(tmp_path: Path) -> None:
    write(tmp_path, a="model: {vae: other, clip_skip: 2}\n")
    model = read(tmp_path, f"include: a.yaml\nmodel: {{vae: null}}\n{SMALL}seed: 1").story.model
    assert (model.vae, model.clip_skip) == (None, 2)


def test_files_are_named_from_the_file_that_includes_them(tmp_path: Path) -> None:
    write(
        tmp_path, parts__a="include: [b.yaml, ../c.yaml]", parts__b="vars: {b: 1}", c="vars: {c: 1}"
    )
    file = read(tmp_path, f"include: parts/a.yaml\n{SMALL}seed: 1")
    assert file.story.vars == {"b": 1, "c": 1}
    assert [path.name for path in file.files] == ["story.yaml", "a.yaml", "b.yaml", "c.yaml"]


def test_a_file_may_be_included_twice(tmp_path: Path) -> None:
    write(tmp_path, a="include: c.yaml", b="include: c.yaml", c="vars: {c: 1}")
    file = read(tmp_path, f"include: [a.yaml, b.yaml]\n{SMALL}seed: 1")
    assert len(file.files) == 4


def test_many_files_that_include_each_other_twice_are_read_once_each(tmp_path: Path) -> None:
    for number in range(40):
        write(tmp_path, **{f"f{number}": f"include: [f{number + 1}.yaml, f{number + 1}.yaml]"})
    write(tmp_path, f40="vars: {x: 1}")
    file = read(tmp_path, f"include: f0.yaml\n{SMALL}seed: 1")
    assert len(file.files) == 42


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("../other.yaml", "`../other.yaml` lies outside of the story's folder"),
        ("a/../../other.yaml", "`a/../../other.yaml` lies outside of the story's folder"),
        ("/etc/passwd", "an included file is named from this file's folder, with /"),
        ("C:x.yaml", "an included file is named from this file's folder, with /"),
        ("a\\b.yaml", "an included file is named from this file's folder, with /"),
        ("nowhere.yaml", "`nowhere.yaml`: there is no such file"),
        (".", "`.`: this is a folder, not a story file"),
        ("story.yaml", "`story.yaml` includes this file again, in a circle"),
        ("circle.yaml", "`story.yaml` includes this file again, in a circle"),
        ("empty.yaml", "`empty.yaml`: the file is empty"),
        ("list.yaml", "a story file has keys at its top level"),
        ("deeper.yaml", "`include` must be a file's name, or a list of files' names"),
        ("link.yaml", "`link.yaml` lies outside of the story's folder"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, name: str, problem: str) -> None:
    folder = tmp_path / "story"
    folder.mkdir()
    (tmp_path / "other.yaml").write_text("vars: {x: 1}", encoding="utf-8")
    (folder / "link.yaml").symlink_to(tmp_path / "other.yaml")
    write(folder, circle="include: story.yaml", empty="", list="- a", deeper="include: {a: b}")
    found = problems(folder, f"include: {name}\n{SMALL}seed: 1")
    assert len(found) == 1
    assert problem in found[0]


@pytest.mark.parametrize("said", ["{a: b}", "[[a]]"])
def test_include_says_files(tmp_path: Path, said: str) -> None:
    found = problems(tmp_path, f"include: {said}\n{SMALL}seed: 1")
    assert len(found) == 1
    assert "must be a" in found[0]


def test_where_a_file_is_missing_nobody_is_unknown_yet(tmp_path: Path) -> None:
    found = problems(tmp_path, f"include: cast.yaml\n{SMALL}characters: [mei]")
    assert found == ["story.yaml:1:10: `cast.yaml`: there is no such file"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("# " + "x" * 1_500_000 + "\nauthor: A", "the file is larger than "),
        (f"vars: {{x: [{'1,' * 60_000}]}}", " values up to here, aliases followed"),
    ],
    ids=["bytes", "values"],
)
def test_included_files_share_the_limits_of_one(tmp_path: Path, text: str, problem: str) -> None:
    write(tmp_path, a=text, b=text, c=text)
    for listed, count in (("a.yaml, b.yaml", 0), ("a.yaml, b.yaml, c.yaml", 1)):
        found = problems(tmp_path, f"include: [{listed}]\n{SMALL}seed: 1")
        assert len([one for one in found if problem in one]) == count


def test_a_story_has_a_bounded_number_of_files(tmp_path: Path) -> None:
    names = [f"f{number}" for number in range(64)]
    write(tmp_path, **dict.fromkeys(names, "vars: {x: 1}"))
    listed = ", ".join(f"{name}.yaml" for name in names)
    found = problems(tmp_path, f"include: [{listed}]\n{SMALL}seed: 1")
    assert found == [
        "story.yaml:1:631: a story is made of at most 64 files (an included file stands in the "
        "story's folder or below it)"
    ]
