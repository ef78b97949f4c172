"""SDXL draws as diffusers' own pipeline would, from a folder or from one file."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import EulerDiscreteScheduler, StableDiffusionXLPipeline
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

from storyboard.engine.base import Drawn, FinalBatch, PreviewBatch, Source
from storyboard.engine.devices import placement
from storyboard.engine.diffusion import DiffusionEngine
from storyboard.engine.families import family_named, family_of
from storyboard.engine.loras import MergedLoras
from storyboard.engine.model import Encoded, Model, Wording
from storyboard.engine.sdxl import SdxlModel, time_ids
from storyboard.errors import ProblemsError
from storyboard.geometry import Size
from storyboard.jobs import Adapter, Checkpoint, FinalJob, PreviewJob, Sampling
from tests.engine.drawing_table import silent
from tests.support.shrunk import POOLED, Shrunk, shrunk_sdxl
from tests.support.tiny_model import make_lora, model_file

PLAIN = Wording(1, ())
SIZE = Size(96, 64)
PROMPT, NEGATIVE = "a lighthouse in a storm", "blurry"


@dataclass(frozen=True)
class Made:
    """The shrunk model, and its folder."""

    model: Shrunk
    folder: Path

    @property
    def checkpoint(self) -> Checkpoint:
        """As a job has it."""
        return self.model.checkpoint(self.folder)

    def load(self, dtype: str = "float32") -> Model:
        """By the engine."""
        return family_named("sdxl", "").load(self.checkpoint, placement("cpu", dtype))


@pytest.fixture(scope="module")
def sdxl(tmp_path_factory: pytest.TempPathFactory) -> Made:
    made = shrunk_sdxl()
    return Made(made, made.folder(tmp_path_factory.mktemp("sdxl") / "folder"))


@pytest.fixture(scope="module")
def loaded(sdxl: Made) -> Model:
    return sdxl.load()


@pytest.fixture(scope="module")
def pipeline(sdxl: Made) -> Any:
    """diffusers' own, over the same files."""
    folder, offline = sdxl.folder, {"local_files_only": True}
    large: Any = CLIPTextModelWithProjection
    small: Any = CLIPTextModel
    tokenizer: Any = CLIPTokenizer
    modules = {
        name: sdxl.model.modules[name].__class__.from_pretrained(folder / name, **offline)  # type: ignore[attr-defined]
        for name in ("unet", "vae")
    }
    make: Any = StableDiffusionXLPipeline
    scheduler: Any = EulerDiscreteScheduler
    return make(
        **{name: module.float() for name, module in modules.items()},
        text_encoder=small.from_pretrained(folder / "text_encoder", **offline).float(),
        text_encoder_2=large.from_pretrained(folder / "text_encoder_2", **offline).float(),
        tokenizer=tokenizer.from_pretrained(folder / "tokenizer", **offline),
        tokenizer_2=tokenizer.from_pretrained(folder / "tokenizer_2", **offline),
        scheduler=scheduler(),
        add_watermarker=False,
    )


def test_prompts_are_encoded_as_by_diffusers(loaded: Model, pipeline: Any) -> None:
    with torch.no_grad():
        expected = pipeline.encode_prompt(PROMPT, negative_prompt=NEGATIVE, device="cpu")
    condition = loaded.condition(PROMPT, NEGATIVE, PLAIN)
    prompt, negative, pooled, pooled_negative = expected
    assert condition.prompt.vectors.shape == (1, 77, 2 * POOLED)
    assert torch.allclose(condition.prompt.vectors, prompt, atol=1e-5)
    assert torch.allclose(condition.negative.vectors, negative, atol=1e-5)
    assert condition.prompt.pooled is not None and condition.negative.pooled is not None
    assert torch.allclose(condition.prompt.pooled, pooled, atol=1e-5)
    assert torch.allclose(condition.negative.pooled, pooled_negative, atol=1e-5)


def test_an_empty_negative_prompt_is_a_text_like_any_other(loaded: Model, pipeline: Any) -> None:
    with torch.no_grad():
        _, negative, _, pooled = pipeline.encode_prompt(PROMPT, negative_prompt="", device="cpu")
    silence = loaded.condition(PROMPT, "", PLAIN).negative
    assert torch.allclose(silence.vectors, negative, atol=1e-5)
    assert silence.pooled is not None and torch.allclose(silence.pooled, pooled, atol=1e-5)


