"""Faces: the part that has to be good. Units are half a head; the head's middle is the origin."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache

import skia

from training.art.colors import EYES, INK, RGB, SKIN, WHITE, light, luma, shade
from training.art.hair import covers_ears, hair_color
from training.art.pen import Pen, box, oval, poly, shape, smooth
from training.art.spec import Person, Style, View

HEAD = shape(
    "M -0.98 -0.1 C -0.98 -0.75 -0.6 -1.02 0 -1.02 C 0.6 -1.02 0.98 -0.75 0.98 -0.1 "
    "C 1.0 0.45 0.58 0.94 0 0.94 C -0.58 0.94 -1.0 0.45 -0.98 -0.1"
)
PROFILE = shape(
    "M -0.98 -0.1 C -0.98 -0.75 -0.6 -1.02 0 -1.02 C 0.55 -1.02 0.9 -0.75 0.93 -0.15 "
    "C 0.9 0.02 0.92 0.12 0.97 0.22 C 1.04 0.34 1.14 0.4 1.08 0.47 C 1.02 0.52 0.94 0.5 0.92 0.54 "
    "C 0.9 0.62 0.94 0.66 0.88 0.76 C 0.82 0.9 0.62 0.97 0.36 0.94 C -0.1 0.9 -0.5 0.75 -0.7 0.5 "
    "C -0.9 0.3 -0.98 0.1 -0.98 -0.1"
)
HEADS = {View.FRONT: HEAD, View.SIDE: PROFILE, View.BACK: HEAD}
BLUE: RGB = (110, 196, 255)
MAW: RGB = (122, 24, 34)
TONGUE: RGB = (240, 104, 104)
TINY = 22.0  # pixels to half a head, under which a face is dots and lines


@dataclass(frozen=True)
class Eyes:
    """An open eye: radii, how high the lid's inner and outer ends are, how large the pupil is."""

    rx: float = 0.25
    ry: float = 0.32
    inner: float = -1.0
    outer: float = -1.0
    iris: float = 0.9
    pupil: float = 0.34


OPEN: dict[str, Eyes] = {
    "smile": Eyes(),
    "neutral": Eyes(ry=0.29),
    "angry": Eyes(inner=0.02, outer=-0.32),
    "sad": Eyes(inner=-0.34, outer=-0.12),
    "worried": Eyes(ry=0.28, pupil=0.26),
    "surprised": Eyes(0.31, 0.38, iris=0.62, pupil=0.22),
}
BROWS: dict[str, tuple[float, float, float]] = {
    # heights of the inner end, the middle and the outer end
    "smile": (-0.3, -0.38, -0.28),
    "laughing": (-0.34, -0.44, -0.34),
    "sad": (-0.5, -0.34, -0.16),
    "worried": (-0.54, -0.38, -0.26),
    "angry": (-0.1, -0.26, -0.5),
    "surprised": (-0.64, -0.78, -0.6),
    "closed eyes": (-0.22, -0.26, -0.16),
    "neutral": (-0.27, -0.28, -0.26),
}
SAD_MOUTH = ((-0.26, 0.84), (-0.15, 0.64), (0.15, 0.64), (0.26, 0.84))
WAVE = ((-0.3, 0.72), (-0.21, 0.58), (-0.1, 0.72), (0.0, 0.82), (0.1, 0.72), (0.2, 0.6), (0.3, 0.7))
LINES: dict[str, tuple[tuple[float, float], ...]] = {
    "smile": ((-0.28, 0.58), (-0.16, 0.77), (0.16, 0.77), (0.28, 0.58)),
    "sad": SAD_MOUTH,
    "worried": WAVE,
    "closed eyes": ((-0.11, 0.66), (0.0, 0.74), (0.11, 0.66)),
    "neutral": ((-0.17, 0.68), (0.17, 0.68)),
}
LAUGH = shape("M -0.38 0.5 Q 0 0.56 0.38 0.5 C 0.4 0.98 -0.4 0.98 -0.38 0.5")


