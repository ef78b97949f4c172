"""A model is fetched from the hub: what is read of it, whole, and every fault is a sentence."""

from __future__ import annotations

import errno
import os
import shutil
import time
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest

from storyboard.models import fetching
from storyboard.models.catalog import Catalog, Kind
from storyboard.models.entries import NotFound
from storyboard.models.fetching import Fetching, fetch
from storyboard.models.folder_files import files_read, missing_from
from storyboard.models.hub import fetched, kept_in
from storyboard.models.hub_client import download
from storyboard.models.roots import builtin_root
from tests.models import made
from tests.support.fake_hub import FakeHub, as_at_home, files_of, only_this_machine, serving

ID = "org/inkling"
INKLING = builtin_root() / "checkpoints" / "inkling"
FILES = files_of(INKLING)
UNET = "unet/diffusion_pytorch_model"
SECOND = f"{UNET}-00002-of-00002.safetensors"
NOT_READ = {
    "README.md": b"Hello",
    "pipeline.py": b"import os",
    "inkling.safetensors": b"one file",
    "safety_checker/model.safetensors": b"weights",
    "feature_extractor/preprocessor_config.json": b"{}",
    f"{UNET}.bin": b"a pickle",
    f"{UNET}.fp16.safetensors": b"half",
    f"{UNET}.non_ema.safetensors": b"other weights",
    "vae/diffusion_pytorch_model.fp16.safetensors": b"half",
    "text_encoder/pytorch_model.bin": b"a pickle",
}


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[object]:
    """Which other machines were sought: none, ever. Nobody waits between tries."""
    as_at_home(monkeypatch, tmp_path / "home")
    monkeypatch.setattr(time, "sleep", lambda _: None)
    return only_this_machine(monkeypatch)


@pytest.fixture
def server(tried: list[object]) -> Iterator[FakeHub]:
    with serving({ID: FILES}) as hub:
        yield hub
    assert tried == []


def fetch_it(server: FakeHub, cache: Path, hub_id: str = ID) -> Path:
    return fetch(hub_id, server.hub(cache), lambda _: None)


def refused(server: FakeHub, cache: Path, hub_id: str = ID) -> tuple[str, str]:
    """The sentence and the hint of a fetch that fails; nothing of it is taken for a model."""
    with pytest.raises(NotFound) as caught:
        fetch_it(server, cache, hub_id)
    folder = fetched(hub_id, cache)
    assert folder is None or missing_from(folder) != []
    assert "\n" not in f"{caught.value.message}{caught.value.hint}"
    return caught.value.message, caught.value.hint


def test_what_is_read_is_fetched_and_nothing_else(server: FakeHub, tmp_path: Path) -> None:
    server.repositories[ID] = {**FILES, **NOT_READ}
    folder = fetch_it(server, tmp_path)
    assert files_of(folder) == FILES
    assert server.given() == sorted(FILES)
    assert files_read(folder) == files_read(INKLING)
    entry = Catalog([], hub=server.hub(tmp_path, offline=True)).find(Kind.CHECKPOINT, ID)
    assert (entry.path, entry.problems, entry.family) == (folder, (), "sd15")


def test_a_variant_is_fetched_where_there_is_nothing_else(server: FakeHub, tmp_path: Path) -> None:
    half = {name: data for name, data in FILES.items() if not name.startswith("vae/")}
    vae = "vae/diffusion_pytorch_model"
    half |= {"vae/config.json": FILES["vae/config.json"]}
    half |= {f"{vae}.fp16.safetensors": FILES[f"{vae}.safetensors"], f"{vae}.fp16.bin": b"a pickle"}
    server.repositories[ID] = half
    fetch_it(server, tmp_path)
    assert [name for name in server.given() if name.startswith("vae/")] == [
        "vae/config.json",
        f"{vae}.fp16.safetensors",
    ]


def test_it_is_told_that_and_how_much_comes(server: FakeHub, tmp_path: Path) -> None:
    told: list[Fetching] = []
    hub = server.hub(tmp_path)
    fetch(ID, hub, told.append)
    weights = [data for name, data in FILES.items() if name.endswith(".safetensors")]
    size = sum(map(len, weights))
    assert told[:2] == [Fetching(ID, hub), Fetching(ID, hub, len(weights), size)]
    assert [one.done for one in told] == sorted(one.done for one in told)
    assert told[-1].done == size


