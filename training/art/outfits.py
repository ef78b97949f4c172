"""Clothes on the upper body: raincoat to shirt, from three views, and scarfs."""

from __future__ import annotations

from collections.abc import Callable

import skia

from training.art.colors import CLOTH, RGB, SKIN, WHITE, light, shade
from training.art.pen import Pen, box, oval, poly, shape, smooth
from training.art.spec import Person, View

TORSO = shape("M -0.48 1.0 C -0.72 1.06 -0.7 1.5 -0.62 2.2 L 0.62 2.2 C 0.7 1.5 0.72 1.06 0.48 1")
COAT = shape(
    "M -0.48 1.0 C -0.76 1.06 -0.78 1.6 -0.92 2.55 L 0.92 2.55 C 0.78 1.6 0.76 1.06 0.48 1"
)
DRESS = shape(
    "M -0.46 1.0 C -0.66 1.06 -0.5 1.6 -0.52 1.75 L -1.02 2.65 Q 0 2.85 1.02 2.65 L 0.52 1.75 "
    "C 0.5 1.6 0.66 1.06 0.46 1"
)
SIDE_TORSO = shape(
    "M -0.26 1.0 C -0.52 1.1 -0.54 1.6 -0.44 2.2 L 0.42 2.2 C 0.5 1.6 0.46 1.1 0.26 1"
)
SIDE_COAT = shape(
    "M -0.26 1.0 C -0.54 1.1 -0.56 1.6 -0.68 2.55 L 0.66 2.55 C 0.56 1.6 0.48 1.1 0.26 1"
)
SIDE_DRESS = shape(
    "M -0.26 1.0 C -0.5 1.1 -0.42 1.6 -0.4 1.75 L -0.82 2.65 Q 0 2.82 0.82 2.65 L 0.4 1.75 "
    "C 0.44 1.6 0.44 1.1 0.26 1"
)
LONG = {
    "raincoat": {View.FRONT: COAT, View.BACK: COAT, View.SIDE: SIDE_COAT},
    "dress": {View.FRONT: DRESS, View.BACK: DRESS, View.SIDE: SIDE_DRESS},
}
HOOD = shape("M -0.95 1.3 C -1.15 0.8 -0.7 0.7 0 0.7 C 0.7 0.7 1.15 0.8 0.95 1.3")
SIDE_HOOD = shape("M 0.1 0.86 C -0.5 0.7 -0.98 0.9 -0.86 1.26 C -0.8 1.5 -0.5 1.5 -0.3 1.36")
BACK_HOOD = shape("M -0.66 0.9 C -0.74 1.4 -0.3 1.8 0 1.84 C 0.3 1.8 0.74 1.4 0.66 0.9")
SHADOW = shape("M 0.3 0.9 C 0.4 1.6 0.35 2.2 0.5 2.9 L 1.4 2.9 L 1.2 0.9")
SIDE_SHADOW = shape("M -0.2 0.9 C -0.3 1.6 -0.26 2.2 -0.36 2.9 L -1.4 2.9 L -1.2 0.9")


def body_of(person: Person) -> skia.Path:
    """The outline of the clothes; a coat or a skirt of who sits is gathered on the lap."""
    if person.outfit in LONG and person.pose != "sitting":
        return LONG[person.outfit][person.view]
    return SIDE_TORSO if person.view is View.SIDE else TORSO


def draw_outfit(pen: Pen, person: Person) -> None:
    """Neck, clothes and scarf."""
    color = CLOTH[person.outfit_color]
    hooded = person.outfit in ("raincoat", "hoodie")
    if hooded and person.view is not View.BACK:
        pen.ink(SIDE_HOOD if person.view is View.SIDE else HOOD, shade(color, 0.25))
    pen.ink(box(-0.2, 0.75, 0.4, 0.45, 0.05), shade(SKIN[person.skin], 0.2))
    body = body_of(person)
    pen.ink(body, color)
    with pen.clipped(body):
        pen.fill(SIDE_SHADOW if person.view is View.SIDE else SHADOW, shade(color, 0.2))
        DETAILS[person.view][person.outfit](pen, person, color)
    pen.line(body)
    if hooded and person.view is View.BACK:
        pen.ink(BACK_HOOD, shade(color, 0.12))
        pen.line(smooth([(-0.42, 1.1), (0, 1.62), (0.42, 1.1)]), weight=0.7)
    if person.scarf or person.marks.striped_scarf:
        _draw_scarf(pen, person)


