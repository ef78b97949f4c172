"""A story that names a hub id: what is missing is fetched, once, and only where that is allowed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from storyboard.models.folder_files import missing_from
from storyboard.models.hub import fetched
from storyboard.models.roots import builtin_root
from tests.cli.conftest import STORY
from tests.support.command import Ended, run, run_fresh
from tests.support.fake_hub import FakeHub, as_at_home, files_of, only_this_machine, serving

ID = "org/inkling"
FILES = files_of(builtin_root() / "checkpoints" / "inkling")
WEIGHTS = "unet/diffusion_pytorch_model-00002-of-00002.safetensors"
NAMED = f"model: {{checkpoint: {ID}}}\n"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeHub]:
    """A hub that the variables name; its cache is below `tmp_path`."""
    as_at_home(monkeypatch, tmp_path / "home")
    tried = only_this_machine(monkeypatch)
    with serving({ID: FILES}) as found:
        monkeypatch.setenv("HF_ENDPOINT", found.endpoint)
        yield found
    assert tried == []


@pytest.fixture
def named(story: Path) -> Path:
    """The small story, with a hub id for its checkpoint in line 2."""
    title, rest = STORY.split("\n", 1)
    story.write_text(f"{title}\n{NAMED}{rest}", encoding="utf-8")
    return story


def cache(tmp_path: Path) -> Path:
    return tmp_path / "home" / "hub"


def told_where(ended: Ended, said: str) -> bool:
    """Whether it is told at the id's place in the story, in one line."""
    return any(f"{line}\n".startswith("rain.yaml:2:21: ") and said in line for line in lines(ended))


def lines(ended: Ended) -> list[str]:
    return [line.replace(str(Path.cwd()) + os.sep, "") for line in ended.err.splitlines()]


def test_what_is_fetched_is_drawn_with_as_if_it_had_been_there(
    named: Path, story: Path, hub: FakeHub, tmp_path: Path
) -> None:
    ended = run("render", named, "--json")
    assert ended.code == 0, ended.err
    assert len(ended.drawn()) == 8
    assert f"fetching {ID}: 26.3 MB in 4 files, into {cache(tmp_path)}" in ended.err
    again = run("plan", named, "--json", "--offline")
    assert {panel["state"] for panel in again.document["panels"]} == {"ready"}
    story.write_text(STORY, encoding="utf-8")
    plain = run("plan", story, "--json")
    assert {panel["state"] for panel in plain.document["panels"]} == {"ready"}


def test_the_hub_is_asked_once_and_then_no_more(named: Path, hub: FakeHub) -> None:
    assert run("plan", named).code == 0
    hub.asked.clear()
    for command in ("check", "plan", "preview", "pages"):
        run(command, named)
    assert hub.asked == []


def test_progress_is_told_and_may_be_left_out(named: Path, hub: FakeHub, tmp_path: Path) -> None:
    first = run("plan", named)
    assert f"asking {hub.endpoint}" in first.err
    assert f"fetching {ID}: 100% of 26.3 MB" in first.err
    for option, expected in (("--quiet", 0), ("--json", 2)):
        (cache(tmp_path)).rename(tmp_path / f"before {option}")
        assert run("plan", named, option).err.count(ID) == expected


def test_check_only_warns_and_fetches_nothing(named: Path, hub: FakeHub, tmp_path: Path) -> None:
    ended = run("check", named)
    assert ended.code == 0
    assert told_where(ended, f"warning: checkpoint '{ID}' is not here yet")
    assert "plan, preview and render fetch it from" in ended.err
    assert hub.asked == []
    assert not cache(tmp_path).exists()
    problems = run("check", named, "--json").document["problems"]
    assert [problem["severity"] for problem in problems] == ["warning"]


