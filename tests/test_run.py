"""A run draws what is missing, keeps each picture, and lets no failure stop the others."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from storyboard import disk
from storyboard.compiled import CompiledStory
from storyboard.digests import digest
from storyboard.engine.base import Batch, Drawn, Engine, Failed, OnStep, Pixels, Source
from storyboard.engine.fake import FakeEngine
from storyboard.errors import ProblemsError, argument_error
from storyboard.events import BatchStarted, Event, Note, PanelDone, PanelFailed, RunStarted, Step
from storyboard.executors.base import executor_named
from storyboard.interrupts import shielded
from storyboard.jobs import Beginning, Box, FinalJob, Job, ModelFile, PreviewJob
from storyboard.ledger import PanelLedger
from storyboard.manifest import Manifest
from storyboard.pictures import pixel_hash
from storyboard.planning import plan
from storyboard.pnginfo import decode_png
from storyboard.recipes import restore
from storyboard.run import Outcome, draw, draw_into
from storyboard.store import PICTURE, Store, StoreProblem
from tests.support.jobs import final, panel, preview, story, tale
from tests.support.toy_engine import ToyEngine, picture


@dataclass
class Desk:
    """One output folder, and what happened at it."""

    folder: Path
    engine: ToyEngine = field(default_factory=ToyEngine)
    events: list[Event] = field(default_factory=list)
    made: int = 0

    @property
    def store(self) -> Store:
        """The store, opened anew."""
        return Store(self.folder / ".store")

    def manifest(self) -> Manifest:
        """The manifest, read anew."""
        return Manifest.load(self.folder / "tale", "tale", str(self.folder / "story.yaml"))

    def make_engine(self) -> Engine:
        """Counts how often an engine was needed."""
        self.made += 1
        return self.engine

    def run(self, compiled: CompiledStory, finals: bool = True, batch_size: int = 4) -> Outcome:
        """Plans and draws, as a command does."""
        self.events.clear()
        self.engine.drawn.clear()
        self.engine.batches.clear()
        store, manifest = self.store, self.manifest()
        items = plan(compiled, store.digests(), manifest, finals).items
        report = self.events.append
        return draw(items, compiled, self.make_engine, store, manifest, report, batch_size)

    def files(self) -> list[str]:
        """The views there are."""
        views = [path for path in (self.folder / "tale").rglob("*") if path.is_file()]
        return sorted(path.relative_to(self.folder / "tale").as_posix() for path in views)

    def notes(self) -> list[str]:
        """What the user was told."""
        return [event.text for event in self.events if isinstance(event, Note)]


@pytest.fixture(name="desk")
def _desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(os, "fsync", lambda _: None)  # waits for a disk; no power is cut here
    (tmp_path / "story.yaml").touch()
    return Desk(tmp_path)


ONE = story([panel("1.a", preview(), final(preview()))])


def test_everything_is_drawn_kept_and_shown(desk: Desk) -> None:
    outcome = desk.run(ONE)
    assert [(item.panel, item.kind) for item in outcome.done] == [
        ("1.a", "preview"),
        ("1.a", "final"),
    ]
    assert outcome.failed == ()
    assert desk.files() == ["finals/1.a.png", "manifest.json", "previews/1.a.png"]
    with Image.open(desk.folder / "tale" / "previews" / "1.a.png") as shown:
        pixels, latent = picture(preview(), None)
        assert (np.asarray(shown) == pixels).all()
    with Image.open(desk.folder / "tale" / "finals" / "1.a.png") as shown:
        expected, _ = picture(final(preview()), Source(pixels, latent))
        assert (np.asarray(shown) == expected).all()
    assert desk.engine.closed == 1


def test_a_panel_is_told_of_only_once_it_is_stored(desk: Desk) -> None:
    def check(event: Event) -> None:
        if isinstance(event, PanelDone):
            assert Store(desk.folder / ".store").get(event.digest) is not None
            assert Path(event.path).read_bytes()
            told.append(event.panel)

    told: list[str] = []
    compiled = tale(5)
    items = plan(compiled, frozenset(), desk.manifest(), finals=True).items
    draw(items, compiled, desk.make_engine, desk.store, desk.manifest(), check, 2)
    assert len(told) == 10


def test_events_tell_the_whole_run(desk: Desk) -> None:
    desk.run(ONE, finals=False)
    start, batch, one, two, done = desk.events
    assert start == RunStarted("tale", drawings=1, ready=0)
    assert batch == BatchStarted("preview", ("1.a",), steps=7)
    assert (one, two) == (Step(1, 2), Step(2, 2))
    assert isinstance(done, PanelDone) and done.seconds >= 0


def test_a_second_run_draws_nothing_and_makes_no_engine(desk: Desk) -> None:
    desk.run(tale(3))
    before = {path: path.stat().st_mtime_ns for path in desk.folder.rglob("*.png")}
    manifest = (desk.folder / "tale" / "manifest.json").stat().st_mtime_ns
    desk.made = 0
    assert desk.run(tale(3)) == Outcome((), ())
    assert desk.made == 0
    assert desk.events == [RunStarted("tale", drawings=0, ready=6)]
    assert {path: path.stat().st_mtime_ns for path in desk.folder.rglob("*.png")} == before
    assert (desk.folder / "tale" / "manifest.json").stat().st_mtime_ns == manifest


def test_one_changed_panel_draws_that_panel_alone(desk: Desk) -> None:
    desk.run(tale(6))
    panels = list(tale(6).panels)
    changed = preview("changed")
    panels[2] = replace(panels[2], preview=changed, final=final(changed))
    desk.run(story(panels))
    assert desk.engine.drawn == [digest(changed), digest(final(changed))]


def test_panels_of_one_picture_share_it(desk: Desk) -> None:
    compiled = story([panel("1.a", preview()), panel("2.b", preview())])
    outcome = desk.run(compiled, finals=False)
    assert len(desk.engine.drawn) == 1
    assert [item.panel for item in outcome.done] == ["1.a", "2.b"]
    assert desk.files() == [
        "finals/1.a.png",
        "finals/2.b.png",
        "manifest.json",
        "previews/1.a.png",
        "previews/2.b.png",
    ]


def test_the_store_holds_what_depends_on_the_job_alone(desk: Desk, tmp_path: Path) -> None:
    desk.run(tale(4), batch_size=4)
    (tmp_path / "other").mkdir()
    other = Desk(tmp_path / "other")
    (other.folder / "story.yaml").touch()
    panels = [replace(one, address=f"9.x{n}") for n, one in enumerate(tale(4).panels)]
    other.run(story(panels[::-1]), batch_size=1)
    assert desk.store.digests() == other.store.digests() != frozenset()
    for one in desk.store.digests():
        mine, theirs = desk.store.get(one), other.store.get(one)
        assert mine is not None and theirs is not None
        assert mine.files == theirs.files
        assert mine.record == theirs.record


def test_an_entry_records_its_making(desk: Desk) -> None:
    desk.run(ONE)
    small = desk.store.get(digest(preview()))
    large = desk.store.get(digest(final(preview())))
    assert small is not None and large is not None
    assert set(small.files) == {"picture.png", "latent.safetensors"}
    assert set(large.files) == {"picture.png"}
    assert small.record["recipe"]["prompt"] == "a lighthouse"
    assert small.record["provenance"] == {"device": "toy", "evaluations": 2}
    assert large.record["source_pixels"] == small.record["pixels"]
    with Image.open(io.BytesIO(large.picture)) as image:
        assert json.loads(image.info["storyboard"])["digest"] == digest(final(preview()))
        assert image.info["parameters"].startswith(
            "a lighthouse\nNegative prompt: blurry\nSteps: 4"
        )


def unlucky(seed: int, mishap: str | BaseException) -> ToyEngine:
    """An engine that cannot draw the preview of this seed."""

    def decide(job: Job) -> str | BaseException | None:
        return mishap if isinstance(job, PreviewJob) and job.seed == seed else None

    return ToyEngine(decide)


def failures(outcome: Outcome) -> list[tuple[str, str, str]]:
    """What failed: panel, kind, message."""
    return [(one.panel, one.kind, one.message) for one in outcome.failed]


def test_a_panel_that_fails_stops_no_other_and_takes_its_final_along(desk: Desk) -> None:
    desk.engine = unlucky(1, "the picture came out black")
    outcome = desk.run(tale(4))
    assert len(outcome.done) == 6
    assert failures(outcome) == [
        ("1.p1", "preview", "the picture came out black"),
        ("1.p1", "final", "the preview that it is drawn from could not be drawn"),
    ]
    told = [(one.panel, one.kind) for one in desk.events if isinstance(one, PanelFailed)]
    assert told == [("1.p1", "preview"), ("1.p1", "final")]
    items = plan(tale(4), desk.store.digests(), desk.manifest(), finals=True).to_draw
    assert [(item.state, item.reason) for item in items] == [
        ("failed", "the picture came out black"),
        ("failed", "the preview that it is drawn from could not be drawn"),
    ]
    desk.engine = ToyEngine()
    assert len(desk.run(tale(4)).done) == 2
    assert plan(tale(4), desk.store.digests(), desk.manifest(), finals=True).to_draw == ()


def test_a_batch_that_breaks_is_drawn_one_by_one(desk: Desk) -> None:
    desk.engine = unlucky(1, RuntimeError("CUDA out\nof memory"))
    outcome = desk.run(tale(4, finals=False), finals=False)
    assert failures(outcome) == [
        ("1.p1", "preview", "the engine failed with RuntimeError: CUDA out of memory")
    ]
    assert [item.panel for item in outcome.done] == ["1.p0", "1.p2", "1.p3"]
    assert desk.engine.batches == [4, 1, 1, 1, 1]
    assert desk.notes() == [
        "the engine failed with RuntimeError: CUDA out of memory; "
        "the 4 panels of the batch are drawn one by one"
    ]


def test_a_batch_that_can_never_be_drawn_is_not_tried_again(desk: Desk) -> None:
    desk.engine = unlucky(1, argument_error("LoRA mei does not fit", file="mei.safetensors"))
    outcome = desk.run(tale(6, finals=False), finals=False, batch_size=2)
    assert [one.panel for one in outcome.failed] == ["1.p0", "1.p1"]
    assert outcome.failed[0].message == "mei.safetensors: LoRA mei does not fit"
    assert desk.engine.batches == [2, 2, 2]


class _Wrong(ToyEngine):
    """An engine that does not do as it was asked."""

    def __init__(self, results: list[Drawn]) -> None:
        super().__init__()
        self._results = results

    def draw(
        self, batch: Batch, sources: Mapping[int, Source], on_step: OnStep
    ) -> Iterator[Drawn | Failed]:
        yield from self._results


BLACK = np.zeros((48, 32, 3), np.uint8)


@pytest.mark.parametrize(
    ("results", "told"),
    [
        ([], "the engine gave no picture"),
        ([Drawn(3, BLACK, None)], "unasked"),
        ([Drawn(0, BLACK[:8], None)], r"the shape \(8, 32, 3\), not an RGB picture of 32x48"),
        ([Drawn(0, BLACK.astype(np.float32), None)], "the engine gave float32 numbers"),
    ],
)
def test_an_engine_that_does_not_keep_its_word_is_told(
    desk: Desk, results: list[Drawn], told: str
) -> None:
    desk.engine = _Wrong(results)
    [failure] = desk.run(ONE, finals=False).failed
    assert re.search(told, failure.message)
    assert desk.store.digests() == frozenset()


def test_a_flipped_bit_is_found_set_aside_and_drawn_again(desk: Desk) -> None:
    desk.run(tale(3))
    [one, *_] = [panel.preview for panel in tale(3).panels if panel.preview]
    path = desk.folder / ".store" / digest(one)[:2] / digest(one) / PICTURE
    whole = path.read_bytes()
    path.write_bytes(whole[:-20] + bytes([whole[-20] ^ 4]) + whole[-19:])
    desk.run(tale(3))
    assert desk.engine.drawn == [digest(one)]
    assert path.read_bytes() == whole
    assert "was damaged" in desk.notes()[0]
    assert len(list((desk.folder / ".store" / "quarantine").iterdir())) == 1


def test_deleted_and_painted_views_come_back(desk: Desk) -> None:
    desk.run(tale(3))
    views = desk.folder / "tale" / "previews"
    whole = (views / "1.p0.png").read_bytes()
    (views / "1.p0.png").write_bytes(b"scribble")
    (views / "1.p1.png").unlink()
    desk.made = 0
    compiled = tale(3)
    store, manifest = desk.store, desk.manifest()
    nothing = plan(compiled, store.digests(), manifest, False, frozenset({"1.p2"})).items
    draw(nothing, compiled, desk.make_engine, store, manifest, desk.events.append, 1)
    assert desk.made == 0
    assert (views / "1.p0.png").read_bytes() == whole
    assert (views / "1.p1.png").is_file()


def test_painting_into_a_view_does_not_harm_the_store(desk: Desk) -> None:
    desk.run(ONE)
    with (desk.folder / "tale" / "previews" / "1.a.png").open("r+b") as view:
        view.write(b"scribble")
    assert desk.store.get(digest(preview())) is not None


def test_views_that_the_story_has_no_more_go_but_strangers_files_stay(desk: Desk) -> None:
    desk.run(tale(4, finals=False), finals=False)
    views = desk.folder / "tale" / "previews"
    (views / "mine.png").write_bytes(b"mine")
    (views / "1.p3.png").write_bytes(b"painted over by the author")
    desk.run(story(tale(4).panels[:2]), finals=False)
    assert sorted(path.name for path in views.iterdir()) == [
        "1.p0.png",
        "1.p1.png",
        "1.p3.png",
        "mine.png",
    ]


def test_a_view_that_cannot_be_written_is_told_and_the_run_goes_on(desk: Desk) -> None:
    (desk.folder / "tale" / "previews" / "1.p0.png").mkdir(parents=True)
    outcome = desk.run(tale(2))
    assert len(outcome.done) == 4
    assert any("1.p0.png cannot be brought up to date" in note for note in desk.notes())
    assert len(desk.store.digests()) == 4


def test_panels_that_differ_only_in_case_have_views_of_their_own(desk: Desk) -> None:
    desk.run(story([panel("1.a", preview("a")), panel("1.A", preview("b"))]), finals=False)
    names = [path.name.casefold() for path in (desk.folder / "tale" / "previews").iterdir()]
    assert len(set(names)) == 2


def test_what_another_run_drew_meanwhile_is_not_drawn_again(desk: Desk) -> None:
    items = plan(ONE, desk.store.digests(), desk.manifest(), finals=True).items
    desk.run(ONE)
    desk.made = 0
    outcome = draw(items, ONE, desk.make_engine, desk.store, desk.manifest(), desk.events.append, 1)
    assert (outcome, desk.made) == (Outcome((), ()), 0)


def test_a_lost_manifest_costs_nothing_but_reasons(desk: Desk) -> None:
    desk.run(tale(3))
    (desk.folder / "tale" / "manifest.json").unlink()
    desk.made = 0
    desk.run(tale(3))
    assert desk.made == 0
    assert desk.manifest().of("1.p0", "final").digest is not None


def test_a_final_without_its_preview_fails_in_a_sentence(desk: Desk) -> None:
    items = plan(ONE, frozenset(), desk.manifest(), finals=True).items[1:]
    outcome = draw(items, ONE, desk.make_engine, desk.store, desk.manifest(), desk.events.append, 1)
    assert failures(outcome) == [("1.a", "final", "the preview that it is drawn from is not there")]


def begun(beginning: Beginning, prompt: str = "mended") -> PreviewJob:
    """A preview that begins with a picture."""
    return replace(preview(prompt), beginning=beginning)


def drawn_by(desk: Desk, compiled: CompiledStory) -> Outcome:
    """By an engine that heeds what pictures begin with."""
    store, manifest = desk.store, desk.manifest()
    items = plan(compiled, store.digests(), manifest, finals=True).items
    return draw(items, compiled, FakeEngine, store, manifest, desk.events.append, 4)


def pixels_of(desk: Desk, job: Job) -> Pixels:
    entry = desk.store.get(digest(job))
    assert entry is not None
    return decode_png(entry.picture)


def test_a_mended_picture_is_drawn_over_the_stored_one(desk: Desk) -> None:
    """Both in one run, in whatever order the story has them; and a final of the mended one."""
    first = preview()
    mended = begun(Beginning(first, 1.0, Box(0, 0.5, 1, 0.5)))
    outcome = drawn_by(desk, story([panel("1.b", mended, final(mended)), panel("1.a", first)]))
    assert not outcome.failed
    before, after = pixels_of(desk, first), pixels_of(desk, mended)
    assert np.array_equal(after[:24], before[:24])
    assert not np.array_equal(after[24:], before[24:])
    entry = desk.store.get(digest(mended))
    assert entry is not None
    assert entry.record["source_pixels"] == pixel_hash(before)
    assert restore(entry.record["recipe"]) == without_path(mended)


def without_path(job: PreviewJob) -> PreviewJob:
    """The job as a record has it: without the places of its files."""
    bare = replace(job.checkpoint.file, path="")
    beginning = job.beginning
    if beginning is not None and isinstance(beginning.picture, PreviewJob):
        beginning = replace(beginning, picture=without_path(beginning.picture))
    return replace(job, checkpoint=replace(job.checkpoint, file=bare), beginning=beginning)


def test_a_picture_begins_with_an_authors_file(desk: Desk) -> None:
    path = desk.folder / "sketch.png"
    Image.new("RGB", (64, 96), (200, 30, 10)).save(path)
    file = ModelFile("sketch", str(path), sha256(path.read_bytes()).hexdigest())
    job = begun(Beginning(file, 0.0))
    assert not drawn_by(desk, story([panel("1.a", job)])).failed
    assert (pixels_of(desk, job) == (200, 30, 10)).all()


def test_what_cannot_begin_fails_in_a_sentence_and_stops_no_other(desk: Desk) -> None:
    gone = begun(Beginning(preview("never drawn"), 0.5), "gone")
    lost = begun(Beginning(ModelFile("sketch", str(desk.folder / "no.png"), "0" * 64), 0.5), "lost")
    whole = begun(Beginning(preview("drawn"), 0.5), "whole")
    panels = [panel("1.a", gone), panel("1.b", lost), panel("1.c", whole)]
    outcome = drawn_by(desk, story([*panels, panel("1.d", preview("drawn"))]))
    found = {panel: message for panel, _, message in failures(outcome)}
    assert found.keys() == {"1.b"}, "what 1.a begins with is drawn before it"
    assert re.fullmatch(r".*no\.png: the picture cannot be read: No such file.*", found["1.b"])


def test_a_picture_whose_beginning_fails_says_so(desk: Desk) -> None:
    first = preview("dragon")
    desk.engine = ToyEngine(lambda job: "no dragons" if job == first else None)
    later = begun(Beginning(first, 0.5))
    outcome = desk.run(story([panel("1.a", first), panel("1.b", later)]))
    sentence = "the picture that it begins with could not be drawn"
    assert failures(outcome)[-1] == ("1.b", "preview", sentence)


def test_a_preview_that_was_drawn_anew_with_other_pixels_is_told(desk: Desk) -> None:
    desk.run(ONE)
    store = desk.store
    small = store.get(digest(preview()))
    assert small is not None
    store.remove(small.digest)
    store.put(small.digest, small.files, {**small.record, "pixels": "0" * 64})
    assert desk.run(ONE) == Outcome((), ())
    assert "1.a: its final was drawn from an earlier drawing of its preview" in desk.notes()[0]


def test_a_full_disk_ends_the_run_in_a_sentence(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = disk.write

    def full(path: Path, data: bytes, synced: bool) -> None:
        if path.name == PICTURE:
            raise OSError(28, "No space left on device")
        write(path, data, synced)

    monkeypatch.setattr(disk, "write", full)
    with pytest.raises(StoreProblem, match="No space left on device"):
        desk.run(tale(40))
    assert len(desk.engine.batches) <= 3  # the engine may be ahead, by a batch or two
    assert desk.engine.closed == 1


def test_what_the_engines_making_raises_is_raised(desk: Desk) -> None:
    def no_engine() -> Engine:
        raise argument_error("there is no device cuda:9")

    items = plan(ONE, frozenset(), desk.manifest(), finals=True).items
    with pytest.raises(ProblemsError, match="cuda:9"):
        draw(items, ONE, no_engine, desk.store, desk.manifest(), desk.events.append, 1)


def test_ctrl_c_keeps_what_is_drawn_and_drops_the_rest(desk: Desk) -> None:
    def interrupted(job: Job) -> BaseException | None:
        return KeyboardInterrupt() if isinstance(job, PreviewJob) and job.seed == 2 else None

    desk.engine = ToyEngine(interrupted)
    with pytest.raises(KeyboardInterrupt):
        desk.run(tale(4, finals=False), finals=False, batch_size=1)
    assert len(desk.store.digests()) == 2
    assert desk.manifest().of("1.p1", "preview").digest is not None
    assert desk.engine.closed == 1
    desk.engine = ToyEngine()
    outcome = desk.run(tale(4, finals=False), finals=False)
    assert [item.panel for item in outcome.done] == ["1.p2", "1.p3"]


def test_a_signal_waits_while_a_picture_is_kept() -> None:
    reached = False
    with pytest.raises(KeyboardInterrupt), shielded():
        signal.raise_signal(signal.SIGINT)
        reached = True
    assert reached
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_interrupt_in_the_middle_of_keeping_still_keeps_the_picture(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = Store.put

    def interrupted(store: Store, *arguments: object) -> object:
        signal.raise_signal(signal.SIGINT)
        return put(store, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Store, "put", interrupted)
    with pytest.raises(KeyboardInterrupt):
        desk.run(tale(2, finals=False), finals=False, batch_size=1)
    monkeypatch.undo()
    assert len(desk.store.digests()) == 1
    assert isinstance(desk.events[-1], PanelDone)
    assert desk.manifest().of("1.p0", "preview").digest in desk.store.digests()


def test_a_picture_that_cannot_be_written_stops_no_other(desk: Desk) -> None:
    def no_hash(job: Job) -> tuple[Mapping[str, str], str]:
        if isinstance(job, PreviewJob) and job.seed == 0:
            raise OSError(5, "Input/output error", "mei.safetensors")
        return {}, "0123456789"

    compiled, manifest = tale(2, finals=False), desk.manifest()
    items = plan(compiled, frozenset(), manifest, finals=False).items
    report = desk.events.append
    outcome = draw(
        items, compiled, desk.make_engine, desk.store, manifest, report, 2, short_hashes=no_hash
    )
    assert [item.panel for item in outcome.done] == ["1.p1"]
    assert "cannot be written as PNG: Input/output error" in outcome.failed[0].message


def test_what_pictures_count_is_asked_once_though_it_changes_while_they_are_drawn(
    desk: Desk,
) -> None:
    asked: list[Job] = []

    def weigh(job: Job) -> float:
        asked.append(job)
        return float(len(asked))

    compiled, manifest = tale(4), desk.manifest()
    items = plan(compiled, desk.store.digests(), manifest, True).items
    ledger = PanelLedger(compiled, manifest, desk.events.append)
    report = desk.events.append
    draw_into(ledger, items, "tale", desk.make_engine, desk.store, report, 3, weigh=weigh)
    (started,) = [event.work for event in desk.events if isinstance(event, RunStarted)]
    parts = [event.work for event in desk.events if isinstance(event, BatchStarted)]
    assert len(parts) > 2 and sum(one or 0 for one in parts) == started == sum(range(1, 9))


def test_executors_are_named_and_imported_when_used() -> None:
    assert executor_named("local")
    with pytest.raises(ProblemsError, match="there is no executor 'moon'"):
        executor_named("moon")


def test_the_coordinator_never_loads_torch() -> None:
    code = "import sys, storyboard.run, storyboard.executors.local; print('torch' in sys.modules)"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout == "False\n"


def test_finals_start_from_the_stored_preview(desk: Desk) -> None:
    desk.run(ONE, finals=False)
    seen: list[Source] = []

    class Watching(ToyEngine):
        def draw(
            self, batch: Batch, sources: Mapping[int, Source], on_step: OnStep
        ) -> Iterator[Drawn | Failed]:
            assert isinstance(batch.jobs[0], FinalJob)
            seen.extend(sources.values())
            return super().draw(batch, sources, on_step)

    desk.engine = Watching()
    desk.run(ONE)
    [source] = seen
    pixels, latent = picture(preview(), None)
    assert (source.pixels == pixels).all()
    assert latent is not None and source.latent is not None
    assert (source.latent == latent).all() and source.latent.dtype == np.float32
