"""Equal jobs are equal pictures, and every field that changes a picture changes its digest."""

from __future__ import annotations

import dataclasses
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyboard.digests import differences, digest, recipe
from storyboard.errors import ProblemsError
from storyboard.geometry import Size
from storyboard.jobs import (
    DEEPEST,
    Adapter,
    Beginning,
    Box,
    Checkpoint,
    FinalJob,
    Job,
    ModelFile,
    PreviewJob,
    Rewording,
    Sampling,
    Variation,
    beginnings,
)
from storyboard.recipes import RecipeProblem, restore
from tests.support.jobs import final, lora, model_file, preview

hexes = st.text("0123456789abcdef", min_size=64, max_size=64)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
numbers = st.floats(-10, 10) | st.integers(-10, 10)
files = st.builds(ModelFile, name=texts, path=texts, sha256=hexes)
plain_adapters = st.builds(Adapter, files, numbers, numbers)
partial_adapters = st.builds(
    Adapter,
    files,
    numbers,
    numbers,
    st.lists(numbers, max_size=3).map(tuple),
    st.integers(0, 50),
    st.none() | st.integers(1, 50),
)
adapters = st.lists(plain_adapters | partial_adapters, max_size=3).map(tuple)
samplings = st.builds(
    Sampling,
    sampler=texts,
    steps=st.integers(1, 500),
    cfg=st.floats(0, 100),
    eta=st.floats(0, 1),
    ensd=st.integers(-(2**31), 2**32 - 1),
    guided_above=st.just(0.0) | st.floats(0, 20),
)
sizes = st.builds(Size, st.integers(8, 8192), st.integers(8, 8192))
seeds = st.integers(0, 2**32 - 1)
shares = st.floats(0, 1)
variations = st.builds(Variation, seeds, st.floats(0, 1, exclude_min=True))
corners, sides = st.floats(0, 0.5), st.floats(0.001, 0.5)
boxes = st.builds(Box, corners, corners, sides, sides)
from_noise = st.builds(
    PreviewJob,
    checkpoint=st.builds(
        Checkpoint,
        family=texts,
        file=files,
        prediction=st.sampled_from(["epsilon", "v_prediction"]),
        vae=st.none() | files,
        clip_skip=st.integers(1, 12),
        text_encoders=st.lists(files, max_size=2).map(tuple),
        zero_snr=st.booleans(),
    ),
    adapters=adapters,
    embeddings=st.lists(files, max_size=2).map(tuple),
    prompt=texts,
    negative=texts,
    size=sizes,
    seed=seeds,
    sampling=samplings,
    rng=st.sampled_from(["cpu", "nv"]),
    variation=st.none() | variations,
)


def begun(pictures: st.SearchStrategy[PreviewJob]) -> st.SearchStrategy[PreviewJob]:
    """Previews that begin with files, or with one of these."""
    beginning = st.builds(Beginning, files | pictures, shares, st.none() | boxes | files)
    return st.builds(dataclasses.replace, from_noise, beginning=beginning)


previews = st.recursive(from_noise, begun, max_leaves=2)
embeddings = st.lists(files, max_size=2).map(tuple)
wordings = st.none() | st.builds(Rewording, texts, texts, adapters, embeddings)
finals = st.builds(
    FinalJob,
    previews,
    sizes,
    texts | files,
    shares,
    samplings,
    wordings,
    st.none() | st.floats(0, 1),
)
jobs = previews | finals


