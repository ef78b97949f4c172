"""A box as an author writes it: `30%,20%,40%,30%`, from the left, from the top, width, height."""

from __future__ import annotations

import re

from storyboard.jobs import Box

HOW = "left,top,width,height in shares of the picture, e.g. 30%,20%,40%,30%"
_NUMBER = r"\s*(\d{1,3}(?:\.\d{1,6})?|\.\d{1,6})\s*(%?)\s*"
_BOX = re.compile(",".join([_NUMBER] * 4), re.ASCII)


def box(text: str) -> Box | None:
    """The box; None where the text is none, or it does not lie within the picture. Numbers without
    `%` are shares from 0 to 1."""
    match = _BOX.fullmatch(text)
    if match is None:
        return None
    parts = match.groups()
    sides = [
        float(number) / (100 if percent else 1)
        for number, percent in zip(parts[::2], parts[1::2], strict=True)
    ]
    found = Box(*sides)
    return found if found.lies_inside else None


def looks_like_box(text: str) -> bool:
    """Whether it is four numbers, wherever the box that they make may lie."""
    return _BOX.fullmatch(text) is not None
