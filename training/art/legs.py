"""Legs: standing, on a stool, in a stride. Units as in characters; soles are at 3.36."""

from __future__ import annotations

from training.art.arms import Point
from training.art.colors import CLOTH, RGB, SKIN, WHITE, shade
from training.art.pen import Pen, box, oval, poly, shape, smooth
from training.art.spec import Person, View

PANTS: RGB = (74, 84, 124)
WOOD: RGB = (176, 118, 70)
FOOT = shape("M -0.27 -0.26 L 0.2 -0.26 L 0.22 -0.02 Q 0.5 0.0 0.5 0.24 L 0.48 0.26 L -0.27 0.26")
HEEL = shape("M -0.26 -0.26 L 0.26 -0.26 L 0.3 0.26 L -0.3 0.26")


def draw_legs_behind(pen: Pen, person: Person) -> None:
    """What lies behind the outfit: all of the legs but a sitting person's knees."""
    if person.pose == "running":
        _draw_stride(pen, person)
    elif person.pose == "sitting":
        _draw_seat(pen, person)
    elif person.view is View.SIDE:
        _draw_leg(pen, person, [(0.14, 2.1), (0.16, 3.1)], dark=True)
        _draw_leg(pen, person, [(-0.06, 2.1), (-0.1, 3.1)])
    else:
        for side in (-1, 1):
            x = side * 0.32
            _draw_leg(pen, person, [(side * 0.3, 2.1), (x, 3.1)], side)


def draw_legs_before(pen: Pen, person: Person) -> None:
    """A sitting person's thighs, knees and shins, in front of the body."""
    if person.pose != "sitting":
        return
    if person.view is View.BACK:
        pen.ink(box(-0.92, 2.14, 1.84, 0.26, 0.06), WOOD)
    elif person.view is View.SIDE:
        _draw_leg(pen, person, [(0.8, 2.3), (0.8, 3.1)])
        pen.limb(poly([(0.0, 2.14), (0.76, 2.2)], False), _thigh(person), 0.52)
    else:
        for side in (-1, 1):
            knee = (side * 0.5, 2.48)
            _draw_leg(pen, person, [knee, (side * 0.48, 3.1)], side)
            pen.limb(poly([(side * 0.34, 2.26), knee], False), _thigh(person), 0.54)
            x, y = knee
            pen.line(smooth([(x - 0.14, y + 0.1), (x, y + 0.16), (x + 0.14, y + 0.1)]), weight=0.6)


def _draw_seat(pen: Pen, person: Person) -> None:
    """A wooden stool, and the legs that are behind it."""
    side = person.view is View.SIDE
    half = 0.56 if side else 0.92
    middle = -0.06 if side else 0.0
    for end in (-1, 1):
        x = middle + end * (half - 0.14)
        pen.limb(poly([(x, 2.4), (x + end * 0.06, 3.28)], False), shade(WOOD, 0.2), 0.16)
    if person.view is View.BACK:
        for end in (-1, 1):
            _draw_leg(pen, person, [(end * 0.34, 2.3), (end * 0.34, 3.1)], end)
        return
    if side:
        _draw_leg(pen, person, [(0.66, 2.2), (1.0, 3.1)], dark=True)
    pen.ink(box(middle - half, 2.24, half * 2, 0.24, 0.06), WOOD)


def _draw_stride(pen: Pen, person: Person) -> None:
    """Both legs as seen from the side, whoever runs: no other stride reads as one."""
    for x, y, size in ((-1.3, 3.24, 0.2), (-1.62, 3.16, 0.15), (-1.5, 3.3, 0.16)):
        pen.ink(oval(x, y, size, size * 0.8), WHITE, 0.7)
    _draw_leg(pen, person, [(-0.3, 2.1), (-0.36, 2.72), (-1.06, 2.7)], turn=82, dark=True)
    _draw_leg(pen, person, [(-0.12, 2.1), (0.62, 2.42), (0.72, 3.06)], turn=-8)


def _draw_leg(
    pen: Pen,
    person: Person,
    points: list[Point],
    side: int = 1,
    turn: float = 0.0,
    dark: bool = False,
) -> None:
    """A leg by its joints, its shoe at the last; `side` is where the toes point."""
    color = SKIN[person.skin] if person.outfit == "dress" else PANTS
    pen.limb(poly(points, False), shade(color, 0.15) if dark else color, 0.44)
    back = person.view is View.BACK and person.pose != "running"
    with pen.frame(*points[-1], 1.0, turn):
        pen.canvas.scale(side, 1)
        pen.ink(HEEL if back else FOOT, _shoe(person))


def _shoe(person: Person) -> RGB:
    if person.outfit != "raincoat":
        return (96, 62, 48)
    return CLOTH["red"] if person.outfit_color == "yellow" else (250, 206, 64)


def _thigh(person: Person) -> RGB:
    """A skirt and a coat cover the thighs of who sits."""
    covered = person.outfit in ("dress", "raincoat")
    return CLOTH[person.outfit_color] if covered else PANTS
