"""What an author who watches a story sees: what changed is drawn, and nothing ends the watching but
what no save can mend."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PIL import Image

from storyboard.engine.base import Engine
from storyboard.engine.kept import KeptEngine
from storyboard.errors import ProblemsError, argument_error
from storyboard.events import Event, FileWritten, Note, PanelDone, PanelFailed, RunDropped
from storyboard.jobs import Job, PreviewJob
from storyboard.looking import Look
from storyboard.models.catalog import builtin_root
from storyboard.redrawing import Previews
from storyboard.store import Store
from storyboard.watching import watch
from storyboard.workspace import Workspace
from tests.support.author import Author, Deed
from tests.support.toy_engine import ToyEngine

STORY = """\
title: Rain
sampler: {steps: 2}
size: 64x64
page: {size: 400x600, margin: 10, gutter: 10}
pages:
  - tiers: [1, 1, 1]
    panels:
      pier: {scene: harbour}
      face: {scene: smile, balloons: [{says: Only rain.}]}
      hand: {scene: lantern}
"""


@dataclass
class Room:
    """A folder with a story, and what happened while it was watched."""

    folder: Path
    engine: ToyEngine = field(default_factory=ToyEngine)
    events: list[Event] = field(default_factory=list)
    problems_told: list[str] = field(default_factory=list)
    warnings_told: list[str] = field(default_factory=list)
    files: set[str] = field(default_factory=set)
    made: int = 0
    hear: Callable[[Event], None] = lambda event: None

    @property
    def story(self) -> Path:
        """The story's file."""
        return self.folder / "rain.yaml"

    @property
    def models(self) -> Path:
        """A folder that `--models` names, if it is there from the first."""
        return self.folder / "drive"

    def change(self, old: str, new: str) -> Deed:
        """A save with one text in another's place."""

        def deed() -> None:
            text = self.story.read_text("utf-8")
            assert old in text
            self.story.write_text(text.replace(old, new), "utf-8")

        return deed

    def write(self, name: str, text: str) -> Deed:
        """A save of any file."""

        def deed() -> None:
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")

        return deed

    def watch(self, *deeds: tuple[float, Deed], panels: tuple[str, ...] = ()) -> None:
        """Watches until Ctrl-C, or what ends it before."""
        self.events.clear()
        kept = KeptEngine(self.make_engine)
        models = (self.models,) if self.models.exists() else ()
        workspace = Workspace(self.folder / "output", models)
        drawing = Previews(workspace, self.story, panels, kept, self.report, self)
        try:
            with pytest.raises(KeyboardInterrupt):
                watch(drawing, Look(), Author(*deeds))
        finally:
            kept.close()

    def make_engine(self) -> Engine:
        """Counts."""
        self.made += 1
        return self.engine

    def report(self, event: Event) -> None:
        """Notes an event."""
        self.events.append(event)
        self.hear(event)

    def problems(self, problems: object) -> None:
        """Notes problems."""
        assert isinstance(problems, tuple)
        self.problems_told += [problem.message for problem in problems]

    def warnings(self, warnings: object) -> None:
        """Notes warnings."""
        assert isinstance(warnings, list)
        self.warnings_told += [problem.message for problem in warnings]

    def waiting(self, files: object) -> None:
        """Notes what is watched."""
        assert isinstance(files, tuple)
        self.files = {path.name for path in files}

    def drawn(self) -> list[str]:
        """The panels that were drawn, in their order."""
        return [event.panel for event in self.events if isinstance(event, PanelDone)]

    def notes(self) -> list[str]:
        """What was told in words."""
        return [event.text for event in self.events if isinstance(event, Note)]


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Room:
    monkeypatch.setattr(os, "fsync", lambda _: None)  # waits for a disk; no power is cut here
    monkeypatch.chdir(tmp_path)
    room = Room(tmp_path)
    room.write("rain.yaml", STORY)()
    return room


ALL = ["1.pier", "1.face", "1.hand"]


def test_what_is_missing_is_drawn_once_and_then_what_changed(room: Room) -> None:
    room.watch((1, room.change("smile", "tears")), (5, room.change("lantern", "umbrella")))
    assert room.drawn() == [*ALL, "1.face", "1.hand"]
    assert (room.made, room.engine.closed) == (1, 1)
    room.watch()
    assert room.drawn() == []
    assert room.made == 1


