"""Hair: a back part behind the head, a front part over it. Units as in faces."""

from __future__ import annotations

import math

from training.art.colors import HAIR, RGB, WHITE, light, shade
from training.art.pen import Pen, box, oval, poly, shape, smooth
from training.art.spec import Person

BOB = shape(
    "M -1.12 -0.2 C -1.38 0.5 -1.28 0.95 -1.0 1.06 L 1.0 1.06 C 1.28 0.95 1.38 0.5 1.12 -0.2 "
    "C 1.1 -1.3 -1.1 -1.3 -1.12 -0.2"
)
LONG = shape(
    "M -1.12 -0.2 C -1.4 0.8 -1.42 1.7 -1.28 2.1 L -0.85 1.9 L -0.6 2.15 L 0.6 2.15 L 0.85 1.9 "
    "L 1.28 2.1 C 1.42 1.7 1.4 0.8 1.12 -0.2 C 1.1 -1.3 -1.1 -1.3 -1.12 -0.2"
)
TAIL = shape(
    "M 0.95 -0.5 C 1.5 -0.75 2.05 -0.2 1.95 0.6 C 1.9 1.1 1.75 1.4 1.6 1.6 C 1.6 1.2 1.45 1.1 "
    "1.35 0.9 C 1.15 0.5 1.2 0.1 0.95 -0.5"
)
PONY = shape(
    "M 0.45 -1.05 C 1.1 -1.6 2.0 -1.0 1.9 0.1 C 1.86 0.8 1.6 1.2 1.4 1.4 C 1.45 0.9 1.3 0.6 "
    "1.2 0.2 C 1.1 -0.3 0.9 -0.6 0.45 -1.05"
)
CAP = (
    "M -1.08 0.3 C -1.22 -0.85 -0.75 -1.3 0 -1.3 C 0.75 -1.3 1.22 -0.85 1.08 0.3 "
    "L 0.98 0.34 Q 0.98 0.0 0.84 -0.3 "
)
ZIGZAG = shape(
    CAP + "L 0.6 -0.06 L 0.4 -0.36 L 0.1 -0.02 L -0.14 -0.36 L -0.42 -0.04 L -0.6 -0.34 "
    "L -0.84 -0.16 Q -0.98 0.0 -0.98 0.34"
)
STRAIGHT = shape(
    CAP + "Q 0.8 -0.2 0.74 -0.22 Q 0.4 -0.14 0 -0.16 Q -0.4 -0.14 -0.74 -0.22 "
    "Q -0.8 -0.2 -0.84 -0.3 Q -0.98 0.0 -0.98 0.34"
)
SWEPT = shape(CAP + "Q 0.5 -0.3 0.3 -0.72 Q -0.1 -0.24 -0.84 -0.1 Q -0.98 0.05 -0.98 0.34")
SPIKES = shape(
    CAP + "L 0.66 -0.12 L 0.5 -0.42 L 0.28 -0.1 L 0.06 -0.44 L -0.2 -0.08 L -0.4 -0.42 "
    "L -0.66 -0.1 L -0.84 -0.3 Q -0.98 0.0 -0.98 0.34"
)
BANGS = {
    "short hair": STRAIGHT,
    "long hair": ZIGZAG,
    "twintails": ZIGZAG,
    "ponytail": SWEPT,
    "hair bun": SWEPT,
    "spiky hair": SPIKES,
}


def hair_color(person: Person) -> RGB:
    """The hair's colour: a named one, or a character's own."""
    return person.hair_rgb or HAIR[person.hair]


def _spikes() -> list[tuple[float, float]]:
    points = []
    for index in range(23):
        angle = math.radians(178 + (index * 184 / 22))
        radius = 1.62 if index % 2 else 1.16
        points.append((radius * math.cos(angle), 0.02 + radius * math.sin(angle) * 1.02))
    return points


SPIKY = poly([*_spikes(), (0.9, 0.3), (-0.9, 0.3)])