def test_the_second_encoder_pads_with_another_token(loaded: Model, pipeline: Any) -> None:
    pipeline.tokenizer_2.pad_token = pipeline.tokenizer_2.eos_token
    try:
        with torch.no_grad():
            padded_alike = pipeline.encode_prompt(PROMPT, device="cpu")[0]
    finally:
        pipeline.tokenizer_2.pad_token = "!"
    vectors = loaded.condition(PROMPT, "", PLAIN).prompt.vectors
    ended = 1 + len(pipeline.tokenizer(PROMPT).input_ids) - 2 + 1
    assert torch.allclose(vectors[:, :ended], padded_alike[:, :ended], atol=1e-5)
    assert torch.allclose(vectors[:, :, :POOLED], padded_alike[:, :, :POOLED], atol=1e-5)
    assert not torch.allclose(vectors[:, ended:], padded_alike[:, ended:], atol=1e-2)


def test_clip_skip_2_is_what_sdxl_does_anyway(loaded: Model) -> None:
    plain = loaded.condition(PROMPT, "", PLAIN).prompt
    skipped = loaded.condition(PROMPT, "", replace(PLAIN, clip_skip=2)).prompt
    assert torch.equal(skipped.vectors, plain.vectors)


def test_more_clip_skip_takes_an_earlier_layer_of_both_encoders(
    loaded: Model, pipeline: Any
) -> None:
    with torch.no_grad():  # diffusers counts from SDXL's own layer on
        expected = pipeline.encode_prompt(PROMPT, device="cpu", clip_skip=1)[0]
    third = loaded.condition(PROMPT, "", replace(PLAIN, clip_skip=3)).prompt.vectors
    assert torch.allclose(third, expected, atol=1e-5)
    with pytest.raises(ProblemsError, match="clip_skip is from 1 to 3"):
        loaded.condition(PROMPT, "", replace(PLAIN, clip_skip=4))


def test_a_long_prompt_has_more_chunks_and_the_first_ones_pooled_text(loaded: Model) -> None:
    long = loaded.condition("storm, " * 60, "", PLAIN)
    assert long.length == 2 * 77
    assert long.prompt.vectors.shape == (1, 2 * 77, 2 * POOLED)
    assert _pooled(loaded, "storm, " * 60).shape == (1, POOLED)
    assert torch.equal(_pooled(loaded, "a BREAK b"), _pooled(loaded, "a"))


def _pooled(model: Model, text: str) -> Tensor:
    pooled = model.condition(text, "", PLAIN).prompt.pooled
    assert pooled is not None
    return pooled


def test_weights_of_words_leave_the_pooled_text_alone(loaded: Model) -> None:
    plain, strong = (loaded.condition(t, "", PLAIN).prompt for t in ("storm", "(storm:1.4)"))
    assert not torch.equal(plain.vectors, strong.vectors)
    assert torch.equal(_pooled(loaded, "storm"), _pooled(loaded, "(storm:1.4)"))


def test_an_embedding_has_vectors_for_both_encoders(loaded: Model, tmp_path: Path) -> None:
    generator = torch.Generator().manual_seed(5)
    parts = {name: torch.randn(2, 64, generator=generator) for name in ("clip_l", "clip_g")}
    save_file(parts, tmp_path / "storm.safetensors")
    plain = loaded.condition("storm", "", PLAIN).prompt.vectors
    wording = replace(PLAIN, embeddings=(model_file(tmp_path / "storm.safetensors"),))
    named = loaded.condition("storm", "", wording).prompt.vectors
    assert not torch.allclose(named[:, :, :POOLED], plain[:, :, :POOLED])
    assert not torch.allclose(named[:, :, POOLED:], plain[:, :, POOLED:])


def test_the_unet_is_told_text_and_size_as_by_diffusers(loaded: Model, pipeline: Any) -> None:
    x = torch.randn(2, 4, 8, 12, generator=torch.Generator().manual_seed(1))
    condition = loaded.condition(PROMPT, NEGATIVE, PLAIN)
    heard = Encoded.together([condition.negative, condition.prompt])
    ids = pipeline._get_add_time_ids((64, 96), (0, 0), (64, 96), torch.float32, POOLED)
    assert torch.equal(time_ids(SIZE, 2), ids.expand(2, 6))
    added = {"text_embeds": heard.pooled, "time_ids": ids.repeat(2, 1)}
    with torch.no_grad():
        expected = pipeline.unet(
            x, torch.tensor(417.3), heard.vectors, added_cond_kwargs=added
        ).sample
    assert torch.allclose(loaded.predict(x, 417.3, heard), expected, atol=1e-5)


