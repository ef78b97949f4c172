"""A picture tells how it was made, in our words and in the WebUI's, and believes no stranger."""

from __future__ import annotations

import io
import json
import struct
import time
import warnings
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ExifTags, Image, PngImagePlugin, UnidentifiedImageError

from storyboard.digests import recipe
from storyboard.errors import ProblemsError
from storyboard.geometry import Size
from storyboard.jobs import Beginning, Box, Sampling, Variation
from storyboard.parameters import Parameters, parameters_text, parse_parameters
from storyboard.pnginfo import decode_png, encode_png, read_info
from tests.support.jobs import final, lora, model_file, preview

PIXELS = np.arange(6 * 4 * 3, dtype=np.uint8).reshape(6, 4, 3)


def saved(folder: Path, data: bytes, name: str = "picture.png") -> Path:
    """The bytes as a file."""
    path = folder / name
    path.write_bytes(data)
    return path


def test_a_picture_carries_both_texts(tmp_path: Path) -> None:
    made = recipe(preview("Leuchtturm, 灯台", adapters=(lora("mei"),)))
    data = encode_png(PIXELS, made, "灯台\nSteps: 4")
    info = read_info(saved(tmp_path, data))
    assert info.parameters == "灯台\nSteps: 4"
    assert info.size == Size(4, 6)
    assert info.recipe is not None
    assert info.recipe["prompt"] == "Leuchtturm, 灯台"
    assert info.recipe["adapters"][0]["name"] == "mei"
    assert (decode_png(data) == PIXELS).all()


def test_the_same_job_gives_the_same_bytes_and_no_path_of_ours() -> None:
    made = recipe(final(preview(adapters=(lora("mei"),))))
    data = encode_png(PIXELS, made, "x")
    assert encode_png(PIXELS.copy(), made, "x") == data
    assert b"/models" not in data
    assert b"path" not in data


@given(st.text(max_size=40))
def test_any_text_fits_into_a_picture(text: str) -> None:
    data = encode_png(PIXELS, {"prompt": text}, text)
    with Image.open(io.BytesIO(data)) as image:
        said = image.info["parameters"]
        assert json.loads(image.info["storyboard"]) == {"prompt": text}
    plain = text.replace("\0", "")
    assert said == plain.encode("utf-8", "replace").decode("utf-8")


def test_parameters_are_written_as_the_webui_does() -> None:
    sampling = Sampling("DPM++ 2S a Karras", 20, 7.0)
    job = replace(
        preview("a girl", seed=1, size=Size(448, 640), sampling=sampling),
        embeddings=(model_file("EasyNegative", "e"),),
        adapters=(lora("mei", 0.8), lora("ink, fine", 0.6)),
    )
    job = replace(job, checkpoint=replace(job.checkpoint, clip_skip=2))
    text = parameters_text(
        final(job), "a girl", "storyboard 1.0", {"mei": "0123456789ab"}, "fedcba9876"
    )
    assert text == (
        "<lora:mei:0.8> <lora:ink, fine:0.6> a girl\n"
        "Negative prompt: blurry\n"
        "Steps: 20, Sampler: DPM++ 2S a, Schedule type: Karras, CFG scale: 7, Seed: 1, "
        "Size: 448x640, Model hash: fedcba9876, Model: inkling, Denoising strength: 0.35, "
        "Clip skip: 2, RNG: CPU, Hires upscale: 2, Hires steps: 20, Hires upscaler: Lanczos, "
        'Lora hashes: "mei: 0123456789ab", '
        f'TI hashes: "EasyNegative: {model_file("", "e").sha256[:12]}", '
        "Version: storyboard 1.0, "
        'Hashes: {"model": "fedcba9876", '
        f'"lora:mei": "{model_file("mei").sha256[:10]}", '
        f'"lora:ink, fine": "{model_file("ink, fine").sha256[:10]}", '
        f'"embed:EasyNegative": "{model_file("", "e").sha256[:10]}"}}'
    )


