"""A checkpoint recommends settings in the story's own words; a wrong file is one clear problem."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from storyboard.models.advice import as_document, read_settings
from storyboard.models.describe import describe
from storyboard.models.entries import Entry, Kind
from storyboard.story.drawing import SamplerSettings
from storyboard.story.model import DrawingSettings
from tests.models import made

SETTINGS: dict[str, Any] = {
    "sampler": {"name": "Euler a", "steps": 24, "cfg": 5.5},
    "final": {"upscaler": "inkling-2x", "denoise": 0.25, "steps": 12},
    "quality": "sharp, {{ scene }}",
    "negative": "blurry",
}


def described(folder: Path, said: object) -> Entry:
    card = {"family": "sd15", "settings": said}
    return describe(Kind.CHECKPOINT, "any", made.checkpoint(folder / "any", storyboard=card))


def test_the_words_are_the_storys_and_come_back_as_they_were_said() -> None:
    settings = read_settings(SETTINGS)
    assert as_document(settings) == SETTINGS
    assert isinstance(settings.sampler, SamplerSettings)
    assert (settings.sampler.cfg, settings.sampler.eta) == (5.5, None)


def test_a_samplers_name_alone_is_enough_as_in_a_story() -> None:
    assert read_settings({"sampler": "Euler a"}).sampler == "Euler a"


@pytest.mark.parametrize("said", [None, {}, {"quality": None, "final": None}])
def test_what_is_not_said_is_not_recommended(said: object) -> None:
    assert read_settings(said) == DrawingSettings()


def test_a_diffusers_folders_settings_are_its_entrys(tmp_path: Path) -> None:
    entry = described(tmp_path, SETTINGS)
    assert (entry.settings, entry.problems) == (read_settings(SETTINGS), ())


def test_a_single_files_settings_stand_beside_it(tmp_path: Path) -> None:
    shapes = {"model.diffusion_model.x": (1,), "cond_stage_model.transformer.x": (1,)}
    path = made.weights(tmp_path / "any.v2.safetensors", shapes)
    card = {"settings": {"sampler": {"cfg": 4}}, "vocabulary": {"all": ["sea"]}}
    made.document(tmp_path / "any.v2.storyboard.json", {**card, "native_pixels": 65536})
    entry = describe(Kind.CHECKPOINT, "any.v2", path)
    assert as_document(entry.settings) == {"sampler": {"cfg": 4}}
    assert entry.vocabulary is not None and entry.vocabulary.words == {"sea"}
    assert entry.native_pixels == 65536


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ([], "must be a mapping with `sampler`, `final`, `quality`, `negative`"),
        ({"seed": 3}, "may not have 'seed'"),
        ({"sampelr": {}}, "did you mean `sampler`?"),
        ({"sampler": {"cfg": "high"}}, "in its `settings.sampler`, `cfg` must be a finite number"),
        ({"sampler": {"cfg": 1e999}}, "`cfg` must be a finite number"),
        ({"sampler": {"steps": True}}, "`steps` must be a whole number from 1 to 500, not `true`"),
        ({"sampler": {"step": 3}}, "unknown key `step` (did you mean `steps`?)"),
        ({"sampler": 7}, "which is not"),
        ({"sampler": "Euler b"}, "did you mean `Euler a`?"),
        ({"final": {"sampler": "magic"}}, "'magic', which is not: there are: DPM++"),
        ({"final": {"denoise": 1.5}}, "in its `settings.final`, `denoise` must be a finite number"),
        ({"final": []}, "`final` must be"),
        ({"quality": {"a": 1}}, "in its `settings`, `quality` must be text"),
        ({"quality": "{{ 'x' * 9 }}"}, "in its template `settings.quality`: "),
        ({"negative": "{{ season }}"}, "uses `season`, which only a story can know"),
        ({"quality": "{{ quality }}"}, "uses `quality`, which only a story can know"),
        ({"quality": "\x1b[31m"}, "hold a control character"),
    ],
)
def test_a_wrong_file_is_one_problem_that_names_it(tmp_path: Path, said: object, told: str) -> None:
    entry = described(tmp_path, said)
    (problem,) = entry.problems
    assert problem.startswith("its storyboard.json is wrong: ")
    assert told in problem
    assert entry.settings == DrawingSettings()


def test_of_a_single_file_the_file_beside_it_is_named(tmp_path: Path) -> None:
    path = made.weights(tmp_path / "any.safetensors", {"model.diffusion_model.x": (1,)})
    made.document(tmp_path / "any.storyboard.json", {"settings": 1})
    assert "its any.storyboard.json is wrong: " in describe(Kind.CHECKPOINT, "a", path).problems[-1]
    (tmp_path / "any.storyboard.json").write_bytes(b"{")
    assert "its any.storyboard.json is broken" in describe(Kind.CHECKPOINT, "a", path).problems[-1]


def test_settings_nested_without_end_are_refused() -> None:
    deep: Any = {}
    for _ in range(20_000):
        deep = {"a": deep}
    with pytest.raises(ValueError, match="nested too deeply"):
        read_settings({"sampler": deep})


def test_a_vocabulary_that_is_none_is_a_problem_too(tmp_path: Path) -> None:
    card = {"family": "sd15", "vocabulary": ["sea"]}
    folder = made.checkpoint(tmp_path / "any", storyboard=card)
    (problem,) = describe(Kind.CHECKPOINT, "any", folder).problems
    assert problem.startswith("its storyboard.json is wrong: its `vocabulary` must be a mapping")
