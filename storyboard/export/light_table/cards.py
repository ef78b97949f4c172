"""What lies on the light table: a story's panels, each with its takes, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from storyboard.geometry import Size
from storyboard.planning import State


@dataclass(frozen=True, slots=True)
class TakeCard:
    """One take of a panel. `number` is None for the story's own, as the file describes it.

    `label` says what sets it apart ("seed 77", "scene: on the pier, cfg 6"). `seed` is None where
    there is none, as for a picture of the author's own. `picture` is a file that Pillow reads, None
    where it is not drawn yet. `picked` marks the one take that the panel uses now. `score` is None
    where nothing was measured.
    """

    number: int | None
    label: str
    seed: int | None
    picture: Path | None
    picked: bool = False
    score: float | None = None


@dataclass(frozen=True, slots=True)
class PanelCard:
    """One panel. `reason` says why it is not ready, or why it is ("locked"); empty for nothing.

    `tokens` and `final` are sentences: how much of the encoder the prompt fills, and what a final
    would cost. `redrawable` is False where the author's own picture or a lock holds the panel, so
    that no command to draw it is offered. `size` is the preview's.
    """

    address: str
    page: int
    state: State
    reason: str
    prompt: str
    negative: str
    loras: tuple[tuple[str, float], ...]
    sampler: str
    size: Size
    tokens: str
    warnings: tuple[str, ...]
    final: str
    takes: tuple[TakeCard, ...]
    redrawable: bool = True


@dataclass(frozen=True, slots=True)
class LightTable:
    """A story's panels in reading order.

    `story` is the story's path as the user typed it, `program` the one word that starts us, and
    `options` the words that the user's other commands need to find the same takes, such as
    `("--output", "drafts")`: the commands to copy are made of these.
    """

    title: str
    story: str
    panels: tuple[PanelCard, ...]
    reading: Literal["ltr", "rtl"] = "ltr"
    program: str = "storyboard"
    options: tuple[str, ...] = ()
