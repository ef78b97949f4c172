"""What a hand holds: where the arm goes for it, and where the thing is. Units as in characters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from training.art.arms import Arm, Point
from training.art.colors import CLOTH
from training.art.pen import Pen
from training.art.props import (
    draw_balloon,
    draw_book,
    draw_cup,
    draw_flower,
    draw_lantern,
    draw_letter,
    draw_umbrella,
)
from training.art.spec import Framing, Person, View


@dataclass(frozen=True)
class Grip:
    """The holding arm, and the thing's origin from the palm, its size and its turn in degrees."""

    elbow: Point
    wrist: Point
    offset: Point = (0.0, 0.0)
    size: float = 1.0
    turn: float = 0.0
    both: bool = False

    def arm(self, view: View) -> Arm:
        """The arm that holds it; from behind it passes behind the body."""
        shoulder = (-0.02, 1.38) if view is View.SIDE else (0.56, 1.3)
        over = view is not View.BACK
        return Arm(shoulder, self.elbow, self.wrist, arm_over=over, hand_over=True)


RAISED: dict[str, Grip] = {
    # beside the body, the same from the front and the back
    "lantern": Grip((0.98, 1.7), (1.36, 1.26), (0.02, 0.06), 1.2),
    "umbrella": Grip((0.98, 2.0), (1.2, 1.7), (0.0, 0.0), 1.14, -20),
    "flower": Grip((0.98, 1.94), (1.3, 1.5), (0.04, -0.1), 1.3, 8),
    "balloon": Grip((0.98, 1.94), (1.26, 1.5), (0.02, 0.0)),
}
FRONT: dict[str, Grip] = {
    **RAISED,
    "cup": Grip((1.12, 1.86), (0.74, 1.92), (-0.34, 0.34), 1.15),
    "book": Grip((1.06, 1.74), (0.88, 2.02), (-0.8, 0.2), 1.1, both=True),
    "letter": Grip((1.06, 1.7), (0.84, 1.96), (-0.75, -0.14), 0.86, both=True),
}
BACK: dict[str, Grip] = {
    **RAISED,
    "cup": Grip((1.0, 1.94), (1.28, 1.56), (0.06, -0.1), 1.0),
    "book": Grip((1.0, 1.94), (1.2, 1.6), (0.22, 0.1), 0.78, 6),
    "letter": Grip((1.0, 1.94), (1.2, 1.6), (0.3, -0.24), 0.62, 6),
}
SIDE: dict[str, Grip] = {
    "lantern": Grip((0.5, 1.78), (1.16, 1.4), (0.08, 0.04), 1.2),
    "umbrella": Grip((0.3, 1.9), (0.9, 1.72), (0.02, 0.0), 1.14, -16),
    "flower": Grip((0.4, 1.84), (1.06, 1.64), (0.06, -0.1), 1.3, 12),
    "balloon": Grip((0.4, 1.84), (1.06, 1.6), (0.04, 0.0), 1.0, 4),
    "cup": Grip((0.4, 1.86), (0.94, 1.8), (0.4, 0.28), 1.1),
    "book": Grip((0.4, 1.9), (0.82, 1.98), (0.36, 0.16), 0.92, -6),
    "letter": Grip((0.4, 1.86), (0.8, 1.86), (0.5, -0.2), 0.74, -6),
}
GRIPS = {View.FRONT: FRONT, View.SIDE: SIDE, View.BACK: BACK}
NEAR: dict[str, Grip] = {
    # a close-up ends below the chin, so everything is held up beside the cheek
    "lantern": Grip((1.1, 1.4), (1.1, 0.62), (0.02, 0.06), 0.86),
    "umbrella": Grip((1.0, 1.9), (1.16, 1.2), (0.0, 0.0), 1.0, -20),
    "flower": Grip((1.0, 1.9), (1.08, 1.22), (0.02, -0.1), 1.0, 8),
    "balloon": Grip((1.0, 1.9), (1.14, 1.24), (0.0, 0.0), 0.8, 2),
    "cup": Grip((1.1, 1.9), (1.1, 1.32), (-0.36, 0.26), 0.85),
    "book": Grip((1.1, 1.9), (0.92, 1.4), (-0.86, 0.2), 0.85, both=True),
    "letter": Grip((1.1, 1.9), (0.86, 1.36), (-0.8, 0.0), 0.7, both=True),
}

NEAR_SIDE: dict[str, Grip] = {
    # in front of the mouth, so that the face stays free
    "cup": Grip((0.5, 1.8), (0.8, 1.42), (0.3, 0.2), 0.8),
    "flower": Grip((0.6, 1.9), (1.02, 1.42), (0.06, -0.1), 0.9, 14),
    "book": Grip((0.4, 1.9), (0.6, 1.56), (0.2, 0.14), 0.82, -6),
    "letter": Grip((0.4, 1.86), (0.56, 1.4), (0.36, -0.06), 0.68, -6),
}


def grip_of(person: Person, framing: Framing) -> Grip:
    """How the person holds the prop."""
    if framing is Framing.CLOSE:
        if person.view is View.SIDE and person.prop in NEAR_SIDE:
            return NEAR_SIDE[person.prop]
        return NEAR[person.prop]
    return GRIPS[person.view][person.prop]


def takes_both(person: Person, grip: Grip) -> bool:
    """Whether the other hand helps: only where the pose has nothing else for it to do."""
    free = person.pose in ("standing", "sitting")
    return grip.both and free and person.view is View.FRONT


def is_behind(person: Person) -> bool:
    """Whether the head and the body hide a part of the thing."""
    return person.prop in ("umbrella", "balloon") or person.view is View.BACK


def draw_held(pen: Pen, person: Person, grip: Grip, arm: Arm) -> None:
    """The thing at the palm of the arm."""
    x, y = arm.palm[0] + grip.offset[0], arm.palm[1] + grip.offset[1]
    with pen.frame(x, y, grip.size, grip.turn):
        if person.prop == "umbrella":
            draw_umbrella(pen, CLOTH["yellow" if person.outfit_color == "red" else "red"])
        else:
            DRAWS[person.prop](pen)


DRAWS: dict[str, Callable[[Pen], None]] = {
    "lantern": draw_lantern,
    "cup": draw_cup,
    "flower": draw_flower,
    "book": draw_book,
    "letter": draw_letter,
    "balloon": draw_balloon,
}
