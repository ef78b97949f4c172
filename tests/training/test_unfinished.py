"""Training may be interrupted at any moment; what comes out is the same file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from safetensors.torch import load_file

from storyboard.errors import ProblemsError
from tests.training.trained import RECIPE, train
from training.loraloop import Loop

SHORT = replace(RECIPE, steps=6)


def stop_at(monkeypatch: pytest.MonkeyPatch, number: int) -> list[int]:
    """Training is interrupted when it comes to this step; the list has the steps that are done."""
    done: list[int] = []
    real = Loop.step

    def step(loop: Loop, at: int) -> float:
        if at == number:
            raise KeyboardInterrupt
        done.append(at)
        return real(loop, at)

    monkeypatch.setattr(Loop, "step", step)
    return done


@pytest.fixture
def interrupted(
    v_model: Path, album: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """Where the LoRA will be that was interrupted before its fourth step."""
    out = tmp_path / "loras" / "mei.safetensors"
    with monkeypatch.context() as patched:
        stop_at(patched, 3)
        with pytest.raises(KeyboardInterrupt):
            train(v_model, album, out, SHORT, save_every=0)
    return out


def test_it_goes_on_and_ends_with_the_very_same_file(
    interrupted: Path, v_model: Path, album: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [path.name for path in interrupted.parent.iterdir()] == ["mei.unfinished"]
    done = stop_at(monkeypatch, -1)
    heard = train(v_model, album, interrupted, SHORT)
    assert done == [3, 4, 5]
    assert "goes on from step 3" in heard.sentences[0]
    assert not interrupted.with_name("mei.unfinished").exists()
    whole = tmp_path / "whole" / "mei.safetensors"
    heard_whole = train(v_model, album, whole, SHORT)
    assert whole.read_bytes() == interrupted.read_bytes()
    assert heard.losses() == heard_whole.losses()


def test_another_seed_gives_another_lora(v_model: Path, album: Path, tmp_path: Path) -> None:
    """So the comparison above would see a difference."""
    short = replace(SHORT, steps=2)
    one, two = tmp_path / "1.safetensors", tmp_path / "2.safetensors"
    train(v_model, album, one, short)
    train(v_model, album, two, replace(short, seed=8))
    first, second = load_file(one), load_file(two)
    assert any(not first[key].equal(second[key]) for key in first)


def test_with_other_settings_it_does_not_go_on(
    interrupted: Path, v_model: Path, album: Path
) -> None:
    with pytest.raises(ProblemsError, match="differs in its number of steps, its rank or alpha"):
        train(v_model, album, interrupted, replace(SHORT, rank=2, steps=7))
    (album / "0.txt").write_text("mei, blue coat", encoding="utf-8")
    with pytest.raises(ProblemsError, match=r"differs in its pictures or captions.*--fresh"):
        train(v_model, album, interrupted, SHORT)


def test_it_begins_anew_where_it_is_told_to(
    interrupted: Path, v_model: Path, album: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = stop_at(monkeypatch, -1)
    train(v_model, album, interrupted, replace(SHORT, steps=2), fresh=True)
    assert done == [0, 1]


def test_a_damaged_unfinished_file_is_told(interrupted: Path, v_model: Path, album: Path) -> None:
    kept = interrupted.with_name("mei.unfinished")
    kept.write_bytes(kept.read_bytes()[:1000])
    with pytest.raises(ProblemsError, match=r"mei\.unfinished: .*damaged.*--fresh"):
        train(v_model, album, interrupted, SHORT)


def test_a_loss_that_is_no_number_ends_it_and_keeps_what_was_good(
    interrupted: Path, v_model: Path, album: Path
) -> None:
    kept = interrupted.with_name("mei.unfinished")
    before = kept.read_bytes()
    with pytest.raises(
        ProblemsError, match=r"no number any more at step \d.*lower --rate"
    ) as caught:
        train(v_model, album, interrupted, replace(SHORT, rate=1e30))
    assert str(kept) in str(caught.value)
    assert kept.read_bytes() == before
    assert not interrupted.exists()
    train(v_model, album, interrupted, SHORT)
    assert interrupted.exists()
