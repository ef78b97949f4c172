"""Reporters tell what happens: a bar on a terminal, lines in a log, JSON for programs."""

from __future__ import annotations

import io
import json

import pytest

from storyboard.events import (
    BatchStarted,
    Event,
    FileWritten,
    Loading,
    Note,
    PanelDone,
    PanelFailed,
    RunDropped,
    RunStarted,
    Step,
)
from storyboard.reporters import Bar, JsonLines, reporter_for

EVENTS: list[Event] = [
    RunStarted("tale", 3, 2),
    BatchStarted("preview", ("1.a", "1.b"), 7),
    Step(1, 7),
    Step(7, 7),
    PanelDone("1.a", "preview", "0" * 64, "output/tale/previews/1.a.png", 1.25),
    PanelFailed("1.b", "preview", "out of memory"),
    Note("two is company"),
    Loading("loading a tiny model"),
    BatchStarted("final", ("1.a",), 7),
    PanelDone("1.a", "final", "1" * 64, "output/tale/finals/1.a.png", 2.5),
    FileWritten("page", "output/tale/pages/page-01.png"),
]


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """It is one."""
        return True


def told(terminal: bool = False, as_json: bool = False, quiet: bool = False) -> tuple[str, str]:
    """What all events write to standard output and to standard error."""
    output, messages = io.StringIO(), Terminal() if terminal else io.StringIO()
    reporter = reporter_for(output, messages, as_json, quiet)
    for event in EVENTS:
        reporter(event)
    return output.getvalue(), messages.getvalue()


def test_a_pipe_gets_a_line_for_everything_but_steps() -> None:
    assert told() == (
        "",
        "tale: 3 to draw, 2 ready\n"
        "drawing preview 1.a, 1.b (7 steps)\n"
        "[1/3] preview 1.a drawn in 1.2 s: output/tale/previews/1.a.png\n"
        "[2/3] preview 1.b could not be drawn: out of memory\n"
        "two is company\n"
        "loading a tiny model\n"
        "drawing final 1.a (7 steps)\n"
        "[3/3] final 1.a drawn in 2.5 s: output/tale/finals/1.a.png\n"
        "page: output/tale/pages/page-01.png\n",
    )


def test_quiet_says_only_what_went_wrong() -> None:
    assert told(quiet=True) == (
        "",
        "preview 1.b could not be drawn: out of memory\ntwo is company\n",
    )


def test_json_is_one_event_a_line_and_nothing_else() -> None:
    for terminal in (False, True):
        output, messages = told(terminal=terminal, as_json=True)
        assert messages == ""
        documents = [json.loads(line) for line in output.splitlines()]
        assert [document["event"] for document in documents] == [
            type(event).__name__ for event in EVENTS
        ]
        assert documents[1] == {
            "event": "BatchStarted",
            "kind": "preview",
            "panels": ["1.a", "1.b"],
            "steps": 7,
            "work": 0.0,
        }


def test_a_terminal_gets_a_bar_with_panel_step_and_time_left() -> None:
    output, messages = told(terminal=True)
    assert output == ""
    assert "1/3, preview 1.a, 1.b, step 7/7" in messages
    assert "left" in messages
    assert "2/3, final 1.a" in messages
    assert "100%" in messages
    assert "preview 1.b could not be drawn: out of memory\n" in messages
    assert "page: output/tale/pages/page-01.png\n" in messages


def test_the_bar_moves_with_the_steps_and_ends_with_the_run() -> None:
    messages = Terminal()
    reporter = reporter_for(io.StringIO(), messages)
    reporter(RunStarted("tale", 1, 0))
    reporter(BatchStarted("preview", ("1.a",), 2))
    assert "  0%" in messages.getvalue()
    reporter(Step(1, 2))
    reporter(Note("here"))
    reporter(BatchStarted("preview", ("1.a",), 2))  # tried again: a bar never goes back
    assert " 50%" in messages.getvalue()
    reporter(PanelDone("1.a", "preview", "", "", 0.0))
    assert messages.getvalue().endswith("\n")
    reporter(RunStarted("next tale", 0, 4))
    assert messages.getvalue().endswith("next tale: all 4 ready\n")


def test_the_time_left_goes_by_a_batchs_steps_whatever_is_drawn_together() -> None:
    """Three pictures in two groups, of two and of one, that take as long as each other."""
    now = [0.0]
    bar = Bar(io.StringIO(), lambda: now[0])
    bar(RunStarted("tale", 6, 0, 60.0))
    for panels in (("1.a", "1.b", "1.c"), ("1.d", "1.e", "1.f")):
        bar(BatchStarted("preview", panels, 10, 30.0))
        for step in range(1, 21):
            now[0] += 1.0
            bar(Step(step, 20))
            if step == 10:
                for panel in panels[:2]:
                    bar(PanelDone(panel, "preview", "", "", 0.0))
                assert bar.left is not None
                assert bar.left == pytest.approx(40.0 - now[0], rel=0.1)
        bar(PanelDone(panels[2], "preview", "", "", 0.0))
        assert bar.left is not None
        assert bar.left == pytest.approx(40.0 - now[0], rel=0.1)
    assert bar.left == 0


@pytest.mark.parametrize("terminal", [False, True])
def test_a_dropped_run_is_told_in_a_line_and_ends_its_bar(terminal: bool) -> None:
    messages = Terminal() if terminal else io.StringIO()
    reporter = reporter_for(io.StringIO(), messages)
    reporter(RunStarted("tale", 3, 0))
    reporter(BatchStarted("preview", ("1.a",), 2))
    reporter(RunDropped("tale"))
    told = "tale: it was saved anew, what is left of the plan is dropped\n"
    assert messages.getvalue().endswith("\n" + told)
    reporter(Note("here"))
    assert messages.getvalue().endswith(told + "here\n")


@pytest.mark.parametrize("terminal", [False, True])
def test_what_strangers_write_never_steers_the_terminal(terminal: bool) -> None:
    messages = Terminal() if terminal else io.StringIO()
    reporter = reporter_for(io.StringIO(), messages)
    reporter(PanelFailed("1.a", "preview", "LoRA \x1b[2J\x07\n evil"))
    assert "\x1b" not in messages.getvalue()
    assert messages.getvalue().count("\n") == 1


def test_a_console_without_unicode_gets_escapes() -> None:
    raw = io.BytesIO()
    ascii_only = io.TextIOWrapper(raw, encoding="ascii", newline="\n")
    reporter = reporter_for(io.StringIO(), ascii_only)
    reporter(Note("灯台 \ud800"))
    assert raw.getvalue() in (b"\\u706f\\u53f0 \\ud800\n", b"\\u706f\\u53f0  \n")
    output = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    JsonLines(output)(Note("灯台 \ud800"))


def test_drawing_goes_on_when_nobody_listens() -> None:
    class Closed(io.StringIO):
        def write(self, _text: str) -> int:
            raise BrokenPipeError

    reporter = reporter_for(Closed(), io.StringIO(), as_json=True)
    for event in EVENTS:
        reporter(event)
