"""Faces: the part that has to be good. Units are half a head; the head's middle is the origin."""

from __future__ import annotations

from training.art.colors import EYES, INK, RGB, SKIN, WHITE, light, shade
from training.art.pen import Pen, oval, poly, shape, smooth
from training.art.spec import Person

HEAD = shape(
    "M -0.98 -0.1 C -0.98 -0.75 -0.6 -1.02 0 -1.02 C 0.6 -1.02 0.98 -0.75 0.98 -0.1 "
    "C 1.0 0.45 0.58 0.94 0 0.94 C -0.58 0.94 -1.0 0.45 -0.98 -0.1"
)
BROWS: dict[str, tuple[float, float]] = {
    # how far the inner and the outer end rise above the brow's usual line
    "smile": (0.02, 0.0),
    "laughing": (0.06, 0.02),
    "sad": (0.14, -0.06),
    "worried": (0.17, -0.03),
    "angry": (-0.13, 0.1),
    "surprised": (0.14, 0.12),
    "closed eyes": (0.0, -0.02),
    "neutral": (0.0, 0.0),
}


def draw_head(pen: Pen, person: Person) -> None:
    """Ears, head and the cel shadow, without the features."""
    skin = SKIN[person.skin]
    for side in (-1, 1):
        pen.ink(oval(side * 0.98, 0.2, 0.17, 0.22), skin)
        pen.line(smooth([(side * 1.03, 0.12), (side * 0.95, 0.2), (side * 1.01, 0.28)]), weight=0.5)
    pen.fill(HEAD, skin)
    with pen.clipped(HEAD):
        pen.fill(
            shape("M 0.78 -1 C 0.98 0.2 0.7 0.75 -0.2 1.0 L 1.2 1.2 L 1.3 -1"), shade(skin, 0.14)
        )
    pen.line(HEAD)


def draw_features(pen: Pen, person: Person, look: float) -> None:
    """Eyes, brows, nose, mouth and cheeks; `look` moves them a little to one side."""
    if pen.scale < 22:
        _draw_small(pen, person, look)
        return
    with pen.frame(look, 0.0):
        for side in (-1, 1):
            _draw_cheek(pen, person, side)
            _draw_eye(pen, person, side)
        pen.line(smooth([(-0.03, 0.44), (0.03, 0.48), (0.06, 0.45)]), weight=0.6)
        _draw_mouth(pen, person.expression)


def draw_brows(pen: Pen, person: Person, look: float) -> None:
    """Brows are drawn over the hair, as comics do: half of every expression is in them."""
    if pen.scale >= 22:
        with pen.frame(look, 0.0):
            for side in (-1, 1):
                _draw_brow(pen, person, side)


def _draw_small(pen: Pen, person: Person, look: float) -> None:
    """The face of somebody far away: two dots and a mouth read better than tiny eyes."""
    for side in (-1, 1):
        pen.fill(oval(side * 0.4 + look, 0.2, 0.12, 0.2), INK)
    sad = person.expression in ("sad", "worried", "angry")
    bend = -0.1 if sad else 0.12
    pen.line(smooth([(-0.18 + look, 0.6), (look, 0.6 + bend), (0.18 + look, 0.6)]), weight=0.8)


def _draw_cheek(pen: Pen, person: Person, side: int) -> None:
    rosy: RGB = (250, 120, 110) if person.skin != "dark" else (196, 74, 66)
    pen.fill(oval(side * 0.66, 0.54, 0.19, 0.12), rosy, 0.75)


def _draw_brow(pen: Pen, person: Person, side: int) -> None:
    inner, outer = BROWS[person.expression]
    y = -0.24
    points = [(side * 0.22, y - inner), (side * 0.42, y - 0.07), (side * 0.64, y + 0.03 - outer)]
    pen.line(smooth(points), INK, 1.1)


