"""A Stable Diffusion 1.x model so small that it is made in a second: random weights, but a VAE that
shows what it is given, and a tokenizer of single letters."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import torch
from diffusers import AutoencoderKL, AutoencoderTiny, UNet2DConditionModel
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import CLIPTextConfig, CLIPTextModel

from storyboard.jobs import Adapter, Checkpoint, ModelFile, Prediction

WIDTH = 32
"""Of the text encoder, and of what the UNet listens to."""

BEGIN, END = "<|startoftext|>", "<|endoftext|>"

_UNET: Any = UNet2DConditionModel  # untyped in diffusers
_KL: Any = AutoencoderKL
_TINY: Any = AutoencoderTiny


@dataclass(frozen=True)
class TinyModel:
    """The model's folder and how to name it in a job."""

    folder: Path
    prediction: Prediction

    def checkpoint(self, clip_skip: int = 1, vae: ModelFile | None = None) -> Checkpoint:
        """The checkpoint as a job has it."""
        return Checkpoint("sd15", model_file(self.folder), self.prediction, vae, clip_skip)


def model_file(path: Path, name: str = "") -> ModelFile:
    """A file or folder, with a hash of its own: that of its path and time."""
    stamp = f"{path}:{path.stat().st_mtime_ns}"
    return ModelFile(name or path.stem, str(path), sha256(stamp.encode()).hexdigest())


def make_tiny_model(
    folder: Path, vae: Literal["tiny", "kl"] = "tiny", prediction: Prediction = "v_prediction"
) -> TinyModel:
    """Writes a diffusers folder. The same call writes the same weights."""
    with torch.random.fork_rng():
        torch.manual_seed(20260101)
        _save(folder / "unet", "diffusion_pytorch_model", _unet())
        _save(folder / "text_encoder", "model", _text_model())
        _save(folder / "vae", "diffusion_pytorch_model", plain_vae() if vae == "tiny" else kl_vae())
    _write(folder / "tokenizer" / "vocab.json", _vocabulary())
    (folder / "tokenizer" / "merges.txt").write_text("#version: 0.2\n", encoding="utf-8")
    _write(
        folder / "tokenizer" / "tokenizer_config.json",
        {"bos_token": BEGIN, "eos_token": END, "pad_token": END, "model_max_length": 77},
    )
    _write(
        folder / "scheduler" / "scheduler_config.json",
        {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
        | {"num_train_timesteps": 1000, "prediction_type": prediction},
    )
    _write(folder / "model_index.json", {"_class_name": "StableDiffusionPipeline"})
    return TinyModel(folder, prediction)


def plain_vae() -> nn.Module:
    """An AutoencoderTiny whose latent is the picture's mean colours, in cells of 8 x 8 pixels."""
    vae: nn.Module = _TINY(
        encoder_block_out_channels=(4, 4, 4, 4),
        decoder_block_out_channels=(4, 4, 4, 4),
        num_encoder_blocks=(0, 0, 0, 0),
        num_decoder_blocks=(0, 0, 0, 0),
        scaling_factor=4.0,
        shift_factor=0.5,
    )
    state = vae.state_dict()
    for name, tensor in state.items():
        tensor.zero_()
        if tensor.ndim != 4:
            continue
        halves = name.startswith("encoder") and name.removesuffix("weight") in _HALVING
        for channel in range(min(tensor.shape[:2])):
            tensor[channel, channel, 1, 1] = 0.25 if halves else 1.0
            if halves:
                tensor[channel, channel, 1:, 1:] = 0.25
    vae.load_state_dict(state)
    return vae


_HALVING = ("encoder.layers.1.", "encoder.layers.2.", "encoder.layers.3.")


def kl_vae() -> nn.Module:
    """A small AutoencoderKL of random weights."""
    vae: nn.Module = _KL(
        block_out_channels=(16, 16, 16, 16),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        latent_channels=4,
        norm_num_groups=4,
    )
    return vae


def make_lora(
    path: Path,
    modules: Mapping[str, tuple[tuple[int, ...], tuple[int, ...]]],
    seed: int = 1,
    strength: float = 0.5,
) -> ModelFile:
    """Writes a kohya LoRA: for each module its down and up weights' shapes, random numbers."""
    generator = torch.Generator().manual_seed(seed)
    tensors: dict[str, Tensor] = {}
    for module, (down, up) in modules.items():
        tensors[f"{module}.lora_down.weight"] = torch.randn(down, generator=generator) * strength
        tensors[f"{module}.lora_up.weight"] = torch.randn(up, generator=generator) * strength
        tensors[f"{module}.alpha"] = torch.tensor(down[0] / 2)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, path)
    return model_file(path)


