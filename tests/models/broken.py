"""Model files that cannot be drawn with, each made on the spot, and a story that names it."""

from __future__ import annotations

import io
import json
import pickle
import struct
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from storyboard.models.entries import Family
from storyboard.models.layouts import layout_of
from storyboard.models.layouts.text import text_weights
from storyboard.models.layouts.vae import vae_weights
from tests.models import made, singles
from tests.models.singles import Shapes

Make = Callable[[Path], object]

NAME = "broken"
CHECKPOINT = f"{{checkpoint: {NAME}}}"
FOLDERS = {
    "checkpoint": "checkpoints",
    "lora": "loras",
    "vae": "vae",
    "embedding": "embeddings",
    "text_encoder": "text_encoders",
}


@dataclass(frozen=True)
class Case:
    """`make` writes the file (or the folder) at the path it is given, which `kind` says where to
    put; `says` is a part of what is said of it; `beside` makes other files on the model path."""

    title: str
    kind: str
    make: Make
    says: str
    model: str = CHECKPOINT
    beside: Make | None = None
    is_folder: bool = False


def cases() -> list[Case]:
    """All of them."""
    return [
        *_damaged(),
        *_no_safetensors(),
        *_of_another_kind(),
        *_of_another_family(),
        *_wrong_weights(),
        *_incomplete(),
        *_wrong_parts(),
        *_wrong_folders(),
        *_wrong_loras_and_embeddings(),
    ]


def _damaged() -> Iterator[Case]:
    one = {"dtype": "F16", "shape": [2], "data_offsets": [0, 4]}

    def header(title: str, document: Any, says: str, data: bytes = b"\0" * 4) -> Case:
        return Case(title, "checkpoint", lambda path: made.raw(path, document, data), says)

    yield header("an unclosed header", b'{"x": ', "broken header")
    yield header("a list as the header", b'{"a":1}[]', "broken header")
    yield header("a key twice", b'{"a": {}, "a": {}}', "says 'a' twice")
    yield header("bytes that are no text", b'{"\xff": 1}', "broken header")
    yield header("deep nesting", b'{"a":' + b"[" * 1_000_000, "broken header")
    yield header("metadata of numbers", {"__metadata__": {"a": 1}}, "metadata are not all text")
    yield header("no number of JSON's", b'{"a": NaN}', "broken header")
    yield header("an unknown type", {"x": {**one, "dtype": "Q4"}}, "unknown type")
    yield header("a negative side", {"x": {**one, "shape": [-2]}}, "makes no sense")
    yield header("a side beyond all", {"x": {**one, "shape": [2**62, 2]}}, "do not make")
    yield header("too few bytes", {"x": {**one, "shape": [3]}}, "do not make F16")
    yield header("two tensors in one place", {"x": one, "y": one}, "shared by two tensors")
    gap = {**one, "data_offsets": [4, 8]}
    yield header("a gap", {"x": gap}, "a gap before", b"\0" * 8)
    yield header("bytes behind the end", {"x": one}, "behind its last tensor", b"\0" * 9)
    yield header("a tensor beyond the end", {"x": {**one, "data_offsets": [0, 2**40]}}, "cut off")
    yield Case("cut off in its header", "checkpoint", _cut(200), "cut off within its header")
    yield Case("cut off in its weights", "checkpoint", _cut(-10), "is cut off: tensor")
    yield Case("a header of 9 MB", "checkpoint", _long_header, "at most 8,388,608 are read")
    yield Case("a header of all memory", "checkpoint", _endless_header, "are read")
    yield Case("sixty thousand tensors", "checkpoint", _many_tensors, "at most 50,000 are")


