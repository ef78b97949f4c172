"""Vehicles from the side: the origin is the middle of the ground line, a unit half the length."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from training.art.colors import RGB, mix, shade
from training.art.light import Light
from training.art.pen import Pen, box, oval, poly, shape, smooth

PAINTS: tuple[RGB, ...] = ((224, 60, 56), (60, 120, 220), (250, 200, 60))
TYRE: RGB = (58, 54, 68)
STEEL: RGB = (206, 210, 220)


def draw_vehicle(pen: Pen, kind: str, light: Light, random: Random) -> None:
    """The vehicle, heading to either side; a boat's waterline is at the origin."""
    paint = random.choice(PAINTS)
    pen.canvas.save()
    if random.random() < 0.5:
        pen.canvas.scale(-1, 1)
    DRAWS[kind](pen, _Lively(light.place), paint)
    pen.canvas.restore()


class _Lively(Light):
    """The light of a place, weaker: a red car is to be red at night too."""

    def __call__(self, color: RGB) -> RGB:
        return mix(super().__call__(color), color, 0.33)


def _wheel(pen: Pen, light: Light, x: float, radius: float) -> None:
    pen.ink(oval(x, -radius, radius, radius), light(TYRE))
    pen.ink(oval(x, -radius, radius * 0.5, radius * 0.5), light(STEEL), 0.8)


def _glass(light: Light) -> RGB:
    return (255, 224, 130) if light.place.time == "night" else light((196, 230, 250))


def _car(pen: Pen, light: Light, paint: RGB) -> None:
    """A small round car, its bonnet to the right."""
    pen.ink(
        shape(
            "M -1 -0.2 C -1.02 -0.5 -0.92 -0.6 -0.72 -0.62 C -0.6 -1.02 -0.4 -1.1 -0.1 -1.1 "
            "C 0.2 -1.1 0.36 -0.95 0.5 -0.62 C 0.85 -0.6 1.02 -0.5 1 -0.2 "
            "L 0.95 -0.14 L -0.95 -0.14"
        ),
        light(paint),
    )
    pen.ink(shape("M -0.54 -0.6 C -0.48 -0.9 -0.36 -0.98 -0.16 -0.98 L -0.16 -0.6"), _glass(light))
    pen.ink(shape("M -0.06 -0.6 L -0.06 -0.98 C 0.14 -0.98 0.24 -0.88 0.36 -0.6"), _glass(light))
    pen.line(poly([(-0.11, -0.58), (-0.11, -0.2)], False), weight=0.8)
    pen.line(poly([(-0.04, -0.48), (0.08, -0.48)], False), weight=1.2)
    pen.ink(oval(0.9, -0.42, 0.09, 0.1), (255, 240, 150), 0.8)
    for x in (-0.56, 0.56):
        _wheel(pen, light, x, 0.24)


def _bicycle(pen: Pen, light: Light, paint: RGB) -> None:
    """Two big wheels, a frame, a saddle and a handlebar; it heads to the right."""
    color = light(paint)
    for x in (-0.58, 0.58):
        pen.stroke(oval(x, -0.42, 0.38, 0.38), light(TYRE), 0.1)
        for end in ((0.36, 0), (0, 0.36), (-0.36, 0), (0, -0.36)):
            spoke = [(x, -0.42), (x + end[0], -0.42 + end[1])]
            pen.line(poly(spoke, False), light(STEEL), 0.5)
        pen.fill(oval(x, -0.42, 0.07, 0.07), light(TYRE))
    bars = smooth([(0.36, -1.16), (0.5, -1.24), (0.66, -1.14)])
    for path, width in (
        (poly([(-0.58, -0.42), (-0.06, -0.42), (0.4, -0.92), (-0.22, -0.92)]), 0.09),
        (poly([(-0.06, -0.42), (-0.26, -1.04)], False), 0.09),
        (poly([(0.58, -0.42), (0.36, -1.16)], False), 0.09),
    ):
        pen.limb(path, color, width, 0.8)
    pen.limb(bars, light(TYRE), 0.08, 0.8)
    pen.ink(
        shape("M -0.48 -1.1 Q -0.26 -1.2 -0.04 -1.06 L -0.1 -1 L -0.44 -1"), light((120, 76, 50))
    )
    pen.ink(oval(-0.06, -0.42, 0.12, 0.12), light(STEEL), 0.8)