def test_parameters_of_a_preview_speak_of_no_second_pass() -> None:
    text = parameters_text(
        preview(sampling=Sampling("Euler", 9, 7.5)), "a lighthouse", "1", {}, "h"
    )
    assert text.startswith("a lighthouse\nNegative prompt: blurry\nSteps: 9, Sampler: Euler, CFG")
    assert "CFG scale: 7.5" in text
    for absent in ("Hires", "Denoising", "Schedule", "Clip skip", "hashes:", "ENSD", "Eta"):
        assert absent not in text


def test_what_differs_from_the_usual_is_written() -> None:
    job = preview(sampling=Sampling("Euler a", 9, 7, eta=0.5, ensd=31337))
    job = replace(job, checkpoint=replace(job.checkpoint, vae=model_file("v: soft", "v")))
    larger = replace(
        final(job), size=Size(65, 96), upscaler="latent", sampling=Sampling("DPM++ 2M Karras", 5, 4)
    )
    settings = parse_parameters(parameters_text(larger, "x", "1", {}, "h")).settings
    assert settings["VAE"] == "v: soft"
    assert settings["ENSD"] == "31337"
    assert settings["Eta"] == "0.5"
    assert settings["Hires resize"] == "65x96"
    assert settings["Hires sampler"] == "DPM++ 2M"
    assert settings["Hires schedule type"] == "Karras"
    assert settings["Hires CFG Scale"] == "4"
    assert settings["Hires upscaler"] == "Latent (bicubic)"


def test_an_approximation_is_written_as_the_webui_does() -> None:
    fast = preview(sampling=Sampling("Euler a", 9, 7, guided_above=0.28))
    said = parse_parameters(parameters_text(fast, "x", "1", {}, "h")).settings
    assert (said["NGMS"], said["NGMS all steps"]) == ("0.28", "True")
    assert "NGMS" not in parameters_text(preview(), "x", "1", {}, "h")


def test_a_variation_and_a_beginning_are_written_as_the_webui_does() -> None:
    job = replace(preview(), variation=Variation(8, 0.25))
    said = parse_parameters(parameters_text(job, "x", "storyboard 1.0", {}, "ab")).settings
    assert (said["Variation seed"], said["Variation seed strength"]) == ("8", "0.25")
    assert "Denoising strength" not in said
    begun = replace(preview(), beginning=Beginning(job, 0.75, Box(0.25, 0, 0.5, 1)))
    said = parse_parameters(parameters_text(begun, "x", "storyboard 1.0", {}, "ab")).settings
    assert said["Denoising strength"] == "0.75"
    assert not {"Variation seed", "Mask blur"} & said.keys()
    said = parse_parameters(
        parameters_text(final(begun, 0.5), "x", "storyboard 1.0", {}, "ab")
    ).settings
    assert said["Denoising strength"] == "0.5"


def test_an_upscalers_file_stands_by_its_name_in_the_parameters() -> None:
    job = replace(final(preview()), upscaler=model_file("4x-AnimeSharp"))
    text = parameters_text(job, "", "storyboard 1", {}, "")
    assert parse_parameters(text).settings["Hires upscaler"] == "4x-AnimeSharp"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("a girl, <lora:mei:0.8>", "a girl, <lora:mei:0.8>"),
        ("a girl, <lora:mei:0.5>", "<lora:mei:0.8> a girl,"),
        ("a girl, ", "<lora:mei:0.8> a girl,"),
        ("another prompt", "<lora:mei:0.8> a girl,"),
        ("a girl, <lora:mei:0.4><lora:mei:0.4>", "<lora:mei:0.8> a girl,"),
        ("a girl, <lora:mei", "<lora:mei:0.8> a girl,"),
    ],
)
def test_the_tags_say_what_was_merged(raw: str, expected: str) -> None:
    job = preview("a girl, ", adapters=(lora("mei", 0.8),))
    assert parameters_text(job, raw, "1", {}, "h").split("\n")[0] == expected


