"""Batches hold what can be drawn together, in the order of fewest switches, each picture once."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyboard.batching import PlannedBatch, batches
from storyboard.engine.base import FinalBatch, PreviewBatch
from storyboard.engine.shared import shared_of
from storyboard.geometry import Size
from storyboard.jobs import (
    Adapter,
    Beginning,
    Box,
    FinalJob,
    PreviewJob,
    Rewording,
    Sampling,
    Variation,
)
from storyboard.manifest import Manifest
from storyboard.planning import PlanItem, plan
from tests.support.jobs import final, lora, model_file, panel, preview, story, tale

SKETCH = model_file("sketch.png")


def planned(jobs: list[PreviewJob], finals: bool = True) -> tuple[PlanItem, ...]:
    """The plan of a story with these previews, nothing drawn yet."""
    panels = [panel(f"1.p{n}", job, final(job)) for n, job in enumerate(jobs)]
    manifest = Manifest(Path("x"), "tale", "story.yaml")
    return plan(story(panels), frozenset(), manifest, finals).items


def first(batch: PlannedBatch) -> PreviewJob:
    """The preview job of a batch's first drawing."""
    job = batch.drawings[0].items[0].job
    return job.preview if isinstance(job, FinalJob) else job


def test_a_shared_picture_is_drawn_once_for_all_its_panels() -> None:
    [one, other] = batches(planned([preview(), preview("x"), preview()], finals=False), 2)[
        0
    ].drawings
    assert [item.panel for item in one.items] == ["1.p0", "1.p2"]
    assert [item.panel for item in other.items] == ["1.p1"]


def test_no_digest_that_the_plan_has_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    items = planned([preview(str(n)) for n in range(3)])
    monkeypatch.setattr("storyboard.batching.digest", lambda job: pytest.fail(f"again: {job}"))
    drawn = [batch.kind for batch in batches(items, 4)]
    assert drawn == ["preview", "final"]


def test_nothing_that_is_ready_is_drawn() -> None:
    items = tuple(replace(item, state="ready") for item in planned([preview()]))
    assert batches(items, 4) == []


def test_a_batch_knows_its_jobs_panels_and_steps() -> None:
    small, large = batches(planned([preview("a"), preview("b")]), 8)
    assert small.batch == PreviewBatch((preview("a"), preview("b")))
    assert large.batch == FinalBatch((final(preview("a")), final(preview("b"))))
    assert small.panels == large.panels == ("1.p0", "1.p1")
    assert small.steps == 7  # DPM++ 2S a asks twice a step, but once in the last of four
    assert (small.kind, large.kind) == ("preview", "final")


def test_batches_are_as_large_as_allowed() -> None:
    manifest = Manifest(Path("x"), "tale", "story.yaml")
    items = plan(tale(10, finals=False), frozenset(), manifest, finals=False).items
    assert [len(batch.drawings) for batch in batches(items, 4)] == [4, 4, 2]
    with pytest.raises(ValueError, match="at least one picture"):
        batches(items, 0)


@pytest.mark.parametrize(
    ("size", "sizes"),
    [
        (Size(448, 640), [16, 16, 8]),  # a preview of SD 1.5
        (Size(896, 1280), [4] * 10),  # its final
        (Size(224, 224), [16, 16, 8]),
        (Size(1664, 2432), [1] * 40),  # a final of SDXL
    ],
)
def test_a_batch_is_as_large_as_its_pictures_let_it_be(size: Size, sizes: list[int]) -> None:
    items = planned([preview(str(n), size=size) for n in range(40)], finals=False)
    assert [len(batch.drawings) for batch in batches(items)] == sizes
    assert len(batches(items, 20)) == 2  # what is asked for holds


@pytest.mark.parametrize(
    ("panels", "workers", "sizes"), [(12, 2, [6, 6]), (13, 3, [5, 5, 3]), (2, 4, [1, 1])]
)
def test_each_worker_gets_a_share_of_what_goes_together(
    panels: int, workers: int, sizes: list[int]
) -> None:
    items = planned([preview(str(n)) for n in range(panels)], finals=False)
    assert [len(batch.drawings) for batch in batches(items, workers=workers)] == sizes


@pytest.mark.parametrize(
    "other",
    [
        preview(checkpoint="other"),
        preview(adapters=(lora("mei"),)),
        preview(size=Size(48, 32)),
        preview(sampling=Sampling("DPM++ 2S a Karras", 5, 7.0)),
        preview(sampling=Sampling("DPM++ 2S a Karras", 4, 8.0)),
        preview(sampling=Sampling("Euler", 4, 7.0)),
        replace(preview(), embeddings=(lora("bad").file,)),
        replace(preview(), checkpoint=replace(preview().checkpoint, clip_skip=2)),
        replace(preview(), beginning=Beginning(SKETCH, 0.5)),
    ],
)
def test_what_differs_in_more_than_prompt_and_seed_is_drawn_apart(other: PreviewJob) -> None:
    assert len(batches(planned([preview(), preview("x"), other], finals=False), 8)) == 2


def begun(denoise: float, prompt: str, **fields: Any) -> PreviewJob:
    """A preview that begins with a sketch, or as said."""
    return replace(preview(prompt), beginning=Beginning(SKETCH, denoise), **fields)


