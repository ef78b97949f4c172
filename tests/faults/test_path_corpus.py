"""Promise 13, and what is read: whatever file or folder a story names, nothing outside of the model
path and the story's own folder is read, and nothing outside of the output folder is written."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest

import storyboard
from storyboard.errors import ProblemsError
from storyboard.models.catalog import Catalog, Kind, NotFound, builtin_root
from storyboard.models.header import ModelFileProblem
from storyboard.story.read import examine_story
from tests.faults.corpus_runner import Ran, Runner, runner
from tests.faults.path_corpus import ENTRIES, HARMLESS, LEADING_OUT, lay_out, named

pytestmark = pytest.mark.skipif(
    not hasattr(os, "fork"), reason="it forks, and makes links and pipes"
)

_OURS = [str(Path(storyboard.__file__).parent), sys.prefix, sys.base_prefix, sys.exec_prefix]
PANEL = "panels: [{scene: harbour}]"


@pytest.fixture(name="commands", scope="module")
def _commands() -> Iterator[Runner]:
    with runner() as running:
        yield running


@pytest.fixture(name="folders", scope="module")
def _folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return lay_out(tmp_path_factory.mktemp("corpus"))


def test_the_corpus_is_as_large_as_it_is_said_to_be() -> None:
    assert len(set(ENTRIES)) == len(ENTRIES) == 80


def _pages(entries: Sequence[str], panel: str) -> list[str]:
    """A story's pages with one panel an entry; each entry stands on a line of its own."""
    pages = ["pages:"]
    for entry in entries:
        said = json.dumps(entry) if "@@" not in panel else json.dumps(panel.replace("@@", entry))
        line = panel.replace("@", said) if "@@" not in panel else f"scene: {said}"
        pages.append(f"  - {{layout: 1x1, panels: [{{{line}}}]}}")
    return pages


def _listed(key: str, entries: Sequence[str]) -> list[str]:
    return [key, *(f"    - {json.dumps(entry)}" for entry in entries)]


def art(entries: Sequence[str]) -> list[str]:
    return _pages(entries, "art: @")


def init(entries: Sequence[str]) -> list[str]:
    return _pages(entries, "scene: a, init: @")


def mask(entries: Sequence[str]) -> list[str]:
    return _pages(entries, "scene: a, init: inside.png, mask: @")


def lora_tag(entries: Sequence[str]) -> list[str]:
    return _pages(entries, "<lora:@@:1>")


def wildcard(entries: Sequence[str]) -> list[str]:
    return _pages(entries, "__@@__")


def include(entries: Sequence[str]) -> list[str]:
    return [*_listed("include:", entries), "pages:", f"  - {{layout: 1x1, {PANEL}}}"]


def embeddings(entries: Sequence[str]) -> list[str]:
    return [*_listed("model:\n  embeddings:", entries), "pages:", f"  - {{layout: 1x1, {PANEL}}}"]


def loras(entries: Sequence[str]) -> list[str]:
    people = [f"  c{n}: {{lora: {json.dumps(one)}}}" for n, one in enumerate(entries)]
    return ["characters:", *people, "pages:", f"  - {{layout: 1x1, {PANEL}}}"]


PLACES = {
    art: ".png",
    init: ".png",
    mask: ".png",
    include: ".yaml",
    embeddings: ".safetensors",
    loras: ".safetensors",
    lora_tag: ".safetensors",
    wildcard: "",
}


def _only_inside(ran: Ran, story: Path, output: Path) -> None:
    """Nothing else was touched than what may be, links followed."""
    may_read = [str(story.resolve()), str(output.resolve()), *_OURS]
    synced = {str(folder) for folder in output.resolve().parents}  # opened to sync their names
    strayed = [
        path
        for path in ran.opened
        if path not in synced and not path.startswith((*may_read, *_SYSTEM))
    ]
    assert strayed == []
    may_write = str(output.resolve())
    assert [path for path in ran.written if not path.startswith((may_write, os.devnull))] == []


_SYSTEM = (os.devnull, "/proc/self/fd", "/proc/meminfo", "/usr/share/zoneinfo", "/etc/localtime")


@pytest.mark.parametrize(("place", "ending"), PLACES.items(), ids=[one.__name__ for one in PLACES])
def test_no_name_leads_out(
    commands: Runner, folders: tuple[Path, Path], tmp_path: Path, place: Any, ending: str
) -> None:
    story, outside = folders
    file = story / f"tale-{place.__name__}.yaml"
    left = {named(entry, ending, outside): entry for entry in ENTRIES}
    while True:
        lines = ["title: A Tale", *"\n".join(place(list(left))).split("\n")]
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        ran = commands.run("preview", file, "--output", tmp_path / "out", "--offline")
        assert "Traceback" not in ran.out, ran.out
        _only_inside(ran, story, tmp_path / "out")
        if ran.code != 2:
            break
        ran.in_a_sentence()
        told = {int(number) for number in re.findall(rf"{file.name}:(\d+):\d+: (?!hint)", ran.out)}
        refused = {
            name for name in left if any(json.dumps(name)[1:-1] in lines[n - 1] for n in told)
        }
        assert refused, ran.out
        left = {name: entry for name, entry in left.items() if name not in refused}
        if not left:
            break
    assert not set(left.values()) & set(LEADING_OUT), ran.out