def _train(pen: Pen, light: Light, paint: RGB) -> None:
    """A steam locomotive to the right, pulling one wagon."""
    color, dark = light(paint), light((70, 76, 96))
    for x, y, radius in ((0.62, -1.06, 0.11), (0.5, -1.25, 0.15), (0.32, -1.42, 0.18)):
        pen.ink(oval(x, y, radius, radius), light((244, 244, 250)), 0.7)
    pen.line(poly([(-0.2, -0.17), (0.1, -0.17)], False), weight=2)
    pen.ink(box(-1, -0.66, 0.88, 0.54, 0.04), color)
    pen.ink(box(-1.03, -0.74, 0.94, 0.12, 0.05), light(shade(paint, 0.3)))
    for x in (-0.92, -0.64, -0.36):
        pen.ink(box(x, -0.54, 0.2, 0.22, 0.03), _glass(light), 0.8)
    pen.ink(shape("M 0.58 -0.55 L 0.53 -0.88 L 0.75 -0.88 L 0.7 -0.55"), dark)
    pen.ink(box(0.28, -0.56, 0.62, 0.42, 0.12), dark)
    pen.ink(box(0.02, -0.78, 0.34, 0.66), color)
    pen.ink(box(-0.02, -0.86, 0.42, 0.12, 0.05), light(shade(paint, 0.3)))
    pen.ink(box(0.1, -0.68, 0.18, 0.2, 0.02), _glass(light), 0.8)
    pen.ink(oval(0.9, -0.4, 0.07, 0.08), (255, 240, 150), 0.8)
    pen.ink(poly([(0.86, -0.16), (1.02, 0), (0.78, 0)]), color, 0.8)
    for x, radius in ((-0.8, 0.12), (-0.32, 0.12), (0.18, 0.17), (0.46, 0.13), (0.74, 0.13)):
        _wheel(pen, light, x, radius)


def _rowing_boat(pen: Pen, light: Light, paint: RGB) -> None:
    """A wooden boat with a painted rim and two oars."""
    for side in (-1, 1):
        with pen.frame(side * 0.16, -0.36, 1.0, side * -34):
            pen.limb(poly([(0, -0.3), (0, 0.42)], False), light((214, 170, 112)), 0.07, 0.8)
    hull = "M -1 -0.46 Q 0 -0.22 1 -0.46 C 0.94 -0.06 0.72 0.1 0.6 0.12 L -0.6 0.12 "
    pen.ink(shape(hull + "C -0.72 0.1 -0.94 -0.06 -1 -0.46"), light((190, 120, 66)))
    rim = "M -1.02 -0.5 Q 0 -0.26 1.02 -0.5 L 0.98 -0.32 Q 0 -0.1 -0.98 -0.32"
    pen.ink(shape(rim), light(paint))
    for side in (-1, 1):
        with pen.frame(side * 0.16, -0.36, 1.0, side * -34):
            pen.limb(poly([(0, 0.1), (0, 0.42)], False), light((214, 170, 112)), 0.07, 0.8)
            pen.ink(oval(0, 0.54, 0.09, 0.17), light((214, 170, 112)), 0.8)
    pen.line(smooth([(-1.1, 0.16), (-0.7, 0.08), (-0.35, 0.18)]), light((226, 244, 255)), 1.1)
    pen.line(smooth([(0.35, 0.18), (0.7, 0.08), (1.1, 0.16)]), light((226, 244, 255)), 1.1)


DRAWS: dict[str, Callable[[Pen, Light, RGB], None]] = {
    "car": _car,
    "bicycle": _bicycle,
    "train": _train,
    "rowing boat": _rowing_boat,
}
