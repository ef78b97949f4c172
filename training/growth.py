"""Carries a checkpoint over to a larger vocabulary: known words keep what they have learnt."""

from __future__ import annotations

import torch
from torch import Tensor
from transformers import CLIPTokenizer

EMBEDDING = "token_embedding.weight"


def grown(rows: Tensor, before: CLIPTokenizer, after: CLIPTokenizer) -> Tensor:
    """The embedding, [tokens, width], for the new tokenizer.

    A word that is new as one token starts as the mean of the pieces that it was until now.
    """
    known = before.get_vocab()
    fresh = torch.empty(len(after), rows.shape[1], dtype=rows.dtype)
    for token, index in after.get_vocab().items():
        if token in known:
            fresh[index] = rows[known[token]]
        else:
            pieces = before(token.removesuffix("</w>"), add_special_tokens=False).input_ids
            fresh[index] = rows[pieces].mean(0)
    return fresh


def grow_state(
    state: dict[str, Tensor], before: CLIPTokenizer, after: CLIPTokenizer
) -> dict[str, Tensor]:
    """The weights with every token embedding carried over."""
    return {
        name: grown(value, before, after) if name.endswith(EMBEDDING) else value
        for name, value in state.items()
    }
