"""Heads: face and hair in the order in which they cover each other. Units as in faces."""

from __future__ import annotations

from training.art.colors import SKIN, shade
from training.art.faces import (
    HEADS,
    draw_brows,
    draw_ear,
    draw_features,
    draw_glasses,
    draw_skull,
)
from training.art.hair import covers_ears, draw_back_hair, draw_front_hair, has_bangs
from training.art.pen import Pen, shape
from training.art.spec import Person, View

EAR_BEHIND = 1.04
EAR_FRONT = 0.98
EAR_SIDE = -0.16


def draw_head_behind(pen: Pen, person: Person) -> None:
    """What hangs behind the body: back hair."""
    draw_back_hair(pen, person)


def draw_head(pen: Pen, person: Person, look: float) -> None:
    """Everything in front of the neck; `look` moves a front face's features to one side."""
    if person.view is View.BACK:
        _draw_from_behind(pen, person)
        return
    if person.view is View.FRONT:
        for side in (-1, 1):
            draw_ear(pen, person, side * EAR_FRONT, side)
    draw_skull(pen, person)
    if has_bangs(person):
        _draw_hair_shadow(pen, person)
    draw_features(pen, person, look)
    draw_front_hair(pen, person)
    if person.view is View.SIDE and not covers_ears(person):
        draw_ear(pen, person, EAR_SIDE, -1)
    draw_glasses(pen, person, look)
    draw_brows(pen, person, look)


def _draw_from_behind(pen: Pen, person: Person) -> None:
    if not covers_ears(person):
        for side in (-1, 1):
            draw_ear(pen, person, side * EAR_BEHIND, side)
    draw_skull(pen, person)
    draw_front_hair(pen, person)


def _draw_hair_shadow(pen: Pen, person: Person) -> None:
    """Bangs darken the forehead under them."""
    with pen.clipped(HEADS[person.view]):
        band = shape("M -1.1 -1.1 L 1.1 -1.1 L 1.1 -0.1 Q 0.5 -0.26 0 -0.2 Q -0.5 -0.26 -1.1 -0.1")
        pen.fill(band, shade(SKIN[person.skin], 0.16))
