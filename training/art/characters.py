"""People, put together of head, outfit, limbs and what they hold, from the back to the front.

Units are half a head; the origin is the middle of the head, the soles are at 3.36.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from training.art.arms import Arm, arms_of, draw_arm, draw_hand, draw_wave_lines
from training.art.heads import draw_head, draw_head_behind
from training.art.holding import Grip, draw_held, grip_of, is_behind, takes_both
from training.art.legs import draw_legs_before, draw_legs_behind
from training.art.outfits import draw_outfit
from training.art.pen import Pen
from training.art.spec import Framing, Person, View

LEAN = 7.0  # degrees that a runner leans forward


@dataclass(frozen=True)
class Turn:
    """How a person happens to stand: where the face looks, on which side, how the head tilts."""

    look: float
    mirrored: bool
    tilt: float


def turn_of(jitter: int) -> Turn:
    """The turn that a jitter stands for."""
    random = Random(jitter)
    return Turn(random.uniform(-0.09, 0.09), random.random() < 0.5, random.uniform(-4, 4))


def draw_person(pen: Pen, person: Person, framing: Framing) -> None:
    """One person; the origin is the middle of the head."""
    turn = turn_of(person.jitter)
    pen.canvas.save()
    if turn.mirrored:
        pen.canvas.scale(-1, 1)
    with pen.frame(0, 0, 1.0, turn.tilt if person.pose != "running" else turn.tilt + LEAN):
        draw_head_behind(pen, person)
    _draw_figure(pen, person, framing, turn)
    pen.canvas.restore()


def _draw_figure(pen: Pen, person: Person, framing: Framing, turn: Turn) -> None:
    """Everything in front of the back hair."""
    lean = LEAN if person.pose == "running" else 0.0
    left, right, grip = _arms(person, framing)
    draw_legs_behind(pen, person)
    with pen.frame(0, 0, 1.0, lean):
        for arm in (left, right):
            if not arm.arm_over:
                draw_arm(pen, person, arm)
        if grip and is_behind(person):
            draw_held(pen, person, grip, right)
            draw_hand(pen, person, right)
        draw_outfit(pen, person)
    draw_legs_before(pen, person)
    with pen.frame(0, 0, 1.0, turn.tilt + lean):
        draw_head(pen, person, turn.look)
    with pen.frame(0, 0, 1.0, lean):
        _draw_over(pen, person, left, right, grip)


def _draw_over(pen: Pen, person: Person, left: Arm, right: Arm, grip: Grip | None) -> None:
    """Arms and hands that are in front of the body, and what they hold."""
    held = grip is not None and not is_behind(person)
    for arm in (left, right):
        if arm.arm_over:
            draw_arm(pen, person, arm)
    if grip and held:
        draw_held(pen, person, grip, right)
    for arm in (left, right):
        if arm.hand_over and (held or not arm.arm_over) and person.view is not View.BACK:
            draw_hand(pen, person, arm)
    if person.pose == "waving":
        draw_wave_lines(pen, right if person.view is View.SIDE and not grip else left)


def _arms(person: Person, framing: Framing) -> tuple[Arm, Arm, Grip | None]:
    """The arms of the pose, the right one bent to the prop where there is one."""
    left, right = arms_of(person)
    if not person.prop:
        return left, right, None
    grip = grip_of(person, framing)
    holding = grip.arm(person.view)
    if person.view is View.SIDE and person.pose != "standing":
        # The arm on our side shows the pose, so the prop's takes the far one's place.
        left = replace(right, arm_over=False, hand_over=False)
    elif takes_both(person, grip):
        left = holding.flipped()
    return left, holding, grip
