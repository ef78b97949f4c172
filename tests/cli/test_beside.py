"""Pages are made on other cores while a device draws the rest; all else is as if they were not."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from storyboard import crew
from storyboard.assembly import assemble
from storyboard.beside import Beside
from storyboard.cli.main import main
from storyboard.desk import Desk
from storyboard.engine.base import Batch, Drawn, Failed, FinalBatch, OnStep, Source
from storyboard.engine.fake import FakeEngine
from storyboard.events import Event, FileWritten
from storyboard.executors.several import SeveralExecutor
from storyboard.jobs import FinalJob
from storyboard.store import Store
from storyboard.workspace import Workspace
from tests.support.processes import in_a_group_of_its_own

GPU = "cuda:0 (a GPU that is said to be there)"
HEAD = """\
title: Rain
seed: 5
sampler: {steps: 4}
final: {steps: 4, upscaler: lanczos, scale: 1.5}
size: 128x160
characters: {mei: {prompt: "mei"}}
page: {size: 300x400, margin: 15, gutter: 6}
pages:
"""
PAGE = """\
  - panels:
      a: {{scene: pier {n}, caption: It rained.}}
      b:
        scene: face {n}
        characters: [mei]
        balloons: [{{who: mei, says: {{en: Rain., de: Regen.}}}}]
