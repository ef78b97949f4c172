"""A story's names of model files are found, or told where they stand."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from unicodedata import normalize

import numpy as np
import pytest
from safetensors.numpy import save_file

from storyboard.compiled import CompiledStory
from storyboard.compiler import compile_story
from storyboard.errors import ProblemsError
from storyboard.jobs import PreviewJob
from storyboard.models.catalog import Catalog, builtin_root
from storyboard.story.read import read_story
from tests.models import made, singles


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


def test_an_embeddings_accents_may_be_kept_in_either_way(tmp_path: Path) -> None:
    embedding(tmp_path)
    (file,) = (tmp_path / "models" / "embeddings").iterdir()
    file.rename(file.with_stem(normalize("NFD", "Zoé")))
    story = STORY.replace("easynegative", normalize("NFC", "zoé"))
    preview = compiled(tmp_path, story).panels[0].preview
    assert preview is not None
    assert len(preview.embeddings) == 1


def test_an_embedding_that_is_not_in_the_prompts_is_not_in_the_recipe(tmp_path: Path) -> None:
    embedding(tmp_path)
    preview = compiled(tmp_path, STORY.replace("easynegative", "easynegatives")).panels[0].preview
    assert preview is not None
    assert preview.embeddings == ()


@pytest.mark.parametrize(
    ("name", "negative", "is_named"),
    [
        ("EasyNegative", "_easynegative_", True),
        ("EasyNegative", "坏EasyNegative", True),
        ("EasyNegative", "(EasyNegative:1.2)", True),
        ("EasyNegative", "[bad:EasyNegative:0.9]", True),
        ("EasyNegative", "[bad:EasyNegative:1.0]", False),  # never heard
        ("by bad artist -neg", "bad,  By bad  artist -neg", True),
        ("style (v1)", r"style \(v1\)", True),
        ("style (v1)", "style (v1)", False),  # that is weight
        ("name.", "name., bad", False),  # one token of two signs
    ],
)
def test_an_embeddings_name_is_read_as_the_tokenizer_reads_it(
    tmp_path: Path, name: str, negative: str, is_named: bool
) -> None:
    """So a name that the engine would find is never left out, nor one listed that it would not."""
    embedding(tmp_path)
    folder = tmp_path / "models" / "embeddings"
    (folder / "EasyNegative.safetensors").rename(folder / f"{name}.safetensors")
    preview = compiled(tmp_path, STORY.replace("easynegative, bad", negative)).panels[0].preview
    assert preview is not None
    assert bool(preview.embeddings) is is_named


def test_an_embedding_that_only_the_second_pass_comes_to_is_known_to_it(tmp_path: Path) -> None:
    """The second pass may have more steps, and hears the same prompts."""
    embedding(tmp_path)
    text = STORY.replace("easynegative, bad", "[bad:EasyNegative:15]").replace(
        "pages", "sampler: {steps: 10}\nfinal: {steps: 20}\npages"
    )
    (panel,) = compiled(tmp_path, text).panels
    assert panel.final is not None
    assert [file.name for file in panel.final.preview.embeddings] == ["EasyNegative"]


def test_a_name_within_a_longer_name_is_not_listed(tmp_path: Path) -> None:
    embedding(tmp_path)
    folder = tmp_path / "models" / "embeddings"
    content = (folder / "EasyNegative.safetensors").read_bytes()
    for name in ("bad", "bad hands"):
        (folder / f"{name}.safetensors").write_bytes(content)
    preview = compiled(tmp_path, STORY.replace("easynegative, bad", "bad hands")).panels[0].preview
    assert preview is not None
    assert [file.name for file in preview.embeddings] == ["bad hands"]


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


def test_a_lora_is_not_blamed_for_what_the_checkpoint_lacks(tmp_path: Path) -> None:
    models = tmp_path / "models"
    whole = singles.single(singles.narrow("sd15"))
    lacking = {key: one for key, one in whole.items() if not key.startswith("cond_stage_model.")}
    singles.sparse(models / "checkpoints" / "base.safetensors", lacking)
    key = "lora_te_text_model_encoder_layers_0_mlp_fc1"
    made.weights(models / "Lora" / "te.safetensors", made.lora_shapes(key, width=32, out=64))
    story = f"title: T\nmodel: {{checkpoint: base}}\nstyles: {{x: {{lora: te}}}}\n{STORY[9:]}"
    with pytest.raises(ProblemsError) as told:
        compiled(tmp_path, story)
    (problem,) = told.value.problems
    assert problem.message == "checkpoint base has no text encoder in it"


def test_a_name_that_leads_outside_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProblemsError, match="leads out of its folder"):
        compiled(
            tmp_path, STORY.replace("title: T", "title: T\nstyles: {x: {lora: ../../etc/passwd}}")
        )


def lora(folder: Path, said: Mapping[str, object], name: str = "mei") -> None:
    """A LoRA for the built-in model, and what the file beside it says."""
    key = "lora_te_text_model_encoder_layers_0_self_attn_q_proj"
    tensors = {f"{key}.lora_down.weight": np.zeros((1, 192), dtype=np.float32)}
    tensors[f"{key}.lora_up.weight"] = np.zeros((192, 1), dtype=np.float32)
    target = folder / "models" / "Lora" / f"{name}.safetensors"
    target.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, target)
    made.document(target.with_suffix(".json"), dict(said))


def cast(folder: Path, character: str, panel: str = "characters: [mei]") -> PreviewJob:
    """The job of a panel with one character."""
    text = "title: T\nprompt: '{{ characters }}'\nnegative: bad\n"
    text += f"characters: {{mei: {character}}}\n"
    preview = compiled(folder, f"{text}pages: [{{tiers: [1], panels: {{a: {{{panel}}}}}}}]\n")
    job = preview.panels[0].preview
    assert job is not None
    return job


ACTIVATION = {"activation text": "mei,  (red, raincoat:1.2),", "negative text": "hat, "}


def test_what_a_lora_says_of_itself_stands_for_what_the_story_leaves_out(tmp_path: Path) -> None:
    lora(tmp_path, {**ACTIVATION, "preferred weight": 0.7})
    job = cast(tmp_path, "{lora: mei}")
    assert (job.prompt, job.negative) == ("mei, (red, raincoat:1.2)", "bad, hat")
    assert [(one.unet, one.text_encoder) for one in job.adapters] == [(0.7, 0.7)]


def test_the_storys_own_words_always_win(tmp_path: Path) -> None:
    lora(tmp_path, {**ACTIVATION, "preferred weight": 0.7})
    job = cast(tmp_path, "{lora: {name: mei, weight: 0}, prompt: a girl, negative: boots}")
    assert (job.prompt, job.negative) == ("a girl", "bad, boots")
    assert [one.unet for one in job.adapters] == [0]
    silent = cast(tmp_path, "{lora: mei, prompt: '', negative: ''}")
    assert (silent.prompt, silent.negative) == ("", "bad")
    assert (
        cast(tmp_path, "{lora: mei}", "characters: [{who: mei, weight: 0.3}]").adapters[0].unet
        == 0.3
    )


def test_a_styles_weight_wins_over_the_preferred_one(tmp_path: Path) -> None:
    lora(tmp_path, {"activation text": "ink drawing", "preferred weight": 0.7}, "ink")
    text = "title: T\nprompt: '{{ styles }}'\nstyle: ink\nstyles: {ink: {lora: ink, weight: 0.4}}\n"
    job = (
        compiled(tmp_path, f"{text}pages: [{{tiers: [1], panels: {{a: {{}}}}}}]\n")
        .panels[0]
        .preview
    )
    assert job is not None
    assert (job.prompt, job.adapters[0].unet) == ("ink drawing", 0.4)


def test_several_loras_say_their_words_one_after_another(tmp_path: Path) -> None:
    lora(tmp_path, {"activation text": "mei"})
    lora(tmp_path, {"activation text": "red coat"}, "coat")
    lora(tmp_path, {}, "plain")
    assert cast(tmp_path, "{lora: [mei, plain, coat]}").prompt == "mei, red coat"


def test_a_broken_side_file_fails_no_story(tmp_path: Path) -> None:
    lora(tmp_path, {})
    (tmp_path / "models" / "Lora" / "mei.json").write_bytes(b"{")
    job = cast(tmp_path, "{lora: mei}")
    assert (job.prompt, job.adapters[0].unet) == ("", 1)


def test_the_first_folder_of_the_model_path_has_the_embedding(tmp_path: Path) -> None:
    embedding(tmp_path, 0.5)
    other = tmp_path / "other" / "embeddings" / "EASYNEGATIVE.safetensors"
    other.parent.mkdir(parents=True)
    save_file({"emb_params": np.full((2, 192), 0.25, dtype=np.float32)}, other)
    (tmp_path / "story.yaml").write_text(STORY, encoding="utf-8")
    for first, name in (("models", "EasyNegative"), ("other", "EASYNEGATIVE")):
        second = "other" if first == "models" else "models"
        catalog = Catalog([tmp_path / first, tmp_path / second, builtin_root()])
        story = read_story(tmp_path / "story.yaml")
        preview = compile_story(story, catalog, lambda _: "0" * 64)[0].panels[0].preview
        assert preview is not None
        assert [file.name for file in preview.embeddings] == [name]


def test_an_embeddings_name_that_two_files_have_is_told(tmp_path: Path) -> None:
    embedding(tmp_path)
    folder = tmp_path / "models" / "embeddings"
    for sub in ("a", "b"):
        (folder / sub).mkdir()
        (folder / sub / "bad.safetensors").write_bytes(
            (folder / "EasyNegative.safetensors").read_bytes()
        )
    with pytest.raises(ProblemsError, match=r"'bad' stands for 2 embedding files.*a/bad or b/bad"):
        compiled(tmp_path, STORY)
