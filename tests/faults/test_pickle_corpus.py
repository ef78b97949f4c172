"""Promise 10: a model file never runs code. Twelve pickles that would, under every ending, wherever
a model is read; `convert` is the one way, and takes weights only."""

from __future__ import annotations

import io
import os
import pickle
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import torch

from storyboard.engine.conversion import convert
from storyboard.engine.encode import read_embedding
from storyboard.engine.families import family_named
from storyboard.engine.model import Placement
from storyboard.engine.upscaling import load_upscaler
from storyboard.engine.vae import Vae
from storyboard.engine.weights import read_file, read_folder
from storyboard.errors import ProblemsError
from storyboard.jobs import Checkpoint, ModelFile
from storyboard.models.catalog import Catalog, Kind, NotFound
from storyboard.models.header import ModelFileProblem, read_header
from tests.faults.corpus_runner import Runner, runner
from tests.faults.pickle_corpus import CANARIES, ENDINGS, Make

CPU = torch.device("cpu")
PLACED = Placement(CPU, torch.float32, torch.float32)
FOLDERS = {
    Kind.CHECKPOINT: "checkpoints",
    Kind.LORA: "loras",
    Kind.VAE: "vae",
    Kind.EMBEDDING: "embeddings",
    Kind.UPSCALER: "upscalers",
    Kind.TEXT_ENCODER: "text_encoders",
}

every_canary = pytest.mark.parametrize("make", CANARIES.values(), ids=CANARIES.keys())


def test_there_are_twelve() -> None:
    assert len(CANARIES) == 12


@every_canary
def test_whoever_is_careless_steps_into_them(tmp_path: Path, make: Make) -> None:
    mark = tmp_path / "ran"
    content = make(mark)
    archive = zipfile.is_zipfile(io.BytesIO(content))
    with suppress(Exception):
        if content.startswith(b"\x93NUMPY"):
            np.load(io.BytesIO(content), allow_pickle=True)
        elif archive:
            with zipfile.ZipFile(io.BytesIO(content)) as opened:
                inside = next(name for name in opened.namelist() if name.endswith(".pkl"))
                pickle.loads(opened.read(inside))
        elif content[257:262] == b"ustar":
            pickle.loads(content[512:])
        else:
            torch.load(io.BytesIO(content), weights_only=False)
    with suppress(Exception):
        pickle.loads(content)
    if archive and not mark.exists():  # torch's own, whose tensors only torch finds
        torch.load(io.BytesIO(content), weights_only=False)
    assert mark.exists()


@every_canary
@pytest.mark.parametrize("ending", ENDINGS)
def test_no_reader_of_models_runs_one(tmp_path: Path, make: Make, ending: str) -> None:
    mark = tmp_path / "ran"
    path = tmp_path / f"x{ending}"
    path.write_bytes(make(mark))
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / f"diffusion_pytorch_model{ending}").write_bytes(make(mark))
    (folder / "config.json").write_text('{"_class_name": "AutoencoderKL"}', encoding="utf-8")
    file = ModelFile("x", str(path), "0" * 64)
    readers: dict[str, Callable[[], object]] = {
        "header": lambda: read_header(path),
        "weights": lambda: read_file(path),
        "folder": lambda: read_folder(folder),
        "vae": lambda: Vae.load(folder, torch.float32, CPU),
        "embedding": lambda: read_embedding(path, 768),
        "upscaler": lambda: load_upscaler(file, CPU),
        "sd15": lambda: family_named("sd15", "").load(Checkpoint("sd15", file, "epsilon"), PLACED),
        "sdxl": lambda: family_named("sdxl", "").load(Checkpoint("sdxl", file, "epsilon"), PLACED),
    }
    for name, read in readers.items():
        with pytest.raises((ModelFileProblem, ProblemsError)):
            read()
        assert not mark.exists(), name


@every_canary
def test_no_place_of_a_story_takes_one(tmp_path: Path, make: Make) -> None:
    """A file that is found is told to be none; one that is not found is not opened."""
    mark = tmp_path / "ran"
    for folder in FOLDERS.values():
        for ending in ENDINGS:
            path = tmp_path / "models" / folder / f"x{ending[1:]}{ending}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(make(mark))
    catalog = Catalog([tmp_path / "models"])
    for kind in FOLDERS:
        for ending in ENDINGS:
            with suppress(NotFound):
                entry = catalog.find(kind, f"x{ending[1:]}{ending}", tmp_path)
                assert entry.problems, entry
    assert not mark.exists()


@pytest.fixture(name="commands", scope="module")
def _commands() -> Iterator[Runner]:
    with runner() as running:
        yield running


@pytest.mark.skipif(not hasattr(os, "fork"), reason="it forks")
@every_canary
def test_check_refuses_them_and_names_convert(commands: Runner, tmp_path: Path, make: Make) -> None:
    mark, story = tmp_path / "ran", tmp_path / "story.yaml"
    lines = ["title: A Tale", "characters:"]
    for number, ending in enumerate(ENDINGS):
        (tmp_path / f"x{number}{ending}").write_bytes(make(mark))
        lines.append(f"  c{number}: {{lora: ./x{number}{ending}}}")
    lines += ["pages:", "  - {layout: 1x1, panels: [{scene: a}]}"]
    story.write_text("\n".join(lines), encoding="utf-8")
    ran = commands.run("check", story).in_a_sentence()
    assert not mark.exists()
    for number in range(len(ENDINGS)):
        assert f"story.yaml:{number + 3}:" in ran.out, ran.out
    if "is a pickle" in ran.out:
        assert "storyboard convert" in ran.out


@every_canary
@pytest.mark.parametrize("ending", ENDINGS)
def test_convert_takes_weights_only(tmp_path: Path, make: Make, ending: str) -> None:
    mark, path = tmp_path / "ran", tmp_path / f"x{ending}"
    path.write_bytes(make(mark))
    with pytest.raises((ModelFileProblem, ProblemsError)):
        convert(path, tmp_path / "made.safetensors")
    assert not mark.exists()
    assert not (tmp_path / "made.safetensors").exists()
