"""A story as YAML that is pleasant to read: small mappings in a line, long texts as blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from storyboard.importing.keys import Keys, nested
from storyboard.importing.sketch import Model, Sketch
from storyboard.models.entries import Entry
from storyboard.models.side_files import plain_text

ON_A_PAGE = 6
_HEAD = """\
# Made from pictures: each panel is the recipe of one, and its scene the whole prompt.
# Change what you like; `storyboard plan` tells what is drawn anew."""
_WIDEST = 100
_ENDLESS = 10**9
_BLOCK_SIGNS = re.compile(r"[\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]*")


def story_text(
    title: str, model: Model, checkpoint: Entry | None, keys: Keys, sketches: Sequence[Sketch]
) -> str:
    """The story's file: its head, what all panels share, and pages of up to six panels.

    `checkpoint` is what the model path has by that name: what it says itself is left out.
    """
    said_once: dict[str, object] = {"title": title}
    if of_model := _model(model, checkpoint):
        said_once["model"] = of_model
    lines = [_HEAD, *_mapping(said_once | nested(keys.story) | {"prompt": "{{ scene }}"}, "")]
    lines += ["", "pages:"]
    panels = list(zip(keys.panels, sketches, strict=True))
    for start in range(0, len(panels), ON_A_PAGE):
        page = panels[start : start + ON_A_PAGE]
        lines += [f"  - tiers: {_inline(_tiers(len(page)))}", "    panels:"]
        for number, (said, sketch) in enumerate(page):
            lines += [""] if number else []
            first, *rest = _mapping(nested(said), "        ")
            lines += [f"      # {plain_text(sketch.source)}", f"      - {first.lstrip()}", *rest]
    return "\n".join(lines) + "\n"


def _tiers(count: int) -> list[int]:
    """Two panels in a row; of an odd number the first one alone."""
    return [1] * (count % 2) + [2] * (count // 2)


def _model(model: Model, checkpoint: Entry | None) -> dict[str, object]:
    said: dict[str, object] = {}
    if model.checkpoint:
        said["checkpoint"] = model.checkpoint
    if model.vae:
        said["vae"] = model.vae
    said |= dict(zip(("text_encoder", "text_encoder_2"), model.text_encoders, strict=False))
    if model.clip_skip != 1:
        said["clip_skip"] = model.clip_skip
    own = checkpoint.prediction if checkpoint else None
    if model.prediction not in (None, own or "epsilon"):
        said["prediction"] = "v" if model.prediction == "v_prediction" else "epsilon"
    if model.zero_snr not in (None, checkpoint.zero_snr if checkpoint else False):
        said["zero_snr"] = model.zero_snr
    return said


def _mapping(mapping: Mapping[str, Any], indent: str) -> Iterator[str]:
    """The lines of a mapping; a small one within it takes one line."""
    for key, value in mapping.items():
        if isinstance(value, dict):
            line = f"{indent}{key}: {_inline(value)}"
            if len(line) <= _WIDEST:
                yield line
            else:
                yield f"{indent}{key}:"
                yield from _mapping(value, f"{indent}  ")
        elif isinstance(value, str) and _is_block(value):
            yield f"{indent}{key}: |-"
            yield from (f"{indent}  {line}".rstrip() for line in value.split("\n"))
        else:
            yield f"{indent}{key}: {_scalar(value)}"


def _is_block(text: str) -> bool:
    """Whether a text is one of several lines that a block gives back to the letter."""
    lines = text.split("\n")
    return (
        len(lines) > 1
        and bool(_BLOCK_SIGNS.fullmatch(text))
        and bool(lines[0].strip() and lines[-1])
        and all(line == line.rstrip() for line in lines)
        and not lines[0].startswith(" ")
    )


def _scalar(value: object) -> str:
    """A value on a line of its own."""
    written: str = yaml.safe_dump(value, allow_unicode=True, width=_ENDLESS)
    return written.removesuffix("\n").removesuffix("\n...")


def _inline(value: object) -> str:
    """A value in brackets, on one line."""
    written: str = yaml.safe_dump(
        value, allow_unicode=True, width=_ENDLESS, default_flow_style=True, sort_keys=False
    )
    return written.removesuffix("\n")
