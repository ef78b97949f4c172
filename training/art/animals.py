"""Sitting animals: the origin is the middle of the head, a unit half the head, the feet at 2.45."""

from __future__ import annotations

from collections.abc import Callable

from training.art.colors import INK, RGB, WHITE, light, mix, shade
from training.art.pen import Pen, box, oval, poly, shape, smooth
from training.art.spec import Animal

COAT_RGB: dict[str, dict[str, RGB]] = {
    "cat": {
        "orange": (244, 152, 64),
        "black": (58, 54, 70),
        "white": (246, 244, 248),
        "grey": (150, 154, 168),
    },
    "dog": {"brown": (172, 108, 62), "white": (246, 242, 236), "black": (62, 56, 66)},
    "bird": {"blue": (64, 150, 236), "red": (228, 66, 58), "white": (246, 246, 250)},
    "rabbit": {"white": (250, 247, 248), "brown": (190, 136, 92), "grey": (160, 162, 174)},
}
PINK: RGB = (250, 160, 170)
BEAK: RGB = (252, 172, 44)


def draw_animal(pen: Pen, animal: Animal, happy: bool) -> None:
    """The animal, facing the reader; a happy one has closed, arched eyes."""
    DRAWS[animal.kind](pen, COAT_RGB[animal.kind][animal.coat], animal.coat, happy)


def _cat(pen: Pen, color: RGB, coat: str, happy: bool) -> None:
    pen.limb(smooth([(0.7, 2.1), (1.9, 2.3), (1.75, 1.3), (1.6, 1.0)]), color, 0.36)
    _body(pen, color, 1.1, light(color, 0.55))
    for side in (-1, 1):
        ear = [(side * 0.28, -0.7), (side * 0.86, -1.25), (side * 0.98, -0.25)]
        pen.ink(poly(ear), color)
        inner = [(side * 0.5, -0.7), (side * 0.78, -0.98), (side * 0.86, -0.5)]
        pen.fill(poly(inner), PINK)
    _head(pen, color)
    pen.fill(oval(0, 0.45, 0.42, 0.27), light(color, 0.55))
    for side in (-1, 1):
        if happy:
            _closed_eye(pen, side * 0.48, 0, coat)
        else:
            pen.ink(oval(side * 0.48, 0.0, 0.2, 0.26), (120, 220, 120), 0.8)
            pen.fill(oval(side * 0.48, 0.02, 0.09, 0.2), INK)
            pen.fill(oval(side * 0.48 - 0.05, -0.09, 0.06, 0.07), WHITE)
        for y in (0.34, 0.52):
            whisker = [(side * 0.74, y), (side * 1.3, y + (y - 0.44) * 0.6)]
            pen.line(poly(whisker, False), weight=0.55)
    pen.fill(poly([(-0.1, 0.28), (0.1, 0.28), (0, 0.4)]), (240, 110, 130))
    _mouth(pen, 0.42)
    if coat == "orange":
        for x in (-0.22, 0.0, 0.22):
            pen.line(poly([(x, -0.78), (x * 0.8, -0.5)], False), (190, 96, 30), 1.2)


def _dog(pen: Pen, color: RGB, coat: str, happy: bool) -> None:
    """Hanging ears, a big muzzle with a big nose, the tongue out, a red collar."""
    pale = light(color, 0.62 if coat == "brown" else 0.45)
    dark: RGB = (186, 128, 84) if coat == "white" else shade(color, 0.35)
    pen.limb(smooth([(0.8, 2.0), (1.5, 1.7), (1.55, 1.0)]), color, 0.3)
    _body(pen, color, 1.0, pale)
    pen.ink(box(-0.72, 0.7, 1.44, 0.26, 0.12), (222, 52, 56), 0.8)
    pen.ink(oval(0, 1.02, 0.16, 0.16), (250, 206, 64), 0.8)
    _head(pen, color)
    for side in (-1, 1):
        with pen.frame(side * 0.74, -0.68):
            ear = (
                f"M {-side * 0.16} -0.12 C {side * 0.5} -0.5 {side * 0.85} 0.5 {side * 0.5} 1.2 "
                f"C {side * 0.2} 1.4 {side * 0.02} 0.9 {-side * 0.16} -0.12"
            )
            pen.ink(shape(ear), dark)
    pen.ink(oval(0, 0.42, 0.5, 0.36), pale, 0.8)
    if happy:
        pen.ink(shape("M -0.2 0.58 C -0.24 1.2 0.24 1.2 0.2 0.58"), (246, 104, 130), 0.8)
    pen.fill(shape("M -0.24 0.16 Q 0 0.04 0.24 0.16 Q 0.2 0.42 0 0.44 Q -0.2 0.42 -0.24 0.16"), INK)
    pen.fill(oval(-0.07, 0.2, 0.07, 0.04), WHITE)
    _mouth(pen, 0.48)
    for side in (-1, 1):
        _eye(pen, side * 0.44, -0.14, coat, happy)


