"""A picture's recipe becomes a panel that draws the very same job."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storyboard.digests import digest, recipe
from storyboard.errors import ProblemsError
from storyboard.geometry import Size
from storyboard.importing import story_from
from storyboard.importing.wildcards import as_text
from storyboard.jobs import Beginning, Box, FinalJob, Job, PreviewJob, Sampling, Variation
from storyboard.models.catalog import Catalog, builtin_root
from storyboard.models.hashing import Hasher, short_lora_hash
from storyboard.parameters import parameters_text
from storyboard.prompts import parse_attention
from storyboard.settings import FAST
from tests.importing.made import SETTINGS, imported, picture, webui
from tests.models import made


def previews(*pictures: Path, models: Path | None = None) -> list[PreviewJob]:
    """The previews that a story made from the pictures draws."""
    return [one.preview for one in imported(*pictures, models=models).panels if one.preview]


HIRES = (
    "Steps: 20, Sampler: DPM++ 2S a, Schedule type: Karras, CFG scale: 6.5, Seed: 4294967295, "
    "Size: 448x640, Model hash: 0123456789, Model: inkling, Denoising strength: 0.4, "
    "Clip skip: 2, ENSD: 31337, RNG: CPU, Hires upscale: 2, Hires steps: 12, "
    "Hires upscaler: Latent (nearest-exact), Eta: 0.5, Version: v1.10.1"
)


def test_every_setting_of_a_webui_picture_is_taken_over(tmp_path: Path) -> None:
    (panel,) = imported(webui(tmp_path / "a.png", "a girl", "bad", HIRES)).panels
    preview, final = panel.preview, panel.final
    assert preview is not None
    assert final is not None
    assert (preview.prompt, preview.negative) == ("a girl", "bad")
    assert (preview.seed, preview.size, preview.rng) == (4294967295, Size(448, 640), "cpu")
    assert preview.sampling == Sampling("DPM++ 2S a Karras", 20, 6.5, eta=0.5, ensd=31337)
    assert (preview.checkpoint.file.name, preview.checkpoint.clip_skip) == ("inkling", 2)
    assert (final.size, final.upscaler, final.denoise) == (
        Size(896, 1280),
        "Latent (nearest-exact)",
        0.4,
    )
    assert final.sampling == replace(preview.sampling, steps=12)


def test_a_picture_without_a_second_pass_is_its_own_final(tmp_path: Path) -> None:
    (panel,) = imported(webui(tmp_path / "a.png")).panels
    assert panel.final is None
    assert panel.preview is not None
    assert panel.preview.rng == "nv"  # the WebUI's usual source is a GPU, and says nothing
    assert panel.preview.sampling.sampler == "Euler a"


@pytest.mark.parametrize(
    ("said", "sampler"),
    [
        ("Sampler: DPM++ 2M Karras", "DPM++ 2M Karras"),  # before 1.9
        ("Sampler: DPM++ 2M", "DPM++ 2M"),
        ("Sampler: DPM++ 2M, Schedule type: Automatic", "DPM++ 2M Automatic"),
        ("Sampler: DPM++ 2M SDE, Schedule type: Exponential", "DPM++ 2M SDE Exponential"),
        ("Sampler: DPM++ 2M, Schedule type: SGM Uniform", "DPM++ 2M SGM Uniform"),
    ],
)
def test_samplers_of_old_and_new_webuis_are_known(tmp_path: Path, said: str, sampler: str) -> None:
    text = SETTINGS.replace("Sampler: Euler a", said)
    (job,) = previews(webui(tmp_path / "a.png", said=text))
    assert job.sampling.sampler == sampler


def test_jpeg_and_webp_pictures_are_read_and_a_folder_stands_for_its_pictures(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for number, ending in enumerate(("png", "jpg", "webp")):
        webui(folder / f"{number}.{ending}", f"{ending}, 灯台")
    (folder / "notes.txt").write_text("x", encoding="utf-8")
    assert [job.prompt for job in previews(folder)] == ["png, 灯台", "jpg, 灯台", "webp, 灯台"]


AWKWARD = [
    "a, b,, c,",
    "{{ scene }}, {% if x %}, {# y #}, {{",
    "<lora:mei:0.8>, {a}, a__b__c, [x:y:0.5], (z:1.2), \\(w\\)",
    "key: value, 'it''s' \"quoted\" # no comment\n\n  indented\n- item\n|-",
    "123",
    "null",
    "~",
    "灯台\u2028夕\u0085暮れ 🌊\ttab",
    "",
]


@pytest.mark.parametrize("text", AWKWARD)
def test_prompts_are_taken_over_to_the_letter(tmp_path: Path, text: str) -> None:
    (panel,) = imported(webui(tmp_path / "a.png", text, text.replace("<lora:mei:0.8>", ""))).panels
    assert panel.raw_prompt == text.strip()
    assert panel.preview is not None
    assert panel.preview.negative == text.replace("<lora:mei:0.8>", "").strip()


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("{a|b}, x", "\\{a|b\\}, x"),
        ("a, __colour__", "a, \\__colour\\__"),
        ("{1-2$$a}", "\\{1-2$$a\\}"),
        ("\\{a|{b|c}", "\\{a|\\{b|c\\}"),
        ("{a|b", "\\{a|b"),
    ],
)
def test_signs_of_wildcards_are_kept_as_text(tmp_path: Path, text: str, written: str) -> None:
    found = imported(webui(tmp_path / "a.png", text))
    assert found.panels[0].raw_prompt == written
    (note,) = found.notes
    assert "a backslash stands before them" in note
    said = "".join(part for part, _ in parse_attention(written))
    assert said == "".join(part for part, _ in parse_attention(text))


def test_control_characters_become_blanks(tmp_path: Path) -> None:
    """A word processor's line breaks are such; a story may not hold them."""
    said = SETTINGS + ', Denoising strength: 0.5, Hires upscale: 2, Hires prompt: "c\\u000bd"'
    found = imported(webui(tmp_path / "a.png", "a\x0bgirl\x1b[31m", "b\x7fd", said))
    (panel,) = found.panels
    assert panel.preview is not None and panel.final is not None and panel.final.wording is not None
    assert (panel.preview.prompt, panel.preview.negative) == ("a girl [31m", "b d")
    assert panel.final.wording.prompt == "c d"
    (note,) = found.notes
    assert note.startswith("a.png has control characters in its prompts")


