"""Scalars are decoded by what their field asks for."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from storyboard.geometry import Size
from storyboard.story.values import (
    Anchor,
    AutoSize,
    FiniteFloat,
    FolderName,
    Language,
    LayoutText,
    Name,
    PictureSize,
    Place,
    Plain,
    Seed,
    Text,
    Variable,
)


def decode(kind: Any, text: object) -> Any:
    return TypeAdapter(kind).validate_python(text)


def refuses(kind: Any, text: object) -> bool:
    try:
        decode(kind, text)
    except ValidationError:
        return True
    return False


@pytest.mark.parametrize("text", ["No", "1:30", "0123", "7.0", "null", "~", "2026-01-01", "yes"])
def test_text_stays_what_was_written(text: str) -> None:
    decoded = decode(Text, Plain(text))
    assert decoded == text
    assert type(decoded) is str


@pytest.mark.parametrize("value", [1, 1.5, True, None, ["a"], {"a": 1}])
def test_text_is_nothing_but_text(value: object) -> None:
    assert refuses(Text, value)


def test_text_has_a_limit() -> None:
    assert decode(Text, "x" * 20_000)
    assert refuses(Text, "x" * 20_001)


@pytest.mark.parametrize("text", ["nan", ".nan", "inf", "-inf", "1e999", ".inf"])
def test_a_number_is_finite(text: str) -> None:
    assert refuses(FiniteFloat, Plain(text))


@pytest.mark.parametrize(("text", "seed"), [("0", 0), ("4294967295", 2**32 - 1), ("7.0", 7)])
def test_a_seed_has_32_bits(text: str, seed: int) -> None:
    assert decode(Seed, Plain(text)) == seed


@pytest.mark.parametrize("text", ["-1", "4294967296", "1.5", "x", "1:30", ""])
def test_other_seeds_are_refused(text: str) -> None:
    assert refuses(Seed, Plain(text))


@pytest.mark.parametrize("text", ["448x640", "448 x 640", " 448X640 ", "448×640"])
def test_a_size_is_width_by_height(text: str) -> None:
    assert decode(PictureSize, text) == Size(448, 640)


@pytest.mark.parametrize(
    "text", ["448", "448x", "x", "15x640", "448x8193", "4.5x3", "-1x20", "auto"]
)
def test_other_sizes_are_refused(text: str) -> None:
    assert refuses(PictureSize, text)


@settings(deadline=None)
@given(st.integers(16, 8192), st.integers(16, 8192))
def test_a_printed_size_reads_as_itself(width: int, height: int) -> None:
    size = Size(width, height)
    assert decode(PictureSize, str(size)) == size
    assert decode(AutoSize, str(size)) == size


def test_a_size_may_be_left_to_the_cell() -> None:
    assert decode(AutoSize, Plain("auto")) == "auto"


@pytest.mark.parametrize(
    ("text", "anchor"),
    [
        ("top right", Anchor(1, 0)),
        ("right top", Anchor(1, 0)),
        ("bottom left", Anchor(0, 1)),
        ("center", Anchor(0.5, 0.5)),
        ("Middle", Anchor(0.5, 0.5)),
        ("left", Anchor(0, 0.5)),
        ("top", Anchor(0.5, 0)),
        ("bottom center", Anchor(0.5, 1)),
        ("70% 20%", Anchor(0.7, 0.2)),
        ("0.7 0.2", Anchor(0.7, 0.2)),
        ("70%, .2", Anchor(0.7, 0.2)),
        ("left 20%", Anchor(0, 0.2)),
    ],
)
def test_a_place_is_sides_or_fractions(text: str, anchor: Anchor) -> None:
    assert decode(Place, text) == anchor


@pytest.mark.parametrize(
    "text", ["", "up", "top bottom", "left right", "0.5", "70 20", "1 2 3", "nan nan"]
)
def test_other_places_are_refused(text: str) -> None:
    assert refuses(Place, text)


@settings(deadline=None)
@given(st.integers(0, 100), st.integers(0, 100))
def test_percentages_are_fractions(x: int, y: int) -> None:
    assert decode(Place, f"{x}% {y}%") == Anchor(x / 100, y / 100)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("False", False),
        ("7", 7),
        ("-3", -3),
        ("0123", 123),
        ("0x1F", 31),
        ("0o17", 15),
        ("7.0", 7.0),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("No", "No"),
        ("yes", "yes"),
        ("1:30", "1:30"),
        ("1_000", "1_000"),
        ("autumn", "autumn"),
        ("9" * 41, "9" * 41),
    ],
)
def test_a_plain_variable_is_read_as_yaml_1_2_does(text: str, value: object) -> None:
    decoded = decode(Variable, Plain(text))
    assert decoded == value
    assert type(decoded) is type(value)


def test_a_quoted_variable_is_text() -> None:
    assert decode(Variable, "7") == "7"


def test_lists_of_variables_are_tuples() -> None:
    assert decode(Variable, [Plain("7"), "7", Plain("a")]) == (7, "7", "a")


@pytest.mark.parametrize(
    "value",
    [
        Plain(""),
        Plain("null"),
        Plain(".nan"),
        Plain("-.inf"),
        Plain("1e999"),
        {"a": 1},
        [["a"]],
        ["a"] * 201,
        "x" * 20_001,
    ],
)
def test_other_variables_are_refused(value: object) -> None:
    assert refuses(Variable, value)


@pytest.mark.parametrize("text", ["a", "_a", "1", "old-man", "梅", "मेई", "e\u0301tude", "x" * 64])
def test_names_are_of_any_language(text: str) -> None:
    assert decode(Name, text) == text


@pytest.mark.parametrize(
    "text", ["", "-a", "a b", "a.b", "a/b", "..", "a\n", "a:b", "x" * 65, "\u0301a", "é" * 64 + "x"]
)
def test_other_names_are_refused(text: str) -> None:
    assert refuses(Name, text)


@pytest.mark.parametrize("text", ["con", "NUL", "Com1", "lpt9", "aux"])
def test_a_folder_is_not_named_as_a_device_of_windows(text: str) -> None:
    assert decode(Name, text) == text
    assert refuses(FolderName, text)


@pytest.mark.parametrize("text", ["en", "zh-Hant", "pt-BR", "ar"])
def test_languages_are_codes(text: str) -> None:
    assert decode(Language, text) == text
    assert refuses(Language, text + " !")


def test_a_layout_has_comments() -> None:
    text = "# the pier\npier pier   # above\nface hand"
    assert decode(LayoutText, text) == "\npier pier\nface hand"