def test_a_preview_is_there_before_its_page_is_begun(room: Room) -> None:
    room.watch((1, room.change("smile", "tears")))
    told = [event for event in room.events if isinstance(event, PanelDone | FileWritten)]
    assert isinstance(told[-4], PanelDone)
    pages = [Path(event.path).name for event in told[-3:] if isinstance(event, FileWritten)]
    assert pages == ["page-01.png", "contact-sheet.png", "contact-sheet.html"]


def test_a_balloon_draws_its_page_and_no_picture(room: Room) -> None:
    room.watch((1, room.change("Only rain.", "It will pass.")))
    assert room.drawn() == ALL
    assert isinstance(room.events[-1], FileWritten)
    assert room.events[-1].path.endswith("page-01.png")


def test_a_broken_story_is_told_and_the_next_good_save_goes_on(room: Room) -> None:
    half = STORY[: STORY.index("says")]
    room.watch((1, room.write("rain.yaml", half)), (3, room.write("rain.yaml", STORY)))
    assert len(room.problems_told) == 1
    assert room.drawn() == ALL


def test_a_story_that_is_broken_from_the_first_is_waited_for(room: Room) -> None:
    room.change("size: 64x64", "size: 64x64\nmodle: {}")()
    room.watch((1, room.change("modle: {}", "")))
    assert "modle" in room.problems_told[0]
    assert room.drawn() == ALL


def test_a_save_while_it_draws_drops_what_is_not_wanted_any_more(room: Room) -> None:
    def save(event: Event) -> None:
        if isinstance(event, PanelDone) and event.panel == "1.pier":
            room.change("lantern", "umbrella")()
            room.hear = lambda event: None

    room.hear = save
    room.watch()
    assert room.drawn() == ALL, "the old lantern was kept too"
    assert room.events.count(RunDropped("rain")) == 1
    assert room.made == 1


def test_a_save_in_the_last_picture_draws_no_pages_before_it_is_drawn_too(room: Room) -> None:
    def save(event: Event) -> None:
        if isinstance(event, PanelDone) and event.panel == "1.hand":
            room.change("smile", "tears")()
            room.hear = lambda event: None

    room.hear = save
    room.watch()
    told = [type(e) for e in room.events if isinstance(e, PanelDone | FileWritten | RunDropped)]
    assert told == [*[PanelDone] * 3, RunDropped, PanelDone, *[FileWritten] * 3]


def test_a_story_that_is_gone_is_waited_for(room: Room) -> None:
    room.watch((1, room.story.unlink), (3, room.write("rain.yaml", STORY.replace("smile", "sea"))))
    assert any("rain.yaml is gone" in note for note in room.notes())
    assert room.drawn() == [*ALL, "1.face"]


def test_while_another_run_writes_it_waits_and_says_so_once(room: Room) -> None:
    other = ExitStack()
    store = Store(room.folder / "output" / ".store")
    other.enter_context(store.writing())
    room.watch((3, room.change("smile", "tears")), (6, other.close))
    told = [note for note in room.notes() if "another run" in note]
    assert len(told) == 1
    assert room.drawn() == ALL


def test_the_lock_is_free_while_nothing_is_drawn(room: Room) -> None:
    store = Store(room.folder / "output" / ".store")

    def another_run() -> None:
        with store.writing():
            pass

    room.watch((1, another_run))


def test_what_failed_is_not_tried_again_until_it_changes(room: Room) -> None:
    def mishap(job: Job) -> str | None:
        return "black" if isinstance(job, PreviewJob) and "smile" in job.prompt else None

    room.engine = ToyEngine(mishap)
    room.watch((1, room.change("lantern", "umbrella")), (4, room.change("smile", "tears")))
    assert [e.panel for e in room.events if isinstance(e, PanelFailed)] == ["1.face"]
    assert room.drawn() == ["1.pier", "1.hand", "1.hand", "1.face"]
    assert "1.face: there is no picture yet" in room.notes()