def _bird(pen: Pen, color: RGB, coat: str, happy: bool) -> None:
    """One round body with a beak, two wings and orange feet."""
    dark = shade(color, 0.2) if coat != "white" else (206, 210, 226)
    for side in (-1, 1):
        pen.limb(poly([(side * 0.4, 2.0), (side * 0.4, 2.38)], False), BEAK, 0.14)
        foot = [(side * 0.4 - 0.3, 2.45), (side * 0.4 + 0.3, 2.45), (side * 0.4, 2.22)]
        pen.ink(poly(foot), BEAK, 0.8)
    for x, y in ((-0.26, -1.3), (0.02, -1.45), (0.3, -1.3)):
        pen.limb(poly([(0, -0.8), (x, y)], False), color, 0.14)
    body = shape(
        "M 0 -1.0 C 0.9 -1.0 1.1 -0.3 1.2 0.5 C 1.45 1.6 0.9 2.2 0 2.2 "
        "C -0.9 2.2 -1.45 1.6 -1.2 0.5 C -1.1 -0.3 -0.9 -1.0 0 -1.0"
    )
    pen.ink(body, color)
    pen.fill(oval(0, 1.3, 0.72, 0.72), light(color, 0.7) if coat != "white" else (255, 236, 200))
    for side in (-1, 1):
        wing = (
            f"M {side * 1.08} 0.5 C {side * 1.8} 0.9 {side * 1.7} 1.7 {side * 1.3} 1.95 "
            f"C {side * 0.95} 1.6 {side * 0.9} 1.0 {side * 1.08} 0.5"
        )
        pen.ink(shape(wing), dark)
        pen.fill(oval(side * 0.74, 0.3, 0.2, 0.13), (250, 150, 150), 0.8)
        _eye(pen, side * 0.46, -0.1, coat, happy)
    pen.ink(poly([(-0.3, 0.14), (0.3, 0.14), (0, 0.56)]), BEAK, 0.8)


def _rabbit(pen: Pen, color: RGB, coat: str, happy: bool) -> None:
    """Two long upright ears, a small pink nose, two teeth."""
    pen.ink(oval(0.98, 2.0, 0.34, 0.34), light(color, 0.6))
    _body(pen, color, 1.0, light(color, 0.6))
    for side in (-1, 1):
        with pen.frame(side * 0.42, -0.6, 1.0, side * 9):
            pen.ink(oval(0, -0.56, 0.3, 0.7), color)
            pen.fill(oval(0, -0.52, 0.14, 0.48), PINK)
    _head(pen, color)
    pen.ink(box(-0.12, 0.5, 0.24, 0.26, 0.03), WHITE, 0.6)
    for side in (-1, 1):
        pen.fill(oval(side * 0.2, 0.42, 0.24, 0.17), light(color, 0.6))
        pen.fill(oval(side * 0.72, 0.36, 0.2, 0.13), (250, 150, 160), 0.8)
        _eye(pen, side * 0.46, -0.06, coat, happy)
    pen.fill(oval(0, 0.27, 0.12, 0.09), (240, 100, 130))
    _mouth(pen, 0.36)


DRAWS: dict[str, Callable[[Pen, RGB, str, bool], None]] = {
    "cat": _cat,
    "dog": _dog,
    "bird": _bird,
    "rabbit": _rabbit,
}


def _body(pen: Pen, color: RGB, half: float, belly: RGB) -> None:
    body = shape(
        f"M -0.62 0.6 C {-half} 1.3 {-half * 0.95} 2.4 -0.75 2.45 L 0.75 2.45 "
        f"C {half * 0.95} 2.4 {half} 1.3 0.62 0.6"
    )
    pen.ink(body, color)
    pen.fill(shape("M -0.4 0.8 C -0.5 1.5 -0.3 1.8 0 1.8 C 0.3 1.8 0.5 1.5 0.4 0.8"), belly)
    for x in (-0.32, 0.32):
        pen.ink(oval(x, 2.32, 0.28, 0.19), mix(color, belly, 0.7), 0.8)


def _head(pen: Pen, color: RGB) -> None:
    head = shape(
        "M -1.08 0.1 C -1.1 -0.6 -0.6 -0.85 0 -0.85 C 0.6 -0.85 1.1 -0.6 1.08 0.1 "
        "C 1.05 0.65 0.5 0.82 0 0.82 C -0.5 0.82 -1.05 0.65 -1.08 0.1"
    )
    pen.ink(head, color)


def _eye(pen: Pen, x: float, y: float, coat: str, happy: bool) -> None:
    if happy:
        _closed_eye(pen, x, y, coat)
        return
    if coat == "black":
        pen.fill(oval(x, y, 0.27, 0.32), WHITE)
    pen.fill(oval(x, y, 0.19, 0.24), INK)
    pen.fill(oval(x - 0.06, y - 0.09, 0.08, 0.09), WHITE)


def _closed_eye(pen: Pen, x: float, y: float, coat: str) -> None:
    arch = smooth([(x - 0.2, y + 0.12), (x, y - 0.2), (x + 0.2, y + 0.12)])
    pen.line(arch, WHITE if coat == "black" else INK, 1.3)


def _mouth(pen: Pen, top: float) -> None:
    for side in (-1, 1):
        half = [(side * 0.2, top + 0.04), (side * 0.08, top + 0.14), (0, top)]
        pen.line(smooth(half), weight=0.7)
