"""Prompts to the vectors that a UNet listens to, as the WebUI does it.

A prompt is cut into chunks of 77 tokens; each is encoded for itself, its tokens' vectors are
multiplied by their weights, and the chunk is brought back to its mean (the "Original" emphasis).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from storyboard.engine.model import Conditioning, Wording
from storyboard.engine.weights import read_file
from storyboard.errors import argument_error
from storyboard.jobs import ModelFile
from storyboard.prompts.chunks import Chunk, chunks
from storyboard.prompts.tokenizer import ClipTokenizer

NEARLY_ZERO = 5e-3
"""A chunk's mean below this share of its mean magnitude is not restored: it is noise.

The mean of 77 x 768 numbers of magnitude 1 that have none is 4e-3 by chance, and a ratio of two
such numbers is anything, even negative. An untrained encoder's mean is 1e-9 (its final layer norm
leaves none), the built-in model's below 1e-3, SD 1.5's about 1e-1.
"""

_REMEMBERED = 512

Vectors = Mapping[str, Tensor]
"""Embeddings by name: number of vectors x width, float32."""


class PromptEncoder:
    """A CLIP text encoder with its tokenizer; remembers what it has encoded."""

    def __init__(self, text_model: nn.Module, tokenizer: ClipTokenizer) -> None:
        self._text_model: Any = text_model
        self._tokenizer = tokenizer
        self._encoded: dict[tuple[str, Wording], Tensor] = {}
        self._vectors: dict[ModelFile, Tensor] = {}

    def condition(self, prompt: str, negative: str, wording: Wording) -> Conditioning:
        """Both texts encoded; the shorter is lengthened with empty chunks."""
        first, second = self.encode(prompt, wording), self.encode(negative, wording)
        length = max(first.shape[1], second.shape[1])
        return Conditioning(
            self._lengthened(first, length, wording), self._lengthened(second, length, wording)
        )

    def encode(self, text: str, wording: Wording) -> Tensor:
        """1 x (77 times the number of chunks) x width, float32; computed once a text.

        Raises ProblemsError where an embedding does not fit, or there are too few layers.
        """
        key = (text, wording)
        if key not in self._encoded:
            if len(self._encoded) >= _REMEMBERED:
                del self._encoded[next(iter(self._encoded))]
            self._encoded[key] = self._encode(text, wording)
        return self._encoded[key]

    def forget(self) -> None:
        """Drops what was encoded: the text encoder's weights have changed."""
        self._encoded.clear()

    def _encode(self, text: str, wording: Wording) -> Tensor:
        layers = int(self._text_model.config.num_hidden_layers)
        if not 1 <= wording.clip_skip <= layers:
            raise argument_error(
                f"clip skip {wording.clip_skip}: this model's text encoder has {layers} layers",
                f"clip_skip is from 1 to {layers} with it",
            )
        vectors = {file.name: self._vectors_of(file) for file in wording.embeddings}
        counts = {name: len(tensor) for name, tensor in vectors.items()}
        cut = chunks(text, self._tokenizer, counts)
        return torch.cat([self._chunk(chunk, wording.clip_skip, vectors) for chunk in cut], dim=1)

    @torch.inference_mode()
    def _chunk(self, chunk: Chunk, clip_skip: int, vectors: Vectors) -> Tensor:
        """One chunk alone, so that a text's vectors never depend on what is encoded beside it."""
        device = self._text_model.device
        put_in = _put_in(chunk, vectors)
        hook = self._text_model.embeddings.token_embedding.register_forward_hook(put_in)
        try:
            output = self._text_model(
                input_ids=torch.tensor([chunk.tokens], device=device), output_hidden_states=True
            )
        finally:
            hook.remove()
        hidden = self._text_model.final_layer_norm(output.hidden_states[-clip_skip])
        return emphasized(hidden, torch.tensor(chunk.weights, device=device))

    def _lengthened(self, encoded: Tensor, length: int, wording: Wording) -> Tensor:
        if encoded.shape[1] == length:
            return encoded
        empty = self.encode("", wording)
        missing = (length - encoded.shape[1]) // empty.shape[1]
        return torch.cat([encoded, *[empty] * missing], dim=1)

    def _vectors_of(self, file: ModelFile) -> Tensor:
        if file not in self._vectors:
            width = self._text_model.config.hidden_size
            self._vectors[file] = read_embedding(Path(file.path), width)
        return self._vectors[file]


def emphasized(hidden: Tensor, weights: Tensor) -> Tensor:
    """A chunk's vectors (1 x tokens x width) times their tokens' weights, at the old mean.

    Where the mean, before or after, is nearly zero, the ratio of both is noise: the vectors then
    stay as multiplied.
    """
    if bool((weights == 1).all()):
        return hidden
    weighted = hidden * weights[None, :, None]
    before, after = hidden.mean(), weighted.mean()
    floor = NEARLY_ZERO * hidden.abs().mean()
    if bool(before.abs() < floor) or bool(after.abs() < floor):
        return weighted
    return weighted * (before / after)


def read_embedding(path: Path, width: int) -> Tensor:
    """A textual inversion's vectors, number x `width`, float32.

    The tensor `emb_params`, or the only one in the file. Raises ProblemsError where there is none
    such, it is of another width (another family's), or holds NaN or infinity.
    """
    tensors = read_file(path)
    found = tensors.get("emb_params")
    if found is None and len(tensors) == 1:
        found = next(iter(tensors.values()))
    if found is None or found.ndim not in (1, 2):
        raise argument_error("not a textual inversion: no `emb_params` in it", file=str(path))
    vectors = found.float().reshape(-1, found.shape[-1])
    if vectors.shape[1] != width:
        raise argument_error(
            f"an embedding of vectors {vectors.shape[1]} wide; this model's are {width} wide",
            "it was made for another family of models",
            file=str(path),
        )
    if not bool(torch.isfinite(vectors).all()):
        raise argument_error("`emb_params` holds NaN or infinity", file=str(path))
    return vectors


def _put_in(chunk: Chunk, vectors: Vectors) -> Callable[[nn.Module, object, Tensor], Tensor]:
    """A forward hook that puts the embeddings' vectors where the chunk wants them."""

    def put_in(module: nn.Module, arguments: object, tokens: Tensor) -> Tensor:
        for fix in chunk.fixes:
            tokens[0, fix.position] = vectors[fix.name][fix.vector].to(tokens)
        return tokens

    return put_in