letters = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="<"), max_size=30
) | st.text("ab{}%#_|-:,'\"\\ \n", max_size=30)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(letters, letters), min_size=1, max_size=4))
def test_any_prompts_are_taken_over_to_the_letter(
    tmp_path: Path, texts: list[tuple[str, str]]
) -> None:
    jobs = [ours(prompt, negative) for prompt, negative in texts]
    files = [stored(tmp_path / f"{number}.png", job) for number, job in enumerate(jobs)]
    assert [digest(job) for job in previews(*files)] == [digest(job) for job in jobs]


def ours(prompt: str, negative: str) -> PreviewJob:
    """A job of ours with any prompts that are more than blanks, drawn with the built-in model."""
    (job,) = previews_of_text("x")
    kept = [as_text(text) if text.strip() else "" for text in (prompt, negative)]
    return replace(job, prompt=kept[0], negative=kept[1])


def previews_of_text(prompt: str) -> list[PreviewJob]:
    """What a plain picture of the WebUI's becomes."""
    if prompt not in _DRAWN:
        raise KeyError(prompt)
    return _DRAWN[prompt]


_DRAWN: dict[str, list[PreviewJob]] = {}


@pytest.fixture(autouse=True)
def _plain(tmp_path_factory: pytest.TempPathFactory) -> None:
    if not _DRAWN:
        folder = tmp_path_factory.mktemp("plain")
        _DRAWN["x"] = previews(webui(folder / "x.png", "x"))


def stored(path: Path, job: Job) -> Path:
    """A picture of ours with the job's recipe, as the store writes it."""
    preview = job if isinstance(job, PreviewJob) else job.preview
    text = parameters_text(job, preview.prompt, "storyboard 1", {}, "0" * 10)
    return picture(path, parameters=text, storyboard=json.dumps(recipe(job)))


def test_common_settings_are_said_once_and_others_by_their_panel(tmp_path: Path) -> None:
    pictures = [
        webui(tmp_path / "a.png", "one", said=HIRES),
        webui(tmp_path / "b.png", "two\nlines", said=HIRES.replace("Seed: 4294967295", "Seed: 2")),
        webui(tmp_path / "c.png", "three", "worse", SETTINGS + ", Clip skip: 2"),
    ]
    found = imported(*pictures)
    assert found.text == THREE
    assert [(panel.preview and panel.preview.prompt) for panel in found.panels] == [
        "one",
        "two\nlines",
        "three",
    ]
    assert [panel.final is None for panel in found.panels] == [False, False, True]


