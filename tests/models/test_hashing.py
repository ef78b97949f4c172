"""Files are hashed once, and again when they change; short hashes are the WebUI's."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from storyboard.models.folder_files import files_read
from storyboard.models.hashing import Hasher, short_checkpoint_hash, short_lora_hash
from storyboard.models.header import ModelFileProblem, read_header
from storyboard.models.remembered import sample
from tests.models import made


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return made.lora(tmp_path / "mei.safetensors")


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


class Counting:
    """Counts how many files were read to their end."""

    def __init__(self) -> None:
        self.read: list[Path] = []

    def __call__(self, path: Path, done: int, total: int) -> None:
        assert 0 < done <= total
        if done == total:
            self.read.append(path)


def test_a_files_hash_is_its_sha256(file: Path) -> None:
    assert Hasher(None).file(file) == sha256(file)


def test_a_file_is_read_once_by_all_runs(tmp_path: Path, file: Path) -> None:
    counting, cache = Counting(), tmp_path / "deep" / "hashes.json"
    hashes = {Hasher(cache, counting).file(file) for _ in range(3)}
    assert hashes == {sha256(file)}
    assert counting.read == [file]


def test_a_file_is_read_once_by_one_run_without_a_cache(file: Path) -> None:
    counting = Counting()
    hasher = Hasher(None, counting)
    assert {hasher.file(file) for _ in range(3)} == {sha256(file)}
    assert counting.read == [file]


def later(path: Path) -> None:
    stat = path.stat()
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1_000_000_000))


def longer(path: Path) -> None:
    stat = path.stat()
    path.write_bytes(path.read_bytes() + b"x")
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def another(path: Path) -> None:
    stat = path.stat()
    other = path.with_name("other")
    other.write_bytes(bytes(len(path.read_bytes())))
    os.utime(other, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    other.replace(path)


def rewritten(path: Path) -> None:
    """Other bytes, as many, in the same file, with the old modification time."""
    stat = path.stat()
    with path.open("r+b") as file:
        file.seek(-3, os.SEEK_END)
        file.write(b"new")
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (stat.st_ino, stat.st_mtime_ns)


@pytest.mark.parametrize("change", [later, longer, another, rewritten])
def test_time_size_inode_and_a_rewriting_each_tell_a_change(
    tmp_path: Path, file: Path, change: Callable[[Path], None]
) -> None:
    counting, cache = Counting(), tmp_path / "hashes.json"
    Hasher(cache, counting).file(file)
    change(file)
    assert Hasher(cache, counting).file(file) == sha256(file)
    assert len(counting.read) == 2


@pytest.mark.parametrize("content", ["", "{", "[]", '{"a": 1}', "\x00" * 9, "[" * 200_000])
def test_a_broken_cache_is_begun_anew(tmp_path: Path, file: Path, content: str) -> None:
    cache = tmp_path / "hashes.json"
    cache.write_text(content, encoding="utf-8")
    assert Hasher(cache).file(file) == sha256(file)
    counting = Counting()
    assert Hasher(cache, counting).file(file) == sha256(file)
    assert counting.read == []


def test_a_remembered_hash_that_is_none_is_not_believed(tmp_path: Path, file: Path) -> None:
    cache = tmp_path / "hashes.json"
    Hasher(cache).file(file)
    facts = json.loads(cache.read_text(encoding="utf-8"))
    cache.write_text(json.dumps(dict.fromkeys(facts, "nonsense")), encoding="utf-8")
    assert Hasher(cache).file(file) == sha256(file)


def test_two_runs_at_once_keep_each_others_findings(tmp_path: Path, file: Path) -> None:
    cache, other = tmp_path / "hashes.json", made.lora(tmp_path / "ink.safetensors")
    one, two = Hasher(cache), Hasher(cache)
    one.file(file)
    two.file(other)
    assert len(json.loads(cache.read_text(encoding="utf-8"))) == 2
    assert [path.name for path in tmp_path.glob("*.tmp")] == []


def test_a_cache_that_cannot_be_written_only_costs_time(tmp_path: Path, file: Path) -> None:
    (tmp_path / "blocked").write_text("a file where a folder should be", encoding="utf-8")
    assert Hasher(tmp_path / "blocked" / "hashes.json").file(file) == sha256(file)


def test_a_change_within_the_clocks_tick_is_seen(tmp_path: Path) -> None:
    path, hasher = tmp_path / "x.safetensors", Hasher(None)
    for number in range(20):
        path.write_bytes(bytes([number]) * 8)
        assert hasher.file(path) == sha256(path)
        rewritten(path)
        assert hasher.file(path) == sha256(path)


def test_a_sample_sees_changes_at_both_ends_and_in_the_middle(tmp_path: Path) -> None:
    path = tmp_path / "x"
    samples = set()
    for start, end in ((0, 0), (0, 1), (450_000, 550_000), (999_999, 1_000_000)):
        content = bytearray(1_000_000)
        content[start:end] = b"x" * (end - start)
        path.write_bytes(content)
        samples.add(sample(path, 1_000_000))
    path.write_bytes(b"")
    assert len({*samples, sample(path, 0)}) == 5


def test_a_missing_file_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(ModelFileProblem, match="cannot be read"):
        Hasher(None).file(tmp_path / "none")


def test_a_file_that_is_being_written_is_not_believed(file: Path) -> None:
    def grow(path: Path, done: int, total: int) -> None:
        longer(path)

    with pytest.raises(ModelFileProblem, match="changed while it was read"):
        Hasher(None, grow).file(file)


def test_a_folders_hash_is_of_names_and_contents(tmp_path: Path) -> None:
    one, two = made.checkpoint(tmp_path / "one"), made.checkpoint(tmp_path / "two")
    hasher = Hasher(None)
    assert hasher.folder(one) == hasher.folder(two)
    assert len(hasher.folder(one)) == 64
    (two / "README.md").write_text("of no matter", encoding="utf-8")
    made.document(two / ".cache" / "x.json", {})
    assert hasher.folder(one) == hasher.folder(two)


def test_what_a_checkpoint_recommends_is_no_part_of_its_hash(tmp_path: Path) -> None:
    folder = made.checkpoint(tmp_path / "x")
    before = Hasher(None).folder(folder)
    made.document(folder / "storyboard.json", {"settings": {"sampler": {"cfg": 3}}})
    assert Hasher(None).folder(folder) == before
    vae = made.document(tmp_path / "vae" / "config.json", {}).parent
    before = Hasher(None).folder(vae)
    made.document(vae / "sub" / "storyboard.json", {})
    assert Hasher(None).folder(vae) != before


@pytest.mark.parametrize(
    "name",
    [
        "whole.safetensors",
        "safety_checker/model.safetensors",
        "feature_extractor/preprocessor_config.json",
        "unet/diffusion_pytorch_model.fp16.safetensors",
        "unet/diffusion_pytorch_model.non_ema.safetensors",
    ],
)
def test_what_is_not_read_of_a_folder_is_not_hashed(tmp_path: Path, name: str) -> None:
    folder = made.checkpoint(tmp_path / "x")
    before = Hasher(None).folder(folder)
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_bytes(b"of no matter")
    counting = Counting()
    assert Hasher(None, counting).folder(folder) == before
    assert folder / name not in counting.read


def test_every_file_that_is_read_of_a_folder_counts(tmp_path: Path) -> None:
    folder = made.checkpoint(tmp_path / "x")
    for name in ("vocab.json", "merges.txt", "tokenizer_config.json"):
        (folder / "tokenizer" / name).write_text("{}", encoding="utf-8")
    hashes = {Hasher(None).folder(folder)}
    names = [name for name in files_read(folder) if name != "storyboard.json"]
    for name in names:
        with (folder / name).open("ab") as file:
            file.write(b" ")
        hashes.add(Hasher(None).folder(folder))
    assert len(names) >= 11
    assert len(hashes) == 1 + len(names)


def test_every_shard_and_the_index_change_a_folders_hash(tmp_path: Path) -> None:
    shards = made.shards(tmp_path / "x" / "unet", {"a": (1,)}, {"b": (1,)})
    hashes = [Hasher(None).folder(tmp_path / "x")]
    made.weights(shards[1], {"b": (2,)})
    hashes.append(Hasher(None).folder(tmp_path / "x"))
    made.shards(tmp_path / "x" / "unet", {"a": (1,)})
    hashes.append(Hasher(None).folder(tmp_path / "x"))
    assert len(set(hashes)) == 3


@pytest.mark.parametrize("name", ["unet/diffusion_pytorch_model.safetensors", "model_index.json"])
def test_a_changed_or_renamed_file_changes_its_folders_hash(tmp_path: Path, name: str) -> None:
    folder = made.checkpoint(tmp_path / "x")
    before = Hasher(None).folder(folder)
    file = folder / name
    file.rename(file.with_name(f"other{file.suffix}"))
    renamed = Hasher(None).folder(folder)
    made.document(file, {"changed": True})
    assert len({before, renamed, Hasher(None).folder(folder)}) == 3


def test_a_folder_without_a_model_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(ModelFileProblem, match="holds no model"):
        Hasher(None).folder(tmp_path)


def test_a_loras_short_hash_is_of_the_bytes_behind_its_header(tmp_path: Path, file: Path) -> None:
    data = file.read_bytes()[read_header(file).data_start :]
    assert short_lora_hash(file) == hashlib.sha256(data).hexdigest()[:12]
    renamed = made.lora(tmp_path / "other.safetensors", {"ss_output_name": "other"})
    assert short_lora_hash(renamed) == short_lora_hash(file)


def test_a_loras_own_hash_comes_first(tmp_path: Path, file: Path) -> None:
    told = made.lora(tmp_path / "told.safetensors", {"sshs_model_hash": "AB" * 32})
    assert short_lora_hash(told) == "ab" * 6
    nonsense = made.lora(tmp_path / "no.safetensors", {"sshs_model_hash": "x, y: z"})
    assert short_lora_hash(nonsense) == short_lora_hash(file)


def test_a_checkpoints_short_hash_has_10_digits() -> None:
    assert short_checkpoint_hash("0123456789abcdef" * 4) == "0123456789"


def test_how_much_an_adapter_of_pefts_counts_is_part_of_its_hash(tmp_path: Path) -> None:
    weights = tmp_path / "adapter_model.safetensors"
    weights.write_bytes(b"weights")
    alone = Hasher(None).model(weights)
    assert alone == Hasher(None).file(weights)
    config = tmp_path / "adapter_config.json"
    hashes = {alone}
    for alpha in (8, 16):
        config.write_text(json.dumps({"lora_alpha": alpha}), encoding="utf-8")
        hashes.add(Hasher(None).model(weights))
    assert len(hashes) == 3
    other = tmp_path / "other.safetensors"
    other.write_bytes(b"weights")
    assert Hasher(None).model(other) == alone
