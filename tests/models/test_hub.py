"""A hub id stands for what Hugging Face's tools have fetched, and nothing is fetched for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from storyboard.models.catalog import Catalog, Kind, NotFound
from storyboard.models.hub import fetched, hub_cache, is_hub_id
from tests.models import made

ID = "stable-diffusion-v1-5/stable-diffusion-v1-5"
REVISION = "451f4fe16113bff5a5d2269ed5ad43b0592e9a14"


def kept(cache: Path, *revisions: str) -> Path:
    folder = cache / f"models--{ID.replace('/', '--')}"
    for revision in revisions:
        made.checkpoint(folder / "snapshots" / revision)
    return folder


def branch(folder: Path, says: str) -> None:
    (folder / "refs").mkdir(exist_ok=True)
    (folder / "refs" / "main").write_text(says, encoding="utf-8")


def test_a_hub_id_is_found_in_the_cache(tmp_path: Path) -> None:
    branch(kept(tmp_path, REVISION, "0" * 40), REVISION)
    entry = Catalog([], hub=tmp_path).find(Kind.CHECKPOINT, ID)
    assert entry.path.name == REVISION
    assert (entry.name, entry.problems) == ("stable-diffusion-v1-5", ())


def test_the_only_revision_serves_where_there_is_no_branch(tmp_path: Path) -> None:
    folder = kept(tmp_path, REVISION)
    assert fetched(ID, tmp_path) == folder / "snapshots" / REVISION
    kept(tmp_path, "0" * 40)
    assert fetched(ID, tmp_path) is None


@pytest.mark.parametrize("says", ["../../../../../outside", "0" * 40, "x" * 1000, "\xff"])
def test_a_branch_that_stands_for_nothing_there_is_nothing(tmp_path: Path, says: str) -> None:
    branch(kept(tmp_path, REVISION), says)
    (tmp_path / "outside").mkdir()
    found = fetched(ID, tmp_path)
    assert found is None or found.name == REVISION


def test_what_was_not_fetched_is_told_with_the_command_that_does(tmp_path: Path) -> None:
    with pytest.raises(NotFound) as caught:
        Catalog([tmp_path], hub=tmp_path / "hub").find(Kind.CHECKPOINT, ID)
    assert f"there is no checkpoint '{ID}'" in caught.value.message
    assert f"run: hf download {ID}" in caught.value.hint


def test_a_file_on_the_model_path_comes_before_the_hub(tmp_path: Path) -> None:
    branch(kept(tmp_path / "hub", REVISION), REVISION)
    there = made.checkpoint(tmp_path / "models" / "checkpoints" / ID)
    catalog = Catalog([tmp_path / "models"], hub=tmp_path / "hub")
    assert catalog.find(Kind.CHECKPOINT, ID).path == there


@pytest.mark.parametrize("name", ["inkling", "a/b/c", "../b", "a/..", "/b", "a/", "a b/c", "a/.b"])
def test_other_names_are_no_hub_ids(name: str) -> None:
    assert not is_hub_id(name)


@pytest.mark.parametrize(
    ("environment", "cache"),
    [
        ({}, "home/.cache/huggingface/hub"),
        ({"XDG_CACHE_HOME": "/x"}, "/x/huggingface/hub"),
        ({"HF_HOME": "/hf", "XDG_CACHE_HOME": "/x"}, "/hf/hub"),
        ({"HF_HUB_CACHE": "/c", "HF_HOME": "/hf"}, "/c"),
    ],
)
def test_the_cache_is_where_the_tools_keep_it(environment: dict[str, str], cache: str) -> None:
    assert hub_cache(environment, Path("home")) == Path(cache)