def test_two_weights_are_written_text_encoder_first() -> None:
    job = preview("x", adapters=(replace(lora("mei", 0.8), text_encoder=0.25),))
    assert parameters_text(job, "x", "1", {}, "h").startswith("<lora:mei:0.25:0.8> x\n")


words = st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), min_size=1, max_size=12)


@given(words, words, st.dictionaries(words, st.text("0123456789abcdef", min_size=12, max_size=12)))
def test_what_is_written_is_read_again(prompt: str, name: str, hashes: dict[str, str]) -> None:
    adapters = tuple(lora(one) for one in hashes)
    job = preview(prompt, adapters=adapters, checkpoint=f'{name}: "x", y')
    parsed = parse_parameters(parameters_text(job, prompt, "1", hashes, "0123456789"))
    assert parsed.prompt.endswith(prompt)
    assert parsed.negative == "blurry"
    assert parsed.settings["Model"] == f'{name}: "x", y'
    assert parsed.settings["Seed"] == "7"
    assert parsed.settings["Version"] == "1"
    sums = json.loads(parsed.settings["Hashes"])
    assert sums == {"model": "0123456789"} | {
        f"lora:{one}": model_file(one).sha256[:10] for one in hashes
    }
    said = ", ".join(f"{one}: {short}" for one, short in hashes.items())
    assert parsed.settings.get("Lora hashes", "") == said


def test_foreign_parameters_are_taken_apart() -> None:
    parsed = parse_parameters(
        "a girl,\r\nby the sea\r\nNegative prompt: (bad:1.3),\r\nworse\r\n"
        'Steps: 20, Sampler: Euler a, Lora hashes: "a: 12, b: 34", odd, Script: "x\\ny", Last: 5'
    )
    assert parsed == Parameters(
        "a girl,\nby the sea",
        "(bad:1.3),\nworse",
        {
            "Steps": "20",
            "Sampler": "Euler a",
            "Lora hashes": "a: 12, b: 34",
            "Script": "x\ny",
            "Last": "5",
        },
    )


def test_values_that_are_json_stay_whole() -> None:
    """Civitai's own generator writes such; what is named in them is no setting."""
    resources = '[{"type":"lora","weight":0.8,"name":"x, Seed: 9"},{"modelVersionId":1}]'
    line = f"Steps: 25, Seed: 3, Civitai resources: {resources}, Civitai metadata: {{}}, Odd: [a, b"
    assert parse_parameters(f"a girl\n{line}").settings == {
        "Steps": "25",
        "Seed": "3",
        "Civitai resources": resources,
        "Civitai metadata": "{}",
        "Odd": "[a",
    }


def test_a_prompt_alone_is_a_prompt() -> None:
    assert parse_parameters("a ratio of 3:1, blue") == Parameters("a ratio of 3:1, blue", "", {})
    assert parse_parameters("") == Parameters("", "", {})
    without = parse_parameters("x\nSteps: 1, Sampler: Euler, Seed: 2")
    assert (without.prompt, without.negative) == ("x", "")


@given(st.text(max_size=200) | st.text('a:",\\ \n', max_size=200))
def test_any_text_can_be_taken_apart(text: str) -> None:
    parsed = parse_parameters(text)
    assert isinstance(parsed.prompt, str)


def test_a_value_nested_too_deep_is_text() -> None:
    deep = "[" * 60_000
    assert parse_parameters(f"x\nSteps: 1, X: {deep}").settings == {"Steps": "1", "X": deep}