def draw_back_hair(pen: Pen, person: Person) -> None:
    """What hangs behind the head and shoulders."""
    color = hair_color(person)
    dark = shade(color, 0.22)
    style = person.hair_style
    if style == "short hair" and not person.boy:
        pen.ink(BOB, dark)
    elif style == "long hair":
        pen.ink(LONG, dark)
    elif style == "twintails":
        for side in (-1, 1):
            pen.canvas.save()
            pen.canvas.scale(side, 1)
            pen.ink(TAIL, color)
            pen.line(smooth([(1.35, -0.3), (1.65, 0.2), (1.6, 0.9)]), shade(color, 0.4), 0.6)
            pen.canvas.restore()
    elif style == "ponytail":
        pen.ink(PONY, color)
        pen.line(smooth([(1.1, -0.9), (1.6, -0.4), (1.5, 0.6)]), shade(color, 0.4), 0.6)
    elif style == "hair bun":
        pen.ink(oval(0.0, -1.42, 0.46, 0.42), color)
        pen.line(smooth([(-0.2, -1.5), (0.05, -1.66), (0.22, -1.42)]), shade(color, 0.4), 0.6)
    elif style == "spiky hair":
        pen.ink(SPIKY, color)


def draw_front_hair(pen: Pen, person: Person) -> None:
    """Crown and bangs, with their shadow on the forehead drawn first."""
    color = hair_color(person)
    bangs = SWEPT if person.boy and person.hair_style == "short hair" else BANGS[person.hair_style]
    if person.hair_style == "spiky hair":
        # The crown's outline would cut the spikes off: fill without ink, then ink the fringe.
        pen.fill(bangs, color)
        fringe = [(0.98, 0.34), (0.84, -0.3), (0.66, -0.12), (0.5, -0.42), (0.28, -0.1)]
        fringe += [(0.06, -0.44), (-0.2, -0.08), (-0.4, -0.42), (-0.66, -0.1), (-0.84, -0.3)]
        pen.line(poly([*fringe, (-0.98, 0.34)], False))
    else:
        pen.ink(bangs, color)
    with pen.clipped(bangs):
        pen.fill(
            shape("M 1.3 -1.2 C 0.9 -0.9 0.9 -0.4 0.7 0.0 L 1.2 0.5 L 1.5 0"), shade(color, 0.22)
        )
        if person.streak:
            pen.fill(shape("M -0.1 -1.5 L 0.35 -1.5 L 0.34 -0.1 L 0.1 -0.1"), person.streak)
    if person.streak and person.hair_style == "spiky hair":
        pen.ink(shape("M -0.12 -1.2 L 0.1 -1.72 L 0.36 -1.2"), person.streak)
        pen.fill(shape("M -0.12 -1.22 L 0.36 -1.22 L 0.34 -0.9 L -0.1 -0.9"), person.streak)
    shine = smooth([(-0.72, -0.62), (-0.5, -0.9), (-0.1, -1.02)])
    pen.stroke(shine, light(color, 0.55), 0.11, 0.9)
    if person.boy and person.hair_style == "short hair":
        pen.ink(shape("M -0.15 -1.26 Q 0.0 -1.62 0.32 -1.6 Q 0.2 -1.45 0.25 -1.24"), color)
        pen.fill(shape("M -0.2 -1.2 L 0.3 -1.2 L 0.3 -1.1 L -0.2 -1.1"), color)
    _draw_ties(pen, person)
    if person.star_hairpin:
        draw_star(pen, -0.72, -0.42, 0.3, (255, 222, 50))


def _draw_ties(pen: Pen, person: Person) -> None:
    tie: RGB = (236, 60, 80)
    if person.hair_style == "twintails":
        for side in (-1, 1):
            pen.ink(oval(side * 1.04, -0.48, 0.15, 0.17), tie)
    elif person.hair_style == "ponytail":
        pen.ink(oval(0.72, -1.02, 0.16, 0.16), tie)
    elif person.hair_style == "hair bun":
        pen.ink(box(-0.32, -1.26, 0.64, 0.14, 0.06), tie, 0.8)


def draw_star(pen: Pen, x: float, y: float, radius: float, color: RGB) -> None:
    """A five-pointed star with a white edge inside its outline."""
    points = []
    for index in range(10):
        angle = math.radians(-90 + 36 * index)
        reach = radius if index % 2 == 0 else radius * 0.52
        points.append((x + reach * math.cos(angle), y + reach * math.sin(angle)))
    pen.ink(poly(points), color, 0.9)
    pen.fill(oval(x - radius * 0.2, y - radius * 0.2, radius * 0.16, radius * 0.16), WHITE)
