"""Programs that read WebUI pictures read ours right: sd-parsers, Civitai, and sd-prompt-reader
where it is installed (see `tests/oracles.txt`)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sd_parsers import ParserManager

from storyboard.digests import recipe
from storyboard.geometry import Size
from storyboard.jobs import FinalJob, Job, PreviewJob, Sampling
from storyboard.parameters import parameters_text
from storyboard.pnginfo import encode_png
from tests.support.jobs import final, lora, model_file, preview

try:
    from sd_prompt_reader.image_data_reader import ImageDataReader
except ImportError:
    ImageDataReader = None

MODEL_HASH = "0123456789"
PIXELS = np.zeros((2, 2, 3), np.uint8)


@dataclass(frozen=True)
class Read:
    """What a reader says of a picture."""

    prompt: str
    negative: str
    sampler: str
    steps: str
    cfg: str
    seed: str
    size: str
    model: str


def sd_parsers(path: Path) -> tuple[Read, str]:
    """What sd-parsers reads; and the model's hash, which only it tells."""
    info = ParserManager().parse(path)
    assert info is not None
    (sampler,) = info.samplers
    assert sampler.model is not None
    said = sampler.parameters
    return Read(
        prompt="".join(prompt.value for prompt in sampler.prompts),
        negative="".join(prompt.value for prompt in sampler.negative_prompts),
        sampler=sampler.name,
        steps=said["steps"],
        cfg=said["cfg_scale"],
        seed=said["seed"],
        size=info.metadata["Size"],
        model=sampler.model.name or "",
    ), sampler.model.hash or ""


def sd_prompt_reader(path: Path) -> Read:
    """What sd-prompt-reader reads."""
    reader = ImageDataReader(path)
    assert reader.status.name == "READ_SUCCESS"
    assert reader.tool == "A1111 webUI"
    said = reader.parameter
    return Read(
        prompt=reader.positive,
        negative=reader.negative,
        sampler=said["sampler"],
        steps=said["steps"],
        cfg=said["cfg"],
        seed=said["seed"],
        size=said["size"],
        model=said["model"],
    )


def readings(path: Path) -> Iterator[Read]:
    """What each reader that is installed says."""
    yield sd_parsers(path)[0]
    if ImageDataReader is not None:
        yield sd_prompt_reader(path)


def picture(folder: Path, job: Job, raw: str | None = None) -> Path:
    """A job's picture as it is stored."""
    first = job if isinstance(job, PreviewJob) else job.preview
    loras = {adapter.file.name: "ab" * 6 for adapter in first.adapters}
    text = parameters_text(
        job, first.prompt if raw is None else raw, "storyboard 1.0", loras, MODEL_HASH
    )
    path = folder / "picture.png"
    path.write_bytes(encode_png(PIXELS, recipe(job), text))
    return path


def expected(job: Job, raw: str | None = None) -> Read:
    """What there is to read; blanks at the ends of a prompt are nobody's words."""
    first = job if isinstance(job, PreviewJob) else job.preview
    cfg = first.sampling.cfg
    return Read(
        prompt=(first.prompt if raw is None else raw).strip(),
        negative=first.negative.strip(),
        sampler=first.sampling.sampler.removesuffix(" Karras"),
        steps=str(first.sampling.steps),
        cfg=str(int(cfg) if cfg == int(cfg) else cfg),
        seed=str(first.seed),
        size=str(first.size),
        model=first.checkpoint.file.name,
    )


AWKWARD = [
    "a girl",
    "(masterpiece),(best quality),(ultra-detailed), (full body:1.2), 1boy,chibi,cute",
    'she says: "no, never", {a: 1}',
    "a girl,\nby the sea,\n\nBREAK\nblue, size: 3x4, Seed: 5",
    "灯台、夕暮れ, ñandú, 🌊, \u2028 a \u0085 b",
    "a: b, c: d\nSampler: Euler, Model: other",
    "[cat:dog:0.5], \\(literal\\), <3, 50% off, {x|y}",
    "\\u002c \\n, back\\slash",
    "",
]
NEGATIVES = [
    "EasyNegative, (worst quality, low quality:1.4), (1boy, abs, muscular:1.0), text, logo",
    "bad,\nworse: 3, Steps forward, Seed: 9",
    "",
]


def full(prompt: str, negative: str) -> PreviewJob:
    """A preview with everything that is written."""
    job = preview(
        prompt,
        seed=4294967295,
        size=Size(448, 640),
        sampling=Sampling("DPM++ 2S a Karras", 20, 6.5),
    )
    return replace(
        job,
        checkpoint=replace(job.checkpoint, vae=model_file("kl-f8"), clip_skip=2),
        negative=negative,
        embeddings=(model_file("EasyNegative"), model_file("bad-hands-5")),
        adapters=(lora("mei", 0.8), lora("Iku_Nakatani-000016_v1.0")),
    )