@contextmanager
def squeezed(pen: Pen, x: float, share: float) -> Iterator[None]:
    """A frame at x whose things are narrower, as things on the far side of a curve are."""
    with pen.frame(x, 0.0):
        pen.canvas.scale(share, 1.0)
        yield


def draw_skull(pen: Pen, person: Person) -> None:
    """Head and the cel shadow, without ears and features."""
    skin, head = SKIN[person.skin], HEADS[person.view]
    pen.fill(head, skin)
    with pen.clipped(head):
        if person.view is View.SIDE:
            area = shape("M -1 0.3 C -0.3 0.3 -0.1 0.86 0.7 0.84 L 0.7 1.2 L -1 1.2")
        else:
            area = shape("M 0.78 -1 C 0.98 0.2 0.7 0.75 -0.2 1.0 L 1.2 1.2 L 1.3 -1")
        pen.fill(area, shade(skin, 0.14))
    pen.line(head)


def draw_ear(pen: Pen, person: Person, x: float, side: int) -> None:
    """One ear; `side` is where its rim is."""
    pen.ink(oval(x, 0.2, 0.17, 0.22), SKIN[person.skin])
    fold = [(x + side * 0.05, 0.12), (x - side * 0.03, 0.2), (x + side * 0.03, 0.28)]
    pen.line(smooth(fold), weight=0.5)


def draw_features(pen: Pen, person: Person, look: float) -> None:
    """Eyes, nose, mouth and cheeks; `look` moves them a little to one side."""
    if person.view is View.SIDE:
        _draw_profile(pen, person)
        return
    with pen.frame(look, 0.0):
        for side in (-1, 1):
            _draw_cheek(pen, person, side * 0.58)
            with pen.frame(side * 0.43, 0.18):
                _draw_eye(pen, person, side)
        if pen.scale >= TINY and person.expression not in ("laughing", "surprised"):
            pen.line(smooth([(-0.03, 0.45), (0.03, 0.49), (0.06, 0.46)]), weight=0.6)
        _draw_mouth(pen, person.expression)


def draw_brows(pen: Pen, person: Person, look: float) -> None:
    """Brows and sweat, over the hair as in comics: half of every expression is in them."""
    if person.view is View.SIDE:
        with squeezed(pen, 0.58, 0.72):
            _draw_brow(pen, person, -1)
        drop = 0.06
    else:
        for side in (-1, 1):
            with pen.frame(side * 0.43 + look, 0.0):
                _draw_brow(pen, person, side)
        drop = 0.9
    if person.expression == "worried":
        with pen.frame(drop, -0.08, 1.15):
            pen.ink(_drop(), BLUE, 0.8)
            pen.fill(oval(-0.05, 0.08, 0.045, 0.07), WHITE)


def draw_glasses(pen: Pen, person: Person, look: float) -> None:
    """Round rims over the eyes."""
    color = person.marks.glasses
    if not color:
        return
    if person.view is View.SIDE:
        with squeezed(pen, 0.56, 0.66):
            _draw_rim(pen, oval(0.0, 0.18, 0.4, 0.4), color)
        _draw_rim(
            pen, poly([(0.3, 0.12), (0.22 if covers_ears(person) else -0.12, 0.1)], False), color
        )
        return
    with pen.frame(look, 0.0):
        _draw_rim(pen, poly([(-0.08, 0.14), (0.08, 0.14)], False), color)
        for side in (-1, 1):
            _draw_rim(pen, poly([(side * 0.8, 0.12), (side * 0.96, 0.08)], False), color)
            _draw_rim(pen, oval(side * 0.44, 0.18, 0.37, 0.39), color)


def _draw_rim(pen: Pen, path: skia.Path, color: RGB) -> None:
    width = max(0.09, pen.line_width(0.9))
    pen.stroke(path, INK, width + pen.line_width(0.8))
    pen.stroke(path, color, width)


def _draw_profile(pen: Pen, person: Person) -> None:
    _draw_cheek(pen, person, 0.34)
    with squeezed(pen, 0.58, 0.68), pen.frame(0.0, 0.18):
        _draw_eye(pen, person, -1)
    with pen.clipped(PROFILE), squeezed(pen, 0.66, 0.68):
        _draw_mouth(pen, person.expression)
    pen.line(PROFILE)