def _no_safetensors() -> Iterator[Case]:
    def content(title: str, data: bytes, says: str) -> Case:
        return Case(title, "checkpoint", lambda path: path.write_bytes(data), says)

    yield content("an empty file", b"", "has only 0 bytes")
    yield content("a few bytes", b"\0" * 5, "has only 5 bytes")
    yield content("zeros", b"\0" * 4096, "is not a safetensors file")
    page = b"<!DOCTYPE html><html><head><title>Sign in | Civitai</title></head></html>"
    yield content("a login page", page, "is a web page")
    yield content("a page after blank lines", b"\n\n  \n" + page, "is a web page")
    yield content(
        "an answer of a server", b'{"error":"Unauthorized","message":"x"}', "is an answer"
    )
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 4265380512\n"
    yield content("a pointer of Git LFS", pointer, "Git LFS pointer")
    yield content("a GGUF file", b"GGUF\x03\0\0\0" + b"\0" * 64, "is a GGUF file")
    yield content("a picture", b"\x89PNG\r\n\x1a\n" + b"\0" * 64, "is a picture")
    yield content("a pickle", pickle.dumps({"state_dict": {}}, protocol=2), "is a pickle")
    yield content("torch's zip", _zip("archive/data.pkl"), "is a pickle")
    yield content("torch's zip, cut off", _zip("archive/data.pkl")[:40], "is a pickle")
    yield content("a tar of pickles", _tar(), "is a pickle")
    yield content("another zip", _zip("model.safetensors"), "is not a safetensors file")


def _of_another_kind() -> Iterator[Case]:
    def kind(title: str, kind: str, shapes: Mapping[str, Any], says: str, model: str = "") -> Case:
        def make(path: Path) -> object:
            return singles.sparse(path, shapes)

        return Case(title, kind, make, says, model or CHECKPOINT)

    sizes = singles.narrow("sdxl")
    vae, text = singles.ldm(vae_weights(sizes.vae)), singles.named(text_weights(sizes.text))
    lora, whole = made.lora_shapes(made.ATTENTION), singles.single(sizes)
    upscaler = {"model.0.weight": (1,), "model.1.sub.0.RDB1.conv1.0.weight": (1,)}
    yield kind("a LoRA as a checkpoint", "checkpoint", lora, "is a LoRA, not a checkpoint")
    yield kind("a VAE as a checkpoint", "checkpoint", vae, "is a VAE, not a checkpoint")
    yield kind("an embedding so", "checkpoint", {"emb_params": (2, 768)}, "is an embedding, not")
    yield kind("an upscaler so", "checkpoint", upscaler, "is an upscaler, not a checkpoint")
    yield kind("a text encoder so", "checkpoint", text, "is a text encoder, not a checkpoint")
    yield kind("unknown tensors so", "checkpoint", {"a.b": (1,)}, "no checkpoint")
    named = f"{{vae: {NAME}}}"
    yield kind("a checkpoint as a VAE", "vae", whole, "is a checkpoint, not a VAE", named)
    yield kind("a LoRA as a VAE", "vae", lora, "is a LoRA, not a VAE", named)
    yield kind("unknown tensors as a VAE", "vae", {"a.b": (1,)}, "no VAE", named)
    named = f"{{text_encoder: {NAME}}}"
    yield kind("a VAE as a text encoder", "text_encoder", vae, "is a VAE, not", named)
    t5 = {"encoder.block.0.layer.0.SelfAttention.k.weight": (4, 4)}
    yield kind("T5 as a text encoder", "text_encoder", t5, "is a T5 text encoder", named)
    seen = {"vision_model.embeddings.class_embedding": (4,)}
    yield kind("CLIP's other half", "text_encoder", seen, "is a CLIP image encoder", named)


