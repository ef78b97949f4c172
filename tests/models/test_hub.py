"""A hub id stands for what Hugging Face's tools have fetched; to find it, nothing is fetched."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from storyboard.models.catalog import Catalog, Kind, NotFetched, NotFound
from storyboard.models.hub import Hub, fetched, hub_cache, hub_of, is_hub_id
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
    entry = Catalog([], hub=Hub(tmp_path)).find(Kind.CHECKPOINT, ID)
    assert entry.path.name == REVISION
    assert (entry.name, entry.problems) == ("stable-diffusion-v1-5", ())


def test_the_only_revision_serves_where_there_is_no_branch(tmp_path: Path) -> None:
    folder = kept(tmp_path, REVISION)
    assert fetched(ID, tmp_path) == folder / "snapshots" / REVISION
    kept(tmp_path, "0" * 40)
    assert fetched(ID, tmp_path) is None


@pytest.mark.parametrize(
    "says", ["../../outside", "../../../../../outside", "0" * 40, "x" * 1000, "\xff"]
)
def test_a_branch_that_stands_for_nothing_there_is_nothing(tmp_path: Path, says: str) -> None:
    branch(kept(tmp_path, REVISION), says)
    (tmp_path / "outside").mkdir()
    found = fetched(ID, tmp_path)
    assert found is None or found.name == REVISION


def test_what_was_not_fetched_is_told_with_the_command_that_does(tmp_path: Path) -> None:
    with pytest.raises(NotFound) as caught:
        Catalog([tmp_path], hub=Hub(tmp_path / "hub", offline=True)).find(Kind.CHECKPOINT, ID)
    assert not isinstance(caught.value, NotFetched)
    assert f"there is no checkpoint '{ID}'" in caught.value.message
    assert f"run: hf download {ID}" in caught.value.hint
    assert "without --offline" in caught.value.hint


def test_what_was_not_fetched_may_be_asked_for_where_that_is_allowed(tmp_path: Path) -> None:
    with pytest.raises(NotFetched) as caught:
        Catalog([tmp_path], hub=Hub(tmp_path / "hub", offline=False)).find(Kind.CHECKPOINT, ID)
    assert caught.value.hub_id == ID
    assert f"checkpoint '{ID}' is not here yet" in caught.value.message
    assert "fetch it from https://huggingface.co" in caught.value.message


@pytest.mark.parametrize("offline", [True, False])
def test_a_part_of_a_model_is_not_taken_for_the_model(tmp_path: Path, offline: bool) -> None:
    folder = kept(tmp_path, REVISION) / "snapshots" / REVISION
    made.document(folder / "model_index.json", {"vae": ["diffusers", "AutoencoderKL"]})
    catalog = Catalog([], hub=Hub(tmp_path, offline=offline))
    assert catalog.find(Kind.CHECKPOINT, ID).path == folder
    (folder / "vae" / "diffusion_pytorch_model.safetensors").unlink()
    with pytest.raises(NotFound) as caught:
        Catalog([], hub=Hub(tmp_path, offline=offline)).find(Kind.CHECKPOINT, ID)
    assert isinstance(caught.value, NotFetched) is not offline
    part = f"only a part of checkpoint '{ID}' is here, without vae/*.safetensors"
    assert caught.value.message.startswith(part)


def test_a_file_on_the_model_path_comes_before_the_hub(tmp_path: Path) -> None:
    branch(kept(tmp_path / "hub", REVISION), REVISION)
    there = made.checkpoint(tmp_path / "models" / "checkpoints" / ID)
    catalog = Catalog([tmp_path / "models"], hub=Hub(tmp_path / "hub"))
    assert catalog.find(Kind.CHECKPOINT, ID).path == there


@pytest.mark.parametrize(
    "name",
    [
        *("inkling", "a/b/c", "../b", "a/..", "/b", "a/", "a b/c", "a/.b", "a--b/c", "a/b.git"),
        *("a/b-", "a-/b", f"a/{'b' * 97}", "anime/ink.safetensors", "anime/ink.ckpt"),
    ],
)
def test_other_names_are_no_hub_ids(tmp_path: Path, name: str) -> None:
    assert not is_hub_id(name)
    with pytest.raises(NotFound) as caught:
        Catalog([tmp_path], hub=Hub(tmp_path, offline=False)).find(Kind.CHECKPOINT, name, tmp_path)
    assert not isinstance(caught.value, NotFetched)


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.CHECKPOINT])
def test_nothing_but_a_checkpoint_is_asked_for(tmp_path: Path, kind: Kind) -> None:
    with pytest.raises(NotFound) as caught:
        Catalog([tmp_path], hub=Hub(tmp_path, offline=False)).find(kind, ID, tmp_path)
    assert not isinstance(caught.value, NotFetched)


@pytest.mark.parametrize(
    ("environment", "cache"),
    [
        ({}, "home/.cache/huggingface/hub"),
        ({"XDG_CACHE_HOME": "/x"}, "/x/huggingface/hub"),
        ({"HF_HOME": "/hf", "XDG_CACHE_HOME": "/x"}, "/hf/hub"),
        ({"HF_HUB_CACHE": "/c", "HF_HOME": "/hf"}, "/c"),
        ({"HUGGINGFACE_HUB_CACHE": "/c", "HF_HOME": "/hf"}, "/c"),
        ({"HF_HUB_CACHE": "~/c"}, f"{Path.home()}/c"),
    ],
)
def test_the_cache_is_where_the_tools_keep_it(environment: dict[str, str], cache: str) -> None:
    assert hub_cache(environment, Path("home")) == Path(cache)


@pytest.mark.parametrize("name", [ID, "a/b", "A_1/b.c-d_2", f"{'a' * 96}/{'b' * 96}"])
def test_hub_ids_are_what_the_library_takes_for_them(name: str) -> None:
    from huggingface_hub import hf_hub_url

    assert name in hf_hub_url(name, "model_index.json")  # which raises for what is none
    assert is_hub_id(name)


def test_the_cache_is_where_the_library_keeps_it(tmp_path: Path) -> None:
    from huggingface_hub import constants

    assert str(hub_cache(os.environ, Path.home())) == constants.HF_HUB_CACHE


@pytest.mark.parametrize(
    ("environment", "offline"),
    [
        ({}, False),
        ({"HF_HUB_OFFLINE": "1"}, True),
        ({"HF_HUB_OFFLINE": "yes"}, True),
        ({"HF_HUB_OFFLINE": "0"}, False),
        ({"HF_HUB_OFFLINE": "0", "TRANSFORMERS_OFFLINE": "1"}, False),
        ({"TRANSFORMERS_OFFLINE": "true"}, True),
    ],
)
def test_the_tools_own_variable_takes_one_offline(
    environment: dict[str, str], offline: bool
) -> None:
    assert hub_of(environment, Path("home"), False).offline is offline
    assert hub_of(environment, Path("home"), True).offline


def test_another_hub_may_be_named() -> None:
    hub = hub_of({"HF_ENDPOINT": "https://mirror.example/"}, Path("home"), False)
    assert hub.endpoint == "https://mirror.example"
