"""Where a panel's seed comes from: the story's seed, the panel's name, and which occurrence of
that name it is, so that a page put in front, or a panel that moves, draws nothing again. And where
those of its takes come from."""

from __future__ import annotations

import hashlib


def panel_seed(story_seed: int, name: str, occurrence: int) -> int:
    """A seed between 0 and 2**32 - 1: the first four bytes of a sha256 over the three.

    `occurrence` counts from 0 the panels of that name before this one in the story.
    """
    source = f"storyboard:seed:1\0{story_seed}\0{name}\0{occurrence}"
    return int.from_bytes(hashlib.sha256(source.encode()).digest()[:4], "big")


def take_seed(seed: int, number: int) -> int:
    """A take's seed, between 0 and 2**32 - 1: the first four bytes of a sha256 over the panel's own
    seed and the take's number, so that the same numbers give the same takes everywhere."""
    source = f"storyboard:take:1\0{seed}\0{number}"
    return int.from_bytes(hashlib.sha256(source.encode()).digest()[:4], "big")