@pytest.mark.parametrize("kind", Kind)
def test_no_name_of_a_model_leads_out(folders: tuple[Path, Path], kind: Kind) -> None:
    story, outside = folders
    catalog = Catalog([builtin_root()])
    accepted = []
    for entry in ENTRIES:
        for ending in (".safetensors", ""):
            with suppress(NotFound, ModelFileProblem):
                path = catalog.find(kind, named(entry, ending, outside), story).path
                assert path.resolve().is_relative_to(story.resolve())
                accepted.append(entry)
    assert set(HARMLESS) <= set(accepted)
    assert not set(LEADING_OUT) & set(accepted)


@pytest.mark.parametrize("place", ["name: @", "pages: [{layout: 1x1, panels: {@: {scene: a}}}]"])
def test_what_becomes_a_files_name_is_one_everywhere(
    commands: Runner, folders: tuple[Path, Path], tmp_path: Path, place: str
) -> None:
    """A story's name, and a panel's: letters, digits, `_` and `-`; a story's own no device's."""
    _, outside = folders
    accepted = []
    file = tmp_path / "tale.yaml"
    for entry in (*ENTRIES, "face", "ÉTÉ", "e\u0301te\u0301", "Face"):
        name = named(entry, "", outside)
        pages = "" if "pages" in place else "pages: [{layout: 1x1, panels: [{scene: a}]}]\n"
        file.write_text(f"title: A\n{pages}{place.replace('@', json.dumps(name))}\n", "utf-8")
        with suppress(ProblemsError):
            examine_story(file)
            accepted.append(name)
    assert all(re.fullmatch(r"[\w-]+", normalize("NFC", name)) for name in accepted)
    assert {"face", "Face", "ÉTÉ"} <= set(accepted)
    assert not {"-rf", "", ".", ".."} & set(accepted)
    if "name" in place:  # a panel's file is called 1.CON.png, which is none
        assert not {"CON", "nul", "aux"} & set(accepted)


def test_names_that_differ_in_case_or_accents_alone_are_two_files(
    commands: Runner, tmp_path: Path
) -> None:
    file = tmp_path / "tale.yaml"
    panels = "".join(f"      {name}: {{scene: a}}\n" for name in ("face", "Face", "ÉTÉ", "été"))
    layout = "    layout: |\n      face Face\n      ÉTÉ été\n"
    file.write_text(f"title: A\npages:\n  -\n{layout}    panels:\n{panels}", encoding="utf-8")
    ran = commands.run("preview", file, "--output", tmp_path / "out")
    assert ran.code in (0, 2), ran.out
    if ran.code == 0:
        views = [
            path.name.casefold() for path in (tmp_path / "out" / "tale" / "previews").iterdir()
        ]
        assert len(set(views)) == len(views) == 4
    _only_inside(ran, tmp_path, tmp_path / "out")


def _story(folder: Path, name: str = "tale") -> Path:
    file = folder / f"{name}.yaml"
    file.write_text("title: A\npages: [{layout: 1x1, panels: [{scene: a}]}]\n", encoding="utf-8")
    return file


def test_a_takes_file_that_is_a_link_is_not_followed(commands: Runner, tmp_path: Path) -> None:
    story, outside = lay_out(tmp_path)
    (story / "tale.takes.yaml").symlink_to(outside / "secret.yaml")
    ran = commands.run("check", _story(story), "--output", tmp_path / "out").in_a_sentence()
    _only_inside(ran, story, tmp_path / "out")
    assert "leads out of the story's folder" in ran.out


@pytest.mark.parametrize("link", ["tale", "tale/previews", "tale/draft"])
def test_a_link_in_the_output_folder_leads_nobody_out(
    commands: Runner, tmp_path: Path, link: str
) -> None:
    output, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    elsewhere.mkdir()
    (output / link).parent.mkdir(parents=True)
    (output / link).symlink_to(elsewhere)
    ran = commands.run("preview", _story(tmp_path), "--output", output).in_a_sentence()
    _only_inside(ran, tmp_path, output)
    assert "leads out of the output folder" in ran.out
    assert list(elsewhere.iterdir()) == []


def test_files_that_are_links_are_replaced_not_written_through(
    commands: Runner, tmp_path: Path
) -> None:
    output, mine = tmp_path / "out", tmp_path / "mine.txt"
    mine.write_text("mine", encoding="utf-8")
    for name in ("tale/previews/1.1.png", "tale/draft/page-01.png", "tale/manifest.json"):
        (output / name).parent.mkdir(parents=True, exist_ok=True)
        (output / name).symlink_to(mine)
    commands.run("preview", _story(tmp_path), "--output", output)
    assert mine.read_text(encoding="utf-8") == "mine"
