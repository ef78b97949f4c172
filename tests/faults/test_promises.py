"""Promises about a whole command: where it writes, the network, and what a failure leads to."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from storyboard.cli.main import main
from storyboard.engine.base import Batch, Drawn, Failed, OnStep, Source
from storyboard.engine.fake import FakeEngine
from tests.faults.test_crash_states import STORY
from tests.support.command import run, run_fresh

WATCH = """
import os, sys

# One write a line, into a file opened beforehand: threads and the command print beside it.
SAID = os.open({said!r}, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
CHANGES = "os.mkdir os.rename os.remove os.rmdir os.link os.symlink os.truncate".split()
NETWORK = "socket.connect socket.getaddrinfo socket.gethostbyname socket.bind".split()

def say(*words):
    os.write(SAID, (" ".join(map(str, words)) + "\\n").encode())

def watch(event, arguments):
    if event in NETWORK:
        say("NETWORK", event, arguments[1:])
    elif event in CHANGES:
        for one in arguments[: 2 if event in ("os.rename", "os.link") else 1]:
            say("WRITES", os.path.abspath(os.fsdecode(one)))
    elif event == "open" and isinstance(arguments[0], (str, bytes)):
        mode, flags = arguments[1], arguments[2]
        changing = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
        if (mode and set(mode) & set("wxa+")) or (flags or 0) & changing:
            say("WRITES", os.path.abspath(os.fsdecode(arguments[0])))

sys.addaudithook(watch)
"""
COMMANDS = (
    "check rain.yaml",
    "plan rain.yaml",
    "preview rain.yaml",
    "reroll rain.yaml 1.1 -n 1",
    "mend rain.yaml 1.1 --box 0%,0%,50%,50%",
    "pick rain.yaml 1.1 1",
    "render rain.yaml",
    "pages rain.yaml",
    "verify",
    "gc --delete",
    "models",
    "schema",
)


def lines_of(folder: Path, said: Path) -> list[str]:
    """What a watched process says of each change of the disk and each use of the network, while it
    runs every command; `said` is the file it says it in."""
    (folder / "rain.yaml").write_text(STORY)
    code = "from storyboard.cli.main import main\nfrom storyboard.engine.fake import FakeEngine\n"
    code += WATCH.format(said=str(said))
    for command in COMMANDS:
        words = [*shlex.split(command), "--output", "out"]
        if words[0] == "schema":
            words = ["schema"]
        code += f"assert main({words!r}, make_engine=FakeEngine) == 0, {command!r}\n"
    ended = run_fresh(["schema"], code, folder)
    assert ended.code == 0, ended.err[-2000:]
    return said.read_text().splitlines()


@pytest.fixture(name="lines", scope="module")
def _lines(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    folder = tmp_path_factory.mktemp("watched").resolve()
    return folder, lines_of(folder, tmp_path_factory.mktemp("said") / "lines")


def test_nothing_is_written_outside_the_output_folder_but_the_takes_file(
    lines: tuple[Path, list[str]],
) -> None:
    folder, said = lines
    written = {Path(line.removeprefix("WRITES ")) for line in said if line.startswith("WRITES ")}
    outside = {path for path in written if not path.is_relative_to(folder / "out")}
    outside = {path for path in outside if "__pycache__" not in path.parts}  # Python's own
    assert {
        path.name if not path.name.startswith(".storyboard-") else "temporary" for path in outside
    } == {"rain.takes.yaml", "temporary"}
    assert {path.parent for path in outside} == {folder}
    assert len(written) > 50
    assert sorted(path.name for path in folder.iterdir()) == ["out", "rain.takes.yaml", "rain.yaml"]


def test_no_command_uses_the_network_for_a_story_that_names_no_hub_id(
    lines: tuple[Path, list[str]],
) -> None:
    assert [line for line in lines[1] if line.startswith("NETWORK")] == []


def test_the_watch_sees_the_network_and_a_file_elsewhere(tmp_path: Path) -> None:
    said = tmp_path / "said"
    code = (
        WATCH.format(said=str(said)) + "import socket\nopen('elsewhere', 'w').close()\n"
        "try:\n    socket.create_connection(('127.0.0.1', 9))\nexcept OSError:\n    pass\n"
    )
    assert run_fresh(["schema"], code, tmp_path).code == 0
    lines = said.read_text()
    assert f"WRITES {tmp_path / 'elsewhere'}" in lines and "NETWORK socket.connect" in lines


class Failing(FakeEngine):
    """Fails one panel by itself, and breaks down over another."""

    def draw(
        self, batch: Batch, sources: Mapping[int, Source], on_step: OnStep
    ) -> Iterator[Drawn | Failed]:
        """See `Engine`."""
        if any("lighthouse" in str(job) for job in batch.jobs):
            raise MemoryError("no memory for the lighthouse")
        yield from super().draw(batch, sources, on_step)


def test_a_failure_stops_no_other_panel_and_the_command_that_tries_again_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    story = Path("rain story.yaml")
    scenes = ("harbour", "lighthouse", "pier", "storm")
    panels = ", ".join(f"{{scene: {scene}}}" for scene in scenes)
    text = STORY.replace("2x1", "2x2")
    story.write_text(text.replace(text.split("panels: ")[1], f"[{panels}]\n"))
    words = ["render", str(story), "--output", "my comics"]
    assert main(words, make_engine=Failing) == 1
    said = capsys.readouterr().err.splitlines()
    assert any(
        line.startswith("storyboard: 1.2 (preview): ") and "no memory for the lighthouse" in line
        for line in said
    )
    previews = sorted(path.name for path in Path("my comics/rain-story/previews").iterdir())
    assert previews == ["1.1.png", "1.3.png", "1.4.png"]
    again = next(line for line in said if "to try again: " in line).split("to try again: ")[1]
    assert shlex.split(again)[0] == "storyboard"
    assert run(*shlex.split(again)[1:]).code == 0
    assert len(list(Path("my comics/rain-story/finals").iterdir())) == 4
