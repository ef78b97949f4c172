"""`convert` says of each file what became of it, and never overwrites or runs anything."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

from storyboard.cli.convert import target_name
from tests.support.command import run, run_fresh
from tests.support.pickled import Trap, embedding, saved
from tests.support.upscalers import compact


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def upscaler(path: Path) -> Path:
    weights = {key: torch.from_numpy(array) for key, array in compact().items()}
    return saved(path, {"params_ema": weights, "params": weights})


def test_a_file_is_converted_beside_itself_and_told(folder: Path) -> None:
    saved(folder / "EasyNegative.pt", embedding(8))
    ended = run("convert", "EasyNegative.pt")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines() == [
        "EasyNegative.safetensors: embedding for SD 1.x, 8 vectors",
        "    left out, as no weights: string_to_token",
    ]
    assert (folder / "EasyNegative.pt").exists()


def test_what_it_is_is_told_of_every_kind(folder: Path) -> None:
    upscaler(folder / "4x.pth")
    saved(folder / "xl.pt", {"clip_l": torch.ones(1, 768), "clip_g": torch.ones(1, 1280)})
    saved(folder / "kl.vae.pt", {"state_dict": {"decoder.conv_in.weight": torch.ones(2)}})
    saved(folder / "odd.bin", {"a.weight": torch.ones(2), "b.weight": torch.ones(2)})
    lines = run("convert", "4x.pth", "xl.pt", "kl.vae.pt", "odd.bin").out.splitlines()
    assert [line for line in lines if not line.startswith(" ")] == [
        "4x.safetensors: upscaler",
        "xl.safetensors: embedding for SDXL, 1 vector",
        "kl.vae.safetensors: VAE",
        "odd.safetensors: weights of an unknown kind",
    ]


def test_a_second_time_it_is_there_already_and_safetensors_are_said_to_be_such(
    folder: Path,
) -> None:
    upscaler(folder / "4x.pth")
    run("convert", "4x.pth")
    ended = run("convert", "4x.pth", "4x.safetensors")
    assert ended.code == 0
    assert [line for line in ended.out.splitlines() if not line.startswith(" ")] == [
        "4x.safetensors: there already, upscaler",
        "4x.safetensors: is one already, upscaler",
    ]


def test_one_bad_file_does_not_keep_the_others_back(folder: Path) -> None:
    mark = folder / "ran"
    saved(folder / "bad.ckpt", {"state_dict": {}, "callbacks": Trap(mark)})
    (folder / "empty.pt").write_bytes(b"")
    (folder / "page.pt").write_bytes(b"<!DOCTYPE html>")
    upscaler(folder / "4x.pth")
    ended = run("convert", "bad.ckpt", "empty.pt", "none.pt", "page.pt", "4x.pth")
    assert ended.code == 2
    assert (folder / "4x.safetensors").exists()
    bad, empty, none, page = ended.err.splitlines()
    assert bad.startswith("bad.ckpt: is refused: reading it would have to run `")
    assert empty.startswith("empty.pt: has only 0 bytes")
    assert none.startswith("none.pt: cannot be read: No such file")
    assert page.startswith("page.pt: is a web page")
    assert not mark.exists()


def test_a_folder_stands_for_the_pickles_in_it_and_out_for_where_they_go(folder: Path) -> None:
    upscaler(folder / "models" / "ESRGAN" / "4x.pth")
    saved(folder / "models" / "embeddings" / "bad.pt", embedding(2))
    (folder / "models" / "note.txt").write_text("mine", encoding="utf-8")
    (folder / "models" / "words.bin").write_bytes(b"no pickle")
    ended = run("convert", "models", "--out", "new")
    assert ended.code == 0
    made = sorted(path.relative_to(folder) for path in folder.rglob("*.safetensors"))
    assert made == [Path("new/ESRGAN/4x.safetensors"), Path("new/embeddings/bad.safetensors")]


def test_a_folder_without_pickles_is_said_to_be_one(folder: Path) -> None:
    (folder / "models").mkdir()
    ended = run("convert", "models")
    assert (ended.code, ended.out) == (0, "")
    assert ended.err == "storyboard: no pickle was found\n"


def test_json_is_one_document(folder: Path) -> None:
    saved(folder / "x.pt", embedding(3))
    (folder / "cut.pt").write_bytes((folder / "x.pt").read_bytes()[:500])
    ended = run("convert", "x.pt", "cut.pt", "--json")
    assert ended.code == 2
    (done,) = ended.document["converted"]
    assert (done["kind"], done["family"], done["vectors"]) == ("embedding", "sd15", 3)
    assert (done["source"], done["target"], done["state"]) == ("x.pt", "x.safetensors", "written")
    (problem,) = ended.document["problems"]
    assert problem["file"] == "cut.pt" and "cut off" in problem["message"]


def test_what_lies_in_the_way_is_kept(folder: Path) -> None:
    saved(folder / "x.pt", embedding())
    (folder / "x.safetensors").write_bytes(b"mine")
    ended = run("convert", "x.pt")
    assert ended.code == 2 and "is there already, and is another file" in ended.err
    assert (folder / "x.safetensors").read_bytes() == b"mine"


def test_a_folder_that_cannot_be_written_to_is_told(folder: Path) -> None:
    saved(folder / "x.pt", embedding())
    (folder / "out").write_text("a file", encoding="utf-8")
    ended = run("convert", "x.pt", "--out", "out")
    assert ended.code == 2 and "cannot be written" in ended.err


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("EasyNegative.pt", "EasyNegative.safetensors"),
        ("kl-f8.vae.pt", "kl-f8.vae.safetensors"),
        ("Iku_Nakatani-000016_v1.0.ckpt", "Iku_Nakatani-000016_v1.0.safetensors"),
        ("diffusion_pytorch_model.bin", "diffusion_pytorch_model.safetensors"),
        ("pytorch_model.bin", "model.safetensors"),
        ("pytorch_model.fp16.bin", "model.fp16.safetensors"),
    ],
)
def test_a_file_keeps_its_name_and_gets_a_new_ending(name: str, target: str) -> None:
    assert target_name(name) == target


STORY = "title: T\nfinal: {upscaler: 4x}\npages: [{panels: [{scene: bad}]}]\n"


def test_check_names_the_command_and_after_it_the_story_is_sound(folder: Path) -> None:
    pickle = upscaler(folder / "models" / "ESRGAN" / "4x.pth")
    other = saved(folder / "models" / "embeddings" / "bad.pt", embedding(2, 192))
    (folder / "story.yaml").write_text(STORY, encoding="utf-8")
    ended = run("check", "story.yaml", "--models", "models")
    assert ended.code == 2
    for path in (pickle, other):
        command = f"run: storyboard convert {path}"
        assert command in ended.err
        assert run(*command.removeprefix("run: storyboard ").split()).code == 0
    assert run("check", "story.yaml", "--models", "models").code == 0


def test_torch_is_not_loaded_before_there_is_something_to_read(folder: Path) -> None:
    ended = run_fresh(["convert", "none.pt"], "print('torch' in sys.modules)", folder)
    assert (ended.code, ended.out.split()[-1]) == (2, "False")
    assert "torch" in sys.modules  # it is, in this process: the question is no empty one