def changed(value: Any) -> list[Any]:
    """Every value that differs from this one in one place, all the way down."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return [
            dataclasses.replace(value, **{field.name: other})
            for field in dataclasses.fields(value)
            if not (isinstance(value, ModelFile) and field.name in ("name", "path"))
            for other in changed(getattr(value, field.name))
        ]
    match value:
        case bool():
            return [not value]
        case str():
            return [value + "0", value + " ", "0" + value]
        case int() | float():
            return [value + 1, value + 0.5]
        case tuple():
            fewer = [value[:at] + value[at + 1 :] for at in range(len(value))]
            others = [
                (*value[:at], other, *value[at + 1 :])
                for at in range(len(value))
                for other in changed(value[at])
            ]
            return [*fewer, *others, (*value, value[0])] if value else []
        case None:
            return []
    raise AssertionError(f"a field of a new type: {value!r}")


def rich() -> PreviewJob:
    """A job that has something in every field."""
    job = preview(adapters=(lora("mei", 0.8), lora("ink", 0.6)))
    checkpoint = dataclasses.replace(job.checkpoint, vae=model_file("vae"))
    words = (model_file("EasyNegative"), model_file("bad-hands"))
    return dataclasses.replace(job, checkpoint=checkpoint, embeddings=words)


def richer() -> FinalJob:
    """A job that says what few stories do."""
    partly = dataclasses.replace(lora("sky", 0.5), blocks=(1.0, 0.25), start=3, stop=12)
    checkpoint = dataclasses.replace(rich().checkpoint, text_encoders=(model_file("clip-l"),))
    told = dataclasses.replace(
        rich(), checkpoint=checkpoint, adapters=(partly, lora("mei", 0.8)), rng="nv"
    )
    wording = Rewording("a cat", "a dog", (lora("mei", 0.4),), (model_file("bad-feet"),))
    return dataclasses.replace(final(told), wording=wording)


def mended() -> FinalJob:
    """A final of a preview near another seed that mends another, which begins with a file."""
    drawing = Beginning(model_file("sketch.png"), 0.75, model_file("mask.png"))
    first = dataclasses.replace(preview("a hand"), beginning=drawing)
    mend = Beginning(first, 0.5, Box(0.25, 0.125, 0.375, 0.5))
    second = dataclasses.replace(rich(), variation=Variation(8, 0.25), beginning=mend)
    return dataclasses.replace(final(second), max_drift=0.125)


def test_every_field_of_a_job_counts() -> None:
    by_network = dataclasses.replace(final(rich()), upscaler=model_file("4x"))
    for job in (rich(), final(rich()), by_network, richer(), mended()):
        others = changed(job)
        assert len(others) > 40
        assert len({digest(other) for other in [job, *others]}) == len(others) + 1


@given(jobs)
def test_equal_jobs_have_equal_digests(job: Job) -> None:
    again = restore(json.loads(json.dumps(recipe(job))))
    assert again == job
    assert digest(again) == digest(job)
    assert len(digest(job)) == 64


@given(jobs, jobs)
def test_different_jobs_have_different_digests(one: Job, other: Job) -> None:
    assert (digest(one) == digest(other)) == (essence(one) == essence(other))


def essence(job: Job) -> Any:
    """A job as it ought to be compared: files by contents, adapters and embeddings as sets."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            value = {key: plain(item) for key, item in value.items()}
            value["adapters"] = sorted(map(str, value.get("adapters", [])))
            value["embeddings"] = sorted(value.get("embeddings", []))
            return {k: v for k, v in value.items() if k not in ("name", "path", "digest")}
        return [plain(item) for item in value] if isinstance(value, list) else value

    def with_words(value: dict[str, Any]) -> dict[str, Any]:
        made = dict(value)
        for key in ("preview", "wording"):
            if made.get(key):
                made[key] = with_words(made[key])
        if made.get("beginning") and "kind" in made["beginning"]["picture"]:
            picture = with_words(made["beginning"]["picture"])
            made["beginning"] = {**made["beginning"], "picture": picture}
        made["embeddings"] = [
            f"{one['name'].lower()} {one['sha256']}" for one in made.get("embeddings", [])
        ]
        return made

    return plain(with_words(recipe(job)))


@given(jobs, texts, texts)
def test_names_and_paths_of_models_do_not_count(job: Job, name: str, path: str) -> None:
    first = job if isinstance(job, PreviewJob) else job.preview
    moved = dataclasses.replace(
        first,
        checkpoint=dataclasses.replace(
            first.checkpoint,
            file=dataclasses.replace(first.checkpoint.file, name=name, path=path),
        ),
        adapters=tuple(
            dataclasses.replace(a, file=dataclasses.replace(a.file, name=name, path=path))
            for a in first.adapters
        ),
        embeddings=tuple(dataclasses.replace(file, path=path) for file in first.embeddings),
    )
    same = moved if isinstance(job, PreviewJob) else dataclasses.replace(job, preview=moved)
    assert digest(same) == digest(job)