def _of_another_family() -> Iterator[Case]:
    unet = singles.UNET

    def marked(says: str, *keys: str) -> Case:
        shapes = dict.fromkeys(keys, (4, 4))
        return Case(says, "checkpoint", lambda path: singles.sparse(path, shapes), says)

    def built(title: str, family: Family, says: str, **changes: Any) -> Case:
        sizes = singles.narrow(family)
        sizes = replace(sizes, unet=replace(sizes.unet, **changes))
        return Case(
            title, "checkpoint", lambda path: singles.sparse(path, singles.single(sizes)), says
        )

    yield built("SD 2.x by its width", "sd15", "is an SD 2.x checkpoint", context=1024)
    yield marked("is an SD 2.x checkpoint", f"{unet}x", "cond_stage_model.model.ln_final.bias")
    yield built("inpainting", "sd15", "is an inpainting checkpoint", in_channels=9)
    yield built("inpainting of SDXL", "sdxl", "is an inpainting checkpoint", in_channels=9)
    yield built("InstructPix2Pix", "sd15", "is an InstructPix2Pix checkpoint", in_channels=8)
    yield built("depth", "sd15", "is a depth-to-image checkpoint", in_channels=5)
    yield built("the refiner's width", "sdxl", "SDXL refiner", channels=(384, 768, 1536))
    yield marked("is an SDXL refiner", f"{unet}x", "conditioner.embedders.0.model.ln_final.bias")
    yield marked("is an SD 3 checkpoint", f"{unet}joint_blocks.0.x_block.attn.qkv.weight")
    yield marked("is a Flux checkpoint", "double_blocks.0.img_attn.qkv.weight")
    yield marked("is a Flux checkpoint", f"{unet}double_blocks.0.img_attn.qkv.weight")
    yield marked("is an AuraFlow checkpoint", f"{unet}double_layers.0.attn.w1q.weight")
    yield marked("is a PixArt or Wan checkpoint", "blocks.0.cross_attn.q_linear.weight")
    yield marked("is a Stable Cascade checkpoint", "clip_txt_mapper.weight")
    yield marked("is a Stable Video checkpoint", f"{unet}input_blocks.1.1.time_stack.0.norm.bias")
    yield marked("is an AnimateDiff motion module", "down_blocks.0.motion_modules.0.norm.bias")
    yield marked("is a ControlNet", "control_model.input_blocks.0.0.weight")
    yield marked("is an IP-Adapter", "ip_adapter.1.to_k_ip.weight")
    yield marked("is a UNet alone", "down_blocks.0.resnets.0.conv1.weight")
    yield marked("with EDM's noise levels", f"{unet}x", "edm_mean", "edm_std")


def _wrong_weights() -> Iterator[Case]:
    """A tensor less, one of another shape, and one more, in each component."""
    for family in ("sd15", "sdxl"):
        shapes = singles.single(singles.narrow(family))
        for noun, key in _some_key(family).items():
            missing = {name: shape for name, shape in shapes.items() if name != key}
            misshapen = {**shapes, key: (*shapes[key], 3)}
            strange = {**shapes, f"{key}_2": (1,)}
            for changed, says in (
                (missing, f"its {noun} lacks 1 tensor: {key}"),
                (misshapen, f"its {noun} has 1 tensor of a wrong shape: {key}"),
                (strange, f"its {noun} has 1 tensor too many: {key}_2"),
            ):
                yield Case(f"{family}: {says}", "checkpoint", _sparse(changed), says)
    shapes = singles.single(singles.narrow("sd15"))

    def quantised(path: Path) -> object:
        return singles.sparse(path, shapes, dtype="U8")

    yield Case("quantised", "checkpoint", quantised, "of no floating-point type")
    wide = singles.narrow("sd15")
    wide = replace(wide, text=replace(wide.text, width=48))
    whole = _sparse(singles.single(wide))
    yield Case("a text too wide", "checkpoint", whole, "has width 48, its UNet listens to 32")
    wide = replace(wide, vae=replace(wide.vae, latent=16))
    whole = _sparse(singles.single(wide))
    yield Case("another VAE's latents", "checkpoint", whole, "16 channels (as SD 3's and Flux's)")


def _some_key(family: str) -> dict[str, str]:
    first, decoder = singles.CLIP_L[family], f"{singles.VAE}decoder.up.1.block.2"
    keys = {
        "UNet": f"{singles.UNET}middle_block.1.transformer_blocks.0.attn2.to_q.weight",
        "VAE": f"{decoder}.conv1.weight",
        "text encoder": f"{first}encoder.layers.1.mlp.fc1.weight",
    }
    if family == "sdxl":
        keys["second text encoder"] = f"{singles.CLIP_G}transformer.resblocks.2.attn.in_proj_weight"
    return keys