def _draw_cheek(pen: Pen, person: Person, x: float) -> None:
    rosy: RGB = (250, 120, 110) if person.skin != "dark" else (196, 74, 66)
    # Screentone as small as a cheek is noise.
    if pen.style is not Style.MANGA:
        pen.fill(oval(x, 0.56, 0.17, 0.11), rosy, 0.75)


def _bold(pen: Pen, path: skia.Path, width: float, weight: float) -> None:
    """Ink that grows with the face, so that feelings stay readable in large heads."""
    pen.stroke(path, INK, max(width, pen.line_width(weight)))


def _draw_brow(pen: Pen, person: Person, side: int) -> None:
    inner, middle, outer = BROWS[person.expression]
    path = smooth([(-side * 0.24, inner), (0.0, middle), (side * 0.24, outer)])
    width = max(0.1, pen.line_width(0.85))
    if luma(hair_color(person)) < 0.25:
        # Brows would vanish on black bangs.
        pen.stroke(path, shade(SKIN[person.skin], 0.1), width + 0.1)
    pen.stroke(path, INK, width)


def _draw_eye(pen: Pen, person: Person, side: int) -> None:
    """One eye in a frame of its own; `side` is where its outer end is."""
    feeling = person.expression
    if feeling == "laughing":
        _bold(pen, _arc(-1), 0.09, 0.9)
    elif feeling == "closed eyes":
        _bold(pen, _arc(1), 0.09, 0.9)
        if pen.scale >= TINY:
            _bold(pen, poly([(side * 0.2, 0.12), (side * 0.32, 0.2)], False), 0.05, 0.8)
    elif pen.scale < TINY:
        _draw_dot(pen, person)
    else:
        _draw_open_eye(pen, person, _eyes(person), side)
    if feeling == "sad":
        _draw_tears(pen, side * (0.28 if person.view is View.SIDE else 0.08))


def _eyes(person: Person) -> Eyes:
    """The open eye; one drooping lid alone, in a profile, would look angry."""
    if person.view is View.SIDE and person.expression == "sad":
        return OPEN["worried"]
    return OPEN[person.expression]


def _arc(bend: int) -> skia.Path:
    """A shut eye: a round arc that hangs down (1) or stands up (-1)."""
    ends, deep = 0.04 - 0.06 * bend, 0.04 + 0.34 * bend
    path = skia.Path()
    path.moveTo(-0.27, ends)
    path.cubicTo(-0.22, deep, 0.22, deep, 0.27, ends)
    return path


def _draw_dot(pen: Pen, person: Person) -> None:
    """The eye of somebody far away: a dot reads better than a tiny eye."""
    if person.expression == "surprised":
        pen.ink(oval(0, 0, 0.22, 0.28), WHITE, 0.5)
        pen.fill(oval(0, 0, 0.09, 0.11), INK)
    else:
        low = 0.06 if person.expression in ("angry", "neutral") else 0.0
        pen.fill(oval(0, 0.02 + low, 0.13, 0.21 - low), INK)


@lru_cache(maxsize=64)
def _eye_shape(eyes: Eyes, side: int) -> skia.Path:
    """The ball under its lid."""
    slope = _slope(eyes)
    lid = poly([(-side, eyes.inner - slope), (side, eyes.outer + slope), (side, -3), (-side, -3)])
    ball = oval(0, 0, eyes.rx, eyes.ry)
    return skia.Op(ball, lid, skia.PathOp.kDifference_PathOp)


def _slope(eyes: Eyes) -> float:
    """How far the lid's line goes on between the eye's corner and one unit from its middle."""
    return (eyes.outer - eyes.inner) / (2 * eyes.rx) * (1 - eyes.rx)