@pytest.mark.parametrize("command", ["check", "plan", "preview", "render"])
@pytest.mark.parametrize("way", ["option", "variable"])
def test_offline_it_is_an_error_with_the_command_that_fetches(
    named: Path, hub: FakeHub, command: str, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if way == "variable":
        monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    ended = run(command, named, *(["--offline"] if way == "option" else []))
    assert ended.code == 2
    assert told_where(ended, f"there is no checkpoint '{ID}'")
    assert told_where(ended, f"run: hf download {ID}")
    assert hub.asked == []


def test_nothing_is_fetched_for_a_story_with_a_mistake(named: Path, hub: FakeHub) -> None:
    text = named.read_text(encoding="utf-8")
    named.write_text(text.replace("<lora:manga-ink", "<lora:manga-ik"), encoding="utf-8")
    ended = run("plan", named)
    assert (ended.code, hub.asked) == (2, [])
    assert "there is no LoRA 'manga-ik'" in ended.err


def test_a_story_that_names_no_id_asks_nobody(story: Path, hub: FakeHub) -> None:
    for command in ("check", "plan", "render", "pages"):
        assert run(command, story).code == 0
    assert run("models").code == 0
    assert hub.asked == []


@pytest.mark.parametrize("command", ["plan", "preview", "render", "pages"])
def test_what_cannot_be_had_ends_with_a_sentence_and_2(
    named: Path, hub: FakeHub, command: str
) -> None:
    hub.repositories.clear()
    ended = run(command, named)
    assert ended.code == 2
    assert told_where(
        ended, f"there is no checkpoint '{ID}' on the model path, nor on {hub.endpoint}"
    )
    assert told_where(ended, "did you mean `inkling`?")


def test_a_hub_that_is_down_ends_with_a_sentence_and_2(named: Path, hub: FakeHub) -> None:
    with serving({}) as gone:
        pass
    os.environ["HF_ENDPOINT"] = gone.endpoint  # the fixture's, which takes it back
    ended = run("plan", named, "--json")
    assert ended.code == 2
    (problem,) = ended.document["problems"]
    assert (problem["line"], problem["column"], problem["severity"]) == (2, 21, "error")
    assert "Connection refused" in problem["message"]


def test_a_run_that_is_killed_while_it_fetches_leaves_nothing_half_used(
    named: Path, hub: FakeHub, tmp_path: Path
) -> None:
    hub.stalls[WEIGHTS] = 100_000
    arguments = [sys.executable, "-m", "storyboard", "plan", str(named)]
    with subprocess.Popen(arguments, stderr=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        until = time.monotonic() + 60
        while not any(line.startswith("GET") and WEIGHTS in line for line in hub.asked):
            assert time.monotonic() < until and process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
    folder = fetched(ID, cache(tmp_path))
    assert folder is not None and WEIGHTS in missing_from(folder)
    offline = run("plan", named, "--offline")
    assert offline.code == 2
    assert told_where(offline, f"only a part of checkpoint '{ID}' is here, without ")
    hub.stalls.clear()
    hub.asked.clear()
    assert run("plan", named).code == 0
    others = ["text_encoder/model.safetensors", "vae/diffusion_pytorch_model.safetensors"]
    assert hub.given() == sorted([WEIGHTS, *others])


def test_the_hub_is_told_nothing_of_this_machine(named: Path, hub: FakeHub) -> None:
    tell = "from huggingface_hub import constants; print(constants.HF_HUB_DISABLE_TELEMETRY)"
    ended = run_fresh(["plan", named], after=tell, folder=named.parent)
    assert ended.code == 0, ended.err
    assert ended.out.splitlines()[-1] == "True"


def test_the_library_is_loaded_for_a_fetch_alone(named: Path, hub: FakeHub) -> None:
    tell = "print('LOADED', *(m for m in ('huggingface_hub', 'torch') if m in sys.modules))"
    for command, loaded in (("check", []), ("plan", ["huggingface_hub"]), ("plan", [])):
        ended = run_fresh([command, named], after=tell, folder=named.parent)
        assert ended.code == 0, ended.err
        assert ended.out.splitlines()[-1].split() == ["LOADED", *loaded]
    assert hub.asked and all(ID in line for line in hub.asked)  # it asks for nothing of its own
