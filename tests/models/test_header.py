"""A header is believed only where all of it makes sense; pickles are known by their content."""

from __future__ import annotations

import io
import json
import os
import pickle
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors import SafetensorError, safe_open

from storyboard.models.header import (
    MAX_HEADER_BYTES,
    Header,
    ModelFileProblem,
    read_header,
)
from tests.models import made


def entry(
    start: int, end: int, shape: list[Any] | None = None, dtype: str = "U8"
) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape or [end - start], "data_offsets": [start, end]}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes on Windows")
def test_a_pipe_is_no_model_and_nobody_waits_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.safetensors")
    with pytest.raises(ModelFileProblem, match="is no file"):
        read_header(tmp_path / "x.safetensors")


def test_a_header_tells_types_shapes_places_and_metadata(tmp_path: Path) -> None:
    tensors: dict[str, Any] = {"b": np.ones((2, 3), np.float32), "a": np.ones((4,), np.float16)}
    path = made.arrays(tmp_path / "x.safetensors", tensors, {"ss_output_name": "mei"})
    header = read_header(path)
    assert header.shapes == {"a": (4,), "b": (2, 3)}
    assert {key: info.dtype for key, info in header.tensors.items()} == {"a": "F16", "b": "F32"}
    assert header.metadata == {"ss_output_name": "mei"}
    data = path.read_bytes()
    for key, info in header.tensors.items():
        assert data[info.start : info.end] == tensors[key].tobytes()


def test_a_file_without_tensors_is_a_file(tmp_path: Path) -> None:
    assert read_header(made.raw(tmp_path / "x", {})) == Header({}, {}, 10)


def test_scalars_and_empty_tensors_are_tensors(tmp_path: Path) -> None:
    header = {"none": entry(0, 0, [0, 4], "F32"), "one": {**entry(0, 4, dtype="F32"), "shape": []}}
    tensors = read_header(made.raw(tmp_path / "x", header, bytes(4))).tensors
    assert [tensors["none"].shape, tensors["one"].shape] == [(0, 4), ()]
    assert tensors["one"].end - tensors["one"].start == 4


BROKEN: dict[str, tuple[Any, bytes, str]] = {
    "offsets beyond the end": ({"a": entry(0, 9)}, bytes(4), "cut off"),
    "a gap": ({"a": entry(0, 2), "b": entry(3, 4)}, bytes(4), "a gap before tensor 'b'"),
    "a late start": ({"a": entry(1, 4)}, bytes(4), "a gap before tensor 'a'"),
    "an overlap": ({"a": entry(0, 3), "b": entry(2, 4)}, bytes(4), "shared by two"),
    "bytes left over": ({"a": entry(0, 2)}, bytes(4), "2 bytes behind"),
    "backward offsets": ({"a": {**entry(2, 0), "shape": [0]}}, bytes(4), "a gap"),
    "a wrong size": ({"a": entry(0, 4, [5])}, bytes(4), "do not make U8"),
    "an unknown type": ({"a": entry(0, 4, dtype="F1")}, bytes(4), "unknown type, 'F1'"),
    "a negative side": ({"a": entry(0, 4, [-4])}, bytes(4), "makes no sense"),
    "a side that is no number": ({"a": entry(0, 4, ["4"])}, bytes(4), "makes no sense"),
    "a side that is true": ({"a": entry(0, 1, [True])}, bytes(1), "makes no sense"),
    "a fraction": ({"a": entry(0, 4, [4.0])}, bytes(4), "makes no sense"),
    "a huge side": ({"a": entry(0, 4, [2**63])}, bytes(4), "makes no sense"),
    "too many sides": ({"a": entry(0, 4, [1] * 99)}, bytes(4), "makes no sense"),
    "three offsets": ({"a": {**entry(0, 4), "data_offsets": [0, 2, 4]}}, bytes(4), "no sense"),
    "a tensor that is a list": ({"a": []}, b"", "makes no sense"),
    "metadata that are no text": ({"__metadata__": {"a": 1}}, b"", "not all text"),
    "metadata that are no mapping": ({"__metadata__": []}, b"", "not all text"),
    "an endless name": ({"a" * 1001: entry(0, 4)}, bytes(4), "a name of 1,001 letters"),
    "a key twice": (b'{"a":1,"a":2}', b"", "'a' twice"),
    "metadata twice": (b'{"__metadata__":{"k":"a","k":"b"}}', b"", "'k' twice"),
    "no JSON": (b"{nonsense", b"", "broken header"),
    "two documents": (b"{}{}", b"", "broken header"),
    "no UTF-8": (b'{"\xff":1}', b"", "broken header"),
    "a depth bomb": (b'{"a":' + b"[" * 200_000, b"", "broken header"),
    "no number": (b'{"a":NaN}', b"", "NaN"),
    "digits without end": (b'{"a":' + b"9" * 9999 + b"}", b"", "broken header"),
}