def _incomplete() -> Iterator[Case]:
    for family, prefix, noun in (
        ("sd15", singles.VAE, "VAE"),
        ("sd15", singles.CLIP_L["sd15"], "text encoder"),
        ("sdxl", singles.CLIP_G, "second text encoder"),
    ):
        shapes = _without(singles.single(singles.narrow(_family(family))), prefix)
        says = f"checkpoint broken has no {noun} in it"
        yield Case(f"no {noun}", "checkpoint", _sparse(shapes), says)


def _wrong_parts() -> Iterator[Case]:
    """What the story names beside a whole checkpoint."""
    sizes = singles.narrow("sdxl")
    assert sizes.second is not None

    def whole(family: Family) -> Make:
        shapes = singles.single(singles.narrow(family))
        return lambda root: singles.sparse(root / "checkpoints" / "whole.safetensors", shapes)

    def part(title: str, key: str, shapes: Shapes, says: str, family: Family = "sdxl") -> Case:
        kind = "vae" if key == "vae" else "text_encoder"
        model = f"{{checkpoint: whole, {key}: {NAME}}}"
        return Case(title, kind, _sparse(shapes), says, model, whole(family))

    vae, text = singles.ldm(vae_weights(sizes.vae)), singles.named(text_weights(sizes.text))
    second = singles.ldm(text_weights(sizes.second))
    deep = singles.ldm(vae_weights(replace(sizes.vae, latent=16)))
    odd = singles.named(text_weights(replace(sizes.text, width=40)))
    gone, bent = "decoder.conv_in.bias", "encoder.conv_out.weight"
    yield part("a VAE of 16 channels", "vae", deep, "VAE broken: has latents of 16 channels")
    yield part("a VAE's key", "vae", _without(vae, gone), f"VAE broken: lacks 1 tensor: {gone}")
    yield part("a VAE's shape", "vae", {**vae, bent: (8, 8)}, f"wrong shape: {bent}")
    yield part("a text encoder's key", "text_encoder", _without(text, "final"), "lacks 2 tensors")
    yield part("an odd text encoder", "text_encoder", odd, "is a text encoder of width 40")
    yield part("the second first", "text_encoder", second, "is the one for model.text_encoder_2")
    yield part("the first second", "text_encoder_2", text, "is the one for model.text_encoder")
    yield part("a second of SD 1.x", "text_encoder_2", text, "has one text encoder", "sd15")
    yield part("SDXL's second to SD 1.x", "text_encoder", second, "has width 64", "sd15")
    tiny: Shapes = {"decoder.layers.1.conv.0.weight": (4, 4, 3, 3)}
    yield part("a TAESD", "vae", tiny, "is a TAESD")