def test_another_size_is_another_picture_of_the_same_text(loaded: Model) -> None:
    heard = loaded.condition(PROMPT, "", PLAIN).prompt
    x = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(1)).repeat(1, 1, 2, 2)
    small = loaded.predict(x[:, :, :8, :8], 500.0, heard)
    assert not torch.allclose(loaded.predict(x, 500.0, heard)[:, :, :8, :8], small, atol=1e-3)


def test_a_text_alone_is_too_little(loaded: Model) -> None:
    vectors = loaded.condition(PROMPT, "", PLAIN).prompt.vectors
    with pytest.raises(ValueError, match="pooled"):
        loaded.predict(torch.zeros(1, 4, 8, 8), 500.0, Encoded(vectors))


def test_weights_are_named_by_part(loaded: Model, sdxl: Made) -> None:
    parts = {name.split(".")[0] for name in loaded.weights}
    assert parts == {"unet", "text_encoder", "text_encoder_2"}
    stored = sdxl.model.state("text_encoder_2")
    for name in ("text_model.encoder.layers.2.mlp.fc1.weight", "text_projection.weight"):
        ours = loaded.weights[f"text_encoder_2.{name.removeprefix('text_model.')}"]
        assert torch.equal(ours, stored[name].float())


def test_changed_encoders_are_asked_again(sdxl: Made) -> None:
    model = sdxl.load()
    before = model.condition(PROMPT, "", PLAIN).prompt
    with torch.no_grad():
        model.weights["text_encoder_2.encoder.layers.0.mlp.fc1.weight"].mul_(2)
    model.forget_prompts()
    after = model.condition(PROMPT, "", PLAIN).prompt
    assert torch.equal(after.vectors[:, :, :POOLED], before.vectors[:, :, :POOLED])
    assert not torch.equal(after.vectors[:, :, POOLED:], before.vectors[:, :, POOLED:])


LORA = {
    "lora_unet_input_blocks_4_1_transformer_blocks_0_attn2_to_k": ((4, 2 * POOLED), (64, 4)),
    "lora_te1_text_model_encoder_layers_1_mlp_fc1": ((4, 64), (128, 4)),
    "lora_te2_text_model_encoder_layers_1_mlp_fc1": ((4, 64), (128, 4)),
}
CHANGED = dict(
    zip(
        LORA,
        (
            "unet.down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k.weight",
            "text_encoder.encoder.layers.1.mlp.fc1.weight",
            "text_encoder_2.encoder.layers.1.mlp.fc1.weight",
        ),
        strict=True,
    )
)


def test_a_lora_is_merged_into_unet_and_both_encoders_and_out_again(
    sdxl: Made, tmp_path: Path
) -> None:
    model = sdxl.load()
    before = {name: weight.clone() for name, weight in model.weights.items()}
    plain = model.condition(PROMPT, "", PLAIN).prompt
    file = make_lora(tmp_path / "style.safetensors", LORA)
    factors = load_file(file.path)
    loras = MergedLoras(model)
    loras.set([Adapter(file, 0.5, 0.8)])
    for module, name in CHANGED.items():
        change = factors[f"{module}.lora_up.weight"] @ factors[f"{module}.lora_down.weight"] / 2
        strength = 0.5 if name.startswith("unet.") else 0.8
        expected = before[name] + change * strength
        assert torch.allclose(model.weights[name], expected, atol=1e-5)
    merged = model.condition(PROMPT, "", PLAIN).prompt
    for half in (slice(0, POOLED), slice(POOLED, None)):
        assert not torch.allclose(merged.vectors[:, :, half], plain.vectors[:, :, half], atol=1e-3)
    loras.set([])
    assert all(torch.equal(before[name], weight) for name, weight in model.weights.items())
    assert torch.equal(model.condition(PROMPT, "", PLAIN).prompt.vectors, plain.vectors)


