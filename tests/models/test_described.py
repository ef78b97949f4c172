"""A folder of thousands of files is described once, and again what changed."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from storyboard.models import described as module
from storyboard.models.catalog import Catalog, Entry, Kind
from storyboard.models.describe import describe
from tests.models import made


class Counting:
    """Describes, and counts what."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def __call__(self, kind: Kind, name: str, path: Path) -> Entry:
        self.read.append(name)
        return describe(kind, name, path)


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> Counting:
    counting = Counting()
    monkeypatch.setattr(module, "describe", counting)
    return counting


def entries(folder: Path) -> list[Entry]:
    """What a new run sees."""
    return Catalog([folder], cache_file=folder / "cache.json").entries()


def tree(folder: Path) -> Path:
    for name in ("mei", "ink"):
        path = made.lora(folder / "Lora" / f"{name}.safetensors", {"ss_output_name": f"{name}2"})
        made.document(path.with_suffix(".json"), {"activation text": name, "preferred weight": 0.5})
    made.weights(folder / "embeddings" / "bad.safetensors", {"emb_params": (2, 24)})
    (folder / "VAE").mkdir()
    (folder / "VAE" / "broken.safetensors").write_bytes(b"no")
    made.weights(folder / "unsorted.safetensors", {"emb_params": (2, 24)})
    return folder


def test_a_second_run_knows_all_and_reads_nothing(tmp_path: Path, counting: Counting) -> None:
    tree(tmp_path)
    first = entries(tmp_path)
    assert sorted(counting.read) == ["bad", "broken", "ink", "mei", "unsorted"]
    counting.read.clear()
    assert entries(tmp_path) == first
    assert counting.read == []
    assert [entry.activation for entry in first if entry.kind is Kind.LORA] == ["ink", "mei"]
    assert any(entry.problems for entry in first)


def test_a_changed_file_or_side_file_is_described_again(tmp_path: Path, counting: Counting) -> None:
    tree(tmp_path)
    entries(tmp_path)
    counting.read.clear()
    time.sleep(0.02)
    made.document(tmp_path / "Lora" / "mei.json", {"activation text": "other"})
    made.document(tmp_path / "Lora" / "ink.civitai.info", {"trainedWords": ["x"]})
    made.weights(tmp_path / "embeddings" / "bad.safetensors", {"emb_params": (3, 24)})
    found = {entry.name: entry for entry in entries(tmp_path)}
    assert sorted(counting.read) == ["bad", "ink", "mei"]
    assert (found["mei"].activation, found["bad"].vectors) == ("other", 3)


def test_pefts_configuration_is_a_side_file_too(tmp_path: Path, counting: Counting) -> None:
    path = made.lora(tmp_path / "Lora" / "mei" / "adapter_model.safetensors")
    config = made.document(path.with_name("adapter_config.json"), {"lora_alpha": "much"})
    assert "an alpha in adapter_config is no number" in entries(tmp_path)[0].problems[0]
    made.document(config, {"lora_alpha": 12})
    assert entries(tmp_path)[0].problems == ()
    assert counting.read == ["adapter_model"] * 2


def test_what_other_code_has_told_is_forgotten(
    tmp_path: Path, counting: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree(tmp_path)
    entries(tmp_path)
    kept = len(json.loads((tmp_path / "cache.json").read_text(encoding="utf-8")))
    counting.read.clear()
    monkeypatch.setattr(module, "_stamp", lambda: "other|")
    entries(tmp_path)
    assert len(counting.read) == 5
    assert len(json.loads((tmp_path / "cache.json").read_text(encoding="utf-8"))) == kept


@pytest.mark.parametrize("nonsense", [3, [], {"family": []}, {"odd": 1}, "x"])
def test_a_cache_that_somebody_else_wrote_is_harmless(tmp_path: Path, nonsense: object) -> None:
    tree(tmp_path)
    first = entries(tmp_path)
    cache = tmp_path / "cache.json"
    states = json.loads(cache.read_text(encoding="utf-8"))
    cache.write_text(json.dumps(dict.fromkeys(states, nonsense)), encoding="utf-8")
    assert [entry.name for entry in entries(tmp_path)] == [entry.name for entry in first]


def test_checkpoints_are_described_each_time(tmp_path: Path, counting: Counting) -> None:
    made.checkpoint(tmp_path / "checkpoints" / "small")
    entries(tmp_path)
    entries(tmp_path)
    assert counting.read == ["small", "small"]
