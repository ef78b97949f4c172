"""`python -m training.lora` trains from a folder, and says in a sentence what is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image
from safetensors import safe_open

from tests.training.pictures import write_album
from training.loracommand import main

QUICK = ("--batch", "1", "--rank", "2", "--float32", "--device", "cpu")


def command(model: Path, album: Path, out: Path, *more: str, trigger: str = "mei") -> list[str]:
    """The command line for these."""
    paths = ["--model", str(model), "--pictures", str(album), "--out", str(out)]
    return [*paths, "--trigger", trigger, *QUICK, *more]


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """What is said of a command line that cannot be carried out."""
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert "Traceback" not in said
    return said


def test_one_command_trains_and_shows_how_it_comes_along(
    epsilon_model: Path, album: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "mei.safetensors"
    more = ("--steps", "2", "--preview", "mei, day", "--preview-every", "2", "--licence", "CC0-1.0")
    assert main(command(epsilon_model, album, out, *more)) == 0
    said = capsys.readouterr()
    assert said.out.strip() == str(out)
    assert "loss on its pictures" in said.err
    assert [path.name for path in tmp_path.glob("mei-*.png")] == ["mei-00002.png"]
    with Image.open(tmp_path / "mei-00002.png") as picture:
        assert picture.size == (64, 64)
    side = json.loads(out.with_suffix(".json").read_text(encoding="utf-8"))
    assert side["activation text"] == "mei"
    with safe_open(out, "pt") as file:
        assert file.metadata()["modelspec.license"] == "CC0-1.0"
        assert any(key.startswith("lora_te_text_model_encoder") for key in file.keys())  # noqa: SIM118


def test_repeats_say_how_often_each_picture_is_seen(v_model: Path, tmp_path: Path) -> None:
    small = write_album(tmp_path / "two", 2)
    out = tmp_path / "a.safetensors"
    more = ("--repeats", "1", "--text-rate", "0", "--frugal", "--flip", "--clip-skip", "2")
    assert main(command(v_model, small, out, *more)) == 0
    with safe_open(out, "pt") as file:
        assert file.metadata()["ss_steps"] == "2"
        assert all(key.startswith("lora_unet_") for key in file.keys())  # noqa: SIM118


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("--model", "nowhere"), "nowhere: is no folder (--model names a diffusers folder)"),
        (("--model", "{album}"), "is no model: there is no unet/ in it"),
        (("--model", "{album}/0.png"), "must be saved as a diffusers folder first"),
        (("--pictures", "nowhere"), "nowhere: is no folder (--pictures names a folder)"),
        (("--out", "nowhere/a.safetensors"), "there is no folder nowhere (make it first)"),
        (("--out", "a.ckpt"), "it ends in .safetensors"),
        (("--trigger", "bo"), "no caption has the trigger 'bo'"),
        (("--size", "16"), "--size: 16 is too small (this model takes 32 at least)"),
        (("--clip-skip", "9"), "--clip-skip: is from 1 to 3 with this model"),
        (("--device", "abacus"), "there is no device 'abacus'"),
    ],
)
def test_what_is_wrong_is_one_sentence(
    v_model: Path,
    album: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    change: tuple[str, str],
    sentence: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    changed = [part.format(album=album) for part in change]
    said = refused([*command(v_model, album, tmp_path / "a.safetensors"), *changed], capsys)
    assert sentence in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize("option", ["--steps=0", "--rate=-1", "--rate=0", "--text-rate=nan"])
def test_numbers_that_make_no_sense_are_refused(
    v_model: Path, album: Path, tmp_path: Path, option: str
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main([*command(v_model, album, tmp_path / "a.safetensors"), option])


def test_the_end_of_a_long_caption_is_told(
    v_model: Path, album: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (album / "0.txt").write_text("mei, " + "red coat, " * 9 + "zebra", encoding="utf-8")
    assert main(command(v_model, album, tmp_path / "a.safetensors", "--steps", "1")) == 0
    (line,) = (line for line in capsys.readouterr().err.splitlines() if "too long" in line)
    assert "warning" in line
    assert line.endswith("zebra") or "z e b r a" in line
