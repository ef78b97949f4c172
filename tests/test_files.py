"""Files are whole or not there, under names that every system takes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyboard.files import (
    new_file,
    replaced_file,
    safe_name,
    safe_names,
    sweep_temporaries,
    write_atomic,
)


def test_a_file_is_written_over_and_its_folder_made(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file"
    write_atomic(path, b"one")
    write_atomic(path, b"two")
    assert path.read_bytes() == b"two"
    assert [one.name for one in path.parent.iterdir()] == ["file"]


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "file"
    target.mkdir()  # no file can take its place
    (target / "inside").write_bytes(b"old")
    with pytest.raises(OSError):
        write_atomic(target, b"new")
    assert [one.name for one in tmp_path.iterdir()] == ["file"]
    assert (target / "inside").read_bytes() == b"old"


def test_a_new_file_is_there_when_its_block_has_ended_well(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file"
    with new_file(path) as file:
        file.write(b"one")
        file.write(b"two")
        assert not path.exists()
    assert path.read_bytes() == b"onetwo"
    assert [one.name for one in path.parent.iterdir()] == ["file"]


def test_a_new_file_that_fails_was_never_there(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="stop"), new_file(tmp_path / "file") as file:
        file.write(b"one")
        raise ValueError("stop")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("links", [True, False])
def test_a_new_file_never_takes_anothers_place(
    tmp_path: Path, links: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without(self: Path, target: Path) -> None:
        raise PermissionError(1, "this file system has no links")

    if not links:
        monkeypatch.setattr(Path, "hardlink_to", without)
    path = tmp_path / "file"
    with new_file(path) as file:
        file.write(b"first")
    with pytest.raises(FileExistsError), new_file(path) as file:
        file.write(b"second")
    assert path.read_bytes() == b"first"
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_sweeping_takes_only_our_own_leftovers(tmp_path: Path) -> None:
    (tmp_path / ".storyboard-0123456789abcdef.tmp").write_bytes(b"")
    for name in (".storyboard-notes", "a.tmp", "1.face.png"):
        (tmp_path / name).write_bytes(b"")
    assert sweep_temporaries(tmp_path) == 1
    assert len(list(tmp_path.iterdir())) == 3


@given(st.text(max_size=300))
def test_any_text_becomes_a_name_that_every_system_takes(text: str) -> None:
    name = safe_name(text)
    assert name and name.strip(" .") == name
    assert not set(name) & set('<>:"/\\|?*\0\n\t')
    assert len(name.encode("utf-8")) <= 120
    assert name.split(".")[0].upper() not in {"CON", "PRN", "AUX", "NUL", "COM1", "LPT9"}
    assert safe_name(name) == name


@pytest.mark.parametrize("text", ["1.face", "12.gesicht-ß", "1.顔", "2.p0"])
def test_usual_addresses_are_their_own_names(text: str) -> None:
    assert safe_name(text) == text


@given(st.lists(st.text(max_size=8) | st.sampled_from(["a", "A", "a.", "con", "CON", "é", "é"])))
def test_different_texts_get_different_names_whatever_the_case(texts: list[str]) -> None:
    names = safe_names(texts)
    assert set(names) == set(texts)
    assert len({name.casefold() for name in names.values()}) == len(names)


def test_only_the_name_that_clashes_is_marked() -> None:
    names = safe_names(["1.face", "1.Face", "1.hand"])
    assert names["1.face"] == "1.face"
    assert names["1.hand"] == "1.hand"
    assert names["1.Face"].startswith("1.Face~")


def test_a_replaced_file_is_the_old_one_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "book.pdf"
    path.write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt), replaced_file(path) as file:
        file.write(b"half")
        raise KeyboardInterrupt
    assert [one.read_bytes() for one in tmp_path.iterdir()] == [b"old"]
    with replaced_file(path) as file:
        file.write(b"new")
        assert path.read_bytes() == b"old"
    assert [one.read_bytes() for one in tmp_path.iterdir()] == [b"new"]