def test_an_embedding_under_another_word_is_another_picture() -> None:
    one, other = model_file("good", "a"), model_file("bad", "b")
    swapped = (dataclasses.replace(one, name="bad"), dataclasses.replace(other, name="good"))
    job = preview("good, bad")
    named = dataclasses.replace(job, embeddings=(one, other))
    assert digest(named) != digest(dataclasses.replace(job, embeddings=swapped))
    shouted = (dataclasses.replace(one, name="GOOD"), other)
    assert digest(named) == digest(dataclasses.replace(job, embeddings=shouted))


def test_numbers_are_coerced() -> None:
    whole = preview(sampling=Sampling("Euler a", 4, 7))
    assert digest(whole) == digest(preview(sampling=Sampling("Euler a", 4, 7.0)))
    zero = preview(adapters=(lora("mei", 0.0),))
    assert digest(zero) == digest(preview(adapters=(lora("mei", -0.0),)))
    assert json.dumps(recipe(zero)) == json.dumps(recipe(preview(adapters=(lora("mei", -0.0),))))


def test_the_order_of_loras_does_not_count_but_each_does() -> None:
    mei, ink = lora("mei", 0.8), lora("ink", 0.6)
    assert digest(preview(adapters=(mei, ink))) == digest(preview(adapters=(ink, mei)))
    assert digest(preview(adapters=(mei,))) != digest(preview())
    assert digest(preview(adapters=(lora("mei", 0.0),))) != digest(preview())


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_numbers_that_are_not_finite_are_refused(number: float) -> None:
    with pytest.raises(ProblemsError, match="not a number"):
        digest(preview(adapters=(lora("mei", number),)))


def test_half_a_character_is_refused_in_a_sentence() -> None:
    with pytest.raises(ProblemsError, match=r"half a character.*position 3"):
        digest(preview(prompt="ab\ud800"))


def test_digests_stay_what_they_are() -> None:
    # A change here draws every picture of every story anew: change RECIPE_VERSION with it.
    assert digest(rich()) == GOLDEN_PREVIEW
    assert digest(final(rich())) == GOLDEN_FINAL
    assert digest(richer()) == GOLDEN_RICHER
    assert digest(mended()) == GOLDEN_MENDED


GOLDEN_PREVIEW = "a441238e0cd34df0f3625481bf268929f862a4ce0e6f84e23dc88211f6ebdd96"
GOLDEN_FINAL = "9d1c4f4656e597c6ab39f544d845778c8c382f7c27752ecfcacc0e2356032138"
GOLDEN_RICHER = "5d7f00381ebec8639eed9885cc35fac13d9a6febeaac10129af83ae6182d4d39"
GOLDEN_MENDED = "09466faf5f48a900ea0d83aa30126acade42388678243983f96a7386602e3012"


def test_a_thousand_digests_take_no_time() -> None:
    many = [final(preview(f"{number} " * 60, seed=number)) for number in range(1000)]
    begun = time.process_time()
    found = {digest(job) for job in many}
    assert len(found) == 1000
    assert time.process_time() - begun < 0.3


def reasons(old: Job, new: Job) -> list[str]:
    """Why the old picture is not the new one."""
    return differences(recipe(old), recipe(new))


def test_reasons_say_what_changed() -> None:
    job = rich()
    change = dataclasses.replace
    sampling, checkpoint = job.sampling, job.checkpoint
    assert reasons(job, job) == []
    for fields, reason in (
        ({"prompt": "x"}, "prompt changed"),
        ({"negative": "x"}, "negative prompt changed"),
        ({"seed": 8}, "seed changed"),
        ({"size": Size(64, 32)}, "size changed"),
        ({"sampling": change(sampling, sampler="Euler a")}, "sampler changed"),
        ({"sampling": change(sampling, steps=9)}, "steps changed"),
        ({"sampling": change(sampling, cfg=9)}, "cfg changed"),
        ({"sampling": change(sampling, eta=0.5)}, "eta changed"),
        ({"sampling": change(sampling, ensd=31337)}, "ensd changed"),
        ({"sampling": change(sampling, guided_above=0.3)}, "where there is guidance changed"),
        ({"checkpoint": change(checkpoint, file=model_file("b"))}, "checkpoint changed"),
        ({"checkpoint": change(checkpoint, vae=None)}, "VAE changed"),
        ({"checkpoint": change(checkpoint, clip_skip=2)}, "clip skip changed"),
        ({"embeddings": job.embeddings[1:]}, "embedding EasyNegative removed"),
    ):
        assert reasons(job, change(job, **fields)) == [reason]


