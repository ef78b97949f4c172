"""Arms and hands: what each pose does with them, seen from the front, the side and the back."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import Enum, auto
from random import Random

import skia

from training.art.colors import CLOTH, INK, RGB, SKIN, light, shade
from training.art.pen import Pen, oval, poly, smooth
from training.art.spec import Person, View

Point = tuple[float, float]


class Hand(Enum):
    """What a hand does."""

    LOOSE = auto()
    OPEN = auto()
    POINT = auto()


@dataclass(frozen=True)
class Arm:
    """One arm from shoulder to wrist; `over` says whether arm or hand lie over the body."""

    shoulder: Point
    elbow: Point
    wrist: Point
    hand: Hand = Hand.LOOSE
    arm_over: bool = False
    hand_over: bool = False

    @property
    def direction(self) -> Point:
        """Where the forearm points, one unit long."""
        x, y = self.wrist[0] - self.elbow[0], self.wrist[1] - self.elbow[1]
        length = math.hypot(x, y)
        return x / length, y / length

    @property
    def palm(self) -> Point:
        """The middle of the hand."""
        x, y = self.direction
        return self.wrist[0] + 0.17 * x, self.wrist[1] + 0.17 * y

    def flipped(self) -> Arm:
        """The same on the body's other side."""
        (ax, ay), (bx, by), (cx, cy) = self.shoulder, self.elbow, self.wrist
        return replace(self, shoulder=(-ax, ay), elbow=(-bx, by), wrist=(-cx, cy))


DOWN = Arm((0.54, 1.3), (0.86, 1.7), (0.88, 2.12))
WAVE = Arm((0.54, 1.28), (1.22, 1.34), (1.5, 0.3), Hand.OPEN)
CHEER = Arm((0.5, 1.26), (1.14, 0.96), (1.48, -0.02), Hand.OPEN)
AKIMBO = Arm((0.56, 1.26), (1.5, 1.56), (0.84, 1.92), hand_over=True)
POINTING = Arm((0.54, 1.3), (1.02, 1.22), (1.48, 1.12), Hand.POINT)
LAP = Arm((0.58, 1.34), (0.92, 1.8), (0.4, 2.02), arm_over=True, hand_over=True)
BEHIND_LAP = Arm((0.56, 1.3), (0.92, 1.72), (0.7, 2.12))
PUMP_FRONT = Arm((0.54, 1.34), (1.0, 1.82), (1.36, 1.4), arm_over=True, hand_over=True)
PUMP_BACK = Arm((-0.5, 1.3), (-1.2, 1.5), (-1.24, 1.98))

FRONT: dict[str, tuple[Arm, Arm]] = {
    # the arm on the left of the picture, then the one on the right, before any mirroring
    "standing": (DOWN.flipped(), DOWN),
    "waving": (WAVE.flipped(), DOWN),
    "arms up": (CHEER.flipped(), CHEER),
    "hands on hips": (AKIMBO.flipped(), AKIMBO),
    "pointing": (POINTING.flipped(), DOWN),
    "sitting": (LAP.flipped(), LAP),
    "running": (PUMP_BACK, PUMP_FRONT),
}
BACK = {
    **FRONT,
    "sitting": (BEHIND_LAP.flipped(), BEHIND_LAP),
    "running": (PUMP_BACK, replace(PUMP_FRONT, arm_over=False, hand_over=False)),
}


def _near(elbow: Point, wrist: Point, hand: Hand = Hand.LOOSE) -> Arm:
    return Arm((-0.02, 1.38), elbow, wrist, hand, arm_over=True, hand_over=True)


def _far(elbow: Point, wrist: Point, hand: Hand = Hand.LOOSE) -> Arm:
    return Arm((0.1, 1.36), elbow, wrist, hand)


SIDE: dict[str, tuple[Arm, Arm]] = {
    # looking to the right: the arm beyond the body, then the one on our side
    "standing": (_far((0.2, 1.78), (0.16, 2.1)), _near((-0.14, 1.8), (-0.06, 2.14))),
    "waving": (_far((0.2, 1.78), (0.16, 2.1)), _near((0.86, 1.56), (1.42, 0.72), Hand.OPEN)),
    "arms up": (
        Arm((-0.1, 1.34), (-0.84, 1.06), (-1.5, 0.26), Hand.OPEN),
        _near((0.8, 1.16), (1.5, 0.36), Hand.OPEN),
    ),
    "hands on hips": (_far((0.96, 1.62), (0.46, 1.94)), _near((-0.84, 1.6), (-0.2, 1.94))),
    "pointing": (_far((0.2, 1.78), (0.16, 2.1)), _near((0.66, 1.42), (1.26, 1.26), Hand.POINT)),
    "sitting": (_far((0.36, 1.84), (0.74, 2.02)), _near((0.02, 1.9), (0.52, 2.06))),
    "running": (_far((0.66, 1.78), (1.06, 1.36)), _near((-0.66, 1.66), (-0.42, 2.1))),
}
VIEWS = {View.FRONT: FRONT, View.SIDE: SIDE, View.BACK: BACK}