def test_what_the_story_includes_counts_and_what_it_will_include(room: Room) -> None:
    cast = "characters: {mei: {prompt: red coat}}\n"
    room.change("smile,", "smile, characters: [mei],")()
    room.watch(
        (1, room.write("rain.yaml", "include: cast.yaml\n" + room.story.read_text())),
        (3, room.write("cast.yaml", cast)),
        (6, room.write("cast.yaml", cast.replace("red", "blue"))),
    )
    assert any("cast.yaml" in problem for problem in room.problems_told)
    assert room.drawn() == [*ALL, "1.face"]


def test_wildcard_files_count(room: Room) -> None:
    room.change("smile", '"__mood__"')()
    room.write("wildcards/mood.txt", "smile")()
    room.watch((1, room.write("wildcards/mood.txt", "tears")))
    assert room.drawn() == [*ALL, "1.face"]


def test_what_lies_beside_a_lora_counts(room: Room) -> None:
    (room.folder / "models" / "Lora").mkdir(parents=True)
    found = next(builtin_root().rglob("mei.safetensors"))
    shutil.copy(found, room.folder / "models" / "Lora" / "mine.safetensors")
    room.change("title: Rain", "title: Rain\ncharacters: {me: {lora: mine}}")()
    room.change("{scene: smile,", "{scene: smile, characters: [me],")()
    room.watch((1, room.write("models/Lora/mine.json", '{"activation text": "mei, 1girl"}')))
    assert room.drawn() == ["1.pier", "1.hand", "1.face", "1.face"]


def test_an_authors_own_picture_counts(room: Room) -> None:
    def ink(colour: str) -> Deed:
        return lambda: Image.new("RGB", (64, 64), colour).save(room.folder / "hand.png")

    ink("red")()
    room.change("{scene: lantern}", "{art: hand.png}")()
    room.watch((1, ink("blue")), (4, room.write("hand.png", "no picture")), (7, ink("red")))
    pages = [e for e in room.events if isinstance(e, FileWritten) and e.kind == "page"]
    assert len(pages) == 3
    assert room.drawn() == ["1.pier", "1.face"]
    assert len(room.problems_told) == 1 and "cannot be read" in room.problems_told[0]


def test_the_takes_file_counts_before_there_is_one(room: Room) -> None:
    room.watch()
    assert "rain.takes.yaml" in room.files


def test_only_the_named_panels_are_drawn(room: Room) -> None:
    room.watch((1, room.change("lantern", "sea")), (4, room.change("smile", "i")), panels=("face",))
    assert room.drawn() == ["1.face", "1.face"]


def test_a_panel_that_is_not_there_from_the_first_ends_it(room: Room) -> None:
    with pytest.raises(ProblemsError, match="there is no panel fase"):
        room.watch(panels=("fase",))


def test_a_panel_that_is_taken_out_is_waited_for(room: Room) -> None:
    room.watch(
        (1, room.change("face:", "fac:")), (3, room.change("fac:", "face:")), panels=("face",)
    )
    assert room.problems_told == ["there is no panel face"]
    assert room.drawn() == ["1.face"]


def test_models_that_are_taken_away_are_told_and_the_next_save_looks_again(room: Room) -> None:
    room.models.mkdir()
    room.watch(
        (1, room.models.rmdir),
        (1, room.change("smile", "tears")),
        (4, room.models.mkdir),
        (4, room.change("tears", "rain")),
    )
    assert [problem.startswith("there is no folder") for problem in room.problems_told] == [True]
    assert room.drawn() == [*ALL, "1.face"]


def test_an_engine_that_cannot_be_made_ends_it(room: Room) -> None:
    def no_engine() -> Engine:
        raise argument_error("there is no device cuda:9")

    room.make_engine = no_engine  # type: ignore[method-assign]
    with pytest.raises(ProblemsError, match="cuda:9"):
        room.watch()


def test_a_warning_is_told_once(room: Room) -> None:
    room.change("smile,", '"smile, <lora:mei>",\n        negative: "<lora:mei>",')()
    room.watch((1, room.change("harbour", "sea")))
    assert len(room.warnings_told) == 1


def test_a_full_disk_is_told_and_the_next_save_tries_again(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("storyboard.disk.write", full)
        deeds = (1, patched.undo), (2, room.change("lantern", "umbrella"))
        room.watch(*deeds)
    assert any("No space left on device" in note for note in room.notes())
    assert room.drawn() == ALL
