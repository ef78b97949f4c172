"""Captions are said in other words each time, and mean the same."""

from __future__ import annotations

from random import Random

from training.recipe import LARGE, PRAISE, SMALL, pace_for, reworded

CAPTION = "mei, red coat, smile, pier"


def many(caption: str, trigger: str = "mei") -> list[str]:
    """What a caption becomes, many times."""
    random = Random(1)
    return [reworded(caption, trigger, random) for _ in range(300)]


def test_tags_change_their_order_and_none_is_lost() -> None:
    texts = [text.removeprefix(f"{PRAISE}, ") for text in many(CAPTION)]
    full = {text for text in texts if text != "mei"}
    assert all(text.startswith("mei, ") for text in full)
    assert {tuple(sorted(text.split(", "))) for text in full} == {
        tuple(sorted(CAPTION.split(", ")))
    }
    assert len(full) == 6


def test_now_and_then_the_trigger_stands_alone() -> None:
    assert 10 <= many(CAPTION).count("mei") <= 45


def test_a_caption_without_the_trigger_never_gets_it() -> None:
    texts = many("bo, blue coat")
    assert not any("mei" in text for text in texts)
    assert "" in texts


def test_a_trigger_within_a_sentence_stays_there() -> None:
    assert {text.removeprefix(f"{PRAISE}, ") for text in many("Mei waves at me")} == {
        "Mei waves at me",
        "mei",
    }


def test_a_trigger_of_several_tags_stays_in_front() -> None:
    texts = many("screentone, 1girl, ink drawing", "ink drawing, screentone")
    whole = "ink drawing, screentone, 1girl"
    assert {text.removeprefix(f"{PRAISE}, ") for text in texts} == {whole, whole[:-7]}


def test_a_small_model_and_sd_15_have_a_pace_of_their_own() -> None:
    assert pace_for(11_000_000) is SMALL
    assert pace_for(860_000_000) is LARGE
