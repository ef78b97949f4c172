"""Several stories in one command: one engine for all, and those of one checkpoint together."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from storyboard.batching import by_checkpoint
from storyboard.cli.main import main
from storyboard.compiled import CompiledStory
from storyboard.engine.base import Engine
from storyboard.engine.fake import FakeEngine
from tests.support.jobs import final, panel, preview, story


@dataclass
class Counting:
    """Counts how often an engine was made, and closed."""

    made: int = 0
    closed: int = 0

    def __call__(self) -> Engine:
        self.made += 1
        counting = self

        class One(FakeEngine):
            def close(self) -> None:
                counting.closed += 1

        return One()


@pytest.fixture
def two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Two stories of one panel each."""
    monkeypatch.chdir(tmp_path)
    for name in ("sun", "rain"):
        text = f"title: {name}\nseed: 1\npages: [{{panels: [{{scene: {name}}}]}}]\n"
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    yield ["sun.yaml", "rain.yaml"]


def test_they_share_one_engine(two: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    counting = Counting()
    assert main(["render", *two, "--json"], make_engine=counting) == 0
    assert (counting.made, counting.closed) == (1, 1)
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    runs = [event["story"] for event in events if event["event"] == "RunStarted"]
    assert runs == ["sun", "rain"]
    assert sum(event["event"] == "PanelDone" for event in events) == 4


def test_plan_tells_the_time_once_something_was_drawn(
    two: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    sun, rain = two
    assert main(["plan", rain, "--finals"]) == 0
    assert "how long it takes is not known" in capsys.readouterr().out
    assert main(["render", sun, "--quiet"], make_engine=FakeEngine) == 0
    capsys.readouterr()
    assert main(["plan", rain, "--finals"]) == 0
    assert "about 1 s to draw" in capsys.readouterr().out
    assert main(["plan", sun, "--finals"]) == 0
    assert "to draw" not in capsys.readouterr().out


def test_stories_of_one_checkpoint_follow_one_another() -> None:
    def told(name: str, checkpoint: str) -> CompiledStory:
        one = preview(checkpoint=checkpoint)
        return story([panel(f"1.{name}", one, final(one))])

    stories = [("a", "x"), ("b", "y"), ("c", "x"), ("d", "y")]
    ordered = by_checkpoint(stories, lambda said: told(*said))
    assert [name for name, _ in ordered] == ["a", "c", "b", "d"]