THREE = """\
# Made from pictures: each panel is the recipe of one, and its scene the whole prompt.
# Change what you like; `storyboard plan` tells what is drawn anew.
title: T
model: {checkpoint: inkling, clip_skip: 2}
sampler: {name: DPM++ 2S a Karras, steps: 20, cfg: 6.5, ensd: 31337, rng: cpu}
size: 448x640
negative: bad
final: {scale: 2, upscaler: Latent (nearest-exact), denoise: 0.4, steps: 12, cfg: 6.5}
prompt: '{{ scene }}'

pages:
  - tiers: [1, 2]
    panels:
      # a.png
      - seed: 4294967295
        scene: one
        sampler: {eta: 0.5}

      # b.png
      - seed: 2
        scene: |-
          two
          lines
        sampler: {eta: 0.5}

      # c.png
      - seed: 5
        scene: three
        sampler: {name: Euler a, cfg: 7, ensd: 0, rng: nv}
        negative: worse
        final: {scale: 1, denoise: 0}
"""


def test_seven_pictures_make_a_page_of_six_and_one_of_one(tmp_path: Path) -> None:
    found = imported(*(webui(tmp_path / f"{number}.png") for number in range(7)))
    assert [panel.page for panel in found.panels] == [1, 1, 1, 1, 1, 1, 2]
    assert "tiers: [2, 2, 2]" in found.text


def test_a_second_prompt_and_sampler_are_taken_over(tmp_path: Path) -> None:
    said = HIRES.replace(
        "Hires steps: 12",
        'Hires sampler: Euler, Hires CFG Scale: 3, Hires prompt: "{{ sharp }}, <lora:mei:0.5>", '
        'Hires negative prompt: "soft, bad"',
    )
    (panel,) = imported(webui(tmp_path / "a.png", said=said)).panels
    final = panel.final
    assert final is not None
    assert final.wording is not None
    assert (final.wording.prompt, final.wording.negative) == ("{{ sharp }}, ", "soft, bad")
    assert [one.unet for one in final.wording.adapters] == [0.5]
    assert (final.sampling.cfg, final.sampling.steps) == (3, 20)
    assert final.sampling.sampler == "Euler Karras"  # its schedule is the first pass'


def test_sizes_are_those_of_the_webui(tmp_path: Path) -> None:
    def final(said: str) -> Size:
        text = HIRES.replace("Size: 448x640", "Size: 512x512").replace("Hires upscale: 2", said)
        (panel,) = imported(webui(tmp_path / "a.png", said=text)).panels
        assert panel.final is not None
        return panel.final.size

    assert final("Hires upscale: 1.5") == Size(768, 768)
    assert final("Hires upscale: 1.7") == Size(864, 864)  # 870 cut down to what a latent holds
    assert final("Hires resize: 1000x1000") == Size(1000, 1000)
    assert final("Hires resize: 0x0, Hires upscale: 1.5") == Size(768, 768)


@pytest.mark.parametrize("said", ["896x0", "0x1280"])
def test_a_side_of_the_second_pass_may_follow_from_the_other(tmp_path: Path, said: str) -> None:
    text = HIRES.replace("Hires upscale: 2", f"Hires resize: {said}")
    found = imported(webui(tmp_path / "a.png", said=text))
    assert found.panels[0].final is not None
    assert found.panels[0].final.size == Size(896, 1280)
    assert found.notes == ()


# What is on the model path


def test_a_file_of_another_name_with_the_pictures_hash_is_used(tmp_path: Path) -> None:
    lora = builtin_root() / "loras" / "mei.safetensors"
    mine = tmp_path / "models" / "Lora" / "anime" / "my mei.safetensors"
    mine.parent.mkdir(parents=True)
    mine.write_bytes(lora.read_bytes())
    said = f'{SETTINGS}, Lora hashes: "heroine: {short_lora_hash(lora)}"'
    found = imported(
        webui(tmp_path / "a.png", "a girl, <lora:heroine:0.5><lyco:heroine:0.3>", said=said),
        models=tmp_path / "models",
    )
    assert found.notes == ()
    assert found.panels[0].raw_prompt == "a girl, <lora:my mei:0.5><lyco:my mei:0.3>"