UNET_MODULES = {
    "lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn2_to_k": ((4, 32), (64, 4)),
    "lora_unet_down_blocks_0_resnets_0_conv1": ((4, 32, 3, 3), (32, 4, 1, 1)),
    "lora_unet_conv_out": ((2, 32, 3, 3), (4, 2, 1, 1)),
}
TEXT_MODULES = {
    "lora_te_text_model_encoder_layers_0_self_attn_q_proj": ((4, 32), (32, 4)),
    "lora_te_text_model_encoder_layers_1_mlp_fc1": ((4, 32), (64, 4)),
}


def tiny_lora(path: Path, seed: int = 1, unet: float = 1.0, text_encoder: float = 1.0) -> Adapter:
    """A LoRA for the tiny model's UNet and text encoder."""
    file = make_lora(path, {**UNET_MODULES, **TEXT_MODULES}, seed)
    return Adapter(file, unet, text_encoder)


@dataclass(frozen=True)
class ReferenceText:
    """The tiny model's text encoder, asked without anything of the engine's."""

    model: Any
    vocabulary: dict[str, int]

    def ids(self, text: str) -> list[int]:
        """One letter a token: a word's last letter has a token of its own."""
        words = [[*word[:-1], word[-1] + "</w>"] for word in text.split()]
        return [self.vocabulary[token] for word in words for token in word]

    def token_vectors(self, text: str) -> Tensor:
        """The text's tokens in the embedding table, number x width."""
        table: Tensor = self.model.embeddings.token_embedding.weight
        return table[self.ids(text)].detach().clone()

    def last_hidden_state(self, text: str) -> Tensor:
        """What transformers gives for one chunk, 1 x 77 x width."""
        with torch.no_grad():
            found: Tensor = self.model(self._chunk(text)).last_hidden_state
        return found

    def hidden_layer(self, text: str, from_the_end: int) -> Tensor:
        """The n-th hidden layer from the end, then the final layer norm, layer by layer."""
        chunk = self._chunk(text)
        mask = torch.full((77, 77), float("-inf")).triu(1)[None, None]
        layers = self.model.encoder.layers
        with torch.no_grad():
            hidden = self.model.embeddings(input_ids=chunk)
            for layer in layers[: len(layers) - from_the_end + 1]:
                hidden = layer(hidden, mask)
            normed: Tensor = self.model.final_layer_norm(hidden)
        return normed

    def _chunk(self, text: str) -> Tensor:
        ids = [self.vocabulary[BEGIN], *self.ids(text)]
        return torch.tensor([ids + [self.vocabulary[END]] * (77 - len(ids))])


def reference_text_model(tiny: TinyModel) -> ReferenceText:
    """The text encoder as it was written, loaded by transformers alone."""
    model: Any = _text_model()
    model.load_state_dict(load_file(tiny.folder / "text_encoder" / "model.safetensors"))
    return ReferenceText(model.eval(), _vocabulary())


def _unet() -> nn.Module:
    unet: nn.Module = _UNET(
        sample_size=8,
        block_out_channels=(32, 64),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=WIDTH,
        attention_head_dim=4,
    )
    with torch.no_grad():  # quiet answers: pictures stay within what a VAE can show
        unet.get_parameter("conv_out.weight").mul_(0.3)
    return unet


def _text_model() -> nn.Module:
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(_vocabulary()),
            hidden_size=WIDTH,
            intermediate_size=64,
            num_hidden_layers=3,
            num_attention_heads=4,
            max_position_embeddings=77,
            bos_token_id=_vocabulary()[BEGIN],
            eos_token_id=_vocabulary()[END],
            pad_token_id=_vocabulary()[END],
            initializer_range=0.5,
        )
    )


def _vocabulary() -> dict[str, int]:
    """Every byte as a letter, within a word and at its end, and the two special tokens."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    letters = [chr(byte) for byte in printable] + [chr(0x100 + n) for n in range(68)]
    tokens = [*letters, *(letter + "</w>" for letter in letters), BEGIN, END]
    return {token: number for number, token in enumerate(tokens)}


def _save(folder: Path, stem: str, module: nn.Module) -> None:
    config: Any = module.config
    folder.mkdir(parents=True, exist_ok=True)
    text = config.to_json_string() if hasattr(config, "to_json_string") else None
    values = json.loads(text) if text else {**config, "_class_name": type(module).__name__}
    _write(folder / "config.json", values)
    weights = {name: tensor.contiguous() for name, tensor in module.state_dict().items()}
    save_file(weights, folder / f"{stem}.safetensors")


def _write(path: Path, values: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(values), encoding="utf-8")