def _draw_eye(pen: Pen, person: Person, side: int) -> None:
    x, y, feeling = side * 0.42, 0.17, person.expression
    if feeling == "laughing":
        pen.line(smooth([(x - 0.22, y + 0.1), (x, y - 0.26), (x + 0.22, y + 0.1)]), weight=1.5)
        return
    if feeling == "closed eyes":
        pen.line(smooth([(x - 0.22, y + 0.04), (x, y + 0.28), (x + 0.22, y + 0.04)]), weight=1.5)
        pen.line(poly([(x + side * 0.2, y + 0.06), (x + side * 0.3, y + 0.02)], False))
        return
    rx, ry = (0.23, 0.32) if feeling == "surprised" else (0.21, 0.28)
    color = EYES[person.eyes]
    white = oval(x, y, rx, ry)
    pen.fill(white, WHITE)
    with pen.clipped(white):
        size = 0.72 if feeling == "surprised" else 0.88
        pen.fill(oval(x, y + 0.03, rx * size, ry * size), shade(color, 0.5))
        pen.fill(oval(x, y + 0.1, rx * size * 0.86, ry * size * 0.74), color)
        pen.fill(oval(x, y + 0.2, rx * size * 0.6, ry * size * 0.34), light(color, 0.45))
        pen.fill(oval(x, y + 0.03, rx * 0.36, ry * 0.42), INK)
        if feeling == "angry":
            lid = [(x - side * 0.3, y - 0.18), (x + side * 0.3, y - 0.4), (x, y - 0.6)]
            pen.fill(poly(lid), SKIN[person.skin])
    pen.fill(oval(x - 0.07, y - 0.1, 0.075, 0.09), WHITE)
    pen.fill(oval(x + 0.08, y + 0.13, 0.04, 0.045), WHITE)
    pen.line(white, weight=0.55)
    lash = [(x - rx - 0.01, y - 0.04), (x - rx * 0.8, y - ry * 1.1), (x, y - ry * 1.12)]
    lash += [(x + rx * 0.8, y - ry * 1.1), (x + rx + 0.01, y - 0.04)]
    if feeling == "angry":
        lash = [(x - side * 0.24, y - 0.14), (x + side * 0.24, y - 0.34)]
    pen.line(smooth(lash), weight=1.45)
    if not person.boy:
        flick = [(x + side * rx, y - 0.08), (x + side * (rx + 0.1), y - 0.16)]
        pen.line(poly(flick, False), weight=1.1)
    if feeling == "sad":
        pen.ink(oval(x + side * 0.12, 0.56, 0.07, 0.11), (120, 200, 255), 0.6)


def _draw_mouth(pen: Pen, feeling: str) -> None:
    if feeling in ("laughing", "surprised"):
        if feeling == "laughing":
            mouth = shape("M -0.25 0.56 Q 0 0.63 0.25 0.56 C 0.25 0.84 -0.25 0.84 -0.25 0.56")
        else:
            mouth = oval(0.0, 0.68, 0.11, 0.14)
        pen.fill(mouth, (122, 24, 34))
        with pen.clipped(mouth):
            pen.fill(oval(0.0, 0.86, 0.17, 0.13), (240, 104, 104))
        pen.line(mouth, weight=0.8)
        return
    if feeling == "angry":
        mouth = shape("M -0.2 0.74 Q 0 0.58 0.2 0.74 Q 0 0.7 -0.2 0.74")
        pen.ink(mouth, WHITE, 0.9)
        return
    bends = {"smile": 0.16, "sad": -0.14, "worried": -0.05, "closed eyes": 0.07, "neutral": 0.0}
    bend, half = bends[feeling], 0.2 if feeling == "smile" else 0.13
    if feeling == "worried":
        wave = [(-0.16, 0.68), (-0.08, 0.62), (0.0, 0.68), (0.08, 0.73), (0.16, 0.66)]
        pen.line(smooth(wave), weight=0.95)
        return
    y = 0.66 if bend >= 0 else 0.7
    pen.line(smooth([(-half, y - bend / 3), (0, y + bend), (half, y - bend / 3)]), weight=1.0)
