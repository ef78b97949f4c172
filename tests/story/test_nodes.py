"""YAML becomes nodes with their places, within bounds, by libyaml and without it."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storyboard.errors import Mark, ProblemsError
from storyboard.story.marks import plain
from storyboard.story.nodes import Document, Limits, Mapping, Scalar, Sequence, parse
from storyboard.story.values import Plain


@pytest.fixture(params=[False, True], ids=["libyaml", "pure"])
def pure(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def told(text: str, pure: bool, limits: Limits | None = None) -> list[str]:
    """Everything that is wrong with a text."""
    try:
        return [str(p) for p in parse(text, "s", limits or Limits(), pure=pure).problems]
    except ProblemsError as error:
        return [str(problem) for problem in error.problems]


def values(text: str, pure: bool = False) -> object:
    document: Document = parse(text, "s", pure=pure)
    assert document.root is not None
    assert not document.problems
    return plain(document.root)


def test_nodes_know_where_they_stand(pure: bool) -> None:
    root = parse("é: [x, 'y']\nb:\n  c: |\n    d\n", "s.yaml", pure=pure).root
    assert isinstance(root, Mapping)
    items = root.entries["é"].value
    assert isinstance(items, Sequence)
    assert items.flow
    assert items.mark == Mark("s.yaml", 1, 4)
    assert [item.mark.column for item in items.items] == [5, 8]
    inner = root.entries["b"].value
    assert isinstance(inner, Mapping)
    assert not inner.flow
    assert inner.entries["c"].key.mark == Mark("s.yaml", 3, 3)


def test_scalars_are_texts_and_plain_ones_are_told_apart(pure: bool) -> None:
    root = parse("- No\n- 'No'\n- \"No\"\n-\n- 1:30\n- |\n  No", "s", pure=pure).root
    assert isinstance(root, Sequence)
    texts = [item.text for item in root.items if isinstance(item, Scalar)]
    assert texts == ["No", "No", "No", "", "1:30", "No"]
    assert [isinstance(text, Plain) for text in texts] == [True, False, False, True, True, False]


def test_an_empty_text_has_no_root(pure: bool) -> None:
    assert parse("", "s", pure=pure).root is None
    assert parse("# nothing\n", "s", pure=pure).root is None


def test_aliases_stand_for_their_anchors(pure: bool) -> None:
    assert values("a: &x [1, 2]\nb: *x", pure) == {"a": ["1", "2"], "b": ["1", "2"]}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: 1\nb: 2\na: 3", "s:3:1: the key `a` is there twice (first in line 1)"),
        ("a: !x y", "s:1:4: YAML tags such as `!x` are not taken"),
        ("a: !!int 5", "s:1:4: YAML tags such as `!!int` are not taken"),
        ("a: *x", "s:1:4: `*x` refers to an anchor that is not there"),
        ("a: &x y", "s:1:4: `&x` is taken as an anchor, and nothing refers to it"),
        ("b: &x {c: d}\na: {<<: *x}", "s:2:5: merge keys `<<` are not taken"),
        ("prompt: {{ shot }}", "s:1:9: YAML takes `{{` for the beginning of a mapping, not for"),
        ("a: {[b]: c}", "s:1:5: a mapping or a list cannot be a key"),
        ('a: "\\x1b"', "s:1:4: an escape in this text stands for a control character"),
        ("a: 1\n---\nb: 2", "s:2:1: a second document begins here"),
        ("a: b\x07", "s:1:5: a control character (U+0007) stands in the text"),
        ("\ta: b", "s:1:1: a tab stands where spaces are expected"),
        ("a:\n\tb: c", "s:2:1: a tab stands where spaces are expected"),
        ("a: >\n\tb", "s:2:1: a tab stands where spaces are expected"),
        ("a: @x", "s:1:4: text may not begin with `@`"),
        ("a: %x", "s:1:4: text may not begin with `%`"),
        ("a: `x`", "s:1:4: text may not begin with a backtick"),
        ("a: ]x", "s:1:4: text may not begin with `]`"),
        ("a: *", "s:1:5: text may not begin with * or &"),
        ("a: b: c", "s:1:5: a `: ` stands where no key is expected"),
        ("a: - b", "s:1:4: a `- ` stands where no item is expected"),
        ("a: {b|c}, d", "s:1:9: the text goes on after its closing }"),
        ("a: [b:c:0.5], d", "s:1:13: the text goes on after its closing ]"),
        ('a: "b" c', 's:1:8: the text goes on after its closing "'),
        ("a: {b: c", "s:1:4: this bracket is not closed where it should be"),
        ("a: 'b", "s:1:4: a quote is opened here and never closed"),
        ("a:\n  b: 1\n c: 2", "s:3:2: this line does not go on from the ones above it"),
        ("a: |b\n c", "s:1:5: after | or > the text begins in the next line"),
        ("a: 1\nbcd\ne: 2", "s:3:1: a line is neither `key: value` nor part of the text before"),
    ],
)
def test_mistakes_are_told_in_one_sentence_at_their_place(
    text: str, problem: str, pure: bool
) -> None:
    found = told(text, pure)
    assert len(found) == 1
    assert found[0].startswith(problem)


@pytest.mark.parametrize("text", ["a: {b|c}, d", "a: @x", "a: b: c", "a: &x y", "a: *x"])
def test_where_quotes_were_forgotten_the_hint_says_so(text: str, pure: bool) -> None:
    assert "in quotes" in told(text, pure)[0]


def test_an_anchor_does_not_hold_itself(pure: bool) -> None:
    assert told("a: &x [*x]", pure)[0].startswith("s:1:8: `*x` refers to an anchor that is not")


def test_several_mistakes_are_told_together(pure: bool) -> None:
    assert len(told("a: 1\na: 2\nb: !x 1\nb: *y", pure)) == 4


@pytest.mark.parametrize("text", ["[" * 200_000, "a: " + "{x: " * 50_000, "- " * 100_000])
def test_deep_nesting_is_refused_at_once(text: str, pure: bool) -> None:
    """By us at 32 levels, or by libyaml, whose newer versions look ahead and stop at 1,000."""
    start = time.process_time()
    assert re.search(r"nested deeper than (32|1,000) levels", told(text, pure)[-1])
    assert time.process_time() - start < 2


def test_depth_is_counted_through_aliases(pure: bool) -> None:
    lines = ["a0: &a0 [x]"]
    lines += [f"a{n}: &a{n} [[[[[[[[*a{n - 1}]]]]]]]]" for n in range(1, 9)]
    assert "nested deeper" in told("\n".join(lines), pure)[-1]


def test_an_alias_bomb_is_refused_at_once(pure: bool) -> None:
    lines = ["a0: &a0 [x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 20)]
    start = time.process_time()
    assert "more than 150,000 values" in told("\n".join(lines), pure)[-1]
    assert time.process_time() - start < 1


def test_nodes_are_counted(pure: bool) -> None:
    limits = Limits(nodes=10)
    assert told("- a\n" * 9, pure, limits) == []
    assert "more than 10 values" in told("- a\n" * 10, pure, limits)[-1]
    assert parse("a: &x [1, 2]\nb: *x", "s", pure=pure).nodes == 9


@settings(deadline=None)
@given(st.text(alphabet="ab:-{}[]|>&*!%@`'\"#,? \n\t\\é0.", max_size=30))
def test_both_parsers_read_the_same_and_fail_with_problems_only(text: str) -> None:
    results = []
    for pure in (False, True):
        try:
            root = parse(text, "s", pure=pure).root
            results.append(None if root is None else plain(root))
        except ProblemsError as error:
            assert all(problem.mark.line for problem in error.problems)
            results.append("refused")
    if "refused" not in results:  # the parsers differ in what odd text they still take
        assert results[0] == results[1]