"""
STORY = HEAD + "".join(PAGE.format(n=n) for n in (1, 2, 3))
LAST = "face 3"
PATIENCE = 60.0


class Held(FakeEngine):
    """An engine on a GPU, which draws pictures of `LAST` only when all files of `until` are there:
    the finals, or without `finals` the previews."""

    def __init__(self, *until: str, finals: bool = True, fail: tuple[str, ...] = ()) -> None:
        super().__init__(device=GPU, fail=frozenset(fail))
        self._until = [Path(name) for name in until]
        self._finals = finals

    def draw(
        self, batch: Batch, sources: Mapping[int, Source], on_step: OnStep
    ) -> Iterator[Drawn | Failed]:
        """See `Engine`."""
        prompts = [
            job.preview.prompt if isinstance(job, FinalJob) else job.prompt for job in batch.jobs
        ]
        if isinstance(batch, FinalBatch) == self._finals and any(LAST in one for one in prompts):
            end = time.monotonic() + PATIENCE
            while not all(path.is_file() for path in self._until):
                assert time.monotonic() < end, "no page is made"
                on_step(0, 1)
                time.sleep(0.01)
        yield from super().draw(batch, sources, on_step)


@dataclass
class Ended:
    """How a command ended, and what it told."""

    code: int
    events: list[dict[str, Any]]
    said: str
    begun: int = 0

    def files(self) -> list[str]:
        """The files that were told, as they were told."""
        return [Path(e["path"]).name for e in self.events if e["event"] == "FileWritten"]

    def early(self) -> list[str]:
        """Those that were told before the last picture."""
        last = max(n for n, e in enumerate(self.events) if e["event"] == "PanelDone")
        return Ended(0, self.events[:last], "").files()


@dataclass
class Runs:
    """Runs commands, and counts the pages that other processes were given one by one."""

    monkeypatch: pytest.MonkeyPatch
    begun: list[object] = field(default_factory=list)

    def __call__(self, *words: str, cores: int, engine: Callable[[], FakeEngine]) -> Ended:
        self.monkeypatch.setattr(crew, "cores", lambda: cores)
        before = len(self.begun)
        out, said = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(said):
            code = main([*words, "--json", "--batch-size", "1"], make_engine=engine)
        lines = out.getvalue().splitlines()
        events = [json.loads(line) for line in lines if line.startswith('{"event"')]
        return Ended(code, events, out.getvalue() + said.getvalue(), len(self.begun) - before)


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Runs:
    """Commands in a folder with a story of three pages of two panels each."""
    monkeypatch.chdir(tmp_path)
    Path("rain.yaml").write_text(STORY, encoding="utf-8")
    found = Runs(monkeypatch)
    present = crew.Crew.begin

    def begin(self: crew.Crew, work: Any, task: Any) -> Any:
        if work.__name__ == "press":
            found.begun.append(task)
        return present(self, work, task)

    monkeypatch.setattr(crew.Crew, "begin", begin)
    return found


def kept(output: str = "output") -> dict[str, bytes]:
    """All files that are no caches, by their names."""
    folder = Path(output)
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".cache" not in path.parts and path.name != ".lock"
    }


def remembered() -> object:
    """What is known of written files, in whatever order."""
    return json.loads(Path("output/.cache/written/rain.json").read_bytes())


@pytest.mark.parametrize(("command", "folder"), [("render", "pages"), ("preview", "draft")])
def test_pages_are_there_and_told_before_the_last_picture(
    runs: Runs, command: str, folder: str
) -> None:
    pages = [f"output/rain/{folder}/page-0{n}.png" for n in (1, 2)]
    engine = partial(Held, *pages, finals=command == "render")
    ended = runs(command, "rain.yaml", cores=2, engine=engine)
    assert ended.code == 0, ended.said
    assert ended.early()[0] == "page-01.png"
    assert ended.begun == 2, "the last page is left to those that make the books"
    assert max(Counter(ended.files()).values()) == 1
    assert {f"page-0{n}.png" for n in (1, 2, 3)} <= set(ended.files())


ALL = ("--format", "png,jpeg,webp,pdf,cbz,epub,webtoon,html", "--language", "en,de")


@pytest.mark.parametrize(
    ("words", "begun"), [(("render",), 2), (("render", *ALL), 4), (("preview",), 2)]
)
def test_nothing_else_is_changed_by_it(runs: Runs, words: tuple[str, ...], begun: int) -> None:
    """Pictures, pages, books, manifests: byte for byte; and what is remembered and told."""
    command, *options = words
    where = "pages" if command == "render" else "draft"
    held = partial(Held, f"output/rain/{where}/page-02.png", finals=command == "render")
    ended = runs(command, "rain.yaml", *options, cores=2, engine=held)
    found, known = kept(), remembered()
    shutil.rmtree("output")
    other = runs(command, "rain.yaml", *options, cores=1, engine=partial(FakeEngine, device=GPU))
    assert (ended.code, other.code) == (0, 0)
    assert (ended.begun, other.begun) == (begun, 0)
    assert found == kept()
    assert known == remembered()
    assert sorted(ended.files()) == sorted(other.files())


def test_a_second_run_writes_nothing(runs: Runs) -> None:
    engine = partial(Held, "output/rain/pages/page-02.png")
    runs("render", "rain.yaml", cores=2, engine=engine)
    again = runs("render", "rain.yaml", cores=2, engine=engine)
    assert again.files() == []


def test_a_picture_that_is_drawn_again_as_it_was_leaves_its_page_alone(runs: Runs) -> None:
    engine = partial(FakeEngine, device=GPU)
    first = runs("render", "rain.yaml", cores=1, engine=engine)
    digests = {
        (event["panel"], event["kind"]): event["digest"]
        for event in first.events
        if event["event"] == "PanelDone"
    }
    for panel in ("1.a", "3.b"):
        Store(Path("output/.store")).remove(digests[panel, "final"])
    again = runs("render", "rain.yaml", cores=2, engine=engine)
    assert again.begun == 1
    assert again.files() == []


def test_a_page_that_fails_ends_nothing_and_is_told_at_the_end(runs: Runs) -> None:
    """What stands in the first page's way is met early: one process makes one page at a time."""
    in_the_way = Path("output/rain/pages/page-01.png/mine")
    in_the_way.parent.mkdir(parents=True)
    in_the_way.touch()
    engine = partial(Held, "output/rain/pages/page-02.png")
    ended = runs("render", "rain.yaml", cores=2, engine=engine)
    assert ended.begun == 2
    assert sum(event["event"] == "PanelDone" for event in ended.events) == 12
    assert ended.code == 1
    assert "rain/pages" in ended.said and "Is a directory" in ended.said
    assert ended.files() == ["page-02.png"]
    shutil.rmtree(in_the_way.parent)
    again = runs("render", "rain.yaml", cores=2, engine=engine)
    assert again.code == 0
    assert again.files() == ["page-01.png", "page-03.png", "rain.pdf", "rain.cbz"]


def test_a_picture_of_the_authors_that_cannot_be_read_ends_nothing_either(runs: Runs) -> None:
    Path("mine.png").write_bytes(b"no picture")
    text = STORY.replace("scene: pier 1", "art: mine.png")
    Path("rain.yaml").write_text(text, encoding="utf-8")
    ended = runs("render", "rain.yaml", cores=2, engine=partial(FakeEngine, device=GPU))
    assert ended.code == 2
    assert "mine.png" in ended.said
    assert sum(event["event"] == "PanelDone" for event in ended.events) == 10


