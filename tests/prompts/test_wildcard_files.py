"""Wildcard files are found in their folders, and nothing outside of them is ever read."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from storyboard.prompts import wildcard_files
from storyboard.prompts.wildcard_files import (
    MOST_BYTES,
    MOST_OPTIONS,
    WildcardFiles,
    wildcard_folders,
)
from storyboard.prompts.wildcards import WildcardProblem, fill
from tests.support.peaks import peak


def write(path: Path, text: str | bytes = "x\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def lines(files: WildcardFiles, name: str) -> list[str]:
    return [option.text for option in files.options(name)]


def test_a_line_is_an_option_and_comments_are_none(tmp_path: Path) -> None:
    write(tmp_path / "c.txt", "\ufeffred\r\n# a comment\n\n  blue \n2::grün\n".encode())
    options = WildcardFiles([tmp_path]).options("c")
    assert [(one.text, one.weight) for one in options] == [
        ("red", 1.0),
        ("blue", 1.0),
        ("grün", 2.0),
    ]


def test_names_have_folders_and_any_case(tmp_path: Path) -> None:
    write(tmp_path / "Animals" / "Cats.txt", "tabby")
    files = WildcardFiles([tmp_path])
    for name in ("animals/cats", "Animals/Cats", "animals\\cats"):
        assert lines(files, name) == ["tabby"]
    with pytest.raises(WildcardProblem, match="no wildcard file `cats`"):
        files.options("cats")


def test_the_first_folder_wins(tmp_path: Path) -> None:
    for folder in "ab":
        write(tmp_path / folder / "c.txt", folder)
    write(tmp_path / "b" / "d.txt", "d")
    files = WildcardFiles([tmp_path / "a", tmp_path / "b"])
    assert (lines(files, "c"), lines(files, "d")) == (["a"], ["d"])


def test_folders_lie_beside_the_story_and_on_the_model_path(tmp_path: Path) -> None:
    story, root = tmp_path / "story", tmp_path / "webui"
    expected = [
        story / "wildcards",
        root / "wildcards",
        root / "extensions" / "a-dynamic" / "wildcards",
        root / "extensions" / "b" / "wildcards",
        root / "custom_nodes" / "c" / "wildcards",
    ]
    for folder in expected:
        write(folder / "x.txt")
    write(root / "extensions" / "index.txt")
    assert wildcard_folders(story, [root, tmp_path / "gone"]) == expected


def test_a_name_that_is_not_there_gets_the_nearest(tmp_path: Path) -> None:
    write(tmp_path / "colours.txt")
    with pytest.raises(WildcardProblem, match="no wildcard file `colors`") as caught:
        WildcardFiles([tmp_path]).options("colors")
    assert caught.value.hint == "did you mean `colours`?"
    with pytest.raises(WildcardProblem) as caught:
        WildcardFiles([]).options("colors")
    assert caught.value.hint == "put wildcards/NAME.txt beside the story"


@pytest.mark.parametrize("name", ["../secret", "/etc/hostname", "a/../../secret", "c:/secret"])
def test_no_name_leads_out_of_the_folders(tmp_path: Path, name: str) -> None:
    write(tmp_path / "secret.txt", "secret")
    write(tmp_path / "wildcards" / "a" / "x.txt")
    with pytest.raises(WildcardProblem, match="there is no wildcard file"):
        WildcardFiles([tmp_path / "wildcards"]).options(name)


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights on Windows")
def test_links_that_lead_out_are_refused(tmp_path: Path) -> None:
    secret = write(tmp_path / "elsewhere" / "secret.txt", "secret")
    inside = write(tmp_path / "story" / "wildcards" / "real.txt", "real").parent
    (inside / "out.txt").symlink_to(secret)
    (inside / "near.txt").symlink_to(inside / "real.txt")
    (inside / "folder").symlink_to(secret.parent)
    files = WildcardFiles([inside])
    assert lines(files, "near") == ["real"]
    with pytest.raises(WildcardProblem, match="is a link out of its folder"):
        files.options("out")
    with pytest.raises(WildcardProblem, match="there is no wildcard file"):
        files.options("folder/secret")
    other = tmp_path / "other"
    other.mkdir()
    (other / "wildcards").symlink_to(secret.parent)
    assert wildcard_folders(other, []) == []


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\xff\xfe\x00", "it is no UTF-8 text"),
        (b"# only this\n\n", "is empty"),
        (b"x\n" * (MOST_BYTES // 2 + 1), "is larger than 4,000,000 bytes"),
        (b"x\n" * (MOST_OPTIONS + 1), "has more than 250,000 options"),
        (b"a\n" + b"x" * 20_001, "a line of the wildcard file .* has more than 20,000 characters"),
    ],
)
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, content: bytes, says: str) -> None:
    write(tmp_path / "c.txt", content)
    with pytest.raises(WildcardProblem, match=says):
        WildcardFiles([tmp_path]).options("c")


def test_of_a_file_that_is_too_large_no_more_is_read(tmp_path: Path) -> None:
    with (tmp_path / "c.txt").open("wb") as file:
        file.truncate(2**28)
    with peak() as used, pytest.raises(WildcardProblem, match="is larger than 4,000,000 bytes"):
        WildcardFiles([tmp_path]).options("c")
    assert used.bytes < 2**26


def test_more_files_than_anybody_has_are_not_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wildcard_files, "MOST_FILES", 3)
    for name in "abc":
        write(tmp_path / f"{name}.txt")
    assert lines(WildcardFiles([tmp_path]), "c") == ["x"]
    write(tmp_path / "d.txt")
    with pytest.raises(WildcardProblem, match="more than 3 wildcard files"):
        WildcardFiles([tmp_path]).options("c")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows' pipes are in no folder")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "c.txt")
    with pytest.raises(WildcardProblem, match=r"c\.txt is not a regular file"):
        WildcardFiles([tmp_path]).options("c")


def test_files_lead_to_files(tmp_path: Path) -> None:
    write(tmp_path / "who.txt", "a __animals/cats__")
    write(tmp_path / "animals" / "cats.txt", "{tabby|calico}")
    made = {fill("__who__", seed, "prompt", WildcardFiles([tmp_path])) for seed in range(30)}
    assert made == {"a tabby", "a calico"}
