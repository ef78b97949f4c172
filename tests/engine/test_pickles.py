"""Pickles are read by torch's weights-only loader alone: nothing in them ever runs."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from storyboard.engine import pickles
from storyboard.engine.pickles import read_pickle
from storyboard.models.header import ModelFileProblem
from tests.support.pickled import Trap, archive, embedding, plain_pickle, saved


def refusal(path: Path) -> str:
    with pytest.raises(ModelFileProblem) as told:
        read_pickle(path)
    assert "\n" not in str(told.value) and len(str(told.value)) < 400
    return str(told.value)


@pytest.mark.parametrize("legacy", [False, True])
def test_both_of_torchs_formats_are_read(tmp_path: Path, legacy: bool) -> None:
    value = embedding()
    found = read_pickle(saved(tmp_path / "x.pt", value, legacy))
    assert isinstance(found, dict)
    assert torch.equal(found["string_to_param"]["*"], value["string_to_param"]["*"])
    assert found["name"] == "EasyNegative"


@pytest.mark.parametrize("legacy", [False, True])
def test_what_would_run_is_named_and_never_runs(tmp_path: Path, legacy: bool) -> None:
    mark = tmp_path / "ran"
    value = {"state_dict": {"a.weight": torch.zeros(2)}, "callbacks": Trap(mark)}
    said = refusal(saved(tmp_path / "x.ckpt", value, legacy))
    assert "mkdir" in said and said.startswith("is refused: reading it would have to run `")
    assert not mark.exists()
    # The trap is one: a careless reader steps into it.
    torch.load(tmp_path / "x.ckpt", weights_only=False)
    assert mark.exists()


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_a_bare_pickle_never_runs_either(tmp_path: Path, protocol: int) -> None:
    said = refusal(plain_pickle(tmp_path / "x.pt", Trap(tmp_path / "ran"), protocol))
    assert said.startswith("is refused: ")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("value", "named"),
    [
        ({"model": nn.Linear(2, 2)}, "torch.nn.modules.linear.Linear"),
        ({"string_to_param": nn.ParameterDict({"*": torch.zeros(1, 4)})}, "ParameterDict"),
        ({"score": np.float64(1)}, "multiarray.scalar"),
    ],
    ids=["module", "parameters", "numpy"],
)
def test_what_the_loader_refuses_stays_refused(tmp_path: Path, value: object, named: str) -> None:
    assert named in refusal(saved(tmp_path / "x.pt", value))


def test_nothing_is_added_to_what_the_loader_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    added: list[object] = []
    for name in ("add_safe_globals", "safe_globals"):
        monkeypatch.setattr(torch.serialization, name, added.append)
    read_pickle(saved(tmp_path / "x.pt", {"a": torch.zeros(2)}))
    assert added == []


def test_pickles_that_torch_did_not_write_are_told(tmp_path: Path) -> None:
    assert "torch's weights" in refusal(plain_pickle(tmp_path / "x.pt", {"a": 1}))


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.98])
def test_a_file_that_is_cut_off_is_told(tmp_path: Path, legacy: bool, share: float) -> None:
    content = saved(tmp_path / "x.pt", embedding(), legacy).read_bytes()
    (tmp_path / "x.pt").write_bytes(content[: int(len(content) * share)])
    assert "damaged" in refusal(tmp_path / "x.pt")


@pytest.mark.parametrize("place", [0.02, 0.3, 0.97])
def test_a_file_with_a_hole_is_one_sentence(tmp_path: Path, place: float) -> None:
    """Wherever it is damaged; where only numbers are, nobody can know."""
    content = bytearray(archive({"a": torch.zeros(40), "b": torch.ones(40)}))
    at = int(len(content) * place)
    content[at : at + 40] = b"\xff" * 40
    (tmp_path / "x.pt").write_bytes(content)
    try:
        read_pickle(tmp_path / "x.pt")
    except ModelFileProblem as problem:
        assert "\n" not in str(problem)


def test_a_compressed_archive_is_refused_before_it_unfolds(tmp_path: Path) -> None:
    path = tmp_path / "x.pt"
    with (
        zipfile.ZipFile(io.BytesIO(archive({"a": torch.zeros(100_000)}))) as plain,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as small,
    ):
        for entry in plain.infolist():
            small.writestr(entry.filename, plain.read(entry.filename))
    assert path.stat().st_size < 10_000
    assert "compressed" in refusal(path)


def test_an_endless_pickle_inside_is_refused_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.pt"
    monkeypatch.setattr(pickles, "_MOST_PICKLED", 9_999)
    with zipfile.ZipFile(path, "w") as large:
        large.writestr("a/data.pkl", b"\x00" * 10_000)
    assert "beside its weights" in refusal(path)


def test_a_torchscript_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.pt"
    with zipfile.ZipFile(path, "w") as program:
        program.writestr("x/data.pkl", b"\x80\x02}q\x00.")
        program.writestr("x/constants.pkl", b"\x80\x02)q\x00.")
    assert "TorchScript" in refusal(path)


def test_the_oldest_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.pt"
    with tarfile.open(path, "w") as tar:
        for name in ("sys_info", "pickle", "storages", "tensors"):
            member = tarfile.TarInfo(name)
            tar.addfile(member, io.BytesIO())
    assert "oldest format, a tar" in refusal(path)
