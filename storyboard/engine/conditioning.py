"""A panel's two prompts to what its drawing listens to, step by step.

Here `AND`, `[a:b:0.5]` and `[a|b]` become texts, the texts vectors, and all of them equally long.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from storyboard.engine.encode import PromptEncoder
from storyboard.engine.model import Conditioning, Course, Encoded, Wording
from storyboard.prompts.conjunction import subprompts
from storyboard.prompts.schedule import texts_by_step


class TextEncoders:
    """All text encoders of a model, which hear the same texts.

    Their vectors stand side by side in `Encoded.vectors`, in the order given; `Encoded.pooled` is
    that of the last one that has a projection. With `silent_negative` an empty negative prompt is
    all zeros, as the WebUI has it for SDXL.
    """

    def __init__(self, encoders: Sequence[PromptEncoder], silent_negative: bool = False) -> None:
        self._encoders = tuple(encoders)
        self._silent_negative = silent_negative

    def condition(self, prompt: str, negative: str, wording: Wording) -> Conditioning:
        """Both texts encoded, for each of `wording.steps` steps; each distinct text once.

        The prompt may have parts joined by `AND`; both may change by step. Texts that are shorter
        than the longest are lengthened with empty chunks. Raises ProblemsError where an embedding
        does not fit, or there are too few layers.
        """
        said = [(texts_by_step(one.text, wording.steps), one.weight) for one in subprompts(prompt)]
        unsaid = texts_by_step(negative, wording.steps)
        every = [*unsaid, *(text for texts, _ in said for text in texts)]
        encoded = self._equally_long(dict.fromkeys(every), wording)
        silent = self._silent_negative and not any(unsaid)
        return Conditioning(
            tuple(Course(tuple(encoded[text] for text in texts), weight) for texts, weight in said),
            Course(tuple(_zeros(encoded[text]) if silent else encoded[text] for text in unsaid)),
        )

    def encode(self, text: str, wording: Wording) -> Encoded:
        """One text at one step, as long as it is."""
        heard = [encoder.encode(text, wording) for encoder in self._encoders]
        if len(heard) == 1:
            return heard[0]
        pooled = [one.pooled for one in heard if one.pooled is not None]
        return Encoded(
            torch.cat([one.vectors for one in heard], dim=2), pooled[-1] if pooled else None
        )

    def forget(self) -> None:
        """Drops what was encoded: a text encoder's weights have changed."""
        for encoder in self._encoders:
            encoder.forget()

    def _equally_long(self, texts: Iterable[str], wording: Wording) -> dict[str, Encoded]:
        encoded = {text: self.encode(text, wording) for text in texts}
        length = max(one.vectors.shape[1] for one in encoded.values())
        return {text: self._lengthened(one, length, wording) for text, one in encoded.items()}

    def _lengthened(self, encoded: Encoded, length: int, wording: Wording) -> Encoded:
        vectors = encoded.vectors
        if vectors.shape[1] == length:
            return encoded
        empty: Tensor = self.encode("", wording).vectors
        missing = (length - vectors.shape[1]) // empty.shape[1]
        return Encoded(torch.cat([vectors, *[empty] * missing], dim=1), encoded.pooled)


def _zeros(encoded: Encoded) -> Encoded:
    pooled = None if encoded.pooled is None else torch.zeros_like(encoded.pooled)
    return Encoded(torch.zeros_like(encoded.vectors), pooled)