def test_reasons_name_the_loras() -> None:
    mei, ink = lora("mei", 0.8), lora("ink")
    trained_on = Adapter(model_file("mei", "another training"), 0.8, 0.8)
    renamed = Adapter(model_file("mei-v2", "mei"), 0.8, 0.8)
    with_mei = preview(adapters=(mei,))
    assert reasons(with_mei, preview(adapters=(mei, ink))) == ["LoRA ink added"]
    assert reasons(preview(adapters=(ink, mei)), with_mei) == ["LoRA ink removed"]
    assert reasons(with_mei, preview(adapters=(lora("mei", 0.5),))) == ["LoRA mei's weight changed"]
    assert reasons(with_mei, preview(adapters=(trained_on,))) == ["LoRA mei changed"]
    assert reasons(with_mei, preview("x", adapters=(renamed,))) == ["prompt changed"]
    assert reasons(with_mei, preview(adapters=(ink,))) == ["LoRA ink added", "LoRA mei removed"]


def test_a_final_says_what_changed_in_its_preview() -> None:
    old = final(preview())
    assert reasons(old, final(preview("x", seed=8))) == [
        "preview changed (prompt changed, seed changed)"
    ]
    assert reasons(old, final(preview(), denoise=0.5)) == ["denoise changed"]


def test_another_upscaler_is_a_reason_but_its_name_and_place_are_none() -> None:
    def by(name: str, contents: str, denoise: float = 0.35) -> FinalJob:
        network = model_file(name, contents)
        return dataclasses.replace(final(preview(), denoise), upscaler=network)

    old = by("4x", "weights")
    assert reasons(final(preview()), old) == ["upscaler changed"]
    assert reasons(old, by("4x", "other weights")) == ["upscaler changed"]
    assert reasons(old, by("renamed", "weights")) == []
    assert reasons(old, by("renamed", "weights", denoise=0.5)) == ["denoise changed"]


def test_a_recipe_that_is_damaged_or_of_another_version_still_gives_a_reason() -> None:
    new = recipe(preview())
    assert differences({}, new) == ["the way of drawing changed"]
    assert differences({**new, "recipe": "storyboard:recipe:0", "digest": ""}, new) == [
        "the way of drawing changed"
    ]
    assert "checkpoint changed" in differences(
        {**new, "checkpoint": 3, "adapters": "x", "digest": ""}, new
    )
    assert differences({**new, "digest": ""}, new) == ["recipe changed"]


NEEDED = sorted(recipe(final(rich())).keys() - {"recipe", "digest", "wording", "max_drift"})


@pytest.mark.parametrize("key", NEEDED)
def test_a_recipe_that_lacks_something_is_not_restored(key: str) -> None:
    whole = recipe(final(rich()))
    del whole[key]
    with pytest.raises(RecipeProblem):
        restore(whole)


def test_a_recipe_of_an_earlier_version_is_restored() -> None:
    whole = recipe(final(rich()))
    del whole["wording"], whole["max_drift"]
    del whole["preview"]["variation"], whole["preview"]["beginning"]
    for key in ("text_encoders", "zero_snr"):
        del whole["preview"]["checkpoint"][key]
    for adapter in whole["preview"]["adapters"]:
        for key in ("blocks", "start", "stop"):
            del adapter[key]
    assert restore(whole) == final(rich())
    assert differences({**whole, "digest": ""}, recipe(final(rich()))) == ["recipe changed"]


def test_reasons_name_what_few_stories_say() -> None:
    plain = dataclasses.replace(richer(), wording=None)
    assert reasons(plain, richer()) == ["the second pass' prompts changed"]
    other = dataclasses.replace(plain.preview, adapters=(lora("sky", 0.5), lora("mei", 0.8)))
    assert reasons(plain.preview, other) == ["LoRA sky's weight changed"]
    zero = dataclasses.replace(plain.preview.checkpoint, zero_snr=True, text_encoders=())
    assert reasons(plain.preview, dataclasses.replace(plain.preview, checkpoint=zero)) == [
        "text encoder changed",
        "zero terminal SNR changed",
    ]
    drawn = dataclasses.replace(plain.preview, rng="cpu")
    assert reasons(plain.preview, drawn) == ["noise source changed"]


