"""--compile: what the engine is told, and where the compiler keeps what it made."""

from __future__ import annotations

import importlib
import os
from pathlib import Path

import pytest

from storyboard.cli.drawing import engine_on
from storyboard.engine.compiling import Compiling
from tests.support.command import run

CACHE = "TORCHINDUCTOR_CACHE_DIR"


@pytest.fixture(autouse=True)
def no_cache_said(monkeypatch: pytest.MonkeyPatch) -> None:
    importlib.import_module("storyboard.engine.diffusion")  # torch may say one of its own, once
    monkeypatch.setenv(CACHE, "")  # so that whatever is set here is gone afterwards
    del os.environ[CACHE]


def test_the_compilers_cache_lies_among_ours_and_only_where_it_compiles(tmp_path: Path) -> None:
    engine_on("cpu", "float32", tmp_path).close()
    assert CACHE not in os.environ
    engine_on("cpu", "float32", tmp_path, compiling=Compiling("a test asked")).close()
    assert Path(os.environ[CACHE]) == tmp_path / ".cache" / "compile"


def test_what_the_user_has_set_is_left_alone(tmp_path: Path) -> None:
    os.environ[CACHE] = "/elsewhere"
    engine_on("cpu", "float32", tmp_path, compiling=Compiling("a test asked")).close()
    assert os.environ[CACHE] == "/elsewhere"


def test_only_three_words_are_known(story: Path) -> None:
    ended = run("preview", story, "--compile", "maybe")
    assert ended.code == 2 and "auto" in ended.err
    assert run("preview", story, "--compile", "on").code == 0
