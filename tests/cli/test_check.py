"""Whatever file it is given, `check` answers at once, in sentences, with exit code 2."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.cli.conftest import STORY
from tests.support.command import run

NONSENSE: dict[str, bytes] = {
    "binary": bytes(range(256)) * 64,
    "empty": b"",
    "only comments": b"# nothing\n",
    "deep nesting": b"[" * 200_000,
    "deep mappings": b"".join(b" " * i + b"a:\n" for i in range(2000)),
    "a list": b"- a\n- b\n",
    "a word": b"hello",
    "duplicate keys": b"title: a\ntitle: b\npages: []\n",
    "an alias bomb": b"a: &a [x]\n"
    + b"".join(
        b"%c: &%c [%s]\n" % (98 + i, 98 + i, b", ".join([b"*%c" % (97 + i)] * 10)) for i in range(9)
    ),
    "a tag that runs code": b"title: !!python/object/apply:os.system ['true']\n",
    "not UTF-8": "title: Grüße".encode("latin-1"),
    "two documents": b"title: a\n---\ntitle: b\n",
    "no pages": b"title: a\n",
    "pages without panels": b"title: a\npages: [{panels: {}}]\n",
    "a template that loops for ever": STORY.replace(
        "title: Rain", 'title: Rain\nprompt: "{% for i in range(10**9) %}x{% endfor %}"'
    ).encode(),
    "a template that eats memory": STORY.replace(
        "title: Rain", "title: Rain\nprompt: \"{{ 'x'.ljust(900000000) }}\""
    ).encode(),
    "an unknown variable": STORY.replace(
        "title: Rain", 'title: Rain\nprompt: "{{ scen }}"'
    ).encode(),
    "an unknown LoRA": STORY.replace("lora: mei", "lora: mia").encode(),
    "an unknown LoRA in a tag": STORY.replace("<lora:manga-ink", "<lora:ink-manga").encode(),
    "an unknown sampler": STORY.replace("{steps: 4}", "{name: DPM++ 2Sa Karras}", 1).encode(),
    "an unknown key": STORY.replace("scene: harbour", "scen: harbour").encode(),
    "an unknown character": STORY.replace("who: mei, says", "who: may, says").encode(),
    "an unknown style": STORY.replace("style: ink", "style: inc").encode(),
    "a panel without a place": STORY.replace("face hand", "face .").encode(),
    "a place without a panel": STORY.replace("face hand", "face foot").encode(),
    "a weight that is no number": STORY.replace("weight: 0.6", "weight: .nan").encode(),
    "a weight without end": STORY.replace("weight: 0.6", "weight: 1e999").encode(),
    "art from elsewhere": STORY.replace("scene: harbour at dusk", "art: ../../etc/passwd").encode(),
}


@pytest.mark.parametrize("name", NONSENSE)
def test_nonsense_gets_sentences_at_once(name: str, tmp_path: Path) -> None:
    path = tmp_path / "nonsense.yaml"
    path.write_bytes(NONSENSE[name])
    start = time.process_time()
    ended = run("check", path, "--output", tmp_path / "output")
    seconds = time.process_time() - start
    assert ended.code == 2, ended.err
    lines = ended.err.splitlines()
    assert lines
    assert all(line.startswith(str(path)) for line in lines), ended.err
    assert "Traceback" not in ended.err
    assert seconds < 2


def test_a_folder_or_a_missing_file_is_told_as_such(tmp_path: Path) -> None:
    folder = tmp_path / "folder.yaml"
    folder.mkdir()
    for path in (folder, tmp_path / "missing.yaml"):
        ended = run("check", path)
        assert ended.code == 2
        assert str(path) in ended.err


@pytest.mark.parametrize(
    ("broken", "line", "message"),
    [
        ("scene: harbour", 16, "scene"),
        ("lora: mei,", 6, "mei"),
        ("who: mei, says", 21, "mei"),
    ],
)
def test_a_problem_names_its_line_and_a_likely_word(
    broken: str, line: int, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "rain.yaml"
    misspelt = broken.replace("scene", "scenne").replace("mei", "meii")
    path.write_text(STORY.replace(broken, misspelt, 1), encoding="utf-8")
    ended = run("check", path, "--output", tmp_path / "output")
    assert ended.code == 2
    assert f"{path}:{line}:" in ended.err
    assert f"did you mean {message}" in ended.err.replace("`", "").replace("'", "")


def test_all_problems_are_shown_together(tmp_path: Path) -> None:
    path = tmp_path / "rain.yaml"
    text = STORY.replace("lora: mei", "lora: mia").replace("lora: manga-ink", "lora: manga-inc")
    path.write_text(text.replace("style: ink", "style: inky"), encoding="utf-8")
    problems = run("check", path, "--json", "--output", tmp_path / "output").document["problems"]
    assert len(problems) == 3
    assert set(problems[0]) == {"file", "line", "column", "message", "hint", "severity"}


def test_a_good_story_has_no_problem(story: Path) -> None:
    ended = run("check", story, "--json")
    assert (ended.code, ended.document) == (0, {"problems": []})


def test_a_new_story_has_no_problem_and_is_never_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("new", "first-snow").code == 0
    assert run("check", "first-snow.yaml").code == 0
    before = Path("first-snow.yaml").read_bytes()
    assert run("new", "first-snow").code == 2
    assert Path("first-snow.yaml").read_bytes() == before


def test_a_story_of_a_thousand_panels_is_checked_in_three_seconds(tmp_path: Path) -> None:
    page = "  - layout: 2x5\n    panels:\n" + "".join(
        f"      - {{characters: [mei], scene: 'scene @ {i}', caption: So.}}\n" for i in range(10)
    )
    pages = "".join(page.replace("@", str(number)) for number in range(100))
    head = STORY[: STORY.index("pages:\n")].replace("600x900", "1200x1800")
    path = tmp_path / "long.yaml"
    path.write_text(f"{head}pages:\n{pages}", encoding="utf-8")
    run("check", path, "--output", tmp_path / "output")
    start = time.process_time()
    ended = run("check", path, "--output", tmp_path / "output")
    assert ended.code == 0, ended.err
    assert time.process_time() - start < 3