def test_reasons_tell_of_variations_and_of_pictures_to_begin_with() -> None:
    job = preview()
    change = dataclasses.replace
    near, nearer = change(job, variation=Variation(8, 0.25)), Variation(8, 0.125)
    assert reasons(job, near) == ["variation seed added"]
    assert reasons(near, job) == ["variation seed removed"]
    assert reasons(near, change(job, variation=nearer)) == ["variation strength changed"]
    assert reasons(near, change(job, variation=Variation(9, 0.25))) == ["variation seed changed"]

    sketch, box = Beginning(model_file("sketch.png"), 0.5), Box(0.25, 0.25, 0.5, 0.5)
    old = change(job, beginning=sketch)
    assert reasons(job, old) == ["picture to begin with added"]
    assert reasons(old, job) == ["picture to begin with removed"]
    for fields, reason in (
        ({"picture": model_file("sketch.png", "other")}, "picture to begin with changed"),
        ({"picture": job}, "picture to begin with changed"),
        ({"denoise": 0.25}, "denoise changed"),
        ({"mask": box}, "mask added"),
    ):
        assert reasons(old, change(job, beginning=change(sketch, **fields))) == [reason]

    mend = Beginning(job, 0.5, box)
    old = change(job, beginning=mend)
    others: list[tuple[dict[str, Any], str]] = [
        ({"picture": preview(seed=8)}, "picture to begin with changed (seed changed)"),
        ({"mask": change(box, left=0)}, "mask changed"),
        ({"mask": model_file("mask.png")}, "mask changed"),
        ({"mask": None}, "mask removed"),
    ]
    for fields, reason in others:
        assert reasons(old, change(job, beginning=change(mend, **fields))) == [reason]
    assert reasons(final(job), change(final(job), max_drift=0.5)) == ["max drift changed"]


def test_a_picture_to_begin_with_counts_by_its_contents_alone() -> None:
    def begun_with(file: ModelFile) -> PreviewJob:
        return dataclasses.replace(preview(), beginning=Beginning(file, 0.5, file))

    one = begun_with(model_file("sketch.png", "ink"))
    assert digest(one) == digest(begun_with(model_file("elsewhere/copy.png", "ink")))


def test_pictures_begin_one_from_another_only_so_deep() -> None:
    job = preview()
    assert beginnings(job) == 0
    assert beginnings(dataclasses.replace(job, beginning=Beginning(model_file("x"), 0.5))) == 1
    for _ in range(DEEPEST):
        job = dataclasses.replace(preview(), beginning=Beginning(job, 0.5))
    assert beginnings(job) == DEEPEST
    assert restore(json.loads(json.dumps(recipe(job)))) == job
    deeper = dataclasses.replace(preview(), beginning=Beginning(job, 0.5))
    with pytest.raises(RecipeProblem, match="more than 100 pictures"):
        restore(recipe(deeper))


@pytest.mark.parametrize(
    "said",
    [
        {"variation": {"seed": 8, "strength": 0}},
        {"variation": {"seed": 8, "strength": 1.5}},
        {"variation": {"strength": 0.5}},
        {"variation": 3},
        {"beginning": {"picture": {"name": "x", "sha256": "0"}, "denoise": 1.5}},
        {"beginning": {"picture": {"name": "x", "sha256": "0"}}},
        {"beginning": {"picture": {"kind": "final"}, "denoise": 0.5}},
        {"beginning": {"picture": "sketch.png", "denoise": 0.5}},
        {
            "beginning": {
                "picture": {"name": "x", "sha256": "0"},
                "denoise": 0.5,
                "mask": {"left": 0.5, "top": 0, "width": 0.75, "height": 1},
            }
        },
        {
            "beginning": {
                "picture": {"name": "x", "sha256": "0"},
                "denoise": 0.5,
                "mask": {"left": 0.5, "top": 0, "width": 0, "height": 1},
            }
        },
        {
            "beginning": {
                "picture": {"name": "x", "sha256": "0"},
                "denoise": 0.5,
                "mask": "mask.png",
            }
        },
    ],
)
def test_a_recipe_with_what_cannot_be_is_not_restored(said: dict[str, Any]) -> None:
    with pytest.raises(RecipeProblem):
        restore({**recipe(preview()), **said})
