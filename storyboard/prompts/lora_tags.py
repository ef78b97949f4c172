"""LoRA tags in a prompt: `<lora:name:weight>` taken out of the text, or refused, never skipped."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

# `[^<>]` rather than `[^>]`: a lone `<` never makes the search run on to the end of the text.
_TAG = re.compile(r"<(?P<kind>\w+):(?P<arguments>[^<>]+)>")
_BROKEN_TAG = re.compile(r"<\s*(?:lora|lyco|hypernet)\s*[:>][^<>]{0,40}", re.IGNORECASE)

_KINDS = frozenset({"lora", "lyco"})
_NOT_YET = {
    "lbw": "weights by block",
    "start": "a first step",
    "stop": "a last step",
    "step": "a range of steps",
    "dyn": "a dynamic rank",
}
_SHOWN = 100
_FORM = "write <lora:name:weight>, or <lora:name:text-encoder-weight:unet-weight>"


@dataclass(frozen=True, slots=True)
class LoraTag:
    """A LoRA asked for in a prompt, with its weights for the UNet and for the text encoder."""

    name: str
    unet: float
    text_encoder: float


class LoraTagProblem(Exception):
    """A tag that cannot be carried out, in one sentence, and what to do about it."""

    def __init__(self, message: str, hint: str = "") -> None:
        self.message = message
        self.hint = hint
        super().__init__(f"{message} ({hint})" if hint else message)


def take_lora_tags(text: str) -> tuple[str, tuple[LoraTag, ...]]:
    """The text without its tags, and the tags in their order.

    `<lora:name>` has weight 1 for both parts, `<lora:name:w>` w for both, `<lora:name:te:unet>` one
    for each; `te=` and `unet=` say the same by name and win; `lyco` is `lora` by its older name.
    The text loses each tag from `<` to `>` and nothing else: commas and spaces around it stay as
    they were, as in the WebUI. Raises `LoraTagProblem` for any other tag in angle brackets, and for
    one that is malformed; a `<` that begins no tag is text.
    """
    tags = tuple(_tag(match) for match in _TAG.finditer(text))
    rest = _TAG.sub("", text)
    broken = _BROKEN_TAG.search(rest)
    if broken:
        raise LoraTagProblem(f"the tag '{broken[0].strip()}' is malformed", _FORM)
    return rest, tags


def _tag(match: re.Match[str]) -> LoraTag:
    kind = match["kind"]
    source = match[0] if len(match[0]) <= _SHOWN else f"{match[0][:_SHOWN]}..."
    if kind not in _KINDS:
        hint = _FORM if kind.lower() in _KINDS else "only <lora:...> and <lyco:...> tags are known"
        raise LoraTagProblem(f"the tag '{source}' is of an unknown kind, '{kind}'", hint)
    name, *arguments = match["arguments"].split(":")
    if not name.strip():
        raise LoraTagProblem(f"the tag '{source}' names no LoRA", _FORM)
    text_encoder, unet = _weights(source, arguments)
    return LoraTag(name.strip(), unet=unet, text_encoder=text_encoder)


def _weights(source: str, arguments: list[str]) -> tuple[float, float]:
    """The weights for text encoder and UNet."""
    placed = [_weight(source, value) for value in arguments if "=" not in value]
    if len(placed) > 2:
        raise LoraTagProblem(
            f"the tag '{source}' has {len(placed)} weights; a third one, {_NOT_YET['dyn']}, is not "
            "supported yet",
            _FORM,
        )
    named = dict(_named(source, [value for value in arguments if "=" in value]))
    text_encoder = named.get("te", placed[0] if placed else 1.0)
    # A weight given once serves both parts, whether by place or as `te=`.
    return text_encoder, named.get("unet", placed[1] if len(placed) > 1 else text_encoder)


def _named(source: str, arguments: list[str]) -> Iterator[tuple[str, float]]:
    seen = set()
    for argument in arguments:
        key, _, value = argument.partition("=")
        key = key.strip()
        if key in _NOT_YET:
            raise LoraTagProblem(
                f"the tag '{source}' asks for {_NOT_YET[key]} with '{key}=', "
                "which is not supported yet",
                f"take '{argument}' out",
            )
        if key not in ("te", "unet"):
            raise LoraTagProblem(f"the tag '{source}' has an unknown key, '{key[:_SHOWN]}='", _FORM)
        if key in seen:
            raise LoraTagProblem(f"the tag '{source}' says '{key}=' twice", "say it once")
        seen.add(key)
        yield key, _weight(source, value)


def _weight(source: str, literal: str) -> float:
    try:
        weight = float(literal)
    except ValueError:
        raise LoraTagProblem(
            f"the tag '{source}' has a weight that is no number, '{literal[:_SHOWN]}'", _FORM
        ) from None
    if not math.isfinite(weight):
        raise LoraTagProblem(
            f"the tag '{source}' has a weight that is not finite, '{literal[:_SHOWN]}'",
            "weights are usually between 0 and 1",
        )
    return weight
