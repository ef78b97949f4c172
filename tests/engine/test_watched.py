"""No picture is kept under a recipe whose files were others when it was drawn."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from storyboard.cli.drawing import real_engine
from storyboard.engine import diffusion
from storyboard.engine.base import (
    Batch,
    Drawn,
    Engine,
    Failed,
    FinalBatch,
    OnStep,
    PreviewBatch,
    Source,
)
from storyboard.engine.fake import FakeEngine
from storyboard.engine.watched import Watched
from storyboard.errors import ProblemsError
from storyboard.jobs import Adapter, Checkpoint, FinalJob, ModelFile, PreviewJob, Rewording
from storyboard.models.hashing import Hasher
from tests.engine.drawing_table import silent, source
from tests.support.jobs import final, preview


@dataclass
class Shelf:
    """Model files, and the hashes that they had when the story was read."""

    folder: Path

    def file(self, name: str) -> ModelFile:
        """A file; the same each time."""
        path = self.folder / f"{name}.safetensors"
        if not path.exists():
            path.write_bytes(name.encode())
        return ModelFile(name, str(path), Hasher(None).model(path))

    def change(self, name: str) -> None:
        """It is written anew."""
        (self.folder / f"{name}.safetensors").write_bytes(b"trained anew")

    def preview(self, prompt: str = "a cat") -> PreviewJob:
        """A job with one file of every kind."""
        checkpoint = Checkpoint(
            "sd15", self.file("base"), "epsilon", self.file("vae"), 1, (self.file("text"),)
        )
        return replace(
            preview(prompt),
            checkpoint=checkpoint,
            adapters=(Adapter(self.file("mei"), 1.0, 1.0),),
            embeddings=(self.file("easy"),),
        )


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def drawn(
    engine: Engine, batch: Batch, sources: Mapping[int, Source] | None = None
) -> list[Drawn | Failed]:
    return list(Watched(engine, Hasher(None).model).draw(batch, sources or {}, silent))


def test_what_does_not_change_is_drawn_as_ever(shelf: Shelf) -> None:
    batch = PreviewBatch((shelf.preview(), shelf.preview("a dragon")))
    found = drawn(FakeEngine(fail=frozenset({"dragon"})), batch)
    assert [type(result) for result in found] == [Drawn, Failed]
    assert "changed" not in str(found[1])


@pytest.mark.parametrize("name", ["base", "vae", "text", "mei", "easy"])
def test_a_file_that_has_changed_before_is_told(shelf: Shelf, name: str) -> None:
    batch = PreviewBatch((shelf.preview(),))
    shelf.change(name)
    with pytest.raises(ProblemsError, match=f"{name} has changed since the story was read"):
        drawn(FakeEngine(), batch)
    (shelf.folder / f"{name}.safetensors").unlink()
    with pytest.raises(ProblemsError, match=f"{name} has changed"):
        drawn(FakeEngine(), batch)


class Changing(FakeEngine):
    """While the second picture is drawn, a LoRA is trained anew."""

    def __init__(self, shelf: Shelf) -> None:
        super().__init__()
        self._shelf = shelf

    def draw(
        self, batch: Batch, sources: Mapping[int, Source], on_step: OnStep
    ) -> Iterator[Drawn | Failed]:
        for result in super().draw(batch, sources, on_step):
            if result.index == 1:
                self._shelf.change("mei")
            yield result


def test_what_was_drawn_while_a_file_changed_is_given_up(shelf: Shelf) -> None:
    jobs = tuple(shelf.preview(f"cat {number}") for number in range(3))
    first, *others = drawn(Changing(shelf), PreviewBatch(jobs))
    assert isinstance(first, Drawn)
    for one in others:
        assert isinstance(one, Failed)
        assert one.message.startswith("mei has changed since the story was read: give the same")


def test_a_final_is_drawn_from_its_own_files_and_its_previews_checkpoint(shelf: Shelf) -> None:
    of = shelf.preview()
    (picture,) = drawn(FakeEngine(), PreviewBatch((of,)))
    assert isinstance(picture, Drawn)
    plain = final(of)
    other = Rewording("a cat", "", (Adapter(shelf.file("ink"), 1.0, 1.0),), ())
    worded = replace(plain, wording=other, upscaler=shelf.file("large"))

    def told(job: FinalJob) -> str:
        try:
            drawn(FakeEngine(), FinalBatch((job,)), {0: source(picture)})
        except ProblemsError as error:
            return error.problems[0].message.partition(" ")[0]
        return ""

    assert (told(plain), told(worded)) == ("", "")
    shelf.change("mei")
    assert (told(plain), told(worded)) == ("mei", "")
    shelf.change("large")
    assert told(worded) == "large"
    shelf.change("ink")
    assert told(worded) == "ink"


def test_every_command_that_draws_is_watched(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diffusion, "DiffusionEngine", lambda *_, **__: Changing(shelf))
    options = argparse.Namespace(device="cpu", dtype="auto", output=shelf.folder / "output")
    engine = real_engine(options, lambda _: None)()
    jobs = tuple(shelf.preview(f"cat {number}") for number in range(2))
    results = list(engine.draw(PreviewBatch(jobs), {}, silent))
    assert [type(result) for result in results] == [Drawn, Failed]
    engine.close()
