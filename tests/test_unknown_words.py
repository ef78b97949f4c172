"""Words that the checkpoint does not know are hinted at where the author wrote them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from storyboard.compiler import compile_story
from storyboard.errors import Problem, ProblemsError
from storyboard.models.catalog import Catalog, builtin_root
from storyboard.settings import PROMPT, QUALITY
from storyboard.story.read import read_story
from tests.models import made

VOCABULARY = {
    "people": ["1girl", "1boy"],
    "places": ["sea", "castle", "city street"],
    "filler": ["a", "in", "the"],
}
HEAD = """\
title: T
model: {checkpoint: any}
characters:
  mei: {lora: mei, prompt: "mei, 1girl, bonnet"}
styles:
  ink: {lora: ink, prompt: inky lines}
"""


def models(folder: Path, card: Mapping[str, Any]) -> Catalog:
    """A checkpoint with this card, two LoRAs and an embedding."""
    root = folder / "models"
    checkpoint = made.checkpoint(root / "checkpoints" / "any", {"family": "sd15", **card})
    tokenizer = builtin_root() / "checkpoints" / "inkling" / "tokenizer"
    shutil.copytree(tokenizer, checkpoint / "tokenizer", dirs_exist_ok=True)
    made.lora(root / "loras" / "mei.safetensors")
    made.document(root / "loras" / "mei.json", {"activation text": "mei, star hairpin"})
    counted = json.dumps({"5_ink": {"inky lines": 3, "dots": 2}})
    made.lora(root / "loras" / "ink.safetensors", {"ss_tag_frequency": counted})
    made.arrays(
        root / "embeddings" / "Sparkle.safetensors",
        {"emb_params": np.zeros((2, 24), np.float32)},
    )
    return Catalog([root])


def hints(
    folder: Path, text: str, card: Mapping[str, Any] | None = None, head: str = HEAD
) -> list[Problem]:
    """What is hinted at in a story whose checkpoint has this card."""
    path = folder / "story.yaml"
    path.write_text(head + text, encoding="utf-8")
    catalog = models(folder, {"vocabulary": VOCABULARY} if card is None else card)
    _, found = compile_story(read_story(path), catalog, lambda _: "0" * 64)
    assert {problem.severity for problem in found} <= {"hint"}
    return list(found)


def stands_at(hint: Problem, word: str) -> bool:
    """Whether the hint points at the word in the story's text."""
    lines = Path(hint.mark.file).read_text(encoding="utf-8").splitlines()
    return lines[hint.mark.line - 1][hint.mark.column - 1 :].startswith(word)


def page(*panels: str) -> str:
    return f"pages:\n  - tiers: [{len(panels)}]\n    panels:\n" + "".join(
        f"      - {panel}\n" for panel in panels
    )


def test_one_hint_a_panel_names_its_words_and_likely_ones_at_the_first(tmp_path: Path) -> None:
    (hint,) = hints(tmp_path, page("{shot: a wizard, scene: 'the castel, in dragon sea'}"))
    assert (hint.mark.line, hint.mark.column) == (10, 18)
    assert hint.message == "panel 1.1: any does not know `wizard`, `castel`, `dragon`"
    assert hint.hint == "try `castle` for `castel`; `storyboard models any` lists its words"
    assert str(hint).startswith(f"{tmp_path / 'story.yaml'}:10:18: hint: ")


def test_known_words_have_no_hint_whatever_their_case_and_weight(tmp_path: Path) -> None:
    assert hints(tmp_path, page("{scene: '((SEA:1.3)), [city_street] BREAK a 1girl'}")) == []


def test_a_lora_tag_is_no_word(tmp_path: Path) -> None:
    assert hints(tmp_path, page("{scene: 'sea <lora:ink:0.5>'}")) == []


def test_a_characters_word_is_told_once_where_the_character_is(tmp_path: Path) -> None:
    (hint,) = hints(tmp_path, page(*["{characters: [mei], scene: sea}"] * 3))
    assert hint.mark.line == 4 and stands_at(hint, "bonnet")
    assert hint.message == "character mei: any does not know `bonnet`"


def test_a_loras_words_are_known_where_it_is_used_and_nowhere_else(tmp_path: Path) -> None:
    scene = "scene: 'sea, dots, hairpin'"
    both = f"{{characters: [mei], style: ink, {scene}}}"
    alone = f"{{{scene}}}"
    told = [one.message for one in hints(tmp_path, page(both, alone)) if "panel" in one.message]
    assert told == ["panel 1.2: any does not know `dots`, `hairpin`"]


def test_a_styles_words_are_told_where_the_style_is(tmp_path: Path) -> None:
    head = HEAD.replace("inky lines", "inky swirls")
    (hint,) = hints(tmp_path, page("{scene: sea, style: ink}"), head=head)
    assert (hint.mark.line, hint.message) == (6, "style ink: any does not know `swirls`")


def test_an_embeddings_name_is_known(tmp_path: Path) -> None:
    assert hints(tmp_path, page("{scene: 'sea, sparkle'}")) == []


def test_the_default_quality_and_the_checkpoints_own_are_nobodys_words(tmp_path: Path) -> None:
    assert "masterpiece" in QUALITY and "quality" in PROMPT
    card = {"vocabulary": VOCABULARY, "settings": {"quality": "crisp", "negative": "smudge"}}
    assert hints(tmp_path, page("{scene: sea}"), card) == []


def test_an_authors_template_is_told_once_at_its_own_place(tmp_path: Path) -> None:
    head = HEAD + "prompt: '{{ scene }}, vivid'\n"
    (hint,) = hints(tmp_path, page("{scene: sea}", "{scene: castle}"), head=head)
    assert hint.mark.line == 7 and stands_at(hint, "vivid")
    assert hint.message == "the template `prompt`: any does not know `vivid`"


def test_a_word_of_a_variable_is_told_at_its_panel(tmp_path: Path) -> None:
    head = HEAD + "vars: {season: may}\nprompt: '{{ scene }}, {{ season }}'\n"
    (hint,) = hints(tmp_path, page("{scene: sea}"), head=head)
    assert hint.message == "panel 1.1: any does not know `may`"
    assert hint.mark.line == 12


def test_negative_prompts_are_not_judged(tmp_path: Path) -> None:
    assert hints(tmp_path, page("{scene: sea, negative: 'blur, dragon'}")) == []


def test_a_panel_that_is_not_drawn_is_not_judged(tmp_path: Path) -> None:
    (tmp_path / "own.png").write_bytes(b"png")
    assert hints(tmp_path, page("{scene: dragon, art: own.png}")) == []


def test_a_checkpoint_without_a_vocabulary_knows_what_nobody_knows(tmp_path: Path) -> None:
    assert hints(tmp_path, page("{scene: dragon}"), {}) == []


def test_an_empty_vocabulary_knows_nothing(tmp_path: Path) -> None:
    (hint,) = hints(tmp_path, page("{scene: sea}"), {"vocabulary": {}})
    assert hint.message == "panel 1.1: any does not know `sea`"


def test_many_words_are_counted_and_not_listed(tmp_path: Path) -> None:
    scene = ", ".join(f"word{n}" for n in range(50))
    (hint,) = hints(tmp_path, page(f"{{scene: '{scene}'}}"))
    assert hint.message.endswith("`word7` and 42 more")


def test_hints_wait_until_there_is_no_error(tmp_path: Path) -> None:
    with pytest.raises(ProblemsError) as caught:
        hints(tmp_path, page("{scene: 'dragon <lora:none:1>'}"))
    assert [problem.severity for problem in caught.value.problems] == ["error"]