def arms_of(person: Person) -> tuple[Arm, Arm]:
    """Both arms of the person's pose, each a little different from person to person."""
    random = Random(person.jitter + 1)
    left, right = _pose(person)
    return _swayed(left, random), _swayed(right, random)


def reaches_out(person: Person) -> bool:
    """Whether a hand is so far from the body that a narrow picture might cut it off."""
    return any(abs(arm.wrist[0]) > 1.2 or abs(arm.elbow[0]) > 1.2 for arm in _pose(person))


def hands_of(person: Person) -> tuple[Point, ...]:
    """The middles of the hands that do something, in halves of a head's size from its middle."""
    if person.pose == "standing":
        return ()
    return tuple(arm.palm for arm in arms_of(person))


def _pose(person: Person) -> tuple[Arm, Arm]:
    return VIEWS[person.view][person.pose]


def _swayed(arm: Arm, random: Random) -> Arm:
    by = 0.02 if arm.hand_over else 0.05
    x, y = random.uniform(-by, by), random.uniform(-by, by)
    return replace(arm, wrist=(arm.wrist[0] + x, arm.wrist[1] + y))


def draw_arm(pen: Pen, person: Person, arm: Arm) -> None:
    """Hand, sleeve and cuff."""
    color = shade(CLOTH[person.outfit_color], 0.1)
    draw_hand(pen, person, arm)
    pen.limb(_bent(arm), color, 0.42)
    if person.outfit in ("hoodie", "sweater"):
        _draw_cuff(pen, arm, light(CLOTH[person.outfit_color], 0.35))


def _bent(arm: Arm) -> skia.Path:
    """A sharp elbow is drawn as one: a bend through it would cut the pose's corner off."""
    (ax, ay), (bx, by), (cx, cy) = arm.shoulder, arm.elbow, arm.wrist
    turn = math.atan2(cy - by, cx - bx) - math.atan2(by - ay, bx - ax)
    if math.cos(turn) > 0.6:
        return smooth([arm.shoulder, arm.elbow, arm.wrist])
    near, after = 0.75, 0.25
    points = [
        arm.shoulder,
        (ax + (bx - ax) * near, ay + (by - ay) * near),
        arm.elbow,
        (bx + (cx - bx) * after, by + (cy - by) * after),
    ]
    path = poly(points[:2], False)
    path.quadTo(*arm.elbow, *points[3])
    path.lineTo(*arm.wrist)
    return path


def _draw_cuff(pen: Pen, arm: Arm, color: RGB) -> None:
    with pen.frame(*arm.wrist, 1.0, math.degrees(math.atan2(arm.direction[1], arm.direction[0]))):
        pen.ink(oval(0.0, 0, 0.12, 0.23), color, 0.8)


def draw_hand(pen: Pen, person: Person, arm: Arm) -> None:
    """A round hand with a thumb; open ones show their fingers, pointing ones the first."""
    turn = math.degrees(math.atan2(arm.direction[1], arm.direction[0]))
    with pen.frame(*arm.palm, 1.0, turn):
        parts = _parts(arm.hand, _thumb_side(person, arm))
        for widen, color in ((1, INK), (-1, SKIN[person.skin])):
            for path, width in parts:
                pen.stroke(path, color, width + widen * pen.line_width())


def _thumb_side(person: Person, arm: Arm) -> float:
    """On which side of the hand the thumb is: up where the arm lies level, else inwards."""
    x, y = arm.direction
    if abs(y) < 0.6:
        return -1.0 if x > 0 else 1.0
    if person.view is View.SIDE:
        return -1.0 if arm.wrist[0] > -1 else 1.0
    return 1.0 if (y > 0) == (arm.wrist[0] > 0) else -1.0


def _parts(hand: Hand, up: float) -> list[tuple[skia.Path, float]]:
    """Strokes of a hand that points to +x, each with its width; together they are its outline."""
    palm = (poly([(-0.06, 0), (0.06, 0)], False), 0.4)
    thumb = (poly([(-0.02, up * 0.1), (0.12, up * 0.28)], False), 0.15)
    if hand is Hand.OPEN:
        tips = ((0.34, -0.3), (0.46, -0.1), (0.46, 0.1), (0.34, 0.3))
        fingers = [(poly([(0.02, y * 0.45), (x, y)], False), 0.155) for x, y in tips]
        wide = (poly([(0.0, up * 0.1), (0.02, up * 0.4)], False), 0.15)
        return [palm, wide, *[part for part in fingers if part is not fingers[0 if up < 0 else 3]]]
    if hand is Hand.POINT:
        finger = (poly([(0.0, up * 0.06), (0.48, up * 0.06)], False), 0.17)
        return [palm, finger, thumb]
    return [palm, thumb]


def draw_wave_lines(pen: Pen, arm: Arm) -> None:
    """Two short strokes either side of a hand that waves."""
    turn = math.degrees(math.atan2(arm.direction[1], arm.direction[0]))
    with pen.frame(*arm.palm, 1.0, turn):
        for side in (-1, 1):
            pen.line(smooth([(0.42, side * 0.46), (0.26, side * 0.56), (0.06, side * 0.58)]))
