"""Prompts' tokens are told panel by panel and chunk by chunk."""

from __future__ import annotations

from pathlib import Path

from storyboard.tokens import panel_tokens
from tests.support.command import run
from tests.support.stories import compiled


def story(scene: str, negative: str = "bad") -> str:
    return (
        f"title: T\nquality: ''\nprompt: '{{{{ scene }}}}'\nnegative: '{negative}'\n"
        f"sampler: {{steps: 4}}\npages: [{{tiers: [1], panels: {{a: {{scene: '{scene}'}}}}}}]\n"
    )


def told(folder: Path, scene: str, negative: str = "bad") -> str:
    (found,) = panel_tokens(compiled(folder, story(scene, negative))[0])
    return str(found)


def test_a_short_prompt_is_one_chunk(tmp_path: Path) -> None:
    assert told(tmp_path, "a cat") == "1.a: prompt 2 tokens in 1 chunk, negative 1 in 1"


def test_a_long_one_is_told_chunk_by_chunk(tmp_path: Path) -> None:
    found = told(tmp_path, "cat " * 83, "dog BREAK dog dog")
    assert found == ("1.a: prompt 83 tokens in 2 chunks (75 + 8), negative 3 in 2 (1 + 2)")


def test_the_longest_of_its_texts_counts(tmp_path: Path) -> None:
    assert told(tmp_path, "[cat:a big cat:0.5]").startswith("1.a: prompt 3 tokens in 1 chunk,")
    assert told(tmp_path, "cat", "[a|a b c]").endswith("negative 3 in 1")


def test_each_part_that_and_joins_counts_for_itself(tmp_path: Path) -> None:
    found = told(tmp_path, "cat AND a dog :0.5")
    assert found == "1.a: prompt 1 token in 1 chunk AND 2 in 1, negative 1 in 1"


def test_check_and_plan_tell_them(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(story("cat AND a dog"), encoding="utf-8")
    ended = run("check", path)
    assert ended.code == 0
    assert "1.a: prompt 1 token in 1 chunk AND 2 in 1, negative 1 in 1\n" in ended.err
    assert "1.a" not in run("check", path, "--quiet").err
    plan = run("plan", path, "--json", "--output", tmp_path / "out").document
    assert plan["panels"][0]["prompt_tokens"] == [[1], [2]]
    assert plan["panels"][0]["negative_tokens"] == [1]


def test_a_cut_is_told_at_any_step_and_in_any_part(tmp_path: Path) -> None:
    long = "cat " * 90
    for scene in (f"[a:{long}:0.5]", f"a dog AND {long}"):
        _, problems = compiled(tmp_path, story(scene))
        assert any("is cut by the end of 75 tokens" in one.message for one in problems)
