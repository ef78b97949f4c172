"""People, put together of head, hair, outfit and what they hold. Units as in faces."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from training.art.colors import CLOTH, RGB, SKIN, WHITE, light, shade
from training.art.faces import HEAD, draw_brows, draw_features, draw_head
from training.art.hair import draw_back_hair, draw_front_hair
from training.art.pen import Pen, box, oval, poly, shape, smooth
from training.art.props import draw_book, draw_cup, draw_flower, draw_lantern, draw_umbrella
from training.art.spec import Framing, Person

TORSO = shape("M -0.48 1.0 C -0.72 1.06 -0.7 1.5 -0.62 2.15 L 0.62 2.15 C 0.7 1.5 0.72 1.06 0.48 1")
COAT = shape(
    "M -0.48 1.0 C -0.76 1.06 -0.78 1.6 -0.92 2.55 L 0.92 2.55 C 0.78 1.6 0.76 1.06 0.48 1"
)
DRESS = shape(
    "M -0.46 1.0 C -0.66 1.06 -0.5 1.6 -0.52 1.75 L -1.02 2.65 Q 0 2.85 1.02 2.65 L 0.52 1.75 "
    "C 0.5 1.6 0.66 1.06 0.46 1"
)
PANTS: RGB = (74, 84, 124)


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
    holds = bool(person.prop)
    if turn.mirrored:
        pen.canvas.save()
        pen.canvas.scale(-1, 1)
    draw_back_hair(pen, person)
    if framing in (Framing.FULL, Framing.WIDE):
        _draw_legs(pen, person)
    _draw_arm(pen, person, -1, "waving" if person.pose == "waving" else "down")
    if person.prop == "umbrella":
        _draw_held(pen, person, framing)
    _draw_outfit(pen, person)
    with pen.frame(0, 0, 1.0, turn.tilt):
        draw_head(pen, person)
        _draw_hair_shadow(pen, person)
        draw_features(pen, person, turn.look)
        draw_front_hair(pen, person)
        draw_brows(pen, person, turn.look)
    _draw_arm(pen, person, 1, _holding(framing) if holds else "down")
    if holds and person.prop != "umbrella":
        _draw_held(pen, person, framing)
        _draw_hand(pen, person, 1, _holding(framing))
    if turn.mirrored:
        pen.canvas.restore()


def _draw_hair_shadow(pen: Pen, person: Person) -> None:
    with pen.clipped(HEAD):
        band = shape("M -1.1 -1.1 L 1.1 -1.1 L 1.1 0.12 Q 0.5 -0.06 0 0.04 Q -0.5 -0.06 -1.1 0.12")
        if person.hair_style != "hair bun" and not (
            person.boy and person.hair_style == "short hair"
        ):
            pen.fill(band, shade(SKIN[person.skin], 0.16))


def _holding(framing: Framing) -> str:
    return "high" if framing is Framing.CLOSE else "hold"


ARMS: dict[str, list[tuple[float, float]]] = {
    "down": [(0.6, 1.3), (0.84, 1.7), (0.86, 2.1)],
    "waving": [(0.58, 1.3), (1.15, 1.5), (1.42, 0.75)],
    "hold": [(0.6, 1.3), (0.95, 1.95), (1.2, 1.5)],
    "high": [(0.6, 1.3), (1.0, 1.9), (1.16, 1.12)],
}


def _draw_arm(pen: Pen, person: Person, side: int, pose: str) -> None:
    color = CLOTH[person.outfit_color]
    points = [(side * x, y) for x, y in ARMS[pose]]
    _draw_hand(pen, person, side, pose)
    pen.limb(smooth(points), shade(color, 0.1), 0.4)
    if person.outfit in ("hoodie", "sweater"):
        x, y = points[-1]
        pen.ink(oval(x, y, 0.22, 0.12), light(color, 0.35), 0.8)


def _draw_hand(pen: Pen, person: Person, side: int, pose: str) -> None:
    x, y = ARMS[pose][-1]
    before_x, before_y = ARMS[pose][-2]
    reach = 0.16 if pose == "down" else 0.2
    length = ((x - before_x) ** 2 + (y - before_y) ** 2) ** 0.5
    hand_x, hand_y = x + (x - before_x) / length * reach, y + (y - before_y) / length * reach
    pen.ink(oval(side * hand_x, hand_y, 0.22, 0.22), SKIN[person.skin])


def _draw_held(pen: Pen, person: Person, framing: Framing) -> None:
    x, y = ARMS[_holding(framing)][-1]
    if person.prop == "umbrella":
        with pen.frame(x + 0.04, y - 0.1, 1.0, -8):
            draw_umbrella(pen, CLOTH["yellow" if person.outfit_color == "red" else "red"])
    elif person.prop == "lantern":
        with pen.frame(x + 0.06, y - 0.12):
            draw_lantern(pen)
    elif person.prop == "cup":
        with pen.frame(x + 0.05, y + 0.1, 0.95):
            draw_cup(pen)
    elif person.prop == "flower":
        with pen.frame(x + 0.08, y - 0.15, 1.0, 8):
            draw_flower(pen)
    elif person.prop == "book":
        with pen.frame(x + 0.1, y + 0.3, 0.95, 4):
            draw_book(pen)


def _draw_legs(pen: Pen, person: Person) -> None:
    bare = person.outfit == "dress"
    color = SKIN[person.skin] if bare else PANTS
    boots = (250, 206, 64) if person.outfit == "raincoat" else (96, 62, 48)
    if person.outfit == "raincoat" and person.outfit_color == "yellow":
        boots = CLOTH["red"]
    for side in (-1, 1):
        pen.limb(poly([(side * 0.3, 2.1), (side * 0.32, 3.1)], False), color, 0.44)
        foot = shape("M -0.28 2.86 L 0.2 2.86 L 0.22 3.1 Q 0.5 3.12 0.5 3.36 L -0.28 3.36")
        pen.canvas.save()
        pen.canvas.translate(side * 0.32, 0)
        pen.canvas.scale(side, 1)
        pen.ink(foot, boots)
        pen.canvas.restore()


def _draw_outfit(pen: Pen, person: Person) -> None:
    color = CLOTH[person.outfit_color]
    skin = SKIN[person.skin]
    if person.outfit in ("raincoat", "hoodie"):
        hood = shape("M -0.95 1.3 C -1.15 0.8 -0.7 0.7 0 0.7 C 0.7 0.7 1.15 0.8 0.95 1.3")
        pen.ink(hood, shade(color, 0.25))
    pen.ink(box(-0.2, 0.75, 0.4, 0.45, 0.05), shade(skin, 0.2))
    body = {"raincoat": COAT, "dress": DRESS}.get(person.outfit, TORSO)
    pen.ink(body, color)
    with pen.clipped(body):
        pen.fill(
            shape("M 0.3 0.9 C 0.4 1.6 0.35 2.2 0.5 2.9 L 1.4 2.9 L 1.2 0.9"), shade(color, 0.2)
        )
        _draw_details(pen, person, color)
    pen.line(body)
    if person.scarf or person.striped_scarf:
        _draw_scarf(pen, person)


def _draw_details(pen: Pen, person: Person, color: RGB) -> None:
    outfit = person.outfit
    if outfit == "raincoat":
        pen.line(poly([(0, 1.05), (0, 2.6)], False), weight=0.8)
        for y in (1.4, 1.75, 2.1, 2.4):
            pen.ink(oval(0.16, y, 0.08, 0.08), WHITE, 0.6)
        pen.line(smooth([(-0.5, 0.98), (0, 1.22), (0.5, 0.98)]))
    elif outfit == "hoodie":
        pen.line(smooth([(-0.46, 1.0), (0, 1.26), (0.46, 1.0)]))
        for x in (-0.16, 0.16):
            pen.line(poly([(x, 1.18), (x, 1.5)], False), WHITE, 1.1)
        pen.ink(shape("M -0.36 2.05 L -0.26 1.7 L 0.26 1.7 L 0.36 2.05"), color, 0.8)
    elif outfit == "dress":
        pen.fill(shape("M -0.4 0.98 Q 0 1.4 0.4 0.98"), WHITE)
        pen.line(smooth([(-0.4, 0.98), (0, 1.36), (0.4, 0.98)]), weight=0.8)
        pen.fill(box(-0.6, 1.66, 1.2, 0.16), light(color, 0.6))
        pen.fill(shape("M -1.1 2.45 Q 0 2.65 1.1 2.45 L 1.1 2.58 Q 0 2.78 -1.1 2.58"), WHITE)
    elif outfit == "jacket":
        pen.fill(shape("M -0.2 0.95 L 0.2 0.95 L 0.14 2.2 L -0.14 2.2"), WHITE)
        pen.line(poly([(-0.22, 0.98), (-0.14, 2.2)], False), weight=0.8)
        pen.line(poly([(0.22, 0.98), (0.14, 2.2)], False), weight=0.8)
    elif outfit == "sweater":
        stripe = WHITE if person.outfit_color not in ("white", "yellow") else CLOTH["red"]
        pen.fill(box(-1, 1.45, 2, 0.17), stripe)
        pen.fill(box(-1, 1.75, 2, 0.17), stripe)
        pen.ink(shape("M -0.34 0.85 L 0.34 0.85 L 0.36 1.12 L -0.36 1.12"), color, 0.8)
    else:
        pen.ink(shape("M 0 1.12 L -0.36 0.9 L -0.4 1.22 L -0.12 1.36"), WHITE, 0.8)
        pen.ink(shape("M 0 1.12 L 0.36 0.9 L 0.4 1.22 L 0.12 1.36"), WHITE, 0.8)
        for y in (1.5, 1.75, 2.0):
            pen.fill(oval(0, y, 0.05, 0.05), WHITE)


def _draw_scarf(pen: Pen, person: Person) -> None:
    color = CLOTH[person.scarf or "orange"]
    wrap = shape("M -0.62 0.84 Q 0 1.1 0.62 0.84 L 0.68 1.16 Q 0 1.46 -0.68 1.16")
    tail = shape("M 0.2 1.2 L 0.55 1.15 L 0.62 1.85 L 0.26 1.9")
    for part in (tail, wrap):
        pen.ink(part, color)
        if person.striped_scarf:
            with pen.clipped(part):
                _draw_stripes(pen)
            pen.line(part)


def _draw_stripes(pen: Pen) -> None:
    for x in (-0.5, -0.14, 0.3):
        pen.fill(box(x, 0.7, 0.16, 0.75), WHITE)
    for y in (1.45, 1.68):
        pen.fill(box(0.1, y, 0.6, 0.11), WHITE)
