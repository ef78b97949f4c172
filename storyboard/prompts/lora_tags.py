"""LoRA tags in a prompt: `<lora:name:weight>` taken out of the text, or refused, never skipped."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from storyboard.models.loras import blocks

# `[^<>]` rather than `[^>]`: a lone `<` never makes the search run on to the end of the text.
_TAG = re.compile(r"<(?P<kind>\w+):(?P<arguments>[^<>]+)>")
_BROKEN_TAG = re.compile(r"<\s*(?:lora|lyco|hypernet)\s*[:>][^<>]{0,40}", re.IGNORECASE)

_KINDS = frozenset({"lora", "lyco"})
_DYNAMIC_RANK = "a dynamic rank, which is not supported"
_KEYS = ("te", "unet", "lbw", "start", "stop", "step")
_LAST_STEP = 10_000
_SHOWN = 100
_FORM = "write <lora:name:weight>, or <lora:name:text-encoder-weight:unet-weight>"


@dataclass(frozen=True, slots=True)
class LoraTag:
    """A LoRA asked for in a prompt, with its weights for the UNet and for the text encoder.

    `blocks` are factors for the UNet's blocks as they were written (see `models.loras.blocks`);
    it counts from step `start` on, and from step `stop` on no more, None: to the end.
    """

    name: str
    unet: float
    text_encoder: float
    blocks: tuple[float, ...] = ()
    start: int = 0
    stop: int | None = None


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
    `lbw=` gives factors for the UNet's blocks, or a preset's name; `start=`, `stop=` and
    `step=first-last` say at which steps it counts.
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
    said = _named(source, [value for value in arguments if "=" in value])
    text_encoder, unet = _weights(source, [v for v in arguments if "=" not in v], said)
    start, stop = _steps(source, said)
    return LoraTag(name.strip(), unet, text_encoder, _blocks(source, said), start, stop)


def _weights(source: str, values: list[str], said: Mapping[str, str]) -> tuple[float, float]:
    """The weights for text encoder and UNet."""
    if len(values) > 2:
        raise LoraTagProblem(
            f"the tag '{source}' has {len(values)} weights; a third one asks for {_DYNAMIC_RANK}",
            _FORM,
        )
    placed = [_weight(source, value) for value in values]
    named = {key: _weight(source, said[key]) for key in ("te", "unet") if key in said}
    text_encoder = named.get("te", placed[0] if placed else 1.0)
    # A weight given once serves both parts, whether by place or as `te=`.
    return text_encoder, named.get("unet", placed[1] if len(placed) > 1 else text_encoder)


def _named(source: str, arguments: list[str]) -> dict[str, str]:
    """What the tag says by name. Raises `LoraTagProblem` for a key that is not known, or twice."""
    found: dict[str, str] = {}
    for argument in arguments:
        key, _, value = argument.partition("=")
        key = key.strip()
        if key == "dyn":
            raise LoraTagProblem(
                f"the tag '{source}' asks with 'dyn=' for {_DYNAMIC_RANK}",
                f"take '{argument[:_SHOWN]}' out",
            )
        if key not in _KEYS:
            raise LoraTagProblem(f"the tag '{source}' has an unknown key, '{key[:_SHOWN]}='", _FORM)
        if key in found:
            raise LoraTagProblem(f"the tag '{source}' says '{key}=' twice", "say it once")
        found[key] = value
    return found


def _blocks(source: str, said: Mapping[str, str]) -> tuple[float, ...]:
    if "lbw" not in said:
        return ()
    try:
        return blocks.said(said["lbw"])
    except ValueError as problem:
        what, _, hint = str(problem).partition(": ")
        raise LoraTagProblem(f"in the tag '{source}' {what}", hint) from None


def _steps(source: str, said: Mapping[str, str]) -> tuple[int, int | None]:
    """The first step that counts, and the first that counts no more."""
    if "step" in said and ("start" in said or "stop" in said):
        raise LoraTagProblem(
            f"the tag '{source}' says both 'step=' and 'start=' or 'stop='", "say one of them"
        )
    first, dash, last = said.get("step", "").partition("-")
    if "step" in said and not dash:
        raise LoraTagProblem(
            f"the tag '{source}' has a range of steps that is none", "write step=3-15"
        )
    start = _step(source, first if dash else said.get("start", "0"))
    stop = _step(source, last) if dash else _step(source, said["stop"]) if "stop" in said else None
    if stop is not None and stop <= start:
        raise LoraTagProblem(
            f"the tag '{source}' stops at step {stop} and starts at {start}: it never counts",
            "steps are counted from 0",
        )
    return start, stop


def _step(source: str, text: str) -> int:
    digits = text.strip()
    if digits.isascii() and digits.isdigit() and len(digits) <= 5 and int(digits) <= _LAST_STEP:
        return int(digits)
    raise LoraTagProblem(
        f"the tag '{source}' has a step that is no whole number from 0 on, '{text[:_SHOWN]}'",
        "write start=3, stop=15 or step=3-15",
    )


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
