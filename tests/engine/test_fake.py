"""The fake engine is quick, and fails where it is asked to."""

from __future__ import annotations

import subprocess
import sys
import time

import numpy as np

from storyboard.engine.base import Drawn, Failed
from storyboard.engine.fake import FakeEngine
from tests.engine.drawing_table import EVALUATIONS, Table, source
from tests.support.tiny_model import TinyModel


def test_it_needs_no_torch() -> None:
    code = "import sys, storyboard.engine.fake, storyboard.engine.names; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"torch", "diffusers", "transformers"} & set(done.stdout.split())


def test_a_panel_whose_prompt_is_marked_fails_alone(tiny_model: TinyModel) -> None:
    table = Table(FakeEngine(fail=frozenset({"dragon"})), tiny_model)
    found = table.results([table.preview("a cat"), table.preview("a red dragon")])
    assert isinstance(found[0], Drawn)
    assert isinstance(found[1], Failed)


def test_each_step_takes_the_delay(tiny_model: TinyModel) -> None:
    table = Table(FakeEngine(delay=0.01), tiny_model)
    start = time.monotonic()
    table.one(table.preview())
    assert time.monotonic() - start >= 0.01 * EVALUATIONS


def test_a_final_differs_from_a_mere_enlargement(tiny_model: TinyModel) -> None:
    table = Table(FakeEngine(), tiny_model)
    job = table.preview()
    given = source(table.one(job))
    (drawn,) = table.drawn([table.final(job, denoise=0.5)], [given])
    (enlarged,) = table.drawn([table.final(job, denoise=0)], [given])
    assert not np.array_equal(drawn.pixels, enlarged.pixels)