def _wrong_folders() -> Iterator[Case]:
    def folder(title: str, break_it: Make, says: str, family: Family = "sd15") -> Case:
        def make(path: Path) -> None:
            _diffusers(path, family)
            break_it(path)

        return Case(title, "checkpoint", make, says, is_folder=True)

    def said(name: str, **changes: Any) -> Make:
        def change(path: Path) -> None:
            file = path / name
            before = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
            made.document(file, {**before, **changes})

        return change

    def config(component: str, **changes: Any) -> Make:
        return said(f"{component}/config.json", **changes)

    def scheduler(**changes: Any) -> Make:
        return said("scheduler/scheduler_config.json", **changes)

    def index(**content: Any) -> Make:
        return lambda path: made.document(path / "model_index.json", content)

    unet = f"unet/{made.UNET_STEM}.safetensors"
    yield folder("no UNet", _removing("unet"), "of a family that is not supported")
    yield folder("no VAE", _removing("vae"), "has no VAE in it")
    yield folder("no text encoder", _removing("text_encoder"), "has no text encoder in it")
    yield folder("no second one", _removing("text_encoder_2"), "has no second text", "sdxl")
    yield folder("no tokenizer", _removing("tokenizer"), "its part tokenizer/ is missing")
    yield folder("no second tokenizer", _removing("tokenizer_2"), "tokenizer_2/ is missing", "sdxl")
    yield folder("no configuration", _removing("vae/config.json"), "vae/ has no config.json")
    yield folder("no weights", _removing(unet), "its part unet/ has no weights")
    yield folder("pickled weights", _pickled(unet), "may be a pickle")
    yield folder("half of the weights", _cut_in(unet), f"its {unet} is cut off")
    yield folder("a broken index", _garbled("model_index.json"), "model_index.json is broken")
    yield folder("a broken configuration", _garbled("unet/config.json"), "config.json is broken")
    yield folder("a narrower one", config("unet", cross_attention_dim=24), "of a wrong shape")
    yield folder("a deeper one", config("unet", layers_per_block=3), "its UNet lacks")
    yield folder("another VAE", config("vae", latent_channels=8), "its VAE has")
    yield folder("more layers", config("text_encoder", num_hidden_layers=9), "text encoder lacks")
    yield folder("cosine levels", scheduler(beta_schedule="squaredcos_cap_v2"), "are not known")
    flow = "FlowMatchEulerDiscreteScheduler"
    yield folder("flow matching", scheduler(_class_name=flow), f"{flow} walks are not known")
    yield folder("no rising betas", scheduler(beta_start=0.5, beta_end=0.1), "betas must rise")
    yield folder("no merges", _removing("tokenizer/merges.txt"), "there is no merges.txt")
    yield folder("half a vocabulary", _garbled("tokenizer/vocab.json"), "tokenizer cannot be read")
    long = said("tokenizer/tokenizer_config.json", model_max_length=64)
    yield folder("short chunks", long, "chunks of 64 tokens, its text encoder takes 77")
    other = config("vae", _class_name="AsymmetricAutoencoderKL")
    yield folder("a VAE of another class", other, "for the class AsymmetricAutoencoderKL")
    yield folder("no scale", config("vae", scaling_factor="a"), "scaling_factor is 'a'")
    yield folder("heads that do not fit", config("unet", attention_head_dim=7), "divide 32")
    yield folder("groups", config("vae", norm_num_groups=5), "norm_num_groups is 5")
    yield folder("text heads", config("text_encoder", num_attention_heads=3), "does not divide 32")
    added = config("unet", projection_class_embeddings_input_dim="x")
    yield folder("no number", added, "input_dim is 'x'", "sdxl")
    yield folder("a card that is wrong", _claiming("sdxl"), "is said to be sdxl by its storyboard")
    yield folder("SD 2.x", config("unet", cross_attention_dim=1024), "is an SD 2.x checkpoint")
    yield folder("inpainting", config("unet", in_channels=9), "is an inpainting checkpoint")
    yield folder("SD 3", index(_class_name="StableDiffusion3Pipeline"), "is an SD 3 checkpoint")


def _wrong_loras_and_embeddings() -> Iterator[Case]:
    def lora(title: str, shapes: Mapping[str, Any], says: str) -> Case:
        model = "{checkpoint: whole}"
        return Case(title, "lora", lambda p: made.weights(p, shapes), says, model, _whole_sd15)

    key = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k"
    sdxl = made.lora_shapes(key, width=2048, out=640)
    yield lora("an SDXL LoRA", sdxl, "SDXL")
    flux = {
        f"transformer.single_transformer_blocks.0.attn.to_q.lora_{x}.weight": (4, 4) for x in "AB"
    }
    yield lora("a LoRA of Flux", flux, "is made for Flux, not for SD 1.x or SDXL")
    third = made.lora_shapes("lora_te3_encoder_block_0_layer_0_SelfAttention_q")
    yield lora("a LoRA of T5", third, "is made for a model with a T5 text encoder")
    yield lora("a LoRA of nothing", made.lora_shapes("lora_unet_nowhere"), "lora_unet_nowhere")
    yield lora("a LoRA too wide", made.lora_shapes(key, width=48, out=32), "32x48, not 32x32")
    yield lora("a VAE as a LoRA", {"decoder.conv_in.bias": (4,)}, "is a VAE, not a LoRA")
    half = {k: v for k, v in made.lora_shapes(key).items() if "up" not in k}
    yield lora("half a LoRA", half, key)

    def nan(path: Path) -> object:
        shapes = made.lora_shapes(key, width=32, out=32)
        tensors = {k: np.full(shape, np.nan, np.float16) for k, shape in shapes.items()}
        return made.arrays(path, tensors)

    def quantised(path: Path) -> object:
        shapes = made.lora_shapes(key, width=32, out=32)
        return singles.sparse(path, {k: tuple(s) for k, s in shapes.items()}, dtype="U8")

    no_float = "of no floating-point type"
    yield Case("whole numbers", "lora", quantised, no_float, "{checkpoint: whole}", _whole_sd15)
    yield Case("NaN", "lora", nan, "not finite", "{checkpoint: whole}", _whole_sd15)

    def embedding(title: str, value: np.ndarray[Any, Any], says: str) -> Case:
        model = f"{{checkpoint: whole, embeddings: [{NAME}]}}"
        tensors = {"emb_params": value.astype(np.float16)}
        make: Make = lambda path: made.arrays(path, tensors)  # noqa: E731 - as short as it is
        return Case(title, "embedding", make, says, model, _whole_sd15)

    yield embedding("another width", np.zeros((2, 48)), "width 48, but checkpoint whole reads 32")
    yield embedding("too many vectors", np.zeros((76, 32)), "has 76 vectors")
    yield embedding("no vector", np.zeros((0, 32)), "holds no embedding")
    yield embedding("infinity", np.full((2, 32), np.inf), "not finite")