def test_no_page_is_made_twice_though_takes_of_its_panels_follow(
    runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []

    def at_once(self: crew.Crew, work: Any, task: Any) -> Future[Any]:
        made.append(task.page.content.number)
        future: Future[Any] = Future()
        future.set_result(work(task))
        return future

    monkeypatch.setattr(crew.Crew, "begin", at_once)
    text = STORY.replace("caption: It rained.", "caption: It rained., takes: 3")
    Path("rain.yaml").write_text(text, encoding="utf-8")
    ended = runs("preview", "rain.yaml", cores=2, engine=partial(FakeEngine, device=GPU))
    assert made == [1, 2, 3]
    assert max(Counter(ended.files()).values()) == 1


def test_a_process_that_dies_costs_no_picture_and_no_page(
    runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storyboard.pressing.press", press_none)
    ended = runs("render", "rain.yaml", cores=2, engine=partial(FakeEngine, device=GPU))
    assert ended.code == 0
    assert {f"page-0{n}.png" for n in (1, 2, 3)} <= set(ended.files())


def press_none(task: object) -> None:
    """Ends the process, as a system without memory does."""
    os._exit(9)


press_none.__name__ = "press"


def test_a_page_whose_picture_failed_is_left_to_the_end(runs: Runs) -> None:
    def engine(output: str) -> Callable[[], FakeEngine]:
        return partial(Held, f"{output}/rain/pages/page-02.png", fail=("pier 1",))

    words = ("render", "rain.yaml", "--output")
    ended = runs(*words, "with", cores=2, engine=engine("with"))
    other = runs(
        *words, "without", cores=1, engine=partial(FakeEngine, 0, frozenset({"pier 1"}), GPU)
    )
    assert (ended.code, other.code) == (1, 1)
    assert ended.begun == 1
    assert kept("with") == kept("without")


def test_panels_that_are_asked_for_alone_bring_their_pages(runs: Runs) -> None:
    runs("render", "rain.yaml", cores=1, engine=partial(FakeEngine, device=GPU))
    shutil.copytree("output", "other")
    text = STORY.replace("pier 1", "dusk").replace("face 2", "dawn").replace(LAST, f"{LAST} again")
    Path("rain.yaml").write_text(text, encoding="utf-8")
    asked = ("render", "rain.yaml", "1.a", "3.b", "--output")
    page = Path("output/rain/pages/page-01.png")
    page.unlink()  # so that it can be awaited
    ended = runs(*asked, "output", cores=2, engine=partial(Held, str(page)))
    Path("other/rain/pages/page-01.png").unlink()
    other = runs(*asked, "other", cores=1, engine=partial(FakeEngine, device=GPU))
    assert ended.begun == 1
    assert set(ended.files()) == set(other.files()) == {"page-01.png", "page-03.png"}
    assert kept("output") == kept("other")


def test_each_of_several_stories_has_it(runs: Runs) -> None:
    Path("snow.yaml").write_text(STORY.replace("Rain", "Snow"), encoding="utf-8")
    engine = partial(Held, "output/rain/pages/page-01.png")
    ended = runs("render", "rain.yaml", "snow.yaml", cores=2, engine=engine)
    assert ended.code == 0
    paths = [event["path"] for event in ended.events if event["event"] == "FileWritten"]
    assert len(paths) == len(set(paths)) == 10
    assert ended.begun >= 1


@pytest.mark.parametrize(("command", "begun"), [("render", 2), ("preview", 0)])
def test_where_the_best_take_is_chosen_pages_wait_until_it_is(
    runs: Runs, command: str, begun: int
) -> None:
    text = STORY.replace("caption: It rained.", "caption: It rained., takes: 4, pick: best")
    Path("rain.yaml").write_text(text, encoding="utf-8")
    held = ["output/rain/pages/page-02.png"] if begun else []
    ended = runs(command, "rain.yaml", cores=2, engine=partial(Held, *held))
    found = kept()
    shutil.rmtree("output")
    other = runs(command, "rain.yaml", cores=1, engine=partial(FakeEngine, device=GPU))
    assert (ended.code, ended.begun, other.code) == (0, begun, 0)
    assert sorted(ended.files()) == sorted(other.files())
    assert found == kept()


@pytest.mark.parametrize(
    ("device", "cores", "options"),
    [("cpu", 2, ()), ("fake", 2, ()), (GPU, 1, ()), (GPU, 2, ("--format", "pdf,epub"))],
    ids=["cpu", "fake", "one core", "books alone"],
)
def test_it_is_not_done_where_it_does_not_pay(
    runs: Runs, device: str, cores: int, options: tuple[str, ...]
) -> None:
    engine = partial(FakeEngine, device=device)
    ended = runs("render", "rain.yaml", *options, cores=cores, engine=engine)
    assert ended.code == 0
    assert ended.begun == 0


def test_pictures_come_first_where_the_disk_is_nearly_full(
    runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil._ntuple_diskusage
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**9, 10**9, 10**8))
    ended = runs("render", "rain.yaml", cores=2, engine=partial(FakeEngine, device=GPU))
    assert ended.code == 0
    assert ended.begun == 0


def test_it_is_done_beside_several_devices(runs: Runs) -> None:
    runs.monkeypatch.setattr(crew, "cores", lambda: 2)
    desk = Desk.open(Workspace(Path("output")), Path("rain.yaml"))
    told: list[Event] = []
    page = Path("output/rain/pages/page-01.png").resolve()
    devices = SeveralExecutor([partial(Held, str(page)) for _ in range(2)])
    with desk.store.writing():
        with Beside(desk, "final", told.append) as beside:
            desk.draw(desk.plan(True), FakeEngine, beside, 1, devices)
        assert page.exists()
        assert not list(Path("output/.cache").glob("pages-*"))
        assert sum(isinstance(event, FileWritten) for event in told) == len(runs.begun) > 0
        assemble(desk, "final", told.append)
    written = [event.path for event in told if isinstance(event, FileWritten)]
    assert len(written) == len(set(written)) == 5


def test_the_page_in_hand_at_the_end_is_waited_for(
    runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is written once the engine has closed, and no sooner."""
    over = threading.Event()

    class Closing(FakeEngine):
        def close(self) -> None:
            over.set()

    def once_over(work: Any, task: Any) -> Any:
        assert over.wait(PATIENCE)
        return work(task)

    told: list[Event] = []
    monkeypatch.setattr(crew, "cores", lambda: 2)
    with ThreadPoolExecutor(1) as pool:
        monkeypatch.setattr(crew.Crew, "begin", lambda _, *asked: pool.submit(once_over, *asked))
        desk = Desk.open(Workspace(Path("output")), Path("rain.yaml"))
        with desk.store.writing(), Beside(desk, "final", told.append) as beside:
            desk.draw(desk.plan(True), partial(Closing, device=GPU), beside, 1)
    written = [Path(event.path).name for event in told if isinstance(event, FileWritten)]
    assert written == ["page-01.png"]


STUCK = """
import sys
from storyboard import crew
from storyboard.cli.main import main
from tests.cli.test_beside import Held

crew.cores = lambda: 2
if __name__ == "__main__":
    make = lambda: Held("never")
    sys.exit(main(["render", "rain.yaml", "--batch-size", "1", "--json"], make_engine=make))
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no process groups to signal")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_whatever_ends_it_the_next_run_goes_on_from_there(
    runs: Runs, number: signal.Signals, code: int
) -> None:
    Path("stuck.py").write_text(STUCK, encoding="utf-8")
    process = in_a_group_of_its_own("stuck.py")
    assert process.stdout is not None
    for line in process.stdout:
        if "FileWritten" in line:
            break
    (os.killpg if number == signal.SIGINT else os.kill)(process.pid, number)
    said = process.communicate(timeout=PATIENCE)[1]
    assert process.returncode == code, said
    assert "Traceback" not in said
    if number == signal.SIGINT:
        assert not list(Path("output/.cache").glob("pages-*"))
    again = runs("render", "rain.yaml", cores=1, engine=partial(FakeEngine, device=GPU))
    assert again.code == 0
    whole = runs(
        "render", "rain.yaml", "--output", "whole", cores=1, engine=partial(FakeEngine, device=GPU)
    )
    assert whole.code == 0
    assert kept() == kept("whole")
    if number == signal.SIGINT:
        assert "page-01.png" not in again.files(), "it was kept, and told, before"
    assert not list(Path("output/.cache").glob("pages-*"))
