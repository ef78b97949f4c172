"""Prompts to the vectors that a UNet listens to, as the WebUI does it.

A prompt is cut into chunks of 77 tokens; each is encoded for itself, its tokens' vectors are
multiplied by their weights, and the chunk is brought back to its mean (the "Original" emphasis).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from storyboard.engine.model import Encoded, Wording
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
_ONLY = "emb_params"
_PARTS = ("clip_l", "clip_g")

Vectors = Mapping[str, Tensor]
"""Embeddings by name: number of vectors x width, float32."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Which vectors of a text encoder a family takes.

    It is the hidden layer that clip skip names, counted from the end (1 is the last), but none
    nearer to the end than `least`. `normed`: the final layer norm follows. `part` is the tensor of
    an embedding's file that is this encoder's.
    """

    least: int = 1
    normed: bool = True
    part: str = _ONLY


BY_CLIP_SKIP = Reading()
"""SD 1.x: the layer that clip skip names, and the final layer norm."""

SDXL_SMALL = Reading(least=2, normed=False, part="clip_l")
"""SDXL's first encoder (CLIP ViT-L): the last layer but one as it is, for a clip skip of 1 or 2."""

SDXL_LARGE = Reading(least=2, normed=False, part="clip_g")
"""SDXL's second (OpenCLIP ViT-bigG): the same; made with its `projection`, and a tokenizer that
pads with id 0 (`ClipTokenizer.padded_with`)."""


@dataclass(frozen=True, slots=True, eq=False)
class _Heard:
    """A chunk's vectors, 1 x tokens x width, and the chunk as a whole, 1 x width, if asked for."""

    vectors: Tensor
    pooled: Tensor | None


class PromptEncoder:
    """A CLIP text encoder with its tokenizer; remembers what it has encoded.

    `text_model` is transformers' CLIPTextModel: `embeddings.token_embedding`, `final_layer_norm`,
    `config`, and hidden states when called. With `projection` (width -> pooled width, no bias)
    texts have a pooled vector too. Families with one encoder or several ask it through
    `storyboard.engine.conditioning.TextEncoders`.
    """

    def __init__(
        self,
        text_model: nn.Module,
        tokenizer: ClipTokenizer,
        reading: Reading = BY_CLIP_SKIP,
        projection: nn.Module | None = None,
    ) -> None:
        self._text_model: Any = text_model
        self._tokenizer = tokenizer
        self._reading = reading
        self._projection = projection
        self._encoded: dict[tuple[str, int, tuple[ModelFile, ...]], Encoded] = {}
        self._vectors: dict[ModelFile, Tensor] = {}

    def encode(self, text: str, wording: Wording) -> Encoded:
        """One text at one step: 1 x (77 times the number of chunks) x width, float32, and the first
        chunk's pooled vector where there is a projection; computed once a text.

        Raises ProblemsError where an embedding does not fit, or there are too few layers.
        """
        key = (text, wording.clip_skip, wording.embeddings)
        if key not in self._encoded:
            if len(self._encoded) >= _REMEMBERED:
                del self._encoded[next(iter(self._encoded))]
            self._encoded[key] = self._encode(text, wording)
        return self._encoded[key]

    def forget(self) -> None:
        """Drops what was encoded: the text encoder's weights have changed."""
        self._encoded.clear()

    def _encode(self, text: str, wording: Wording) -> Encoded:
        layer = self._layer(wording)
        vectors = {file.name: self._vectors_of(file) for file in wording.embeddings}
        counts = {name: len(tensor) for name, tensor in vectors.items()}
        heard = [
            self._chunk(chunk, layer, vectors) for chunk in chunks(text, self._tokenizer, counts)
        ]
        return Encoded(torch.cat([one.vectors for one in heard], dim=1), heard[0].pooled)

    def _layer(self, wording: Wording) -> int:
        """The hidden layer to take, counted from the end."""
        layers = int(self._text_model.config.num_hidden_layers)
        if not 1 <= wording.clip_skip <= layers:
            raise argument_error(
                f"clip skip {wording.clip_skip}: this model's text encoder has {layers} layers",
                f"clip_skip is from 1 to {layers} with it",
            )
        return max(wording.clip_skip, self._reading.least)

    @torch.inference_mode()
    def _chunk(self, chunk: Chunk, layer: int, vectors: Vectors) -> _Heard:
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
        hidden = output.hidden_states[-layer]
        if self._reading.normed:
            hidden = self._text_model.final_layer_norm(hidden)
        return _Heard(
            emphasized(hidden, torch.tensor(chunk.weights, device=device)),
            self._pooled(chunk, output.last_hidden_state),
        )

    def _pooled(self, chunk: Chunk, last: Tensor) -> Tensor | None:
        """The first end token's last vector, normed, projected (Radford et al. 2021, CLIP); weights
        do not touch it, as in the WebUI."""
        if self._projection is None:
            return None
        pooled: Tensor = self._projection(last[:, chunk.tokens.index(self._tokenizer.end)])
        return pooled

    def _vectors_of(self, file: ModelFile) -> Tensor:
        if file not in self._vectors:
            width = self._text_model.config.hidden_size
            self._vectors[file] = read_embedding(Path(file.path), width, self._reading.part)
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