def test_what_begins_with_pictures_is_drawn_together_by_its_denoise() -> None:
    box = Beginning(preview("elsewhere"), 0.5, Box(0, 0, 0.5, 0.5))
    jobs = [
        begun(0.5, "a"),
        begun(0.75, "b"),
        begun(0.5, "c", variation=Variation(8, 0.5)),
        replace(preview("d"), beginning=box),
    ]
    found = [batch.panels for batch in batches(planned(jobs, finals=False), 8)]
    assert found == [("1.p0", "1.p2"), ("1.p1",), ("1.p3",), ("1.p3",)]


def test_a_picture_comes_after_the_one_that_it_begins_with() -> None:
    first = preview("c", adapters=(lora("ink"),))
    second = replace(preview("b"), beginning=Beginning(first, 0.5))
    third = replace(preview("a"), beginning=Beginning(second, 0.5))
    found = [batch.panels for batch in batches(planned([third, second, first], finals=False), 8)]
    assert found == [("1.p0", "1.p1", "1.p2"), ("1.p0", "1.p1"), ("1.p0",)]


def test_a_final_with_another_panels_loras_comes_after_its_preview() -> None:
    ink, mei = preview("a", adapters=(lora("ink"),)), preview("b", adapters=(lora("mei"),))
    told = Rewording("b", "", ink.adapters, ())
    panels = [panel("1.a", ink, final(ink)), panel("1.b", mei, replace(final(mei), wording=told))]
    items = plan(story(panels), frozenset(), Manifest(Path("x"), "tale", "story.yaml"), True).items
    found = [(batch.kind, batch.panels) for batch in batches(items, 8)]
    assert found == [
        ("preview", ("1.a",)),
        ("final", ("1.a",)),
        ("preview", ("1.b",)),
        ("final", ("1.b",)),
    ]


def test_the_same_file_under_another_name_is_drawn_next() -> None:
    mei = lora("mei")
    copy = replace(mei, file=replace(mei.file, name="copy", path="/elsewhere"))
    ink = lora("ink")
    jobs = [
        preview("a", adapters=(mei, ink)),
        preview("b", adapters=(ink,)),
        preview("c", adapters=(ink, copy)),
    ]
    found = batches(planned(jobs, finals=False), 8)
    assert [first(batch).prompt for batch in found] == ["a", "c", "b"]


@given(st.lists(st.sampled_from([(), (lora("mei"),), (lora("mei"), lora("ink"))]), max_size=6))
def test_the_jobs_of_a_batch_share_what_the_engine_wants_shared(
    adapters: list[tuple[Adapter, ...]],
) -> None:
    jobs = [preview(f"{n}", adapters=one[:: 1 - 2 * (n % 2)]) for n, one in enumerate(adapters)]
    for batch in batches(planned(jobs), 8):
        shared_of(batch.batch.jobs)


def test_checkpoints_then_loras_are_switched_as_rarely_as_can_be() -> None:
    jobs = [
        preview(f"{number}", checkpoint=checkpoint, adapters=(lora(name),))
        for number, (checkpoint, name) in enumerate(
            [("a", "x"), ("b", "y"), ("a", "z"), ("a", "x"), ("b", "x"), ("b", "y")]
        )
    ]
    order = [
        (job.checkpoint.file.name, job.adapters[0].file.name, batch.kind)
        for batch in batches(planned(jobs), 1)
        for job in [first(batch)]
    ]
    assert [key for key, _ in groupby(order)] == [
        ("a", "x", "preview"),
        ("a", "x", "final"),
        ("a", "z", "preview"),
        ("a", "z", "final"),
        ("b", "y", "preview"),
        ("b", "y", "final"),
        ("b", "x", "preview"),
        ("b", "x", "final"),
    ]


def test_a_final_whose_preview_is_there_does_not_pull_others_before_theirs() -> None:
    ready, *rest = planned([preview("a"), preview("b")])
    found = batches([replace(ready, state="ready"), *rest], 8)
    assert [(batch.kind, batch.panels) for batch in found] == [
        ("preview", ("1.p1",)),
        ("final", ("1.p0", "1.p1")),
    ]


jobs_of_all_kinds = st.lists(
    st.builds(
        preview,
        prompt=st.sampled_from("abc"),
        seed=st.integers(0, 1),
        adapters=st.sampled_from([(), (lora("mei"),), (lora("ink"),)]),
        checkpoint=st.sampled_from(["a", "b"]),
        size=st.sampled_from([Size(32, 48), Size(48, 32)]),
    ),
    max_size=12,
)


@given(jobs_of_all_kinds, st.integers(1, 4))
def test_every_picture_is_drawn_once_and_after_its_preview(
    jobs: list[PreviewJob], size: int
) -> None:
    items = planned(jobs)
    found = batches(items, size)
    assert found == batches(items, size)
    drawings = [drawing for batch in found for drawing in batch.drawings]
    assert sorted(item.panel + item.kind for one in drawings for item in one.items) == sorted(
        item.panel + item.kind for item in items
    )
    seen: set[str] = set()
    for drawing in drawings:
        assert drawing.digest not in seen
        seen.add(drawing.digest)
        for item in drawing.items:
            assert item.digest == drawing.digest
            if item.kind == "final":
                before = next(i for i in items if i.panel == item.panel and i.kind == "preview")
                assert before.digest in seen
    switches = [key for key, _ in groupby(first(batch).checkpoint for batch in found)]
    assert len(switches) == len(set(switches))