@pytest.mark.skipif(ImageDataReader is None, reason="sd-prompt-reader: see tests/oracles.txt")
def test_both_readers_take_part(tmp_path: Path) -> None:
    assert len(list(readings(picture(tmp_path, full("a girl", ""))))) == 2


@pytest.mark.parametrize("negative", NEGATIVES)
@pytest.mark.parametrize("prompt", AWKWARD)
def test_previews_and_finals_are_read_right(tmp_path: Path, prompt: str, negative: str) -> None:
    job = full(prompt, negative)
    raw = f"<lora:mei:0.8> <lora:Iku_Nakatani-000016_v1.0:1> {prompt}"
    for one in (job, replace(final(job), sampling=Sampling("DPM++ 2M SDE Karras", 12, 5))):
        path = picture(tmp_path, one, prompt)
        assert sd_parsers(path)[1] == MODEL_HASH
        assert set(readings(path)) == {expected(one, raw)}


@pytest.mark.parametrize("sampler", ["Euler", "DPM++ 2M", "DPM++ 2M SDE Karras"])
def test_samplers_are_read_with_their_schedule(tmp_path: Path, sampler: str) -> None:
    path = picture(tmp_path, preview(sampling=Sampling(sampler, 9, 7)))
    info = ParserManager().parse(path)
    assert info is not None
    said = info.samplers[0].parameters.get("scheduler")
    # The WebUI takes a DPM++ 2M without a schedule for one with Karras'.
    assert said == {"Euler": None, "DPM++ 2M": "Uniform", "DPM++ 2M SDE Karras": "Karras"}[sampler]


@pytest.mark.parametrize(
    ("prompt", "read"),
    [
        ("a sign, Negative prompt: x", "a sign, Negative prompt : x"),
        ("Negative prompt: x\nSteps: 3, Sampler: y", "Negative prompt : x\nSteps : 3, Sampler: y"),
        ("a\nSteps: 1, Seed: 2, CFG scale: 3", "a\nSteps : 1, Seed: 2, CFG scale: 3"),
    ],
)
def test_a_prompt_that_looks_like_the_texts_own_signs_is_not_taken_for_them(
    tmp_path: Path, prompt: str, read: str
) -> None:
    job = preview(prompt)
    for one in (job, replace(job, prompt="x", negative=prompt)):
        shown = replace(
            expected(one),
            prompt=read if one.prompt == prompt else "x",
            negative=read if one.negative == prompt else one.negative,
        )
        assert set(readings(picture(tmp_path, one))) == {shown}


letters = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)
awkward = st.text('ab:,"\\(){}<>[]| \n', max_size=30) | letters


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(awkward, awkward, letters, letters)
def test_no_prompt_and_no_name_changes_what_else_is_read(
    tmp_path: Path, prompt: str, negative: str, model: str, name: str
) -> None:
    job = replace(
        preview(prompt, checkpoint=model),
        negative=negative,
        adapters=(lora("mei"), lora(f"{name}, Seed: {name}")),
        embeddings=(model_file(f"x, Steps: {name}"),),
    )
    path = picture(tmp_path, job)
    for read in readings(path):
        right = expected(job, read.prompt)
        assert replace(read, model=model, negative=right.negative) == right
        assert re.sub(r"\s", "", read.negative) == re.sub(r"\s", "", negative)
        assert read.prompt.endswith(prompt.strip())


def test_civitai_finds_every_file_by_its_hash(tmp_path: Path) -> None:
    job: FinalJob = final(full("a girl", "EasyNegative, bad-hands-5"))
    info = ParserManager().parse(picture(tmp_path, job))
    assert info is not None
    assert info.metadata["Hashes"] == {
        "model": MODEL_HASH,
        "vae": model_file("kl-f8").sha256[:10],
        "lora:mei": model_file("mei").sha256[:10],
        "lora:Iku_Nakatani-000016_v1.0": model_file("Iku_Nakatani-000016_v1.0").sha256[:10],
        "embed:EasyNegative": model_file("EasyNegative").sha256[:10],
        "embed:bad-hands-5": model_file("bad-hands-5").sha256[:10],
    }


def test_a_brace_in_a_name_does_not_end_the_hashes(tmp_path: Path) -> None:
    job = replace(preview(), adapters=(lora("{odd}"),))
    text = parameters_text(job, "", "1", {}, MODEL_HASH)
    found = re.search(r", Hashes: (\{[^}]*\})", text)
    assert found is not None
    assert "lora:{odd}" in json.loads(found[1])
    assert sd_parsers(picture(tmp_path, job))[0].seed == "7"
