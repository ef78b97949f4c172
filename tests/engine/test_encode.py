"""Prompts are encoded as the WebUI encodes them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from storyboard.engine.devices import placement
from storyboard.engine.encode import emphasized, read_embedding
from storyboard.engine.families import family_named
from storyboard.engine.model import Model, Wording
from storyboard.errors import ProblemsError
from storyboard.jobs import ModelFile
from tests.support.tiny_model import WIDTH, TinyModel, model_file, reference_text_model

PLAIN = Wording(1, ())


@pytest.fixture(scope="module")
def model(tiny_model: TinyModel) -> Model:
    return family_named("sd15", "").load(tiny_model.checkpoint(), placement("cpu", "float32"))


def hidden(shift: float, seed: int = 1) -> Tensor:
    """A chunk's vectors with a mean of about `shift`."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(1, 77, WIDTH, generator=generator) + shift


def weights(weight: float) -> Tensor:
    """Four tokens of a chunk weighted, the rest not."""
    made = torch.ones(77)
    made[3:7] = weight
    return made


def embedding(path: Path, vectors: Tensor, key: str = "emb_params") -> ModelFile:
    save_file({key: vectors}, path)
    return model_file(path)


@pytest.mark.parametrize("clip_skip", [1, 2, 3])
def test_clip_skip_takes_a_layer_from_the_end_and_the_final_norm(
    model: Model, tiny_model: TinyModel, clip_skip: int
) -> None:
    reference = reference_text_model(tiny_model)
    vectors = reference.hidden_layer("a cat", clip_skip)
    encoded = model.condition("a cat", "", Wording(clip_skip, ())).prompt.vectors
    assert torch.allclose(encoded, vectors, atol=1e-5)


def test_without_clip_skip_it_is_what_the_text_encoder_gives(
    model: Model, tiny_model: TinyModel
) -> None:
    last = reference_text_model(tiny_model).last_hidden_state("a cat")
    assert torch.allclose(model.condition("a cat", "", PLAIN).prompt.vectors, last, atol=1e-5)


def test_more_clip_skip_than_layers_is_told(model: Model) -> None:
    with pytest.raises(ProblemsError, match="clip skip 4: this model's text encoder has 3"):
        model.condition("a cat", "", Wording(4, ()))


def test_prompt_and_negative_are_equally_long_by_empty_chunks(model: Model) -> None:
    conditioning = model.condition("word " * 60, "bad", PLAIN)
    empty = model.condition("", "", PLAIN).prompt.vectors
    assert conditioning.length > 77
    assert conditioning.prompt.vectors.shape == conditioning.negative.vectors.shape
    for start in range(77, conditioning.length, 77):
        assert torch.equal(conditioning.negative.vectors[:, start : start + 77], empty)


def test_break_starts_a_chunk_that_is_encoded_for_itself(model: Model) -> None:
    both = model.condition("a cat BREAK a dog", "", PLAIN).prompt.vectors
    assert torch.equal(both[:, :77], model.condition("a cat", "", PLAIN).prompt.vectors)
    assert torch.equal(both[:, 77:], model.condition("a dog", "", PLAIN).prompt.vectors)


def test_a_text_is_encoded_once(model: Model) -> None:
    first = model.condition("once", "twice", PLAIN)
    second = model.condition("twice", "once", PLAIN)
    assert first.prompt is second.negative
    assert first.negative is second.prompt


def test_emphasis_multiplies_and_keeps_the_chunks_mean() -> None:
    vectors, weighted = hidden(-0.1), weights(1.3)
    found = emphasized(vectors, weighted)
    multiplied = vectors * weighted[None, :, None]
    assert float(found.mean()) == pytest.approx(float(vectors.mean()), rel=1e-4)
    assert torch.allclose(found, multiplied * (vectors.mean() / multiplied.mean()))


def test_weights_of_one_change_nothing() -> None:
    vectors = hidden(-0.1)
    assert torch.equal(emphasized(vectors, weights(1.0)), vectors)