def test_what_is_there_already_is_not_fetched_again(server: FakeHub, tmp_path: Path) -> None:
    (fetch_it(server, tmp_path) / SECOND).unlink()
    server.asked.clear()
    told: list[Fetching] = []
    folder = fetch(ID, server.hub(tmp_path), told.append)
    assert (server.given(), told[-1].files) == ([], 1)  # the content is among the blobs
    (folder / SECOND).resolve().unlink()
    (folder / SECOND).unlink()
    fetch_it(server, tmp_path)
    assert server.given() == [SECOND]


def test_a_newer_revision_shares_the_weights_and_becomes_the_one_used(
    server: FakeHub, tmp_path: Path
) -> None:
    (fetch_it(server, tmp_path) / "model_index.json").unlink()
    server.asked.clear()
    server.revision = "0" * 40
    folder = fetch_it(server, tmp_path)
    assert (folder, folder.name) == (fetched(ID, tmp_path), "0" * 40)
    assert [name for name in server.given() if name.endswith(".safetensors")] == []


@pytest.mark.parametrize("cut", [0, 1, 2_000_000])
def test_a_connection_that_breaks_off_is_told_and_the_next_fetch_goes_on(
    server: FakeHub, tmp_path: Path, cut: int
) -> None:
    server.cuts[SECOND] = cut
    message, hint = refused(server, tmp_path)
    assert message.startswith(f"checkpoint '{ID}' could not be fetched from {server.endpoint}: ")
    assert "run the same command again" in hint
    del server.cuts[SECOND]
    server.asked.clear()
    assert files_of(fetch_it(server, tmp_path)) == FILES
    after = [name for name in files_read(INKLING) if name not in server.given()]
    assert f"{UNET}-00001-of-00002.safetensors" in after
    assert SECOND in server.given()


def test_a_connection_that_breaks_once_is_taken_up_where_it_broke(
    server: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.cuts[SECOND] = 2_000_000
    monkeypatch.setattr(time, "sleep", lambda _: server.cuts.clear())
    assert files_of(fetch_it(server, tmp_path)) == FILES
    assert sum(line.startswith("GET") and line.endswith(SECOND) for line in server.asked) == 2


def test_a_hub_that_is_not_there_is_told(tried: list[object], tmp_path: Path) -> None:
    with serving({}) as gone:
        pass
    message, hint = refused(gone, tmp_path)
    assert message.startswith(f"checkpoint '{ID}' could not be fetched from {gone.endpoint}: ")
    assert "Connection refused" in message
    assert "look at the connection" in hint


def test_a_network_without_names_is_told(tried: list[object], tmp_path: Path) -> None:
    message, _ = refused(FakeHub("https://huggingface.example", {}), tmp_path)
    assert "could not be fetched from https://huggingface.example: " in message
    assert tried == ["huggingface.example"]


@pytest.mark.parametrize("status", [401, 404])
def test_an_id_that_nobody_has_may_be_private(server: FakeHub, tmp_path: Path, status: int) -> None:
    server.refusals["/api/models/"] = (status, "RepoNotFound")
    message, hint = refused(server, tmp_path, "org/nobody")
    assert "there is no checkpoint 'org/nobody' on the model path, nor on http://127" in message
    assert "hf auth login" in hint


@pytest.mark.parametrize(
    ("where", "status", "code", "said"),
    [
        ("/api/models/", 403, "GatedRepo", "only for those whom its owner lets have it"),
        ("/resolve/", 401, "GatedRepo", "only for those whom its owner lets have it"),
        ("/api/models/", 403, "", "does not let you have"),
        ("/resolve/", 401, "", "does not let you have"),
        (SECOND, 403, "GatedRepo", "only for those whom its owner lets have it"),
        ("/api/models/", 500, "", ": it answers 500 Internal Server Error"),
        ("/resolve/", 503, "", ": it answers 503 Service Unavailable"),
        (SECOND, 404, "EntryNotFound", ": it answers 404 Not Found"),
    ],
)
def test_what_the_hub_refuses_is_told(
    server: FakeHub, tmp_path: Path, where: str, status: int, code: str, said: str
) -> None:
    server.refusals[where] = (status, code)
    message, hint = refused(server, tmp_path)
    assert said in message
    assert hint


def test_an_answer_that_is_no_hubs_is_told(server: FakeHub, tmp_path: Path) -> None:
    server.revision = "no revision"
    message, _ = refused(server, tmp_path)
    assert message.endswith("its answer names no revision")


def test_a_single_file_is_told_with_what_to_do(server: FakeHub, tmp_path: Path) -> None:
    server.repositories[ID] = {"README.md": b"", "ink-xl.safetensors": b"", "ink.ckpt": b""}
    message, hint = refused(server, tmp_path)
    assert "is no diffusers folder; single files, of which it has ink-xl.safetensors," in message
    assert f"hf download {ID} ink-xl.safetensors --local-dir" in hint
    assert server.given() == []


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"README.md": b"", "ink.ckpt": b""}, "has pickles only (ink.ckpt), which are never"),
        ({"README.md": b""}, "is no diffusers folder: it has no model_index.json"),
        (
            {n: d for n, d in FILES.items() if not n.startswith(UNET)} | {f"{UNET}.bin": b""},
            "has pickles only in its unet/ (diffusion_pytorch_model.bin), which are never fetched",
        ),
        (
            {n: d for n, d in FILES.items() if not n.startswith("scheduler")},
            "lacks scheduler/scheduler_config.json, which its model_index.json asks for",
        ),
        (
            {n: d for n, d in FILES.items() if n != SECOND},
            f"lacks '{SECOND}', which an index of it names",
        ),
        ({**FILES, "model_index.json": b"{"}, "has a broken model_index.json"),
    ],
)
def test_a_repository_that_cannot_be_drawn_with_is_refused_before_its_weights_come(
    server: FakeHub, tmp_path: Path, files: dict[str, bytes], said: str
) -> None:
    server.repositories[ID] = files
    message, hint = refused(server, tmp_path)
    assert said in message
    assert hint
    assert not [name for name in server.given() if name.endswith((".safetensors", ".bin"))]


