"""A story's names of model files are found, or told where they stand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from storyboard.compiled import CompiledStory
from storyboard.compiler import compile_story
from storyboard.errors import ProblemsError
from storyboard.models.catalog import Catalog, builtin_root
from storyboard.story.read import read_story


def compiled(folder: Path, text: str) -> CompiledStory:
    path = folder / "story.yaml"
    path.write_text(text, encoding="utf-8")
    catalog = Catalog([folder / "models", builtin_root()])
    return compile_story(read_story(path), catalog, lambda _: "0" * 64)[0]


def embedding(folder: Path, value: float = 0.5) -> None:
    target = folder / "models" / "embeddings" / "EasyNegative.safetensors"
    target.parent.mkdir(parents=True)
    save_file({"emb_params": np.full((2, 192), value, dtype=np.float32)}, target)


STORY = "title: T\npages: [{tiers: [1], panels: {a: {negative: 'easynegative, bad'}}}]\n"


def test_an_embedding_on_the_model_path_works_by_its_name_in_any_case(tmp_path: Path) -> None:
    embedding(tmp_path)
    preview = compiled(tmp_path, STORY).panels[0].preview
    assert preview is not None
    assert [file.name for file in preview.embeddings] == ["EasyNegative"]
    assert preview.negative == "easynegative, bad"


def test_an_embedding_that_is_not_in_the_prompts_is_not_in_the_recipe(tmp_path: Path) -> None:
    embedding(tmp_path)
    preview = compiled(tmp_path, STORY.replace("easynegative", "easynegatives")).panels[0].preview
    assert preview is not None
    assert preview.embeddings == ()


def test_an_embedding_with_a_value_that_is_no_number_is_told(tmp_path: Path) -> None:
    embedding(tmp_path, float("nan"))
    with pytest.raises(ProblemsError, match="embedding EasyNegative"):
        compiled(tmp_path, STORY)


def test_an_embedding_that_the_story_asserts_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(ProblemsError, match=r"story.yaml:2:.*EasyNegativ"):
        compiled(tmp_path, STORY.replace("pages", "model: {embeddings: [EasyNegativ]}\npages"))


def test_a_lora_that_does_not_fit_the_checkpoint_is_told_with_its_keys(tmp_path: Path) -> None:
    target = tmp_path / "models" / "Lora" / "wrong.safetensors"
    target.parent.mkdir(parents=True)
    key = "lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn1_to_q"
    tensors = {
        f"{key}.lora_down.weight": np.zeros((4, 320), dtype=np.float32),
        f"{key}.lora_up.weight": np.zeros((320, 4), dtype=np.float32),
    }
    save_file(tensors, target)
    with pytest.raises(ProblemsError, match=key):
        compiled(tmp_path, STORY.replace("title: T", "title: T\nstyles: {x: {lora: wrong}}"))


def test_a_name_that_leads_outside_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProblemsError, match="leads out of its folder"):
        compiled(
            tmp_path, STORY.replace("title: T", "title: T\nstyles: {x: {lora: ../../etc/passwd}}")
        )