def test_a_renamed_checkpoint_vae_and_embedding_are_found_by_their_sha256(tmp_path: Path) -> None:
    models = tmp_path / "models"
    vae = made.weights(models / "VAE" / "soft.safetensors", {"decoder.conv_in.bias": (4,)})
    word = made.weights(models / "embeddings" / "mine (1).safetensors", {"emb_params": (2, 192)})
    hasher = Hasher(None)
    said = (
        f"{SETTINGS}, VAE hash: {hasher.file(vae)[:10]}, VAE: kl-f8.safetensors, "
        f'TI hashes: "EasyNegative: {hasher.file(word)[:12]}"'
    )
    path = webui(tmp_path / "a.png", "a girl", "easynegative, EasyNegatives", said)
    written = story_from([path], "T", Catalog([models, builtin_root()]), hasher)
    assert written.notes == ()
    assert "vae: soft" in written.text
    assert r"negative: mine \(1\), EasyNegatives" in written.text


def test_a_checkpoint_that_has_but_its_hash_is_found_or_told(tmp_path: Path) -> None:
    """It is never taken for the one that stories have without a word."""
    folder = tmp_path / "models" / "Stable-diffusion"
    checkpoint = made.weights(folder / "any.safetensors", {"x": (4,)})
    said = SETTINGS.replace("Model: inkling", "Model hash: {}")
    path = webui(tmp_path / "a.png", said=said.format(Hasher(None).file(checkpoint)[:10]))
    written = story_from([path], "T", Catalog([tmp_path / "models"]), Hasher(None))
    assert "checkpoint: any" in written.text
    other = webui(tmp_path / "b.png", said=said.format("89d59c3dde"))
    written = story_from([other], "T", Catalog([builtin_root()]), Hasher(None))
    assert "checkpoint: 89d59c3dde" in written.text
    assert "there is no checkpoint '89d59c3dde'" in written.notes[0]


def test_what_is_not_there_is_told_with_its_hash(tmp_path: Path) -> None:
    said = SETTINGS.replace("Model: inkling", "Model hash: 0123456789, Model: Any\x1b[31mthing")
    path = webui(tmp_path / "a.png", "x, <lora:who:1>", said=said)
    other = webui(tmp_path / "b.png", "y", said=said)
    written = story_from([path, other], "T", Catalog([builtin_root()]), Hasher(None))
    checkpoint, lora = written.notes
    assert checkpoint.startswith("a.png (and 1 more) was drawn with checkpoint Any[31mthing (hash")
    assert "0123456789" in checkpoint
    assert lora.startswith("a.png was drawn with LoRA who: there is no LoRA 'who'")


def test_a_file_of_the_same_name_and_another_hash_is_told(tmp_path: Path) -> None:
    said = f'{SETTINGS}, Lora hashes: "mei: {"0" * 12}"'
    found = imported(webui(tmp_path / "a.png", "x, <lora:mei:1>", said=said))
    (note,) = found.notes
    assert note == (
        "a.png was drawn with another file than the LoRA mei on the model path: its hash is "
        + "0" * 12
    )


def test_settings_that_no_story_has_are_told(tmp_path: Path) -> None:
    said = (
        f"{SETTINGS}, Denoising strength: 0.5, ADetailer model: face, Variation seed: 3, "
        "Emphasis: Original, Version: v1.10, Batch size: 4"
    )
    first, second = imported(webui(tmp_path / "a.png", said=said)).notes
    assert first == "a.png was drawn from another picture (img2img), which a story's panel is not"
    assert second.endswith("that are not taken over: ADetailer model, Variation seed")


def test_what_our_own_picture_was_drawn_from_is_told_too(tmp_path: Path) -> None:
    job = ours("a girl", "bad")
    near = replace(job, variation=Variation(8, 0.25))
    mended = replace(near, beginning=Beginning(job, 0.5, Box(0, 0, 0.5, 0.5)))
    found = imported(stored(tmp_path / "a.png", near), stored(tmp_path / "b.png", mended)).notes
    variation = "was drawn near another seed (a variation seed), which is not taken over"
    picture = "was drawn from another picture, which is not taken over"
    assert list(found) == [f"a.png (and 1 more) {variation}", f"b.png {picture}"]