def _draw_open_eye(pen: Pen, person: Person, eyes: Eyes, side: int) -> None:
    rx, ry, color = eyes.rx, eyes.ry, EYES[person.eyes]
    ball = _eye_shape(eyes, side)
    pen.fill(ball, WHITE)
    with pen.clipped(ball):
        wide, high = rx * eyes.iris, ry * eyes.iris
        # Screentone as small as an iris is noise: manga has black eyes.
        dark, tone = (INK, INK) if pen.style is Style.MANGA else (shade(color, 0.45), color)
        pen.fill(oval(0, 0.02, wide, high), dark)
        pen.fill(oval(0, 0.06, wide * 0.9, high * 0.86), tone)
        pen.fill(oval(0, high * 0.58, wide * 0.55, high * 0.26), light(tone, 0.35))
        pen.fill(oval(0, 0.0, rx * eyes.pupil, ry * eyes.pupil), INK)
        pen.fill(oval(-rx * 0.34, -ry * 0.3, 0.08, 0.09), WHITE)
    pen.line(ball, weight=0.55)
    if eyes.inner > -1:
        lash = poly([(-side * (rx + 0.03), eyes.inner), (side * (rx + 0.03), eyes.outer)], False)
    else:
        arc = [(-rx * 0.85, -ry * 1.1), (0, -ry * 1.12), (rx * 0.85, -ry * 1.1)]
        lash = smooth([(-rx - 0.01, -0.06), *arc, (rx + 0.01, -0.06)])
    _bold(pen, lash, 0.08, 0.6 if person.expression == "surprised" else 1.3)
    if not person.boy:
        y = eyes.outer if eyes.inner > -1 else -0.12
        _bold(pen, poly([(side * rx, y), (side * (rx + 0.11), y - 0.08)], False), 0.06, 1.0)


def _draw_tears(pen: Pen, x: float) -> None:
    """A stream from the eye to the jaw."""
    stream = shape(
        f"M {x - 0.1} 0.24 L {x + 0.1} 0.24 C {x + 0.1} 0.4 {x + 0.17} 0.44 {x + 0.17} 0.54 "
        f"C {x + 0.17} 0.72 {x - 0.17} 0.72 {x - 0.17} 0.54 C {x - 0.17} 0.44 {x - 0.1} 0.4 "
        f"{x - 0.1} 0.24"
    )
    pen.fill(stream, BLUE)
    if pen.scale >= TINY:
        pen.line(stream, weight=0.55)
        pen.fill(oval(x - 0.06, 0.52, 0.04, 0.07), WHITE)


def _drop() -> skia.Path:
    return shape(
        "M 0 -0.28 C 0.06 -0.1 0.16 -0.04 0.16 0.08 C 0.16 0.27 -0.16 0.27 -0.16 0.08 "
        "C -0.16 -0.04 -0.06 -0.1 0 -0.28"
    )


def _draw_mouth(pen: Pen, feeling: str) -> None:
    if feeling == "laughing":
        _draw_maw(pen, LAUGH, 0.86, True)
    elif feeling == "surprised":
        _draw_maw(pen, oval(0.0, 0.69, 0.16, 0.2), 0.88, False)
    elif feeling == "angry":
        _draw_teeth(pen)
    else:
        _bold(pen, smooth(LINES[feeling]), 0.075, 0.85)


def _draw_maw(pen: Pen, mouth: skia.Path, tongue: float, teeth: bool) -> None:
    pen.fill(mouth, MAW)
    with pen.clipped(mouth):
        pen.fill(oval(0.0, tongue, 0.22, 0.13), TONGUE)
        if teeth:
            pen.fill(box(-0.5, 0.4, 1.0, 0.2), WHITE)
    pen.line(mouth, weight=0.8)


def _draw_teeth(pen: Pen) -> None:
    mouth = shape("M -0.28 0.58 L 0.28 0.58 L 0.33 0.84 L -0.33 0.84")
    pen.ink(mouth, WHITE, 0.9)
    if pen.scale >= TINY:
        pen.line(poly([(-0.3, 0.71), (0.3, 0.71)], False), weight=0.5)
        for x in (-0.14, 0.0, 0.14):
            pen.line(poly([(x, 0.59), (x * 1.1, 0.83)], False), weight=0.5)
