"""A story with prompts that people have honed for the WebUI keeps them, in the WebUI's folders."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from storyboard.models.roots import builtin_tokenizer
from tests.importing.made import webui
from tests.models import made, singles
from tests.support.command import run

TREE = Path("webui")
LORA = "Iku_Nakatani-000016_v1.0"
HEROINE = f"a photo of a girl, <lora:{LORA}:1>"
HEROINE_NEGATIVE = (
    "EasyNegative, (worst quality, low quality:1.4), (lip, nose, rouge, lipstick:1.4), "
    "(jpeg artifacts:1.4), (1boy, abs, muscular:1.0), greyscale, monochrome, dusty sunbeams, "
    "trembling, motion lines, motion blur, emphasis lines, text, title, logo, signature"
)
BOY = (
    "(masterpiece),(best quality),(ultra-detailed), (full body:1.2), 1boy,chibi,cute, smile, "
    "flower, outdoors, playing guitar, jacket, blush, shirt"
)
BOY_NEGATIVE = "(low quality:1.3), (worst quality:1.3)"

STORY = f"""\
title: The recipe
seed: 1
model: {{checkpoint: AnythingV5}}
sampler: {{name: DPM++ 2S a Karras, steps: 20}}
size: 448x640
final: {{scale: 2}}
prompt: "{{{{ scene }}}}"
styles:
  blindbox: {{lora: {{name: blindbox_v1_mix, weight: 0.6}}}}
pages:
  - tiers: [2]
    panels:
      heroine:
        scene: {HEROINE}
        negative: {HEROINE_NEGATIVE}
        style: blindbox
      boy:
        scene: {BOY}
        negative: {BOY_NEGATIVE}
"""


def folder(tree: Path) -> tuple[int, int]:
    """AnythingV5 as a diffusers folder; its UNet's and its text's width."""
    path = made.checkpoint(tree / "models" / "Stable-diffusion" / "AnythingV5")
    shutil.copytree(builtin_tokenizer(), path / "tokenizer", dirs_exist_ok=True)
    return 16, 24


def single_file(tree: Path) -> tuple[int, int]:
    """AnythingV5 as a file, as it is shared."""
    sizes = singles.narrow("sd15")
    path = tree / "models" / "Stable-diffusion" / "AnythingV5.safetensors"
    singles.sparse(path, singles.single(sizes))
    return 32, 32


@pytest.fixture(params=[folder, single_file])
def recipe(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The story, and a WebUI's folders with stand-ins for its files."""
    monkeypatch.chdir(tmp_path)
    make: Callable[[Path], tuple[int, int]] = request.param
    out, width = make(TREE)
    for name in (f"heroines/{LORA}", "blindbox_v1_mix"):
        shapes = made.lora_shapes(made.ATTENTION, width=width, out=out)
        made.weights(TREE / "models" / "Lora" / f"{name}.safetensors", shapes)
    embedding = TREE / "embeddings" / "EasyNegative.safetensors"
    made.weights(embedding, {"emb_params": (8, width)})
    path = tmp_path / "recipe.yaml"
    path.write_text(STORY, encoding="utf-8")
    return path


def planned(story: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """The plan's pictures by panel and kind."""
    ended = run("plan", story, "--models", TREE, "--finals", "--json")
    assert ended.code == 0, ended.err
    return {(item["panel"], item["kind"]): item for item in ended.document["panels"]}


def test_the_recipes_story_checks_without_error(recipe: Path) -> None:
    ended = run("check", recipe, "--models", TREE)
    assert ended.code == 0, ended.err
    assert "error" not in ended.err


def test_the_plan_has_prompts_weights_and_settings_as_they_were_written(recipe: Path) -> None:
    plan = planned(recipe)
    heroine, boy = plan["1.heroine", "preview"], plan["1.boy", "preview"]
    assert heroine["prompt"] == "a photo of a girl, "
    assert heroine["raw_prompt"] == HEROINE
    assert heroine["negative_prompt"] == HEROINE_NEGATIVE
    assert [(one["name"], one["weight"], one["te_weight"]) for one in heroine["loras"]] == [
        ("blindbox_v1_mix", 0.6, 0.6),
        (LORA, 1, 1),
    ]
    assert heroine["embeddings"] == ["EasyNegative"]
    assert (boy["prompt"], boy["negative_prompt"]) == (BOY, BOY_NEGATIVE)
    assert (boy["loras"], boy["embeddings"]) == ([], [])
    for preview in (heroine, boy):
        assert preview["checkpoint"] == "AnythingV5"
        assert (preview["sampler"], preview["steps"]) == ("DPM++ 2S a Karras", 20)
        assert (preview["eta"], preview["ensd"], preview["rng"]) == (1, 0, "cpu")
        assert (preview["width"], preview["height"]) == (448, 640)


def test_finals_are_twice_as_large(recipe: Path) -> None:
    final = planned(recipe)["1.boy", "final"]
    assert (final["width"], final["height"], final["steps"]) == (896, 1280, 20)
    assert final["prompt"] == BOY


def test_a_webui_picture_of_the_recipe_becomes_the_same_plan(recipe: Path) -> None:
    said = (
        "Steps: 20, Sampler: DPM++ 2S a Karras, CFG scale: 7, Seed: 9, Size: 448x640, "
        "Model: AnythingV5, RNG: CPU"
    )
    webui(Path("in.png"), HEROINE, HEROINE_NEGATIVE, said)
    ended = run("new", "mine", "--from", "in.png", "--models", TREE)
    assert (ended.code, ended.err.count("was drawn with")) == (0, 0), ended.err
    item = planned(Path("mine.yaml"))["1.1", "preview"]
    assert (item["raw_prompt"], item["negative_prompt"]) == (HEROINE, HEROINE_NEGATIVE)
    assert [(one["name"], one["weight"]) for one in item["loras"]] == [(LORA, 1)]
    assert (item["seed"], item["sampler"], item["cfg"]) == (9, "DPM++ 2S a Karras", 7)