def test_a_mean_of_nearly_zero_is_not_restored() -> None:
    vectors = torch.nn.functional.layer_norm(hidden(0.0), (WIDTH,))
    assert abs(float(vectors.mean())) < 1e-7
    found = emphasized(vectors, weights(1.3))
    assert torch.equal(found, vectors * weights(1.3)[None, :, None])


def test_a_mean_that_the_weights_bring_to_nearly_zero_is_not_divided_by() -> None:
    vectors = torch.ones(1, 4, WIDTH)
    found = emphasized(vectors, torch.tensor([1.0, 1.0, -1.0, -1.0]))
    assert bool(torch.isfinite(found).all())


def test_an_embedding_stands_where_its_name_is(
    model: Model, tiny_model: TinyModel, tmp_path: Path
) -> None:
    table = reference_text_model(tiny_model)
    letters = table.token_vectors("abc")
    file = embedding(tmp_path / "EasyNegative.safetensors", letters)
    wording = Wording(1, (file,))
    spelt = model.condition("a b c, z", "", PLAIN).prompt.vectors
    own = table.token_vectors("a b c")
    same = embedding(tmp_path / "Same.safetensors", own)
    named = model.condition("same, z", "", Wording(1, (same,))).prompt.vectors
    assert torch.allclose(named, spelt, atol=1e-5)
    assert not torch.allclose(model.condition("easynegative, z", "", wording).prompt.vectors, spelt)
    assert torch.equal(model.condition("a b c, z", "", PLAIN).prompt.vectors, spelt)


def test_a_single_tensor_is_an_embedding_whatever_its_key(tmp_path: Path) -> None:
    file = embedding(tmp_path / "one.safetensors", torch.ones(WIDTH), key="<one>")
    assert read_embedding(Path(file.path), WIDTH).shape == (1, WIDTH)


@pytest.mark.parametrize(
    ("vectors", "sentence"),
    [
        (torch.ones(2, 768), "768 wide; this model's are 32 wide"),
        (torch.full((2, WIDTH), float("nan")), "NaN or infinity"),
        (torch.ones(1, 2, WIDTH), "not a textual inversion"),
    ],
)
def test_an_embedding_that_does_not_fit_is_refused(
    model: Model, tmp_path: Path, vectors: Tensor, sentence: str
) -> None:
    file = embedding(tmp_path / "bad.safetensors", vectors)
    with pytest.raises(ProblemsError, match=sentence):
        model.condition("bad", "", Wording(1, (file,)))


def sdxl_embedding(path: Path, small: Tensor, large: Tensor) -> Path:
    save_file({"clip_l": small, "clip_g": large}, path)
    return path


def test_an_embedding_of_sdxl_has_a_part_for_each_encoder(tmp_path: Path) -> None:
    path = sdxl_embedding(tmp_path / "x.safetensors", torch.ones(3, 768), torch.zeros(3, 1280))
    assert torch.equal(read_embedding(path, 768, "clip_l"), torch.ones(3, 768))
    assert torch.equal(read_embedding(path, 1280, "clip_g"), torch.zeros(3, 1280))


def test_the_parts_of_an_embedding_must_be_as_many_vectors(tmp_path: Path) -> None:
    path = sdxl_embedding(tmp_path / "x.safetensors", torch.ones(3, 768), torch.zeros(2, 1280))
    with pytest.raises(ProblemsError, match="unequal numbers of vectors"):
        read_embedding(path, 768, "clip_l")


def test_an_embedding_of_the_other_family_is_told_as_such(tmp_path: Path) -> None:
    path = sdxl_embedding(tmp_path / "x.safetensors", torch.ones(3, 768), torch.zeros(3, 1280))
    with pytest.raises(ProblemsError, match="it is for SDXL, this model is not"):
        read_embedding(path, 768)
    plain = embedding(tmp_path / "plain.safetensors", torch.ones(2, 768))
    with pytest.raises(ProblemsError, match="without `clip_g`: SDXL's have"):
        read_embedding(Path(plain.path), 1280, "clip_g")