def _family(name: str) -> Family:
    return "sdxl" if name == "sdxl" else "sd15"


def _sparse(shapes: Shapes) -> Make:
    return lambda path: singles.sparse(path, shapes)


def _whole_sd15(root: Path) -> object:
    shapes = singles.single(singles.narrow("sd15"))
    return singles.sparse(root / "checkpoints" / "whole.safetensors", shapes)


def _without(shapes: Shapes, prefix: str) -> Shapes:
    return {key: shape for key, shape in shapes.items() if not key.startswith(prefix)}


def _cut(end: int) -> Make:
    def make(path: Path) -> None:
        singles.sparse(path, singles.single(singles.narrow("sd15")))
        size = path.stat().st_size
        with path.open("r+b") as file:
            file.truncate(end if end > 0 else size + end)

    return make


def _long_header(path: Path) -> None:
    made.raw(path, b"{" + b" " * 9_000_000 + b"}")


def _endless_header(path: Path) -> None:
    path.write_bytes(struct.pack("<Q", 2**62) + b"{")


def _many_tensors(path: Path) -> None:
    """About as many as a header has room for."""
    shapes: Shapes = {f"x.{number}": (0,) for number in range(60_000)}
    singles.sparse(path, shapes)


def _zip(name: str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr(name, b"\x80\x02}q\x00.")
    return held.getvalue()


def _tar() -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("storages"))
    return held.getvalue()


def _diffusers(folder: Path, family: Family) -> None:
    """A whole diffusers folder."""
    shapes = singles.single(singles.narrow(family))
    single = singles.sparse(folder.with_suffix(".tmp"), shapes)
    for component, part in layout_of(single).parts.items():
        stem = "model" if component.startswith("text") else made.UNET_STEM
        singles.sparse(folder / component / f"{stem}.safetensors", part.shapes)
        made.document(folder / component / "config.json", dict(part.config))
    single.unlink()
    for name in ("tokenizer", "tokenizer_2") if family == "sdxl" else ("tokenizer",):
        made.tokenizer(folder / name)
    made.document(folder / "model_index.json", {"_class_name": "StableDiffusionPipeline"})


def _claiming(family: Family) -> Make:
    return lambda folder: made.document(folder / "storyboard.json", {"family": family})


def _removing(name: str) -> Make:
    def remove(folder: Path) -> None:
        path = folder / name
        for file in path.iterdir() if path.is_dir() else [path]:
            file.unlink()
        if path.is_dir():
            path.rmdir()

    return remove


def _pickled(name: str) -> Make:
    return lambda folder: (folder / name).rename((folder / name).with_suffix(".bin"))


def _cut_in(name: str) -> Make:
    def cut(folder: Path) -> None:
        with (folder / name).open("r+b") as file:
            file.truncate((folder / name).stat().st_size // 2)

    return cut


def _garbled(name: str) -> Make:
    return lambda folder: (folder / name).write_bytes(b"{")
