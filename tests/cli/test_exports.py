"""`storyboard pages`: every format, several languages, equal bytes, and nothing drawn twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from PIL import Image

from storyboard.cli.main import main
from storyboard.geometry import Size
from storyboard.workspace import stories_among
from tests.pages.samples import gradient

ALL = "png,jpeg,webp,pdf,cbz,epub,webtoon,html"
STORY = """\
title: Rain
characters: {mei: {}}
page: {size: 300x400, margin: 15, gutter: 6}
pages:
"""
PAGE = """\
  - panels:
      a: {art: a.png, caption: It rained.}
      b: {art: b.png, characters: [mei], balloons: [{who: mei, says: {en: Rain., de: Regen.}}]}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with a story of three pages whose art is its author's own."""
    monkeypatch.chdir(tmp_path)
    gradient(tmp_path / "a.png", Size(120, 160))
    gradient(tmp_path / "b.png", Size(160, 120))
    (tmp_path / "rain.yaml").write_text(STORY + 3 * PAGE, encoding="utf-8")
    return tmp_path


def files(folder: Path = Path("output/rain")) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def pages(*options: str) -> int:
    return main(["pages", "rain.yaml", *options])


def told(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The names of files that were written since it was asked the last time."""
    return [line.split("output/rain/")[1] for line in capsys.readouterr().err.splitlines()]


def test_every_format_is_written_under_its_name(folder: Path) -> None:
    assert pages("--format", ALL) == 0
    names = files()
    endings = ("jpg", "png", "webp")
    assert {name for name in names if name.startswith("pages/")} == {
        f"pages/page-0{number}.{ending}" for number in range(1, 4) for ending in endings
    }
    books = {"rain.pdf", "rain.cbz", "rain.epub", "rain.html"}
    assert {name for name in names if "/" not in name} == books
    slices = [name for name in names if name.startswith("webtoon/")]
    assert slices == [f"webtoon/{n:03}.jpg" for n in range(1, len(slices) + 1)]
    for name in slices:
        with Image.open(folder / "output/rain" / name) as part:
            assert part.width == 800
            assert part.height <= 1280
        assert len(names[name]) < 2_000_000


def test_usually_pages_a_pdf_and_a_cbz_are_written(folder: Path) -> None:
    assert pages() == 0
    assert {Path(name).suffix for name in files()} == {".png", ".pdf", ".cbz"}


def test_a_story_says_what_it_is_written_as(folder: Path) -> None:
    said = "export: {formats: [jpeg, epub], jpeg: 30}\n"
    (folder / "rain.yaml").write_text(said + STORY + PAGE, encoding="utf-8")
    assert pages() == 0
    small = files()
    assert list(small) == ["pages/page-01.jpg", "rain.epub"]
    (folder / "rain.yaml").write_text(said.replace("30", "95") + STORY + PAGE, encoding="utf-8")
    assert pages() == 0
    assert all(len(data) > len(small[name]) for name, data in files().items())


def test_nothing_is_written_twice(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert pages("--format", ALL) == 0
    assert len(told(capsys)) == len(files())
    assert pages("--format", ALL) == 0
    assert told(capsys) == []


def test_what_is_touched_or_gone_comes_back_and_no_more(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pages("--format", "png,jpeg,cbz")
    before = files()
    told(capsys)
    Path("output/rain/pages/page-02.jpg").write_bytes(b"painted over")
    Path("output/rain/pages/page-03.png").unlink()
    Path("output/rain/rain.cbz").unlink()
    assert pages("--format", "png,jpeg,cbz") == 0
    assert set(told(capsys)) == {"pages/page-02.jpg", "pages/page-03.png", "rain.cbz"}
    assert files() == before


def test_a_changed_word_changes_its_page_and_the_books(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pages("--format", ALL)
    told(capsys)
    changed = STORY + 2 * PAGE + PAGE.replace("It rained.", "It poured.")
    (folder / "rain.yaml").write_text(changed, encoding="utf-8")
    pages("--format", ALL)
    written = set(told(capsys))
    assert {name for name in written if name.startswith("pages/")} == {
        "pages/page-03.jpg",
        "pages/page-03.png",
        "pages/page-03.webp",
    }
    assert {"rain.pdf", "rain.cbz", "rain.epub", "rain.html"} <= written


def test_pages_that_the_story_has_no_more_are_taken_away_but_not_what_others_made(
    folder: Path,
) -> None:
    pages("--format", "png,webtoon")
    many = len([name for name in files() if name.startswith("webtoon/")])
    Path("output/rain/pages/page-03.png").write_bytes(b"painted over")
    Path("output/rain/webtoon/cover.jpg").write_bytes(b"mine")
    (folder / "rain.yaml").write_text(STORY + PAGE, encoding="utf-8")
    pages("--format", "png,webtoon")
    left = files()
    assert [name for name in left if name.startswith("pages/")] == [
        "pages/page-01.png",
        "pages/page-03.png",
    ]
    assert len([name for name in left if name.startswith("webtoon/0")]) == many // 3
    assert "webtoon/cover.jpg" in left


def test_languages_have_files_of_their_own(folder: Path) -> None:
    pages("--format", "png,pdf,webtoon")
    own = files()
    assert pages("--format", "png,pdf,webtoon", "--language", "de") == 0
    both = files()
    assert {name: both[name] for name in own} == own
    german = set(both) - set(own)
    assert {name.split("/")[0] for name in german} == {"pages.de", "webtoon.de", "rain.de.pdf"}
    assert both["pages.de/page-01.png"] != both["pages/page-01.png"]


def test_several_languages_at_once_and_the_own_one_by_its_name(folder: Path) -> None:
    assert pages("--format", "pdf", "--language", "en,de") == 0
    assert list(files()) == ["rain.de.pdf", "rain.pdf"]


def test_the_shells_star_names_the_stories_and_not_what_lies_beside_them(folder: Path) -> None:
    (folder / "rain.de.yaml").write_text("title: Regen\npanels: {}\n", encoding="utf-8")
    (folder / "rain.takes.yaml").write_text("picks: {}\n", encoding="utf-8")
    (folder / "snow.yaml").write_text(STORY + PAGE, encoding="utf-8")
    every = sorted(path.name for path in folder.glob("*.yaml"))
    assert stories_among(every) == [Path("rain.yaml"), Path("snow.yaml")]
    assert stories_among(["rain.de.yaml"]) == [Path("rain.de.yaml")]  # it is told what that is


def test_what_is_not_translated_is_told_and_no_failure(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert pages("--format", "pdf", "--language", "de") == 0
    told = capsys.readouterr().err
    assert "rain.yaml:6:7: warning: panel 1.a: no text in de" in told


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [("--format", "png,gif", "'gif' is none of png"), ("--language", "zh,12", "'12' is no lang")],
)
def test_a_wrong_list_is_told(
    folder: Path, capsys: pytest.CaptureFixture[str], option: str, value: str, said: str
) -> None:
    with pytest.raises(SystemExit) as caught:
        pages(option, value)
    assert caught.value.code == 2
    assert said in capsys.readouterr().err


def test_a_translation_is_begun_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["translate", "rain.yaml", "zh"]) == 0
    path = Path("rain.zh.yaml")
    assert capsys.readouterr().out == "rain.zh.yaml\n"
    path.write_text(path.read_text("utf-8").replace('- ""', "- 雨", 1), encoding="utf-8")
    before = path.read_bytes()
    assert main(["translate", "rain.yaml", "zh"]) == 2
    assert path.read_bytes() == before
    assert "the file is there already" in capsys.readouterr().err


def test_check_looks_at_side_files_too(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("rain.zh.yaml").write_text("panels: {1.c: {}}", encoding="utf-8")
    assert main(["check", "rain.yaml", "-q"]) == 2
    assert capsys.readouterr().err == (
        "rain.zh.yaml:1:10: the story has no panel 1.c (did you mean `1.b`?)\n"
    )


def in_a_process(folder: Path, output: str, environment: Mapping[str, str]) -> dict[str, bytes]:
    words = ["pages", "rain.yaml", "--format", ALL, "--language", "en,de", "--output", output]
    subprocess.run(
        [sys.executable, "-m", "storyboard", *words],
        cwd=folder,
        env={**os.environ, **environment},
        check=True,
        capture_output=True,
    )
    return files(folder / output / "rain")


def test_equal_stories_give_equal_bytes_wherever_and_whenever_they_are_written(
    folder: Path,
) -> None:
    (folder / "rain.yaml").write_text(STORY + 4 * PAGE, encoding="utf-8")
    here = in_a_process(folder, "a", {"TZ": "Asia/Tokyo", "LC_ALL": "C", "PYTHONHASHSEED": "1"})
    there = in_a_process(
        folder, "b", {"TZ": "America/Lima", "LC_ALL": "tr_TR.UTF-8", "PYTHONHASHSEED": "2"}
    )
    assert list(here) == list(there)
    assert [name for name in here if here[name] != there[name]] == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no process groups to signal")
def test_interrupted_it_leaves_whole_files_and_goes_on_from_there(folder: Path) -> None:
    (folder / "rain.yaml").write_text(STORY + 24 * PAGE, encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "storyboard", "pages", "rain.yaml", "--format", "png"],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stderr is not None
    assert "page-01.png" in process.stderr.readline()
    os.killpg(process.pid, signal.SIGINT)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert "Traceback" not in said
    written = files()
    assert 1 <= len(written) < 24
    assert all(name.endswith(".png") for name in written)
    for name in written:
        with Image.open(Path("output/rain", name)) as page:
            page.load()
    assert not list(Path("output/.cache").glob("pages-*"))
    ended = subprocess.run(process.args, capture_output=True, text=True, check=True)
    again = [line for line in ended.stderr.splitlines() if line.endswith(".png")]
    assert len(again) <= 24 - len(written) + 4, "what was kept is not drawn again"
    assert len(files()) == 24