def test_in_bfloat16_only_the_unet_is_narrow_and_for_a_while_wide(sdxl: Made) -> None:
    model = sdxl.load("bfloat16")
    narrow = {name.split(".")[0] for name, w in model.weights.items() if w.dtype != torch.float32}
    assert narrow == {"unet"}
    before = {name: weight.clone() for name, weight in model.weights.items()}
    heard = model.condition(PROMPT, "", PLAIN).prompt
    x = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(1))
    answer = model.predict(x, 500.0, heard)
    with model.in_float32():
        assert model.is_float32
        assert torch.allclose(model.predict(x, 500.0, heard), answer, atol=0.1)
    assert answer.dtype == torch.float32
    assert not model.is_float32
    assert all(torch.equal(before[name], weight) for name, weight in model.weights.items())


def test_the_family_is_told_from_the_folder(sdxl: Made) -> None:
    family = family_of(sdxl.folder)
    assert family is not None and family.name == "sdxl"
    assert family.native == Size(1024, 1024)


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda folder: shutil.rmtree(folder / "text_encoder_2"), "lacks its second text encoder"),
        (lambda folder: shutil.rmtree(folder / "tokenizer_2"), "lacks tokenizer_2"),
    ],
)
def test_a_missing_part_is_told(
    sdxl: Made, tmp_path: Path, spoil: Callable[[Path], None], sentence: str
) -> None:
    folder = shutil.copytree(sdxl.folder, tmp_path / "own")
    spoil(folder)
    with pytest.raises(ProblemsError, match=sentence):
        family_named("sdxl", "").load(sdxl.model.checkpoint(folder), placement("cpu", "float32"))


def test_another_familys_checkpoint_is_told(sdxl: Made) -> None:
    with pytest.raises(ProblemsError, match="is a checkpoint of SDXL, not of"):
        family_named("sd15", "").load(sdxl.checkpoint, placement("cpu", "float32"))


@dataclass(frozen=True)
class Studio:
    """An engine, and jobs for the shrunk SDXL."""

    engine: DiffusionEngine
    checkpoint: Checkpoint

    def preview(self, prompt: str = PROMPT, size: Size = SIZE) -> PreviewJob:
        """A small picture in two steps."""
        sampling = Sampling("Euler a", 2, 4.0)
        return PreviewJob(self.checkpoint, (), (), prompt, NEGATIVE, size, 7, sampling)

    def one(self, job: PreviewJob) -> Drawn:
        """A preview, drawn alone."""
        (drawn,) = self.engine.draw(PreviewBatch((job,)), {}, silent)
        assert isinstance(drawn, Drawn)
        return drawn

    def final(self, job: FinalJob, source: Source) -> Drawn:
        """A final of a preview."""
        (drawn,) = self.engine.draw(FinalBatch((job,)), {0: source}, silent)
        assert isinstance(drawn, Drawn)
        return drawn


@pytest.fixture(scope="module")
def studio(sdxl: Made) -> Studio:
    return Studio(DiffusionEngine("cpu"), sdxl.checkpoint)


def test_a_picture_is_drawn_and_drawn_again_the_same(studio: Studio) -> None:
    drawn = studio.one(studio.preview())
    assert drawn.pixels.shape == (64, 96, 3)
    assert drawn.pixels.std() > 0
    studio.one(studio.preview("a cat"))
    assert np.array_equal(studio.one(studio.preview()).pixels, drawn.pixels)


def test_a_final_as_large_and_without_denoising_is_the_preview(studio: Studio) -> None:
    preview = studio.preview()
    drawn = studio.one(preview)
    job = FinalJob(preview, preview.size, "lanczos", 0.0, preview.sampling)
    final = studio.final(job, Source(drawn.pixels, drawn.latent))
    assert np.array_equal(final.pixels, drawn.pixels)


def test_each_pass_is_told_its_own_size(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    told: set[tuple[float, ...]] = set()
    ids = time_ids

    def listening(size: Size, count: int) -> Tensor:
        found = ids(size, count)
        told.add(tuple(found[0].tolist()))
        return found

    monkeypatch.setattr("storyboard.engine.sdxl.time_ids", listening)
    preview = studio.preview()
    drawn = studio.one(preview)
    assert told == {(64, 96, 0, 0, 64, 96)}
    job = FinalJob(preview, Size(192, 128), "lanczos", 0.5, preview.sampling)
    studio.final(job, Source(drawn.pixels, drawn.latent))
    assert told == {(64, 96, 0, 0, 64, 96), (128, 192, 0, 0, 128, 192)}


def test_the_model_is_sdxls(loaded: Model) -> None:
    assert isinstance(loaded, SdxlModel)
    assert loaded.vae.factor == 8