@pytest.mark.parametrize(
    "shard", ["../../../outside.safetensors", "weights.bin", "/etc/passwd", "run.py"]
)
def test_an_index_makes_nothing_else_come(server: FakeHub, tmp_path: Path, shard: str) -> None:
    index = made.document(tmp_path / "index.json", {"weight_map": {"a": shard}}).read_bytes()
    files = {**FILES, f"{UNET}.safetensors.index.json": index, f"unet/{shard}": b"x"}
    server.repositories[ID] = files
    message, _ = refused(server, tmp_path / "cache")
    assert shard in message
    assert not [name for name in server.given() if name.endswith(shard)]


def test_another_family_is_refused_before_its_weights_come(server: FakeHub, tmp_path: Path) -> None:
    unet = made.document(tmp_path / "unet.json", {"in_channels": 4, "cross_attention_dim": 1024})
    files = {name: data for name, data in FILES.items() if name != "storyboard.json"}
    server.repositories[ID] = {**files, "unet/config.json": unet.read_bytes()}
    message, _ = refused(server, tmp_path / "cache")
    assert message == f"checkpoint '{ID}' is an SD 2.x checkpoint"
    assert not [name for name in server.given() if name.endswith(".safetensors")]


def test_what_did_not_come_whole_is_not_called_the_main_revision(
    server: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lossy(hub_id: str, hub: Any, revision: str, name: str, came: Any) -> None:
        if not name.startswith("vae/"):
            download(hub_id, hub, revision, name, came)

    monkeypatch.setattr(fetching, "download", lossy)
    message, hint = refused(server, tmp_path)
    assert "did not come whole: it lacks vae/" in message and hint == "try again"
    assert not (kept_in(tmp_path, ID) / "refs").exists()


def test_a_disk_without_room_is_told_before_weights_come(
    server: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**9, 10**9, 10**6))
    message, hint = refused(server, tmp_path)
    assert "has 0.03 GB to fetch, and 0.00 GB are free in" in message
    assert "HF_HUB_CACHE" in hint
    assert not [name for name in server.given() if name.endswith(".safetensors")]


def test_a_disk_that_fills_up_on_the_way_is_told(
    server: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import file_download

    def full(*_: Any, **__: Any) -> NoReturn:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(file_download, "http_get", full)
    message, hint = refused(server, tmp_path)
    assert message == f"checkpoint '{ID}' does not fit onto the disk of {tmp_path}"
    assert "make room" in hint


def test_a_cache_that_cannot_be_written_is_told(server: FakeHub, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file", encoding="utf-8")
    message, hint = refused(server, tmp_path / "cache")
    assert message.startswith(f"checkpoint '{ID}' cannot be kept: {tmp_path / 'cache'}")
    assert "HF_HUB_CACHE" in hint