def _front_raincoat(pen: Pen, person: Person, color: RGB) -> None:
    pen.line(poly([(0, 1.05), (0, 2.6)], False), weight=0.8)
    for y in (1.4, 1.75, 2.1, 2.4):
        pen.ink(oval(0.16, y, 0.08, 0.08), WHITE, 0.6)
    pen.line(smooth([(-0.5, 0.98), (0, 1.22), (0.5, 0.98)]))


def _side_raincoat(pen: Pen, person: Person, color: RGB) -> None:
    for y in (1.36, 1.7, 2.04, 2.36):
        pen.ink(oval(0.36 + (y - 1.36) * 0.1, y, 0.07, 0.08), WHITE, 0.6)


def _back_raincoat(pen: Pen, person: Person, color: RGB) -> None:
    pen.line(poly([(0, 1.9), (0, 2.6)], False), weight=0.8)


def _front_hoodie(pen: Pen, person: Person, color: RGB) -> None:
    pen.line(smooth([(-0.46, 1.0), (0, 1.26), (0.46, 1.0)]))
    for x in (-0.16, 0.16):
        pen.line(poly([(x, 1.18), (x, 1.5)], False), WHITE, 1.1)
    pen.ink(shape("M -0.36 2.05 L -0.26 1.7 L 0.26 1.7 L 0.36 2.05"), color, 0.8)


def _side_hoodie(pen: Pen, person: Person, color: RGB) -> None:
    pen.line(poly([(0.24, 1.14), (0.3, 1.46)], False), WHITE, 1.1)
    pen.line(poly([(0.5, 1.7), (0.3, 1.74), (0.2, 2.05), (0.5, 2.05)], False), weight=0.8)
    _draw_hem(pen, color)


def _draw_hem(pen: Pen, color: RGB) -> None:
    pen.ink(box(-0.8, 2.06, 1.6, 0.3), light(color, 0.2), 0.7)


def _back_hoodie(pen: Pen, person: Person, color: RGB) -> None:
    _draw_hem(pen, color)


def _front_dress(pen: Pen, person: Person, color: RGB) -> None:
    pen.fill(shape("M -0.4 0.98 Q 0 1.4 0.4 0.98"), WHITE)
    pen.line(smooth([(-0.4, 0.98), (0, 1.36), (0.4, 0.98)]), weight=0.8)
    _draw_skirt(pen, color)


def _side_dress(pen: Pen, person: Person, color: RGB) -> None:
    pen.fill(shape("M 0.5 0.9 L -0.06 0.95 Q 0.2 1.3 0.6 1.3"), WHITE)
    pen.line(smooth([(-0.06, 0.95), (0.2, 1.26), (0.6, 1.28)]), weight=0.8)
    _draw_skirt(pen, color)


def _back_dress(pen: Pen, person: Person, color: RGB) -> None:
    _draw_skirt(pen, color)
    tied = not (person.scarf or person.marks.striped_scarf)
    if tied and person.pose != "sitting":
        pen.ink(shape("M 0 1.74 L -0.4 1.5 L -0.44 1.98"), WHITE, 0.8)
        pen.ink(shape("M 0 1.74 L 0.4 1.5 L 0.44 1.98"), WHITE, 0.8)


def _draw_skirt(pen: Pen, color: RGB) -> None:
    """The belt and the skirt's white hem."""
    pen.fill(box(-0.6, 1.66, 1.2, 0.16), light(color, 0.6))
    pen.fill(shape("M -1.1 2.45 Q 0 2.65 1.1 2.45 L 1.1 2.58 Q 0 2.78 -1.1 2.58"), WHITE)


def _front_jacket(pen: Pen, person: Person, color: RGB) -> None:
    pen.fill(shape("M -0.2 0.95 L 0.2 0.95 L 0.14 2.3 L -0.14 2.3"), WHITE)
    for side in (-1, 1):
        pen.line(poly([(side * 0.22, 0.98), (side * 0.14, 2.3)], False), weight=0.8)


def _side_jacket(pen: Pen, person: Person, color: RGB) -> None:
    pen.fill(shape("M 0.2 0.9 L 0.3 2.3 L 0.7 2.3 L 0.7 0.9"), WHITE)
    pen.line(poly([(0.2, 0.95), (0.3, 2.3)], False), weight=0.8)


