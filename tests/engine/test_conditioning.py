"""A panel's prompts become what its drawing hears, step by step, in every family."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

from storyboard.engine.conditioning import TextEncoders
from storyboard.engine.encode import SDXL_LARGE, SDXL_SMALL, PromptEncoder, Reading
from storyboard.engine.model import Conditioning, Course, Wording
from storyboard.models.roots import builtin_tokenizer
from storyboard.prompts.tokenizer import ClipTokenizer

CLIP = ClipTokenizer.load(builtin_tokenizer())
SMALL, LARGE, POOLED = 16, 24, 20


def config(width: int) -> CLIPTextConfig:
    return CLIPTextConfig(
        vocab_size=49408,
        hidden_size=width,
        intermediate_size=32,
        num_hidden_layers=3,
        num_attention_heads=2,
        max_position_embeddings=77,
        projection_dim=POOLED,
        bos_token_id=49406,
        eos_token_id=49407,
        initializer_range=0.5,
    )


@pytest.fixture(scope="module")
def small() -> Any:
    torch.manual_seed(1)
    model: Any = CLIPTextModel(config(SMALL))
    return model.eval()


@pytest.fixture(scope="module")
def large() -> Any:
    torch.manual_seed(2)
    model: Any = CLIPTextModelWithProjection(config(LARGE))
    return model.eval()


@pytest.fixture
def sdxl(small: Any, large: Any) -> TextEncoders:
    return TextEncoders(
        [
            PromptEncoder(small, CLIP, SDXL_SMALL),
            PromptEncoder(large.text_model, CLIP.padded_with(0), SDXL_LARGE, large.text_projection),
        ],
        silent_negative=True,
    )


@pytest.fixture
def single(small: Any) -> TextEncoders:
    return TextEncoders([PromptEncoder(small, CLIP)])


def wording(steps: int = 1, clip_skip: int = 1) -> Wording:
    return Wording(clip_skip, (), steps)


def tokens(text: str, pad: int) -> Tensor:
    ids = [49406, *CLIP.ids(text), 49407]
    return torch.tensor([ids + [pad] * (77 - len(ids))])


def heard(course: Course, steps: int) -> list[int]:
    """Which text each step hears, numbered in their order."""
    seen: list[Tensor] = []
    for step in range(steps):
        vectors = course.at(step).vectors
        if not any(torch.equal(vectors, one) for one in seen):
            seen.append(vectors)
    return [
        next(n for n, one in enumerate(seen) if torch.equal(one, course.at(step).vectors))
        for step in range(steps)
    ]


def texts(conditioning: Conditioning) -> list[Tensor]:
    courses = [*conditioning.prompts, conditioning.negatives]
    return [text.vectors for course in courses for text in course.texts]


def test_sdxl_hears_the_last_layer_but_one_of_both_encoders_unnormed(
    sdxl: TextEncoders, small: Any, large: Any
) -> None:
    text = "a red lighthouse"
    with torch.no_grad():
        first = small(tokens(text, 49407), output_hidden_states=True).hidden_states[-2]
        second = large(tokens(text, 0), output_hidden_states=True)
    found = sdxl.condition(text, "x", wording()).prompt
    assert torch.allclose(
        found.vectors, torch.cat([first, second.hidden_states[-2]], dim=2), atol=1e-5
    )
    assert found.pooled is not None
    assert torch.allclose(found.pooled, second.text_embeds, atol=1e-5)


def test_for_sdxl_a_clip_skip_of_2_is_what_it_does_anyway(sdxl: TextEncoders) -> None:
    plain, skipped = (sdxl.condition("a", "b", wording(clip_skip=n)).prompt for n in (1, 2))
    assert torch.equal(plain.vectors, skipped.vectors)


def test_the_pooled_vector_is_the_first_chunks_and_no_weight_touches_it(
    sdxl: TextEncoders,
) -> None:
    alone = sdxl.encode("a cat", wording()).pooled
    assert alone is not None
    for text in ("a cat BREAK a dog", "(a cat:1.4)"):
        pooled = sdxl.encode(text, wording()).pooled
        assert pooled is not None and torch.equal(pooled, alone)
    lengthened = sdxl.condition("a cat", "b " * 80, wording()).prompt
    assert lengthened.pooled is not None and torch.equal(lengthened.pooled, alone)


def test_an_empty_negative_of_sdxl_is_silence(sdxl: TextEncoders, single: TextEncoders) -> None:
    silent = sdxl.condition("a BREAK b", "", wording()).negative
    assert silent.pooled is not None
    assert not bool(silent.vectors.any()) and not bool(silent.pooled.any())
    assert silent.vectors.shape[1] == 2 * 77
    said = sdxl.condition("a", "[bad|]", wording(steps=2)).negatives
    assert all(bool(text.vectors.any()) for text in said.texts)
    assert bool(single.condition("a", "", wording()).negative.vectors.any())


@pytest.mark.parametrize("part", ["small", "large"])
def test_a_reading_may_norm_a_fixed_layer(part: str, small: Any, large: Any) -> None:
    model: Any = small if part == "small" else large.text_model
    encoder = PromptEncoder(model, CLIP, Reading(least=3))
    with torch.no_grad():
        layer = model(tokens("a cat", 49407), output_hidden_states=True).hidden_states[-3]
        normed = model.final_layer_norm(layer)
    assert torch.allclose(encoder.encode("a cat", wording()).vectors, normed, atol=1e-6)


def test_a_text_that_stays_the_same_is_one_text(single: TextEncoders) -> None:
    found = single.condition("a cat", "a dog", wording(steps=20))
    assert len(found.prompts) == 1
    assert len(found.prompts[0].texts) == len(found.negatives.texts) == 1


def test_an_edited_prompt_is_heard_as_its_texts_in_turn(single: TextEncoders) -> None:
    found = single.condition("[a cat:a dog:0.5]", "bad", wording(steps=4)).prompts[0]
    assert heard(found, 4) == [0, 0, 1, 1]
    for step, text in ((0, "a cat"), (3, "a dog")):
        assert torch.equal(found.at(step).vectors, single.encode(text, wording()).vectors)


def test_alternation_changes_at_every_step_in_prompt_and_negative(single: TextEncoders) -> None:
    found = single.condition("[a|b]", "[c|d|e]", wording(steps=6))
    assert heard(found.prompts[0], 6) == [0, 1, 0, 1, 0, 1]
    assert heard(found.negatives, 6) == [0, 1, 2, 0, 1, 2]


def test_and_joins_prompts_but_is_a_word_of_a_negative(single: TextEncoders) -> None:
    found = single.condition("a cat :1.2 AND [b|c]", "x AND y", wording(steps=2))
    assert [course.weight for course in found.prompts] == [1.2, 1.0]
    assert [len(course.texts) for course in found.prompts] == [1, 2]
    assert torch.equal(found.negative.vectors, single.encode("x AND y", wording()).vectors)


def test_all_of_a_panels_texts_are_equally_long(single: TextEncoders) -> None:
    found = single.condition("a AND [b " * 1 + "word " * 90 + ":c:0.5]", "d", wording(steps=2))
    assert {text.shape[1] for text in texts(found)} == {found.length} == {2 * 77}
    empty = single.encode("", wording()).vectors
    assert torch.equal(found.prompts[0].at(0).vectors[:, 77:], empty)


def test_each_text_is_encoded_once_whatever_the_steps(
    single: TextEncoders, small: nn.Module
) -> None:
    asked: list[int] = []
    hook = small.register_forward_hook(lambda *_: asked.append(1))
    try:
        single.condition("[a|b]", "c", wording(steps=50))
        assert len(asked) == 3
        single.condition("[a|b]", "c", wording(steps=20))
        assert len(asked) == 3
        single.forget()
        single.condition("a", "c", wording())
        assert len(asked) == 5
    finally:
        hook.remove()