@pytest.mark.parametrize(
    "piece",
    ['a:"', 'a:",', ' "\\', "a" * 61 + " ", '"\\",a:', "a:b,", "a:[1,", "a:[[{,", 'a:["x,'],
)
def test_a_long_text_is_taken_apart_in_no_time(piece: str) -> None:
    begun = time.process_time()
    parse_parameters(piece * (1_000_000 // len(piece)))  # as much as is read out of a picture
    assert time.process_time() - begun < 3


def test_the_webuis_jpegs_are_read(tmp_path: Path) -> None:
    for coding in ("utf-16-be", "utf-16-le"):
        exif = Image.Exif()
        comment = b"UNICODE\0" + "灯台, x\nSteps: 4".encode(coding)
        exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment] = comment
        for ending in ("jpg", "webp"):
            path = tmp_path / f"{coding}.{ending}"
            Image.fromarray(PIXELS).save(path, exif=exif)
            assert read_info(path).parameters == "灯台, x\nSteps: 4"


def chunk(kind: bytes, data: bytes) -> bytes:
    """A PNG chunk."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(*chunks: bytes, behind: bytes = b"", size: tuple[int, int] = (1, 1)) -> bytes:
    """A PNG file with these chunks before its pixels, and `behind` after them."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", *size, 8, 2, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(b"\0" * 4))
    body = header + b"".join(chunks) + pixels + behind
    return b"\x89PNG\r\n\x1a\n" + body + chunk(b"IEND", b"")


def test_a_text_behind_the_pixels_is_read_too(tmp_path: Path) -> None:
    data = png(behind=chunk(b"tEXt", b"parameters\0a\nSteps: 1"))
    assert read_info(saved(tmp_path, data)).parameters == "a\nSteps: 1"


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "no PNG, JPEG or WebP"),
        (b"GIF89a" + b"\0" * 50, "no PNG, JPEG or WebP"),
        (b"P6 1 1 255\n\0\0\0", "no PNG, JPEG or WebP"),  # one that Pillow could read
        (png()[:20], "the picture cannot be read|no PNG"),
        (
            png(chunk(b"zTXt", b"parameters\0\0" + zlib.compress(b"a" * 50_000_000))),
            "cannot be read",
        ),
        (png(size=(60_000, 60_000)), "exceeds limit"),
        (png(size=(12_000, 12_000)), "exceeds limit"),
    ],
)
def test_broken_and_poisoned_pictures_are_told_in_a_sentence(
    tmp_path: Path, data: bytes, told: str
) -> None:
    with pytest.raises(ProblemsError, match=told) as caught:
        read_info(saved(tmp_path, data))
    [problem] = caught.value.problems
    assert problem.mark.file.endswith("picture.png")
    assert "\n" not in problem.message


def test_what_pillow_only_warns_of_is_refused(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(ProblemsError, match="exceeds limit"):
            read_info(saved(tmp_path, png(size=(12_000, 12_000))))


def test_of_an_endless_text_a_million_letters_are_read(tmp_path: Path) -> None:
    path = saved(tmp_path, png(chunk(b"tEXt", b"parameters\0" + b"x" * 1_000_001)))
    assert read_info(path).parameters == "x" * 1_000_000


def test_a_stored_picture_is_a_png_or_none() -> None:
    with pytest.raises(UnidentifiedImageError):
        decode_png(b"P6 1 1 255\n\0\0\0")


def test_a_missing_picture_is_told_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ProblemsError, match="No such file"):
        read_info(tmp_path / "none.png")
    with pytest.raises(ProblemsError, match="cannot be read"):
        read_info(tmp_path)


@pytest.mark.parametrize("text", ["[" * 100_000, "{", "[]", "3", '{"a": 1e999}'])
def test_a_recipe_that_is_none_is_none(tmp_path: Path, text: str) -> None:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("storyboard", text)
    file = io.BytesIO()
    Image.fromarray(PIXELS).save(file, "PNG", pnginfo=texts)
    found = read_info(saved(tmp_path, file.getvalue())).recipe
    assert found is None or isinstance(found, dict)


@given(st.binary(max_size=300), st.integers(0, 400), st.integers(0, 255))
def test_no_picture_however_broken_gives_a_traceback(
    tmp_path_factory: pytest.TempPathFactory, tail: bytes, at: int, value: int
) -> None:
    data = bytearray(encode_png(PIXELS, {"a": 1}, "x\nSteps: 1") + tail)
    data[at % len(data)] = value
    path = saved(tmp_path_factory.mktemp("broken"), bytes(data))
    try:
        info = read_info(path)
    except ProblemsError as problem:
        assert str(path) in str(problem)
    else:
        assert info.size.width > 0
