"""`AND` in a prompt: its parts are drawn for each by itself, and pull at the picture together."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from storyboard.prompts.schedule import texts_by_step

_AND = re.compile(r"\bAND\b")
_WEIGHT = re.compile(r"\s*([-+]?(?:\d{1,30}(?:\.\d*)?|\.\d+))\s*", re.ASCII)  # so it is finite


@dataclass(frozen=True, slots=True)
class Subprompt:
    """A part of a prompt between `AND`s, and how much it counts; 1 where it does not say."""

    text: str
    weight: float = 1.0


def subprompts(prompt: str) -> tuple[Subprompt, ...]:
    """The parts of `a cat :1.2 AND a dog :0.8`, at least one.

    `AND` is a word of its own in capitals, and parts brackets too, as in the WebUI. A prompt
    without it is one part of weight 1, however it ends: a clock may show 12:30.
    """
    parts = _AND.split(prompt)
    return (Subprompt(prompt),) if len(parts) == 1 else tuple(map(_weighed, parts))


@lru_cache(maxsize=4096)  # a prompt is looked at for its words, its length and its embeddings
def texts_of(prompt: str, steps: int) -> tuple[str, ...]:
    """Every text that is heard at one of so many steps, of every part, once each; at least one."""
    parts = (texts_by_step(part.text, steps) for part in subprompts(prompt))
    return tuple(dict.fromkeys(text for texts in parts for text in texts))


def _weighed(part: str) -> Subprompt:
    text, colon, ending = part.rpartition(":")
    weight = _WEIGHT.fullmatch(ending) if colon else None
    return Subprompt(text.strip(), float(weight[1])) if weight else Subprompt(part.strip())