def read_embedding(path: Path, width: int, part: str = _ONLY) -> Tensor:
    """A textual inversion's vectors for one text encoder, number x `width`, float32.

    `part` is `emb_params` for a model's only encoder, which is also the only tensor of a file by
    any name; SDXL's are `clip_l` and `clip_g`. Raises ProblemsError where there is none such, it is
    of another width (another family's), the parts differ in number, or it holds NaN or infinity.
    """
    tensors = read_file(path)
    found = _part_of(tensors, part)
    if found is None or found.ndim not in (1, 2):
        raise _unknown(path, part, tensors)
    vectors = found.float().reshape(-1, found.shape[-1])
    if vectors.shape[1] != width:
        raise argument_error(
            f"an embedding of vectors {vectors.shape[1]} wide; this model's are {width} wide",
            "it was made for another family of models",
            file=str(path),
        )
    numbers = {tensors[name].shape[:-1] for name in _PARTS if name in tensors}
    if part in _PARTS and len(numbers) > 1:
        raise argument_error("`clip_l` and `clip_g` hold unequal numbers of vectors", str(path))
    if not bool(torch.isfinite(vectors).all()):
        raise argument_error(f"`{part}` holds NaN or infinity", file=str(path))
    return vectors


def _part_of(tensors: Mapping[str, Tensor], part: str) -> Tensor | None:
    found = tensors.get(part)
    if found is None and part == _ONLY and len(tensors) == 1:
        return next(iter(tensors.values()))
    return found


def _unknown(path: Path, part: str, tensors: Mapping[str, Tensor]) -> Exception:
    """What the file is, as far as it can be told, that has no vectors for this encoder."""
    if part == _ONLY and all(name in tensors for name in _PARTS):
        return argument_error(
            "an embedding with `clip_l` and `clip_g`: it is for SDXL, this model is not",
            file=str(path),
        )
    if part != _ONLY and (_ONLY in tensors or len(tensors) == 1):
        return argument_error(
            f"an embedding without `{part}`: SDXL's have `clip_l` and `clip_g`",
            "it was made for another family of models",
            file=str(path),
        )
    return argument_error(f"not a textual inversion: no `{part}` in it", file=str(path))


def _put_in(chunk: Chunk, vectors: Vectors) -> Callable[[nn.Module, object, Tensor], Tensor]:
    """A forward hook that puts the embeddings' vectors where the chunk wants them."""

    def put_in(module: nn.Module, arguments: object, tokens: Tensor) -> Tensor:
        for fix in chunk.fixes:
            tokens[0, fix.position] = vectors[fix.name][fix.vector].to(tokens)
        return tokens

    return put_in
