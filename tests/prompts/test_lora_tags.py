"""LoRA tags are taken out and carried out, or refused: never skipped."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyboard.prompts.lora_tags import LoraTag, LoraTagProblem, take_lora_tags

TWELVE = (1.0, 0.0, 0.0, 0.0, *(1.0,) * 8)
MIDD = (1.0, 0.0, 0.0, 0.0, *(1.0,) * 8, *(0.0,) * 5)


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("<lora:mei>", LoraTag("mei", 1.0, 1.0)),
        ("<lora:mei:0.8>", LoraTag("mei", 0.8, 0.8)),
        ("<lora:mei:0.5:0.9>", LoraTag("mei", unet=0.9, text_encoder=0.5)),
        ("<lora:mei:te=0.5>", LoraTag("mei", unet=0.5, text_encoder=0.5)),
        ("<lora:mei:unet=0.5>", LoraTag("mei", unet=0.5, text_encoder=1.0)),
        ("<lora:mei:0.3:te=0:unet=1>", LoraTag("mei", unet=1.0, text_encoder=0.0)),
        ("<lora:mei:-0.5>", LoraTag("mei", -0.5, -0.5)),
        ("<lyco:mei:0.8>", LoraTag("mei", 0.8, 0.8)),
        ("<lora:Iku_Nakatani-000016_v1.0:1>", LoraTag("Iku_Nakatani-000016_v1.0", 1.0, 1.0)),
        ("<lora:styles/手绘 ink:1>", LoraTag("styles/手绘 ink", 1.0, 1.0)),
        ("<lora:mei:1:lbw=1,0,0,0,1,1,1,1,1,1,1,1>", LoraTag("mei", 1.0, 1.0, TWELVE)),
        ("<lora:mei:1:lbw=MIDD>", LoraTag("mei", 1.0, 1.0, MIDD)),
        ("<lora:mei:0.5:0.9:lbw=MIDD:stop=9>", LoraTag("mei", 0.9, 0.5, MIDD, 0, 9)),
        ("<lora:mei:start=3>", LoraTag("mei", 1.0, 1.0, (), 3)),
        ("<lora:mei:1:start=3:stop=15>", LoraTag("mei", 1.0, 1.0, (), 3, 15)),
        ("<lora:mei:1:step=3-15>", LoraTag("mei", 1.0, 1.0, (), 3, 15)),
    ],
)
def test_every_form_of_a_tag(tag: str, expected: LoraTag) -> None:
    assert take_lora_tags(tag) == ("", (expected,))


def test_only_the_tag_itself_is_removed() -> None:
    text = "a girl, <lora:mei:1>, (rain<lora:ink:0.5>:1.2), end"
    assert take_lora_tags(text) == (
        "a girl, , (rain:1.2), end",
        (LoraTag("mei", 1.0, 1.0), LoraTag("ink", 0.5, 0.5)),
    )


@pytest.mark.parametrize("text", ["", "a < b", "i <3 u", "->", "<smile>", "<|endoftext|>", "a:b>"])
def test_what_is_no_tag_is_text(text: str) -> None:
    assert take_lora_tags(text) == (text, ())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("<hypernet:x:1>", "unknown kind, 'hypernet'"),
        ("<Lora:x:1>", "unknown kind, 'Lora'"),
        ("<lora:x:high>", "no number, 'high'"),
        ("<lora:x:>", "no number, ''"),
        ("<lora:x:0,8>", "no number, '0,8'"),
        ("<lora:x:nan>", "not finite"),
        ("<lora:x:1e999>", "not finite"),
        ("<lora:x:unet=inf>", "not finite"),
        ("<lora: :1>", "names no LoRA"),
        ("<lora:x:1:1:8>", "a dynamic rank, which is not supported"),
        ("<lora:x:1:dyn=3>", "a dynamic rank, which is not supported"),
        ("<lora:x:1:lbw=>", "no block weights"),
        ("<lora:x:1:lbw=BEST>", "no block weights"),
        ("<lora:x:1:lbw=1,2,3>", "3 finite block weights"),
        ("<lora:x:1:lbw=inf,0,0,0,0,0,0,0,0,0,0,0>", "12 finite block weights"),
        ("<lora:x:1:start=-3>", "no whole number from 0 on, '-3'"),
        ("<lora:x:1:start=0.5>", "no whole number from 0 on, '0.5'"),
        ("<lora:x:1:stop=>", "no whole number from 0 on, ''"),
        ("<lora:x:1:stop=99999999999>", "no whole number"),
        ("<lora:x:1:stop=0>", "stops at step 0 and starts at 0: it never counts"),
        ("<lora:x:1:step=5>", "a range of steps that is none"),
        ("<lora:x:1:step=9-3>", "stops at step 3 and starts at 9"),
        ("<lora:x:1:step=3-9:stop=4>", "both 'step=' and 'start=' or 'stop='"),
        ("<lora:x:1:weight=3>", "unknown key, 'weight='"),
        ("<lora:x:te=1:te=1>", "twice"),
        ("a <lora:x:1, b", "malformed"),
        ("< lora:x:1>", "malformed"),
        ("<lora>", "malformed"),
        ("<lora:>", "malformed"),
        ("<lora:<a>:1>", "malformed"),
        ("<lo<lora:a>ra:b>", "malformed"),
    ],
)
def test_what_cannot_be_carried_out_is_refused_with_a_reason(text: str, says: str) -> None:
    with pytest.raises(LoraTagProblem, match=says) as caught:
        take_lora_tags(text)
    assert caught.value.message
    assert caught.value.hint


@given(st.text(alphabet="<>lora:=.1 xyte,hypernetbwstp-M", max_size=60))
def test_any_text_is_taken_apart_or_refused(text: str) -> None:
    try:
        rest, tags = take_lora_tags(text)
    except LoraTagProblem:
        return
    assert "<lora:" not in rest
    assert len(rest) + len("<lora:x>") * len(tags) <= len(text)


@pytest.mark.parametrize("text", ["<a:" * 30_000, "<" * 100_000, "<lora" + " " * 100_000])
def test_hostile_texts_take_linear_time(text: str) -> None:
    start = time.process_time()
    assert take_lora_tags(text) == (text, ())
    assert time.process_time() - start < 5