@pytest.mark.parametrize(("header", "data", "says"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_refused_with_its_reason(
    tmp_path: Path, header: Any, data: bytes, says: str
) -> None:
    path = made.raw(tmp_path / "x.safetensors", header, data)
    with pytest.raises(ModelFileProblem) as caught:
        read_header(path)
    assert says in caught.value.message


@pytest.mark.parametrize("length", [1, 8, 9, 20, 60])
def test_a_file_that_is_cut_off_is_refused(tmp_path: Path, length: int) -> None:
    whole = made.weights(tmp_path / "x.safetensors", {"a": (4, 4)}).read_bytes()
    (tmp_path / "x.safetensors").write_bytes(whole[:length])
    with pytest.raises(ModelFileProblem) as caught:
        read_header(tmp_path / "x.safetensors")
    assert caught.value.hint
    assert length <= 9 or "cut off within its header" in caught.value.message


def test_a_header_over_8_megabytes_is_not_read(tmp_path: Path) -> None:
    path = made.raw(tmp_path / "x", b"{}" + b" " * MAX_HEADER_BYTES)
    with pytest.raises(ModelFileProblem, match=r"8,388,610 bytes; at most 8,388,608"):
        read_header(path)


def test_a_missing_file_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(ModelFileProblem, match="cannot be read"):
        read_header(tmp_path / "none.safetensors")


def a_tar() -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("pickle"))
    return stream.getvalue()


def a_torch_file() -> bytes:
    stream = io.BytesIO()
    torch.save({"a": torch.zeros(2)}, stream)
    return stream.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        a_torch_file(),
        a_torch_file()[:-50],
        a_tar(),
        *(pickle.dumps({"a": 1}, protocol) for protocol in (2, 3, 4, 5)),
    ],
    ids=["torch", "torch cut off", "tar", "2", "3", "4", "5"],
)
def test_a_pickle_is_known_by_its_content(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.SafeTensors"
    path.write_bytes(content)
    with pytest.raises(ModelFileProblem, match="is a pickle") as caught:
        read_header(path)
    assert caught.value.hint.endswith(f"run: storyboard convert {path}")


def test_a_header_of_640_bytes_is_not_taken_for_a_pickle(tmp_path: Path) -> None:
    """Its length begins with the bytes 80 02, as a pickle of protocol 2 does."""
    path = made.raw(tmp_path / "x", b"{}" + b" " * 638)
    assert path.read_bytes()[:2] == b"\x80\x02"
    assert read_header(path).tensors == {}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "only 0 bytes"),
        (b"<!DOCTYPE html><html>", "a web page"),
        (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS"),
        (b"GGUF\x03\x00\x00\x00\x00\x00", "a GGUF file"),
        (b"\x89PNG\r\n\x1a\n and so on", "is a picture, not a safetensors file"),
    ],
)
def test_other_files_are_called_by_their_name(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "x.safetensors"
    path.write_bytes(content)
    with pytest.raises(ModelFileProblem, match=says):
        read_header(path)


def test_a_zip_of_something_else_is_no_pickle(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.safetensors", "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(ModelFileProblem, match="is not a safetensors file"):
        read_header(tmp_path / "x.safetensors")


@given(st.binary(max_size=80))
def test_any_bytes_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, tail: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.safetensors"
    path.write_bytes(tail)
    try:
        assert read_header(path).data_start <= len(tail)
    except ModelFileProblem as problem:
        assert problem.message


@given(st.integers(0, 200), st.integers(0, 255))
def test_what_the_library_refuses_is_refused_here(
    tmp_path_factory: pytest.TempPathFactory, place: int, byte: int
) -> None:
    """One byte of a file's header is changed."""
    header = json.dumps({"a": entry(0, 4, [2, 2]), "b": entry(4, 8, [1], "F32")}).encode()
    path = made.raw(tmp_path_factory.getbasetemp() / "changed.safetensors", header, bytes(8))
    content = bytearray(path.read_bytes())
    content[place % (8 + len(header))] = byte
    path.write_bytes(content)
    try:
        found = read_header(path)
    except ModelFileProblem:
        return
    try:
        with safe_open(path, "np") as opened:
            assert set(opened.keys()) == set(found.tensors)
    except SafetensorError as error:
        pytest.fail(f"refused by the library: {error}")