def _back_jacket(pen: Pen, person: Person, color: RGB) -> None:
    pen.line(smooth([(-0.8, 1.4), (0, 1.5), (0.8, 1.4)]), weight=0.8)


def _front_sweater(pen: Pen, person: Person, color: RGB) -> None:
    stripe = WHITE if person.outfit_color not in ("white", "yellow") else CLOTH["red"]
    pen.fill(box(-1, 1.45, 2, 0.17), stripe)
    pen.fill(box(-1, 1.75, 2, 0.17), stripe)
    pen.ink(shape("M -0.34 0.85 L 0.34 0.85 L 0.36 1.12 L -0.36 1.12"), color, 0.8)


def _front_shirt(pen: Pen, person: Person, color: RGB) -> None:
    for side in (-1, 1):
        collar = [(0, 1.12), (side * 0.36, 0.9), (side * 0.4, 1.22), (side * 0.12, 1.36)]
        pen.ink(poly(collar), WHITE, 0.8)
    for y in (1.5, 1.75, 2.0):
        pen.fill(oval(0, y, 0.05, 0.05), WHITE)


def _side_shirt(pen: Pen, person: Person, color: RGB) -> None:
    pen.ink(shape("M -0.2 0.9 L 0.3 0.94 L 0.36 1.28 L 0.1 1.22 L -0.24 1.1"), WHITE, 0.8)
    for y in (1.5, 1.75, 2.0):
        pen.fill(oval(0.38, y, 0.05, 0.05), WHITE)


def _back_shirt(pen: Pen, person: Person, color: RGB) -> None:
    pen.ink(shape("M -0.4 0.9 L 0.4 0.9 L 0.44 1.16 Q 0 1.26 -0.44 1.16"), WHITE, 0.8)


Detail = Callable[[Pen, Person, RGB], None]
DETAILS: dict[View, dict[str, Detail]] = {
    View.FRONT: {
        "raincoat": _front_raincoat,
        "hoodie": _front_hoodie,
        "dress": _front_dress,
        "jacket": _front_jacket,
        "sweater": _front_sweater,
        "shirt": _front_shirt,
    },
    View.SIDE: {
        "raincoat": _side_raincoat,
        "hoodie": _side_hoodie,
        "dress": _side_dress,
        "jacket": _side_jacket,
        "sweater": _front_sweater,
        "shirt": _side_shirt,
    },
    View.BACK: {
        "raincoat": _back_raincoat,
        "hoodie": _back_hoodie,
        "dress": _back_dress,
        "jacket": _back_jacket,
        "sweater": _front_sweater,
        "shirt": _back_shirt,
    },
}


WRAP = shape("M -0.62 0.84 Q 0 1.1 0.62 0.84 L 0.68 1.16 Q 0 1.46 -0.68 1.16")
SIDE_WRAP = shape("M -0.46 0.86 Q 0 1.04 0.46 0.88 L 0.5 1.16 Q 0 1.4 -0.5 1.18")
TAILS = {
    View.FRONT: shape("M 0.2 1.2 L 0.55 1.15 L 0.62 1.85 L 0.26 1.9"),
    View.SIDE: shape("M -0.24 1.04 L -0.46 1.3 L -0.82 1.9 L -1.14 1.72 L -0.62 0.98"),
    View.BACK: shape("M -0.5 1.2 L -0.12 1.24 L -0.16 1.94 L -0.54 1.9"),
}


def _draw_scarf(pen: Pen, person: Person) -> None:
    color = CLOTH[person.scarf or "orange"]
    wrap = SIDE_WRAP if person.view is View.SIDE else WRAP
    for part in (TAILS[person.view], wrap):
        pen.ink(part, color)
        if person.marks.striped_scarf:
            with pen.clipped(part):
                _draw_stripes(pen, tail=part is not wrap)
            pen.line(part)


def _draw_stripes(pen: Pen, tail: bool) -> None:
    """Upright stripes around the neck, level ones on the hanging end."""
    if tail:
        for y in (1.42, 1.66):
            pen.fill(box(-1.3, y, 2.6, 0.12), WHITE)
        return
    for x in (-0.5, -0.14, 0.3):
        pen.fill(box(x, 0.7, 0.16, 0.8), WHITE)
