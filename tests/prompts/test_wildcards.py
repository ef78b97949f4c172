"""Wildcards become words: the same ones for the same seed, and errors are sentences."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storyboard.prompts.wildcards import Option, WildcardProblem, fill, names_in, option


class Shelf:
    """Wildcard files in memory."""

    def __init__(self, **files: Sequence[str]) -> None:
        self.files = files

    def options(self, name: str) -> Sequence[Option]:
        if name not in self.files:
            raise WildcardProblem(f"there is no wildcard file `{name}`")
        return [option(line) for line in self.files[name]]


SHELF = Shelf(
    colours=["red", "blue", "{dark|light} green"],
    hat=["__colours__ hat", "cap"],
    weighed=["3::often", "seldom"],
    loop=["__back__"],
    back=["a __loop__"],
    **{f"b{n}": [f"__b{n + 1}__ __b{n + 1}__"] for n in range(16)},
    b16=["x"],
)

EXPECTED = ["c b f, b, a blue", "c e e, a, b blue", "g e a, d, c red"]
NEGATIVE = "a c a, c, f blue"


def filled(text: str, seed: int = 1) -> str:
    return fill(text, seed, "prompt", SHELF)


def outcomes(text: str, seeds: int = 300) -> Counter[str]:
    return Counter(filled(text, seed) for seed in range(seeds))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a {red|blue} hat", {"a red hat", "a blue hat"}),
        ("{|very }big", {"big", "very big"}),
        ("{a|{b|c}}", {"a", "b", "c"}),
        ("{2$$a|b|c}", {"a, b", "a, c", "b, a", "b, c", "c, a", "c, b"}),
        ("{2$$ and $$a|b}", {"a and b", "b and a"}),
        ("{1-2$$a|b}", {"a", "b", "a, b", "b, a"}),
        ("{0-1$$a}", {"", "a"}),
        ("{0::a|b}", {"b"}),
        ("__colours__", {"red", "blue", "dark green", "light green"}),
        ("__hat__", {"red hat", "blue hat", "dark green hat", "light green hat", "cap"}),
        ("{2$$__weighed__}", {"often, seldom", "seldom, often"}),
        ("{<lora:a:1>|<lora:b:1>}", {"<lora:a:1>", "<lora:b:1>"}),
        (r"{[a\|b]|c}", {"[a|b]", "c"}),
        (r"{x|{y\|z}}", {"x", r"{y\|z}"}),
    ],
)
def test_every_option_is_chosen_by_some_seed(text: str, expected: set[str]) -> None:
    assert set(outcomes(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a cat, (a dog:1.2), [b:c:0.5], [d|e]",
        "{masterpiece}, {{best quality}}",
        r"\{a|b\}",
        r"\__colours__",
        r"__colours\__",
        "a { b } c } d {",
        "o_o, ^_^, long_hair, _____, a__b",
        "<lora:my__colours__lora:1>",
    ],
)
def test_what_is_no_wildcard_stays_as_it_is(text: str) -> None:
    assert filled(text) == text


def test_options_are_chosen_evenly_or_as_they_are_weighed() -> None:
    even = outcomes("{a|b|c|d}", 2000)
    assert all(430 < count < 570 for count in even.values())
    assert 1400 < outcomes("{3::a|b}", 2000)["a"] < 1600
    assert 1400 < outcomes("__weighed__", 2000)["often"] < 1600
    assert 210 < outcomes("{.25::a|1.75::b}", 2000)["a"] < 290


def test_the_words_of_a_seed_never_change() -> None:
    """They are part of what a picture is: another algorithm would be other pictures."""
    text = "{a|b|c|d|e|f|g|h} {a|b|c|d|e|f|g|h} {3$$a|b|c|d|e|f} __colours__"
    assert [filled(text, seed) for seed in (0, 1, 2**32 - 1)] == EXPECTED
    assert fill(text, 0, "negative", SHELF) == NEGATIVE


def test_prompt_and_negative_choose_for_themselves() -> None:
    pairs = {(filled("{a|b}", n), fill("{a|b}", n, "negative", SHELF)) for n in range(40)}
    assert len(pairs) == 4


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("__colour__", "no wildcard file `colour`"),
        ("{a|__colour__}", "no wildcard file `colour`"),
        ("__../secret__", "no wildcard file `../secret`"),
        ("__*__", "no wildcard file `*`"),
        ("{a|b", "the brace of `{a|b` is never closed"),
        ("x {2$$a", "is never closed"),
        ("{3$$a|b}", "takes 3 of 2 options"),
        ("{2-1$$a|b}", "takes 1 of 2 options"),
        ("{0::a|0::b}", "has weight 0"),
        ("__loop__", "leads back to itself: loop -> back -> loop"),
        ("__b0__", "more than 1,000 wildcards in one prompt"),
        ("{a|b}" * 1001, "more than 1,000 wildcards in one prompt"),
        ("{" * 40 + "a|b" + "}" * 40, "too deep"),
        ("{a|b}" + "x" * 20_000, "more than 20,000 characters"),
        ("{}" * 10_001, "more than 20,000 characters"),
        ("{3$$" + "-" * 10_001 + "$$a|b|c}", "more than 20,000 characters"),
    ],
)
def test_what_cannot_be_chosen_is_told(text: str, says: str) -> None:
    with pytest.raises(WildcardProblem) as caught:
        filled(text)
    assert says in caught.value.message


def test_a_problem_tells_what_to_look_for_in_the_story() -> None:
    with pytest.raises(WildcardProblem) as caught:
        filled("a, __colour__, b")
    assert caught.value.source == "__colour__"


def test_names_are_told_once_each() -> None:
    assert names_in("__a__, __b/c d__ x__no__ __a__") == ("a", "b/c d")


texts = st.lists(
    st.sampled_from([*"{}{}||\\_ ab", "__", "__colours__", "2$$", "3::", "{a|b}", "\\{"]),
    max_size=14,
).map("".join)


@settings(deadline=None)
@given(texts, st.integers(0, 3))
def test_any_text_gives_words_or_a_sentence_and_words_are_final(text: str, seed: int) -> None:
    try:
        words = filled(text, seed)
    except WildcardProblem as problem:
        assert problem.message
        return
    assert words == filled(text, seed)


@pytest.mark.parametrize(
    "text", ["{" * 20_000, "}" * 20_000, "_" * 20_000, "__a" * 6_000, "\\" * 20_000, "{a}" * 6_000]
)
def test_hostile_texts_take_seconds_at_most(text: str) -> None:
    start = time.process_time()
    try:
        filled(text)
    except WildcardProblem as problem:
        assert problem.message
    assert time.process_time() - start < 10