# What goes wrong


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        ({}, "there is no recipe in it"),
        ({"parameters": "a girl, by the sea"}, "no settings"),
        ({"prompt": "{}", "workflow": "{}"}, "its recipe is ComfyUI's"),
        ({"Software": "NovelAI", "Comment": "{}"}, "its recipe is NovelAI's"),
        ({"storyboard": '{"kind": "preview"}'}, "the recipe has no"),
        ({"parameters": "x\nSteps: 3, Sampler: Euler, Size: 8x8"}, "does not say its CFG scale"),
        (
            {"parameters": f"x\n{SETTINGS}".replace("Steps: 20", "Steps: many")},
            "Steps is no number",
        ),
        ({"parameters": f"x\n{SETTINGS}".replace("448x640", "big")}, "Size is no size: 'big'"),
        (
            {"parameters": f"x\n{SETTINGS}, Hires resize: 0x9".replace("448x640", "0x8")},
            "Size is no size: '0x8'",
        ),
        (
            {"parameters": f"x\n{SETTINGS}".replace("Seed: 5", f"Seed: {'9' * 5_000}")},
            "Seed is no number: '999",
        ),
        (
            {"parameters": f"x\n{SETTINGS}".replace("448x640", f"{'9' * 5_000}x8")},
            "Size is no size: '999",
        ),
    ],
)
def test_pictures_without_a_recipe_are_told_all_together(
    tmp_path: Path, texts: dict[str, str], told: str
) -> None:
    good = webui(tmp_path / "good.png")
    bad = [picture(tmp_path / f"{number}.png", **texts) for number in range(2)]
    with pytest.raises(ProblemsError) as caught:
        imported(good, *bad)
    assert [problem.mark.file for problem in caught.value.problems] == [str(path) for path in bad]
    assert all(told in problem.message for problem in caught.value.problems)


def test_hashes_nested_too_deep_are_none(tmp_path: Path) -> None:
    deep = 'Hashes: {"model": ' + "[" * 60_000
    texts = [
        imported(webui(tmp_path / "a.png", said=said)).text
        for said in (SETTINGS, f"{SETTINGS}, {deep}")
    ]
    assert texts[0] == texts[1]


def test_values_that_no_story_takes_are_told_of_their_picture(tmp_path: Path) -> None:
    said = SETTINGS.replace("Seed: 5", "Seed: 99999999999").replace("Steps: 20", "Steps: 9000")
    with pytest.raises(ProblemsError) as caught:
        imported(webui(tmp_path / "a.png"), webui(tmp_path / "b.png", said=said))
    assert {problem.mark.file for problem in caught.value.problems} == {"b.png"}
    assert [problem.message[:22] for problem in caught.value.problems] == [
        "no story can say this:"
    ] * 2


def test_pictures_of_several_models_make_no_story(tmp_path: Path) -> None:
    other = SETTINGS + ", Clip skip: 2"
    with pytest.raises(ProblemsError, match=r"with 2 different models.*b\.png with checkpoint"):
        imported(webui(tmp_path / "a.png"), webui(tmp_path / "b.png", said=other))


def test_a_folder_without_pictures_is_told(tmp_path: Path) -> None:
    with pytest.raises(ProblemsError, match="there is no PNG"):
        imported(tmp_path)


def enlarged(job: PreviewJob) -> FinalJob:
    """A final of ours."""
    sampling = replace(job.sampling, sampler="Heun", steps=7, cfg=3.5)
    return FinalJob(job, Size(672, 960), "Latent", 0.3, sampling)


def test_our_own_pictures_give_back_their_jobs(tmp_path: Path) -> None:
    (plain,) = previews(webui(tmp_path / "x.png", "<lora:mei:0.3:0.8:start=2:stop=9>x ,"))
    full = replace(plain, sampling=replace(plain.sampling, eta=0.25, ensd=4), rng="cpu")
    other = replace(full, checkpoint=replace(full.checkpoint, clip_skip=2, zero_snr=True))
    fast = replace(plain, sampling=replace(plain.sampling, guided_above=FAST))
    for number, job in enumerate((plain, full, other, fast)):
        final = enlarged(job)
        files = [
            stored(tmp_path / f"p{number}.png", job),
            stored(tmp_path / f"f{number}.png", final),
        ]
        first, second = imported(*files).panels
        assert first.preview is not None
        assert second.final is not None
        assert (digest(first.preview), digest(second.final)) == (digest(job), digest(final))
