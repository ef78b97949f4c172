"""The UNet, the text encoder and the noise schedule: SD 1.x's classes, tiny."""

from __future__ import annotations

from pathlib import Path

import torch
from diffusers import DDIMScheduler, UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor
from torch import Tensor, nn
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from training.tokens import LENGTH

WIDTH = 192


def build_unet() -> UNet2DConditionModel:
    """A fresh UNet; heads have 64 channels each, which a CPU likes best."""
    unet = UNet2DConditionModel(
        sample_size=28,
        in_channels=4,
        out_channels=4,
        block_out_channels=(64, 128, 192),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=WIDTH,
        attention_head_dim=(1, 2, 3),
        norm_num_groups=32,
    )
    # On a CPU the plain processor trains quicker than scaled_dot_product_attention.
    unet.set_attn_processor(AttnProcessor())
    return unet


def build_text_encoder(tokenizer: CLIPTokenizer) -> CLIPTextModel:
    """A fresh text encoder for the tokenizer's vocabulary."""
    config = CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=WIDTH,
        intermediate_size=4 * WIDTH,
        projection_dim=WIDTH,
        num_hidden_layers=2,
        num_attention_heads=3,
        max_position_embeddings=LENGTH,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    model = CLIPTextModel(config)
    for name, parameter in model.named_parameters():
        if name.endswith("token_embedding.weight"):
            # CLIP's own start (0.02) is drowned by the positions: the prompt is heard late.
            nn.init.normal_(parameter, std=0.5)
    return model


def load_tokenizer(folder: Path) -> CLIPTokenizer:
    """The tokenizer that `tokens` wrote."""
    return CLIPTokenizer.from_pretrained(folder)


def build_scheduler() -> DDIMScheduler:
    """SD's own noise schedule, with the velocity as the thing predicted."""
    return DDIMScheduler(
        num_train_timesteps=1000,
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        prediction_type="v_prediction",
        steps_offset=1,
        clip_sample=False,
        set_alpha_to_one=False,
    )


def tokenize(tokenizer: CLIPTokenizer, captions: list[str]) -> Tensor:
    """Token numbers, [captions, 77]; what is too long is cut, as a pipeline cuts it."""
    return tokenizer(
        captions, padding="max_length", max_length=LENGTH, truncation=True, return_tensors="pt"
    ).input_ids


class Inkling(nn.Module):
    """UNet and text encoder as one module: trained, averaged and kept together."""

    def __init__(self, tokenizer: CLIPTokenizer):
        super().__init__()
        self.unet = build_unet()
        self.text_encoder = build_text_encoder(tokenizer)

    def forward(self, noisy: Tensor, times: Tensor, tokens: Tensor) -> Tensor:
        """The predicted velocity."""
        words = self.text_encoder(tokens).last_hidden_state
        return self.unet(noisy, times, words).sample


class Diffusion:
    """Noise, velocity and the loss' weight at a time step."""

    def __init__(self, device: torch.device | str = "cpu") -> None:
        self.alphas: Tensor = build_scheduler().alphas_cumprod.to(device)
        snr = self.alphas / (1 - self.alphas)
        self.weights = snr.clamp(max=5) / (snr + 1) + 0.15

    def noisy(self, clean: Tensor, noise: Tensor, times: Tensor) -> tuple[Tensor, Tensor]:
        """The noisy latents and the velocity to predict."""
        alpha = self.alphas[times].view(-1, 1, 1, 1)
        a, s = alpha.sqrt(), (1 - alpha).sqrt()
        return a * clean + s * noise, a * noise - s * clean

    def loss(
        self,
        predicted: Tensor,
        velocity: Tensor,
        times: Tensor,
        importance: Tensor | float = 1.0,
    ) -> Tensor:
        """The weighted squared error; `importance` says how much every latent counts."""
        error = ((predicted.float() - velocity).square() * importance).mean((1, 2, 3))
        return (error * self.weights[times]).mean()


def seeded(seed: int) -> torch.Generator:
    """A generator of its own."""
    return torch.Generator().manual_seed(seed)
