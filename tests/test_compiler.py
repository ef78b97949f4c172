"""A story's panels become jobs in which everything is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from storyboard.errors import ProblemsError
from storyboard.geometry import Size
from storyboard.jobs import ModelFile, PreviewJob
from storyboard.models.catalog import builtin_root
from storyboard.seeds import panel_seed
from tests.models import made
from tests.support.stories import compiled, panels
from tests.support.upscalers import tiny_upscaler

HEAD = """\
title: T
seed: 9
characters:
  mei: {lora: mei, prompt: "mei, 1girl", negative: beard}
  ann: {prompt: "ann, hat"}
styles:
  ink: {lora: manga-ink, weight: 0.6, prompt: ink drawing, negative: color}
"""


def story(*lines: str) -> str:
    return HEAD + "\n".join(lines)


def preview(folder: Path, panel: str, *more: str) -> PreviewJob:
    """The only panel of a story of one page."""
    page = f"pages: [{{tiers: [1], panels: {{a: {panel}}}}}]"
    job = panels(folder, story(*more, page))["1.a"].preview
    assert job is not None
    return job


def test_prompts_are_composed_by_the_template(tmp_path: Path) -> None:
    job = preview(tmp_path, "{characters: [mei, ann], scene: a pier, shot: close-up, style: ink}")
    assert job.prompt == (
        "close-up, mei, 1girl, ann, hat, a pier, ink drawing, (masterpiece), (best quality)"
    )
    assert job.negative == "(worst quality, low quality:1.4), text, watermark, beard, color"


def test_empty_parts_leave_no_commas_and_the_authors_own_stay(tmp_path: Path) -> None:
    job = preview(tmp_path, "{scene: 'fog,, sea,'}", "quality: ''")
    assert job.prompt == "fog,, sea,"


def test_a_template_may_be_the_storys_the_pages_or_the_panels(tmp_path: Path) -> None:
    jobs = panels(
        tmp_path,
        story(
            "vars: {season: autumn}",
            "prompt: 'story {{ scene }} {{ season }}'",
            "pages:",
            "  - {tiers: [1], panels: {a: {scene: x}}}",
            "  - {tiers: [1], prompt: 'page {{ scene }}', panels: {b: {scene: x}}}",
            "  - {tiers: [1], panels: {c: {scene: x, vars: {season: may}}}}",
            "  - {tiers: [1], panels: {d: {scene: x, prompt: 'panel {{ panel }}'}}}",
        ),
    )
    prompts = [panel.preview.prompt for panel in jobs.values() if panel.preview]
    assert prompts == ["story x autumn", "page x", "story x may", "panel d"]


def test_an_authors_text_is_never_a_template(tmp_path: Path) -> None:
    job = preview(tmp_path, "{scene: '{{ 7 * 6 }} {a}'}", "quality: ''")
    assert job.prompt == "{{ 7 * 6 }} {a}"


def test_loras_come_from_characters_styles_and_tags(tmp_path: Path) -> None:
    job = preview(tmp_path, "{characters: [mei], scene: 'x <lora:bo:0.3>', style: [ink]}")
    found = [(one.file.name, one.unet, one.text_encoder) for one in job.adapters]
    assert found == [("mei", 1.0, 1.0), ("manga-ink", 0.6, 0.6), ("bo", 0.3, 0.3)]
    assert "<lora" not in job.prompt


def test_a_lora_asked_for_twice_has_both_weights(tmp_path: Path) -> None:
    job = preview(tmp_path, "{scene: '<lora:bo:0.5> <lora:bo:0.25:0.5>'}")
    assert [(one.unet, one.text_encoder) for one in job.adapters] == [(1.0, 0.75)]


def test_a_panel_weighs_a_character_in_its_own_way(tmp_path: Path) -> None:
    job = preview(tmp_path, "{characters: [{who: mei, weight: 0.9}]}")
    assert [one.unet for one in job.adapters] == [0.9]


def test_a_weight_for_somebody_without_a_lora_is_told(tmp_path: Path) -> None:
    with pytest.raises(ProblemsError, match="ann has 0 LoRAs"):
        preview(tmp_path, "{characters: [{who: ann, weight: 0.9}]}")


def test_a_lora_tag_in_a_negative_prompt_is_warned_of(tmp_path: Path) -> None:
    text = story("pages: [{tiers: [1], panels: {a: {negative: 'x <lora:bo:1>'}}}]")
    _, warnings = compiled(tmp_path, text)
    assert [warning.severity for warning in warnings] == ["warning"]
    assert "does nothing" in warnings[0].message


def test_sizes_follow_the_cell_unless_they_are_said(tmp_path: Path) -> None:
    jobs = panels(
        tmp_path,
        story("pages:", "  - {tiers: [1, 2, 2], panels: [{}, {}, {}, {}, {size: 256x192}]}"),
    )
    sizes = [panel.preview.size for panel in jobs.values() if panel.preview]
    assert sizes == [Size(320, 160)] + [Size(224, 224)] * 3 + [Size(256, 192)]
    finals = [panel.final.size for panel in jobs.values() if panel.final]
    assert finals == [size.scaled(2) for size in sizes]


def test_a_final_is_drawn_as_its_preview_unless_it_says_otherwise(tmp_path: Path) -> None:
    """Or its checkpoint does: inkling asks for finals without guidance."""
    page = "pages: [{tiers: [1], panels: {a: {}, }}]"
    asked = story("sampler: {name: Euler a, cfg: 5}", "final: {denoise: 0.35}", page)
    job = panels(tmp_path, asked)["1.a"].final
    assert job is not None
    assert (job.sampling.sampler, job.sampling.cfg, job.denoise) == ("Euler a", 1, 0.35)
    final = "final: {scale: 1.5, steps: 8, denoise: 0.5, upscaler: latent, sampler: Euler a}"
    job = panels(tmp_path, story(final, page))["1.a"].final
    assert job is not None
    assert (job.sampling.steps, job.sampling.sampler, job.upscaler) == (8, "Euler a", "latent")


def test_the_other_source_of_noise_is_asked_for_by_name(tmp_path: Path) -> None:
    page = "pages: [{tiers: [1], panels: {a: {}}}]"
    plain = panels(tmp_path, story(page))["1.a"].preview
    other = panels(tmp_path, story("sampler: {rng: nv}", page))["1.a"].preview
    assert plain is not None
    assert other is not None
    assert (plain.rng, other.rng) == ("cpu", "nv")


def test_eta_is_each_samplers_own_unless_it_is_said(tmp_path: Path) -> None:
    page = "pages: [{tiers: [1], panels: {a: {}}}]"
    final = "final: {denoise: 0.5, sampler: DDIM}"
    job = panels(tmp_path, story("sampler: Euler a", final, page))["1.a"].final
    assert job is not None
    assert (job.preview.sampling.eta, job.sampling.eta) == (1.0, 0.0)
    said = "sampler: {name: Euler a, eta: 0.5}"
    job = panels(tmp_path, story(said, final, page))["1.a"].final
    assert job is not None
    assert (job.preview.sampling.eta, job.sampling.eta) == (0.5, 0.5)


def test_the_built_in_upscaler_is_found_by_its_name(tmp_path: Path) -> None:
    page = "pages: [{tiers: [1], panels: {a: {}}}]"
    job = panels(tmp_path, story("final: {upscaler: inkling-2x}", page))["1.a"].final
    assert job is not None and isinstance(job.upscaler, ModelFile)
    assert Path(job.upscaler.path).is_relative_to(builtin_root())


def test_an_upscalers_file_is_found_by_its_name_or_path(tmp_path: Path) -> None:
    file = tiny_upscaler(tmp_path / "mine" / "2x.safetensors")
    page = "pages: [{tiers: [1], panels: {a: {}}}]"
    final = "final: {upscaler: ./mine/2x}"
    job = panels(tmp_path, story(final, page))["1.a"].final
    assert job is not None and isinstance(job.upscaler, ModelFile)
    assert (job.upscaler.name, job.upscaler.path) == ("2x", file.path)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("lanzcos", "there is no upscaler 'lanzcos' \\(did you mean `lanczos`"),
        ("4x", "there is no upscaler '4x' \\(lanczos, nearest, latent, Latent, .* need no file"),
        ("./lora", "upscaler lora: is a LoRA, not an upscaler"),
        ("./old.pth", "upscaler old: is a pickle"),
    ],
)
def test_what_is_no_upscaler_is_told_where_it_is_said(tmp_path: Path, name: str, told: str) -> None:
    made.lora(tmp_path / "lora.safetensors")
    (tmp_path / "old.pth").write_bytes(b"\x80\x02}q\x00.")
    page = "pages: [{tiers: [1], panels: {a: {}, }}]"
    with pytest.raises(ProblemsError, match=f"story.yaml:8:8: {told}"):
        panels(tmp_path, story(f"final: {{upscaler: {name}}}", page))


def test_at_scale_one_without_denoise_the_preview_is_the_final(tmp_path: Path) -> None:
    page = "pages: [{tiers: [1], panels: {a: {}}}]"
    assert panels(tmp_path, story("final: {scale: 1, denoise: 0}", page))["1.a"].final is None


def test_seeds_come_from_names_so_a_moved_panel_keeps_its_own(tmp_path: Path) -> None:
    first = "{tiers: [2], panels: {a: {}, b: {seed: 77}}}"
    second = "{tiers: [1], panels: {a: {}}}"
    jobs = panels(tmp_path, story(f"pages: [{first}, {second}]"))
    seeds = {address: panel.preview.seed for address, panel in jobs.items() if panel.preview}
    assert seeds == {"1.a": panel_seed(9, "a", 0), "1.b": 77, "2.a": panel_seed(9, "a", 1)}
    moved = panels(tmp_path, story(f"pages: [{{tiers: [1], panels: {{new: {{}}}}}}, {first}]"))
    assert moved["2.a"].preview == jobs["1.a"].preview


def test_an_authors_own_picture_is_not_drawn(tmp_path: Path) -> None:
    (tmp_path / "hand.png").write_bytes(b"png")
    panel = panels(tmp_path, story("pages: [{tiers: [1], panels: {a: {art: hand.png}}}]"))["1.a"]
    assert (panel.preview, panel.final) == (None, None)
    assert panel.art == str((tmp_path / "hand.png").resolve())


def test_a_size_that_no_latent_has_is_told_with_the_next_one(tmp_path: Path) -> None:
    with pytest.raises(ProblemsError, match="write 224x304"):
        preview(tmp_path, "{size: 225x300}")


def test_a_phrase_that_is_cut_for_want_of_room_is_warned_of(tmp_path: Path) -> None:
    scene = "a very " * 80 + "long word"
    _, warnings = compiled(
        tmp_path, story(f"pages: [{{tiers: [1], panels: {{a: {{scene: '{scene}'}}}}}}]")
    )
    assert any("is cut by the end of 75 tokens" in warning.message for warning in warnings)
    commas = "red, " * 80
    _, warnings = compiled(
        tmp_path, story(f"pages: [{{tiers: [1], panels: {{a: {{scene: '{commas}'}}}}}}]")
    )
    assert not warnings
