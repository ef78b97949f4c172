"""The machine's fonts are asked for once, understood, and put in an order."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from storyboard.pages import finding
from storyboard.pages.finding import Folders, Fontconfig, Found, best
from tests.support.fonts import FOLDER, NOTO

LISTED = (
    b"/f/NotoSansCJK-Bold.ttc\t2\tNoto Sans CJK SC\t200\t0\t\tFalse\n"
    b"/f/Slim-VF.ttf\t65536\tSlim\t[40 210]\t[0 100]\t100\tTrue\n"
    b"/f/bitmap.pcf.gz\t0\tFixed\t80\t0\t100\tFalse\n"
    b"nonsense\n"
)


@pytest.fixture
def fontconfig(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """A `fc-list` that answers always the same; what it was asked."""
    asked: list[list[str]] = []

    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[bytes]:
        asked.append(command)
        return subprocess.CompletedProcess(command, 0, LISTED, b"")

    finding._listed.cache_clear()
    monkeypatch.setattr("storyboard.pages.finding.subprocess.run", run)
    return asked


def test_fontconfig_is_understood_and_asked_once(fontconfig: list[list[str]]) -> None:
    found = Fontconfig().with_character("海")
    assert found == (
        Found(Path("/f/NotoSansCJK-Bold.ttc"), 2, "Noto Sans CJK SC", 200),
        Found(Path("/f/Slim-VF.ttf"), 0, "Slim", 40, False, True, True),
    )
    assert Fontconfig().with_character("海") == found
    assert [command[-1] for command in fontconfig] == [":charset=6d77:color=false"]


def test_a_familys_name_is_no_pattern(fontconfig: list[list[str]]) -> None:
    Fontconfig().of_family("A-B:bold")
    assert fontconfig[0][-1] == "A\\-B\\:bold:color=false"


def test_a_machine_whose_fontconfig_fails_has_no_fonts(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*_: Any, **__: Any) -> None:
        raise subprocess.TimeoutExpired("fc-list", 60)

    finding._listed.cache_clear()
    monkeypatch.setattr("storyboard.pages.finding.subprocess.run", run)
    assert Fontconfig().with_character("海") == ()
    finding._listed.cache_clear()


def test_folders_are_searched_where_there_is_no_fontconfig(tmp_path: Path) -> None:
    (tmp_path / "broken.ttf").write_bytes(b"no font")
    machine = Folders((tmp_path, FOLDER, tmp_path / "nowhere"))
    assert [found.path.name for found in machine.with_character("燈")] == ["NotoSansCJKtc.otf"]
    arabic = machine.of_family("noto sans arabic")
    assert [(found.path.name, found.weight) for found in arabic] == [("NotoSansArabic.ttf", 200)]


@pytest.mark.parametrize(
    ("language", "family"),
    [
        ("ja", "Noto Sans CJK JP"),
        ("ko-KR", "Noto Sans CJK KR"),
        ("zh", "Noto Sans CJK SC"),
        ("zh-Hans", "Noto Sans CJK SC"),
        ("zh-Hant", "Noto Sans CJK TC"),
        ("zh-TW", "Noto Sans CJK TC"),
    ],
)
def test_a_languages_own_family_comes_first(language: str, family: str) -> None:
    serif = Found(Path("/f/a.ttf"), 0, "A Serif", 200)
    assert best([serif, *NOTO], language)[0].family == family


def test_the_order_does_not_depend_on_the_machines() -> None:
    assert best(NOTO, "en") == best(reversed(NOTO), "en")
