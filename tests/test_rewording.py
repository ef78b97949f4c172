"""A final's own prompts: templates over the preview's, tags of their own, told in the picture."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from storyboard.errors import ProblemsError
from storyboard.jobs import FinalJob, Rewording
from storyboard.parameters import parameters_text, parse_parameters
from tests.support.jobs import final, lora, preview
from tests.support.stories import compiled, panels

HEAD = """\
title: T
vars: {season: autumn}
characters:
  mei: {lora: mei, prompt: "mei, 1girl", negative: beard}
prompt: "{{ characters }}, {{ scene }}"
negative: "blurry"
"""
PANEL = "pages: [{panels: {a: {characters: [mei], scene: 'pier<lora:manga-ink:0.5>'}}}]"


def job_of(folder: Path, final_settings: str, panel: str = PANEL) -> FinalJob:
    text = f"{HEAD}final: {final_settings}\n{panel}\n"
    job = panels(folder, text)["1.a"].final
    assert job is not None
    return job


def worded(folder: Path, final_settings: str, panel: str = PANEL) -> Rewording:
    wording = job_of(folder, final_settings, panel).wording
    assert wording is not None
    return wording


def weights(wording: Rewording) -> dict[str, float]:
    return {adapter.file.name: adapter.unet for adapter in wording.adapters}


def test_the_previews_prompt_is_a_variable_and_its_tags_come_with_it(tmp_path: Path) -> None:
    told = worded(tmp_path, '{prompt: "{{ prompt }}, sharp, {{ season }}, {{ panel }}"}')
    assert told.prompt == "mei, 1girl, pier, sharp, autumn, a"
    assert told.negative == "blurry, beard"
    assert weights(told) == {"mei": 1.0, "manga-ink": 0.5}


def test_without_it_only_the_characters_and_styles_loras_stay(tmp_path: Path) -> None:
    told = worded(tmp_path, '{prompt: "{{ quality }}, <lora:watercolor:0.3> sharp"}')
    assert told.prompt.endswith("sharp") and "mei" not in told.prompt
    assert weights(told) == {"mei": 1.0, "watercolor": 0.3}


def test_the_preview_keeps_its_words_and_loras(tmp_path: Path) -> None:
    job = job_of(tmp_path, '{prompt: "<lora:watercolor:0.3> sharp", negative: "{{ negative }}, x"}')
    assert job.preview.prompt == "mei, 1girl, pier"
    assert {adapter.file.name for adapter in job.preview.adapters} == {"mei", "manga-ink"}
    assert job.wording is not None and job.wording.negative == "blurry, beard, x"


def test_a_negative_of_its_own_leaves_the_prompt(tmp_path: Path) -> None:
    told = worded(tmp_path, "{negative: noise}")
    assert (told.prompt, told.negative) == ("mei, 1girl, pier", "noise")
    assert weights(told) == {"mei": 1.0, "manga-ink": 0.5}


@pytest.mark.parametrize(
    "settings",
    [
        "{denoise: 0.3}",
        '{prompt: "{{ prompt }}", negative: "{{ negative }}"}',
        "{prompt: sharp, denoise: 0}",
    ],
)
def test_words_that_change_nothing_are_no_words_of_its_own(tmp_path: Path, settings: str) -> None:
    assert job_of(tmp_path, settings).wording is None


def test_a_panel_may_have_its_own_and_no_text_of_the_authors_is_a_template(tmp_path: Path) -> None:
    panel = PANEL.replace("scene:", "final: {prompt: '{{ prompt }}, {{ scene }}'}, scene:")
    told = worded(tmp_path, "{prompt: unseen}", panel.replace("pier", "{{ pier }}"))
    assert told.prompt == "mei, 1girl, {{ pier }}, {{ pier }}"


def problem(folder: Path, settings: str, panel: str = PANEL) -> str:
    with pytest.raises(ProblemsError) as told:
        job_of(folder, settings, panel)
    (only,) = told.value.problems
    return str(only).removeprefix(str(folder / "story.yaml"))


def test_a_wrong_template_is_told_where_it_stands(tmp_path: Path) -> None:
    found = problem(tmp_path, "{denoise: 0.4, prompt: '{{ promt }}'}")
    assert found.startswith(":7:31: in the template `final.prompt`:")
    assert "promt" in found and "`prompt`" in found


def test_a_lora_that_only_the_second_pass_names_must_be_there(tmp_path: Path) -> None:
    assert "there is no LoRA 'nobody'" in problem(tmp_path, '{prompt: "<lora:nobody:1>"}')


def test_a_tag_in_its_negative_is_warned_of(tmp_path: Path) -> None:
    text = f"{HEAD}final: {{negative: '<lora:mei:1>'}}\n{PANEL}\n"
    _, warnings = compiled(tmp_path, text)
    assert any("a LoRA tag in a negative prompt" in warning.message for warning in warnings)


def test_an_own_variable_of_such_a_name_is_told(tmp_path: Path) -> None:
    panel = PANEL.replace("scene:", "vars: {prompt: x}, scene:")
    assert "`prompt` is a template's own name" in problem(tmp_path, "{}", panel)


def settings_of(job: FinalJob) -> dict[str, str]:
    hashes = {"mei": "a" * 12, "ink": "b" * 12}
    text = parameters_text(job, job.preview.prompt, "storyboard 1", hashes, "0123456789")
    return parse_parameters(text).settings


def test_the_picture_tells_the_second_passes_words_and_files() -> None:
    job = final(preview("a pier", adapters=(lora("mei"),)))
    plain = settings_of(job)
    assert "Hires prompt" not in plain and "Hires negative prompt" not in plain
    told = settings_of(
        replace(job, wording=Rewording("a pier, sharp", "noise", (lora("ink", 0.5),), ()))
    )
    assert told["Hires prompt"] == "<lora:ink:0.5> a pier, sharp"
    assert told["Hires negative prompt"] == "noise"
    assert told["Lora hashes"] == "mei: aaaaaaaaaaaa, ink: bbbbbbbbbbbb"


def test_only_what_differs_is_told() -> None:
    job = final(preview("a pier", adapters=(lora("mei"),)))
    told = settings_of(replace(job, wording=Rewording("a pier", "noise", job.preview.adapters, ())))
    assert "Hires prompt" not in told
    assert told["Hires negative prompt"] == "noise"


@pytest.mark.parametrize(
    ("upscaler", "written"),
    [
        ("lanczos", "Lanczos"),
        ("latent", "Latent (bicubic)"),
        ("Latent", "Latent"),
        ("Latent (nearest-exact)", "Latent (nearest-exact)"),
    ],
)
def test_upscalers_are_written_as_the_webui_writes_them(upscaler: str, written: str) -> None:
    assert settings_of(replace(final(preview()), upscaler=upscaler))["Hires upscaler"] == written


@pytest.mark.parametrize(
    ("said", "meant"), [("None", "lanczos"), ("Latent", "Latent"), ("LANCZOS", "lanczos")]
)
def test_a_story_may_say_the_webuis_names(tmp_path: Path, said: str, meant: str) -> None:
    assert job_of(tmp_path, f"{{upscaler: {said}}}").upscaler == meant
