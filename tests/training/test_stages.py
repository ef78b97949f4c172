"""`python -m training`: one stage at a time in a folder, and courses begin where the last ended."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from storyboard.lock import WriterLock

pytest.importorskip("skia", reason="the art is drawn by skia: pip install -e '.[training]'")

from training.__main__ import main
from training.export import MODELS
from training.unet import CHECKPOINT

HOLDER = """
import sys
from pathlib import Path
from storyboard.lock import WriterLock
with WriterLock(Path(sys.argv[1])).held():
    print("held", flush=True)
    sys.stdin.read()
"""


def checkpoint_in(runs: Path) -> dict[str, object]:
    """The UNet's checkpoint of a run."""
    state: dict[str, object] = torch.load(runs / CHECKPOINT, weights_only=True)
    return state


def test_a_second_run_in_a_folder_is_told_that_one_is_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = tmp_path / "runs"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(runs)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    with holder:
        assert holder.stdout is not None and holder.stdin is not None
        assert holder.stdout.readline().strip() == b"held"
        assert main(["tokenizer", "--runs", str(runs)]) == 2
        assert f"process {holder.pid}" in capsys.readouterr().err
        assert not (runs / "tokenizer").exists()
        holder.stdin.close()
    with WriterLock(runs).held():
        pass


def test_a_course_begins_from_the_weights_that_ship_where_no_checkpoint_is(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    assert main(["course", "--runs", str(runs), "--models", str(MODELS)]) == 0
    begun = checkpoint_in(runs)
    assert begun["seconds"] == 0.0
    trained = json.loads((MODELS / "checkpoints" / "inkling" / "storyboard.json").read_text())
    assert begun["seconds_before"] == 60 * trained["trained"]["unet_minutes"]
    assert begun["pictures_before"] == trained["trained"]["pictures_seen"]
    assert "adam" not in begun
    assert (runs / "tokenizer" / "vocab.json").is_file()


def test_a_course_goes_on_from_the_averaged_weights_of_the_last(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    assert main(["course", "--runs", str(runs), "--models", str(MODELS)]) == 0
    trained = checkpoint_in(runs)
    mean = trained["mean"]
    assert isinstance(mean, dict)
    name = next(iter(mean))
    mean[name] = mean[name] + 1
    before = float(str(trained["seconds_before"]))
    torch.save({**trained, "seconds": 60.0, "step": 9, "adam": {}}, runs / CHECKPOINT)
    assert main(["course", "--runs", str(runs), "--models", str(MODELS)]) == 0
    begun = checkpoint_in(runs)
    model = begun["model"]
    assert isinstance(model, dict)
    assert torch.equal(model[name], mean[name])
    assert (begun["seconds"], begun["seconds_before"], begun["step"]) == (0.0, before + 60.0, 9)
    assert "adam" not in begun
