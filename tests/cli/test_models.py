"""`models` shows a checkpoint's settings and words, beautifully, and as JSON."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from storyboard.models import described
from storyboard.models.catalog import Entry, Kind, builtin_root
from storyboard.models.describe import describe
from storyboard.models.roots import builtin_tokenizer
from tests.cli.conftest import STORY
from tests.models import made
from tests.support.command import run

CARD = {
    "family": "sd15",
    "description": "A small one.",
    "settings": {
        "sampler": {"cfg": 3},
        "final": {"upscaler": "latent", "denoise": 0.25},
        "quality": "sharp\n lines",
    },
    "vocabulary": {"people": ["1girl", "1boy"], "places": [f"far place {n}" for n in range(12)]},
}


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one checkpoint that says much of itself; a terminal of 60 columns."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "60")
    small = made.checkpoint(tmp_path / "models" / "checkpoints" / "small", CARD)
    shutil.copytree(builtin_tokenizer(), small / "tokenizer", dirs_exist_ok=True)
    return tmp_path / "models"


def test_a_checkpoint_shows_its_settings_and_its_words_in_columns(models: Path) -> None:
    lines = run("models", "small").out.splitlines()
    assert lines[1:2] == [f"    {models / 'checkpoints' / 'small'}"]
    assert lines[3:] == [
        "    A small one.",
        "",
        "    draws best with these settings, unless a story says otherwise:",
        "      sampler: {cfg: 3}",
        "      final: {upscaler: latent, denoise: 0.25}",
        "      quality: sharp lines",
        "",
        "    knows these words:",
        "      people  1girl, 1boy",
        "      places  far place 0, far place 1, far place 2,",
        "              far place 3, far place 4, far place 5,",
        "              far place 6, far place 7, far place 8,",
        "              far place 9, far place 10, far place 11",
    ]


def test_json_holds_the_same(models: Path) -> None:
    (document,) = run("models", "small", "--json").document["models"]
    assert document["settings"] == CARD["settings"]
    assert document["vocabulary"] == CARD["vocabulary"]
    assert document["description"] == "A small one."


def test_a_model_without_words_and_settings_shows_none(models: Path) -> None:
    (document,) = run("models", "mei", "--json").document["models"]
    assert (document["settings"], document["vocabulary"]) == ({}, None)
    assert "knows" not in run("models", "mei").out


def test_the_plain_list_is_a_line_a_model(models: Path) -> None:
    lines = run("models").out.splitlines()
    assert [line.split()[1] for line in lines if line.startswith("checkpoint")] == [
        "small",
        "inkling",
    ]
    assert not any(line.startswith(" ") for line in lines)


def test_the_built_in_model_says_what_it_knows_and_draws_best_with() -> None:
    (document,) = (
        model
        for model in run("models", "inkling", "--json").document["models"]
        if model["kind"] == "checkpoint"
    )
    assert document["problems"] == []
    card = builtin_root() / "checkpoints" / "inkling" / "storyboard.json"
    said = json.loads(card.read_text(encoding="utf-8"))
    assert document["settings"] == said["settings"]
    groups = {"people", "hair", "expressions", "poses", "places", "times", "framing", "filler"}
    assert groups <= document["vocabulary"].keys()


def test_the_built_in_models_weights_lie_in_files_of_at_most_16_megabytes() -> None:
    sizes = [path.stat().st_size for path in builtin_root().rglob("*.safetensors")]
    assert sizes
    assert max(sizes) <= 16_000_000


def test_check_hints_at_unknown_words_and_ends_well(models: Path) -> None:
    story = models.parent / "rain.yaml"
    story.write_text(STORY.replace("harbour at dusk", "harbor at dusc"), encoding="utf-8")
    ended = run("check", story)
    assert ended.code == 0
    assert ended.err.endswith(
        f"{story}:16:26: hint: panel 1.pier: inkling does not know `dusc` "
        "(`storyboard models inkling` lists its words)\n"
    )
    (hint,) = run("check", story, "--json").document["problems"]
    assert (hint["severity"], hint["line"], hint["column"]) == ("hint", 16, 26)


def test_hints_are_checks_to_tell(models: Path) -> None:
    story = models.parent / "rain.yaml"
    story.write_text(STORY.replace("harbour at dusk", "harbor at dusc"), encoding="utf-8")
    assert run("plan", story).err == ""


def test_what_a_checkpoint_recommends_is_drawn_with(models: Path) -> None:
    story = models.parent / "rain.yaml"
    text = STORY.replace("sampler: {steps: 4}\nfinal: {steps: 4}\n", "")
    story.write_text(text.replace("title: Rain", "title: Rain\nmodel: {checkpoint: small}"))
    loras = models / "loras"
    for name in ("mei", "manga-ink"):
        made.lora(loras / f"{name}.safetensors")
    panels = run("plan", story, "--finals", "--json").document["panels"]
    final = next(panel for panel in panels if panel["kind"] == "final")
    assert (final["cfg"], final["upscaler"], final["denoise"]) == (3, "latent", 0.25)
    assert final["prompt"].endswith("sharp\n lines")


def test_a_recommended_upscaler_that_is_missing_is_told_of_the_checkpoint(models: Path) -> None:
    card = {"family": "sd15", "settings": {"final": {"upscaler": "none-2x"}}}
    made.document(models / "checkpoints" / "small" / "storyboard.json", card)
    story = models.parent / "rain.yaml"
    story.write_text(
        "title: T\nmodel: {checkpoint: small}\npages: [{panels: [{scene: a}]}]\n", encoding="utf-8"
    )
    ended = run("check", story)
    assert ended.code == 2
    told = "2:21: checkpoint small recommends an upscaler: there is no upscaler 'none-2x'"
    assert f"{story}:{told}" in ended.err


def test_loras_show_words_weight_and_what_is_wrong(models: Path) -> None:
    made.lora(models / "loras" / "heroine.safetensors")
    said = {"activation text": "a girl, (red hair:1.2),", "preferred weight": 0.7}
    made.document(models / "loras" / "heroine.json", said | {"negative text": "hat"})
    made.lora(models / "loras" / "odd.safetensors")
    (models / "loras" / "odd.json").write_text("{", encoding="utf-8")
    (models / "loras" / "broken.safetensors").write_bytes(b"x")
    lines = run("models").out.splitlines()
    (heroine,) = (line for line in lines if " heroine " in line)
    assert heroine.endswith("sd15   a girl, (red hair:1.2) (weight 0.7)")
    assert any(line.startswith("    problem: ") for line in lines)
    assert any(line.startswith("    note: odd.json was left out") for line in lines)
    shown = run("models", "heroine").out
    assert "    activation text: a girl, (red hair:1.2)\n    negative text: hat\n" in shown


def test_a_second_listing_reads_no_header_again(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        made.lora(models / "loras" / f"lora{number}.safetensors")
    first = run("models", "--json").document

    def only_checkpoints(kind: Kind, name: str, path: Path) -> Entry:
        assert kind is Kind.CHECKPOINT
        return describe(kind, name, path)

    monkeypatch.setattr(described, "describe", only_checkpoints)
    assert run("models", "--json").document == first


def test_what_cannot_be_sorted_in_is_told(models: Path) -> None:
    (models / "odd.safetensors").write_bytes(b"x")
    ended = run("models")
    assert "odd.safetensors" in ended.err
    assert run("models", "--json").document["problems"] != []
