"""Holding: does a final show its preview, larger and sharper?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from benchmarks.easel import Easel, Shown
from benchmarks.judge import Judge, Pixels
from benchmarks.prompts import asked
from benchmarks.tables import Cell, Table
from storyboard.likeness import color_difference, drift, enlarged, sharpness, shrunk, ssim

_SAME = ("people", "framing", "hair", "expression", "place")


def holding(easel: Easel, judge: Judge, count: int) -> Table:
    """Draws the first prompts of obedience's list as finals too, and compares."""
    panels = [asked(number).panel for number in range(count)]
    shown = easel.draw("holding", panels, finals=True)
    return compared(shown, judge)


def compared(shown: Sequence[Shown], judge: Judge) -> Table:
    """Means and worst cases over pairs of preview and final."""
    pairs = [(one.preview, one.final) for one in shown if one.final is not None]
    likeness = [ssim(shrunk(final, preview), preview) for preview, final in pairs]
    colors = [color_difference(shrunk(final, preview), preview) for preview, final in pairs]
    drifts = [drift(preview, final).amount for preview, final in pairs]
    gains = [_gain(preview, final) for preview, final in pairs]
    rows = [
        ("SSIM of the final's luma, scaled down", *_told(likeness, min)),
        ("colour difference, CIE76", *_told(colors, max)),
        ("drift, as `render` tells it", *_told(drifts, max)),
        ("sharpness, times that of a Lanczos enlargement", *_told(gains, min)),
        ("attributes that the probe sees as before", _agreement(pairs, judge), None),
    ]
    title = f"Previews and their finals, {len(pairs)} panels"
    return Table("holding", title, ("measure", "mean", "worst"), tuple(rows))


def _told(values: Sequence[float], worst: Callable[[Iterable[float]], float]) -> tuple[Cell, Cell]:
    return round(float(np.mean(values)), 4), round(float(worst(values)), 4)


def _gain(preview: Pixels, final: Pixels) -> float:
    return sharpness(final) / max(sharpness(enlarged(preview, final)), 1e-9)


def _agreement(pairs: Sequence[tuple[Pixels, Pixels]], judge: Judge) -> float:
    before = judge.see([preview for preview, _ in pairs])
    after = judge.see([final for _, final in pairs])
    same = [
        one.word(name) == other.word(name)
        for one, other in zip(before, after, strict=True)
        for name in _SAME
    ]
    return round(float(np.mean(same)), 4)
