"""The plan tells what is to be drawn and why, at once, and draws nothing that is there."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

from storyboard.compiled import CompiledStory
from storyboard.digests import digest, recipe
from storyboard.errors import ProblemsError
from storyboard.events import Kind
from storyboard.geometry import Size
from storyboard.jobs import FinalJob, Job
from storyboard.manifest import Manifest
from storyboard.planning import PlanItem, plan
from tests.support.jobs import final, lora, panel, preview, story, tale

JOB = preview()
EMPTY: frozenset[str] = frozenset()


def blank() -> Manifest:
    """A manifest that remembers nothing."""
    return Manifest(Path("tale"), "tale", "story.yaml")


def remembering(address: str, job: Job) -> Manifest:
    """A manifest that remembers one picture."""
    manifest = blank()
    kind: Kind = "final" if isinstance(job, FinalJob) else "preview"
    manifest.drawn(address, kind, digest(job), recipe(job))
    return manifest


def only_item(compiled: CompiledStory, held: frozenset[str], manifest: Manifest) -> PlanItem:
    """The one item of a plan without finals."""
    [item] = plan(compiled, held, manifest, finals=False).items
    return item


ONE = story([panel("1.a", JOB, final(JOB))])


def test_a_panel_that_was_never_drawn_is_missing() -> None:
    item = only_item(ONE, EMPTY, blank())
    assert (item.state, item.reason) == ("missing", "never drawn")
    assert (item.panel, item.page, item.kind) == ("1.a", 1, "preview")
    assert (item.job, item.digest) == (JOB, digest(JOB))


def test_a_picture_that_the_store_holds_is_ready_whatever_the_manifest_says() -> None:
    for manifest in (blank(), remembering("1.a", preview("another"))):
        item = only_item(ONE, frozenset([digest(JOB)]), manifest)
        assert (item.state, item.reason) == ("ready", "")


def test_a_picture_that_was_drawn_but_is_gone_says_so() -> None:
    item = only_item(ONE, EMPTY, remembering("1.a", JOB))
    assert (item.state, item.reason) == ("missing", "the stored picture is gone")


def test_a_changed_panel_is_stale_and_says_why() -> None:
    old = preview("another", seed=8, adapters=(lora("mei", 0.5),))
    compiled = story([panel("1.a", preview(adapters=(lora("mei"),)))])
    item = only_item(compiled, frozenset([digest(old)]), remembering("1.a", old))
    assert item.state == "stale"
    assert item.reason == "prompt changed, seed changed, LoRA mei's weight changed"


def test_a_failure_is_told_until_the_panel_changes() -> None:
    manifest = remembering("1.a", JOB)
    other = story([panel("1.a", preview("another"))])
    manifest.failed("1.a", "preview", digest(preview("another")), "out of memory")
    item = only_item(other, EMPTY, manifest)
    assert (item.state, item.reason) == ("failed", "out of memory")
    third = only_item(story([panel("1.a", preview("third"))]), EMPTY, manifest)
    assert (third.state, third.reason) == ("stale", "prompt changed")


def test_finals_come_after_their_previews_and_only_where_there_are_any() -> None:
    compiled = story([panel("1.a", JOB, final(JOB)), panel("1.b", JOB), panel("1.c", None)])
    items = plan(compiled, EMPTY, blank(), finals=True).items
    assert [(item.panel, item.kind) for item in items] == [
        ("1.a", "preview"),
        ("1.a", "final"),
        ("1.b", "preview"),
    ]


def test_a_stale_final_says_what_changed_in_its_preview() -> None:
    new = story([panel("1.a", preview("new"), final(preview("new")))])
    manifest = remembering("1.a", final(JOB))
    manifest.drawn("1.a", "preview", digest(JOB), recipe(JOB))
    items = plan(new, EMPTY, manifest, finals=True).items
    assert [item.reason for item in items] == ["prompt changed", "preview changed (prompt changed)"]


def test_only_the_panels_that_are_asked_for_are_planned() -> None:
    items = plan(tale(8), EMPTY, blank(), finals=False, only=frozenset({"1.p2", "2.p5"})).items
    assert [item.panel for item in items] == ["1.p2", "2.p5"]


def test_a_locked_panel_keeps_its_picture_whatever_changes() -> None:
    changed = preview("changed", size=Size(64, 64))
    locked = story([panel("1.a", changed, final(changed), locked=True)])
    manifest = remembering("1.a", JOB)
    kept, larger = plan(locked, frozenset([digest(JOB)]), manifest, finals=True).items
    assert (kept.state, kept.reason, kept.digest) == ("ready", "locked", digest(JOB))
    assert kept.job == JOB
    assert larger.state == "missing"
    assert larger.job == replace(final(changed), preview=JOB, size=Size(64, 96))
    manifest.drawn("1.a", "final", larger.digest, recipe(larger.job))
    held = frozenset([digest(JOB), larger.digest])
    again = plan(story([panel("1.a", changed, final(changed, 0.7), True)]), held, manifest, True)
    assert [(item.state, item.reason) for item in again.items] == [("ready", "locked")] * 2


def test_a_locked_panel_without_a_picture_is_drawn() -> None:
    locked = story([panel("1.a", JOB, locked=True)])
    assert only_item(locked, EMPTY, blank()).state == "missing"
    assert only_item(locked, EMPTY, remembering("1.a", preview("old"))).state == "stale"
    unchanged = only_item(locked, frozenset([digest(JOB)]), remembering("1.a", JOB))
    assert (unchanged.state, unchanged.reason) == ("ready", "")


def test_a_manifest_survives_being_written_and_read(tmp_path: Path) -> None:
    source = tmp_path / "story.yaml"
    source.touch()
    manifest = Manifest.load(tmp_path / "tale", "tale", str(source))
    manifest.drawn("1.a", "preview", digest(JOB), recipe(JOB))
    manifest.failed("1.a", "final", digest(final(JOB)), "out of memory: 灯 \ud800")
    manifest.views["previews/1.a.png"] = "0" * 64
    manifest.save()
    again = Manifest.load(tmp_path / "tale", "tale", str(source))
    for kind in ("preview", "final"):
        assert again.of("1.a", kind) == manifest.of("1.a", kind)
    assert again.views == manifest.views
    assert again.digests() == {digest(JOB)}
    assert again.notes == ()
    before = manifest.path.stat()
    again.save()
    assert manifest.path.stat().st_mtime_ns == before.st_mtime_ns  # nothing new, nothing written


def test_a_damaged_manifest_is_set_aside_and_told(tmp_path: Path) -> None:
    good = {"format": 1, "source": "s", "views": {}, "panels": []}
    damaged = [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"[" * 100_000,
        json.dumps({**good, "format": 2}).encode(),
        json.dumps({**good, "source": "a\0"}).encode(),
        json.dumps({**good, "panels": [["1.a", "preview", {"digest": "../x"}]]}).encode(),
        json.dumps({**good, "panels": [["1.a", "preview", 3]]}).encode(),
        json.dumps({**good, "panels": [["1.a", "sketch", {}]]}).encode(),
        json.dumps({**good, "views": []}).encode(),
    ]
    for number, data in enumerate(damaged, 1):
        (tmp_path / "manifest.json").write_bytes(data)
        manifest = Manifest.load(tmp_path, "tale", "story.yaml")
        assert manifest.digests() == EMPTY
        assert "is damaged" in manifest.notes[0]
        assert not manifest.path.exists()
        assert (tmp_path / f"manifest.damaged-{number}.json").read_bytes() == data


def test_views_of_a_manifest_never_lead_out_of_its_folder(tmp_path: Path) -> None:
    names = ["../x.png", "previews/../../x.png", "/etc/x.png", "previews/1.a.png", "previews/a.txt"]
    views = dict.fromkeys(names, "0" * 64)
    document = {"format": 1, "source": "s", "views": views, "panels": []}
    (tmp_path / "manifest.json").write_text(json.dumps(document), "utf-8")
    assert list(Manifest.load(tmp_path, "tale", "s").views) == ["previews/1.a.png"]


def test_a_second_story_of_the_same_name_is_refused(tmp_path: Path) -> None:
    first, second = tmp_path / "first.yaml", tmp_path / "second.yaml"
    first.touch()
    second.touch()
    Manifest.load(tmp_path / "tale", "tale", str(first)).save()
    Manifest.load(tmp_path / "tale", "tale", str(tmp_path / "." / "first.yaml"))
    try:
        Manifest.load(tmp_path / "tale", "tale", str(second))
    except ProblemsError as problem:
        assert "first.yaml" in str(problem)
        assert "second.yaml" in str(problem)
    else:
        raise AssertionError("the second story was let in")
    first.unlink()  # the first was renamed, not joined
    Manifest.load(tmp_path / "tale", "tale", str(second)).save()


def test_a_story_and_its_output_can_be_moved_together(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "story.yaml").touch()
    folder = tmp_path / "here" / "output" / "tale"
    Manifest.load(folder, "tale", str(tmp_path / "here" / "story.yaml")).save()
    (tmp_path / "here").rename(tmp_path / "there")
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "story.yaml").touch()  # another story where the first one was
    moved = tmp_path / "there" / "output" / "tale"
    assert Manifest.load(moved, "tale", str(tmp_path / "there" / "story.yaml")).notes == ()


def test_a_thousand_panels_are_planned_at_once() -> None:
    compiled = tale(1000)
    manifest = blank()
    for one in compiled.panels:
        assert one.preview is not None
        old = replace(one.preview, seed=10_000)
        manifest.drawn(one.address, "preview", digest(old), recipe(old))
    begun = time.process_time()
    planned = plan(compiled, EMPTY, manifest, finals=True)
    assert time.process_time() - begun < 0.3
    assert len(planned.to_draw) == 2000
    assert planned.items[0].reason == "seed changed"


def test_planning_loads_neither_torch_nor_pictures() -> None:
    code = (
        "import sys, storyboard.planning, storyboard.batching, storyboard.store\n"
        "print({'torch', 'diffusers', 'transformers', 'PIL'} & set(sys.modules))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout == "set()\n"
