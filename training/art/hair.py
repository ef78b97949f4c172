"""Hair: locks behind the face and over it, from all three sides. Units as in faces."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import skia

from training.art.colors import HAIR, INK, RGB, WHITE, light, luma, shade
from training.art.pen import Pen, box, oval, poly, shape, smooth
from training.art.spec import Person, Style, View

TIE: RGB = (236, 60, 80)
PIN: RGB = (255, 222, 50)
Line = tuple[tuple[float, float], ...]


def below(y: float) -> skia.Path:
    """Where dyed tips begin: everything under a ragged line."""
    ragged = [(-3 + 0.25 * step, y + (0.12 if step % 2 else -0.12)) for step in range(25)]
    return poly([*ragged, (3, 4), (-3, 4)])


def outside(radius: float) -> skia.Path:
    """Where the dyed tips of spikes begin: everything far from the middle of the head."""
    path = box(-3, -3, 6, 6)
    path.addPath(oval(0, 0, radius, radius))
    path.setFillType(skia.PathFillType.kEvenOdd)
    return path


def mirrored(path: skia.Path) -> skia.Path:
    """The path's mirror image, left for right."""
    image = skia.Path()
    path.transform(skia.Matrix.Scale(-1, 1), image)
    return image


def shifted(path: skia.Path, x: float, y: float) -> skia.Path:
    """The path moved by (x, y)."""
    image = skia.Path()
    path.transform(skia.Matrix.Translate(x, y), image)
    return image


@dataclass(frozen=True)
class Lock:
    """One mass of hair; `edge` is what is inked of it where that is not its whole outline."""

    path: skia.Path
    tips: skia.Path | None = None
    dark: float = 0.0
    shadow: skia.Path | None = None
    strands: tuple[Line, ...] = ()
    edge: skia.Path | None = None


BOB = shape(
    "M -1.12 -0.2 C -1.38 0.5 -1.28 0.95 -1.0 1.06 L 1.0 1.06 C 1.28 0.95 1.38 0.5 1.12 -0.2 "
    "C 1.1 -1.3 -1.1 -1.3 -1.12 -0.2"
)
LONG = shape(
    "M -1.12 -0.2 C -1.4 0.8 -1.42 1.7 -1.28 2.1 L -0.85 1.9 L -0.6 2.15 L 0 1.95 L 0.6 2.15 "
    "L 0.85 1.9 L 1.28 2.1 C 1.42 1.7 1.4 0.8 1.12 -0.2 C 1.1 -1.3 -1.1 -1.3 -1.12 -0.2"
)
TAIL = shape(
    "M 0.95 -0.5 C 1.5 -0.75 2.05 -0.2 1.95 0.6 C 1.9 1.1 1.75 1.4 1.6 1.6 C 1.6 1.2 1.45 1.1 "
    "1.35 0.9 C 1.15 0.5 1.2 0.1 0.95 -0.5"
)
PONY = shape(
    "M 0.45 -1.05 C 1.1 -1.6 2.0 -1.0 1.9 0.1 C 1.86 0.8 1.6 1.2 1.4 1.4 C 1.45 0.9 1.3 0.6 "
    "1.2 0.2 C 1.1 -0.3 0.9 -0.6 0.45 -1.05"
)
BACK_PONY = shape(
    "M -0.16 -0.72 C -0.75 -0.6 -0.62 0.4 -0.46 0.9 C -0.36 1.25 -0.16 1.5 0.06 1.75 "
    "C 0.14 1.5 0.4 1.2 0.5 0.8 C 0.64 0.2 0.7 -0.6 0.16 -0.72"
)
SIDE_TAIL = shape(
    "M -0.42 -0.52 C -1.0 -0.95 -1.62 -0.5 -1.5 0.45 C -1.45 1.0 -1.3 1.3 -1.05 1.62 "
    "C -1.06 1.25 -0.85 1.1 -0.78 0.8 C -0.66 0.4 -0.7 0.1 -0.42 -0.52"
)
SIDE_LONG = shape(
    "M 0.2 -0.6 C -0.5 -1.4 -1.35 -0.8 -1.3 0.2 C -1.3 0.9 -1.55 1.6 -1.5 2.15 L -1.12 1.95 "
    "L -0.85 2.2 L -0.5 1.98 L -0.15 2.1 C -0.2 1.4 0.1 0.6 0.2 -0.6"
)
CAP = (
    "M -1.08 0.3 C -1.22 -0.85 -0.75 -1.3 0 -1.3 C 0.75 -1.3 1.22 -0.85 1.08 0.3 "
    "L 0.98 0.34 Q 0.98 0.0 0.84 -0.34 "
)
ZIGZAG = shape(
    CAP
    + "L 0.74 -0.56 L 0.58 -0.32 L 0.4 -0.62 L 0.1 -0.3 L -0.14 -0.62 L -0.42 -0.32 L -0.6 -0.6 "
    "L -0.84 -0.34 Q -0.98 0.0 -0.98 0.34"
)
STRAIGHT = shape(
    CAP + "Q 0.8 -0.4 0.74 -0.44 Q 0.4 -0.36 0 -0.38 Q -0.4 -0.36 -0.74 -0.44 "
    "Q -0.8 -0.4 -0.84 -0.34 Q -0.98 0.0 -0.98 0.34"
)
SWEPT = shape(CAP + "Q 0.5 -0.36 0.3 -0.78 Q -0.1 -0.42 -0.84 -0.34 Q -0.98 0.05 -0.98 0.34")
FRINGE = (
    *((0.98, 0.34), (0.84, -0.34), (0.66, -0.34), (0.5, -0.64), (0.28, -0.32), (0.06, -0.66)),
    *((-0.2, -0.3), (-0.4, -0.64), (-0.66, -0.32), (-0.84, -0.34), (-0.98, 0.34)),
)
SPIKES = shape(CAP + " ".join(f"L {x} {y}" for x, y in FRINGE[2:]))
TUFT = shape("M -0.15 -1.2 Q 0.0 -1.62 0.32 -1.6 Q 0.2 -1.45 0.25 -1.18")

NAPE = "C 1.1 0.62 0.86 0.86 0.66 0.9 "
SKULL = "M -1.1 0.2 C -1.22 -0.85 -0.75 -1.3 0 -1.3 C 0.75 -1.3 1.22 -0.85 1.1 0.2 "
BACK_SHORT = shape(
    SKULL + NAPE + "L 0.42 0.74 L 0.22 0.98 L 0 0.76 L -0.22 0.98 L -0.42 0.74 L -0.66 0.9 "
    "C -0.86 0.86 -1.1 0.62 -1.1 0.2"
)
BACK_BOB = shape(
    SKULL + "C 1.34 0.6 1.28 0.96 1.0 1.06 Q 0.5 0.98 0 1.06 Q -0.5 0.98 -1.0 1.06 "
    "C -1.28 0.96 -1.34 0.6 -1.1 0.2"
)
BACK_LONG = shape(
    SKULL + "C 1.32 1.0 1.4 1.7 1.26 2.1 L 0.85 1.9 L 0.6 2.15 L 0 1.95 L -0.6 2.15 L -0.85 1.9 "
    "L -1.26 2.1 C -1.4 1.7 -1.32 1.0 -1.1 0.2"
)
BACK_TIED = shape(SKULL + "C 1.06 0.6 0.7 0.86 0 0.88 C -0.7 0.86 -1.06 0.6 -1.1 0.2")

CROWN = "M 1.0 -0.34 C 1.06 -0.9 0.6 -1.3 -0.05 -1.3 C -0.85 -1.3 -1.22 -0.75 -1.15 -0.05 "
TIED_NAPE = "C -1.1 0.4 -0.9 0.7 -0.6 0.84 C -0.45 0.62 -0.4 0.4 -0.36 0.2 "
SIDEBURN = "C -0.2 -0.05 0.0 0.0 0.06 0.05 L 0.12 0.42 L 0.26 0.0 "
SIDE_BANGS = "L 0.4 -0.58 L 0.56 -0.34 L 0.74 -0.64 L 1.0 -0.34"
SIDE_ZIGZAG = shape(CROWN + TIED_NAPE + SIDEBURN + SIDE_BANGS)
SIDE_SWEPT = shape(CROWN + TIED_NAPE + SIDEBURN + "Q 0.32 -0.5 0.62 -0.72 Q 0.86 -0.6 1.0 -0.34")
SIDE_BOB = shape(
    CROWN + "C -1.3 0.4 -1.25 0.98 -0.95 1.06 L 0.02 1.04 C 0.2 0.8 0.24 0.3 0.22 -0.12 "
    "L 0.26 -0.42 Q 0.6 -0.36 1.0 -0.34"
)
SIDE_DROP = shape(
    CROWN + "C -1.3 0.6 -1.4 1.1 -1.3 1.4 L -1.02 1.22 L -0.76 1.46 L -0.5 1.2 L -0.2 1.4 "
    "C -0.1 1.0 0.22 0.6 0.22 -0.1 " + SIDE_BANGS
)


def _spikes(
    first: float, last: float, count: int, reach: float = 1.68
) -> list[tuple[float, float]]:
    """Spikes from one angle to another, in degrees, clockwise from +x."""
    points: list[tuple[float, float]] = []
    for index in range(count):
        angle = math.radians(first + index * (last - first) / (count - 1))
        radius = reach if index % 2 else 1.14
        points.append((radius * math.cos(angle), 0.02 + radius * math.sin(angle)))
    return points


SPIKY = poly([*_spikes(172, 368, 17), (0.9, 0.3), (-0.9, 0.3)])
SIDE_SPIKY = poly([*_spikes(146, 340, 17), (0.8, -0.2), (-0.5, 0.4)])
NAPE_SPIKES = (
    *((0.98, 0.5), (0.98, 0.92), (0.6, 0.72), (0.4, 1.1), (0.1, 0.78), (-0.1, 1.1)),
    *((-0.34, 0.76), (-0.62, 1.06), (-0.74, 0.66), (-1.06, 0.82), (-0.98, 0.5)),
)
BACK_SPIKY = poly([*_spikes(172, 368, 17), *NAPE_SPIKES])
SIDE_FRINGE = (
    *((-0.36, 0.2), (-0.18, -0.02), (0.06, 0.05), (0.12, 0.42), (0.26, 0.0)),
    *((0.4, -0.58), (0.56, -0.34), (0.74, -0.64), (1.0, -0.34)),
)

RIGHT = shape("M 1.4 -1.4 C 0.85 -0.9 0.9 -0.2 0.72 0.5 L 0.8 2.4 L 2 2.4")
NAPE_SHADOW = shape("M -1.6 -0.3 C -0.9 0.1 -0.7 0.4 -0.3 0.5 L -0.2 2.4 L -1.6 2.4")
FALL: tuple[Line, ...] = (
    ((-0.1, -1.0), (-0.55, -0.4), (-0.6, 0.55)),
    ((0.1, -1.0), (0.5, -0.4), (0.52, 0.5)),
    ((0.0, -0.6), (-0.06, 0.0), (0.0, 0.6)),
)
DRAPE: tuple[Line, ...] = (
    *FALL,
    ((-0.7, 0.6), (-0.85, 1.1), (-0.8, 1.7)),
    ((0.0, 0.7), (-0.05, 1.2), (0.05, 1.75)),
    ((0.66, 0.6), (0.8, 1.1), (0.74, 1.6)),
)
PARTING: tuple[Line, ...] = (
    ((0.0, -1.28), (0.04, -0.2), (0.0, 0.86)),
    ((-0.2, -0.75), (-0.5, -0.75), (-0.9, -0.55)),
    ((-0.2, 0.3), (-0.6, 0.1), (-0.9, -0.3)),
    ((0.2, -0.75), (0.5, -0.75), (0.9, -0.55)),
    ((0.2, 0.3), (0.6, 0.1), (0.9, -0.3)),
)
GATHER: tuple[Line, ...] = (
    ((-0.75, 0.45), (-0.6, -0.1), (-0.2, -0.55)),
    ((0.75, 0.45), (0.6, -0.1), (0.2, -0.55)),
    ((-0.85, -0.5), (-0.6, -0.7), (-0.3, -0.75)),
    ((0.85, -0.5), (0.6, -0.7), (0.3, -0.75)),
)
SIDE_STRANDS: tuple[Line, ...] = (
    ((0.1, -0.85), (-0.4, -0.6), (-0.7, -0.1)),
    ((-0.3, -0.95), (-0.8, -0.6), (-0.92, 0.1)),
)
TAIL_LOCK = Lock(TAIL, below(0.8), strands=(((1.35, -0.3), (1.65, 0.2), (1.6, 0.9)),))
TAILS = (
    TAIL_LOCK,
    Lock(mirrored(TAIL), below(0.8), strands=(((-1.35, -0.3), (-1.65, 0.2), (-1.6, 0.9)),)),
)
PONY_LOCK = Lock(PONY, below(0.6), strands=(((1.1, -0.9), (1.6, -0.4), (1.5, 0.6)),))
SIDE_PONY = Lock(mirrored(PONY), below(0.6), strands=(((-1.1, -0.9), (-1.6, -0.4), (-1.5, 0.6)),))


def _above(y: float) -> skia.Path:
    """A bun's dyed tips are wound to its top."""
    return box(-3, y - 3, 6, 2.92)


def _bun(x: float, y: float, radius: float) -> Lock:
    curl = ((x - 0.2, y - 0.08), (x + 0.05, y - 0.24), (x + 0.22, y), (x, y + 0.16))
    return Lock(oval(x, y, radius, radius * 0.92), _above(y), strands=(curl,))


def _front_cap(path: skia.Path, edge: skia.Path | None = None) -> Lock:
    return Lock(path, None, shadow=RIGHT, edge=edge)


def _side_cap(path: skia.Path, tips: float | None = None, edge: skia.Path | None = None) -> Lock:
    area = None if tips is None else below(tips)
    return Lock(path, area, shadow=NAPE_SHADOW, strands=SIDE_STRANDS, edge=edge)


def _back_cap(path: skia.Path, tips: float | None, strands: tuple[Line, ...]) -> Lock:
    return Lock(path, None if tips is None else below(tips), shadow=RIGHT, strands=strands)


Locks = dict[tuple[View, str], tuple[Lock, ...]]
# Behind the body.
BEHIND: Locks = {
    (View.FRONT, "short hair"): (Lock(BOB, below(0.6), dark=0.22),),
    (View.FRONT, "long hair"): (Lock(LONG, below(1.35), dark=0.22),),
    (View.FRONT, "twintails"): TAILS,
    (View.FRONT, "ponytail"): (PONY_LOCK,),
    (View.FRONT, "hair bun"): (_bun(0.0, -1.42, 0.46),),
    (View.FRONT, "spiky hair"): (Lock(SPIKY, outside(1.26)),),
    (View.SIDE, "long hair"): (Lock(SIDE_LONG, below(1.35), dark=0.22),),
    (View.SIDE, "twintails"): (Lock(shifted(SIDE_TAIL, -0.34, -0.06), below(0.76), dark=0.22),),
    (View.SIDE, "ponytail"): (SIDE_PONY,),
    (View.SIDE, "hair bun"): (_bun(-0.66, -1.3, 0.48),),
    (View.SIDE, "spiky hair"): (Lock(SIDE_SPIKY, outside(1.26)),),
}
# Over the face; a boy's short hair has a name of its own here.
OVER: Locks = {
    (View.FRONT, "short hair"): (_front_cap(STRAIGHT),),
    (View.FRONT, "cropped"): (
        Lock(TUFT),
        Lock(SWEPT, below(0.0), shadow=RIGHT),
    ),
    (View.FRONT, "long hair"): (_front_cap(ZIGZAG),),
    (View.FRONT, "twintails"): (_front_cap(ZIGZAG),),
    (View.FRONT, "ponytail"): (_front_cap(SWEPT),),
    (View.FRONT, "hair bun"): (_front_cap(SWEPT),),
    (View.FRONT, "spiky hair"): (_front_cap(SPIKES, poly(FRINGE, False)),),
    (View.SIDE, "short hair"): (_side_cap(SIDE_BOB, 0.6),),
    (View.SIDE, "cropped"): (Lock(shifted(TUFT, 0.1, -0.02)), _side_cap(SIDE_SWEPT, 0.4)),
    (View.SIDE, "long hair"): (_side_cap(SIDE_DROP, 1.1),),
    (View.SIDE, "twintails"): (_side_cap(SIDE_ZIGZAG), Lock(SIDE_TAIL, below(0.8))),
    (View.SIDE, "ponytail"): (_side_cap(SIDE_SWEPT),),
    (View.SIDE, "hair bun"): (_side_cap(SIDE_SWEPT),),
    (View.SIDE, "spiky hair"): (_side_cap(SIDE_ZIGZAG, None, poly(SIDE_FRINGE, False)),),
    (View.BACK, "short hair"): (_back_cap(BACK_BOB, 0.6, FALL),),
    (View.BACK, "cropped"): (Lock(TUFT), _back_cap(BACK_SHORT, 0.55, FALL)),
    (View.BACK, "long hair"): (_back_cap(BACK_LONG, 1.35, DRAPE),),
    (View.BACK, "twintails"): (*TAILS, _back_cap(BACK_TIED, None, PARTING)),
    (View.BACK, "ponytail"): (
        _back_cap(BACK_TIED, None, GATHER),
        Lock(BACK_PONY, below(0.85), strands=(((-0.2, -0.3), (-0.3, 0.3), (-0.1, 1.0)),)),
    ),
    (View.BACK, "hair bun"): (_back_cap(BACK_TIED, None, GATHER), _bun(0.0, -1.12, 0.52)),
    (View.BACK, "spiky hair"): (Lock(BACK_SPIKY, outside(1.26), shadow=RIGHT, strands=FALL),),
}
TIES: dict[tuple[View, str], tuple[skia.Path, ...]] = {
    (View.FRONT, "twintails"): (oval(-1.04, -0.48, 0.16, 0.18), oval(1.04, -0.48, 0.16, 0.18)),
    (View.FRONT, "ponytail"): (oval(0.72, -1.02, 0.17, 0.17),),
    (View.FRONT, "hair bun"): (box(-0.32, -1.26, 0.64, 0.15, 0.06),),
    (View.SIDE, "twintails"): (oval(-0.46, -0.54, 0.18, 0.18),),
    (View.SIDE, "ponytail"): (oval(-0.72, -1.02, 0.18, 0.18),),
    (View.SIDE, "hair bun"): (shape("M -0.98 -0.96 L -0.86 -0.86 L -0.26 -1.14 L -0.34 -1.28"),),
    (View.BACK, "twintails"): (oval(-1.04, -0.48, 0.16, 0.18), oval(1.04, -0.48, 0.16, 0.18)),
    (View.BACK, "ponytail"): (oval(0.0, -0.68, 0.26, 0.15),),
    (View.BACK, "hair bun"): (box(-0.4, -0.74, 0.8, 0.17, 0.07),),
}
STREAKS = {
    View.FRONT: shape("M -0.1 -1.5 L 0.35 -1.5 L 0.34 -0.1 L 0.1 -0.1"),
    View.SIDE: shape("M 0.3 -1.5 L 0.78 -1.5 L 0.76 -0.1 L 0.5 -0.1"),
}
SHINES = {
    View.FRONT: ((-0.72, -0.62), (-0.5, -0.9), (-0.1, -1.02)),
    View.SIDE: ((-0.16, -1.0), (0.22, -1.02), (0.56, -0.84)),
    View.BACK: ((-0.78, -0.5), (-0.56, -0.86), (-0.16, -1.02)),
}
PINS = {View.FRONT: (-0.6, -0.56), View.SIDE: (0.3, -0.6), View.BACK: (1.08, -0.42)}


def hair_color(person: Person) -> RGB:
    """The hair's colour: a named one, or a character's own."""
    return person.marks.hair_rgb or HAIR[person.hair]


def covers_ears(person: Person) -> bool:
    """Whether an ear would be hidden when seen from the side."""
    return _cut(person) in ("short hair", "long hair")


def has_bangs(person: Person) -> bool:
    """Whether the hair throws a shadow on the forehead."""
    return _cut(person) not in ("hair bun", "cropped")


def draw_back_hair(pen: Pen, person: Person) -> None:
    """What hangs behind the head and shoulders."""
    if _cut(person) != "cropped":
        _draw_locks(pen, person, BEHIND.get((person.view, person.hair_style), ()))


def draw_front_hair(pen: Pen, person: Person) -> None:
    """What lies over the head: crown and bangs, and from behind everything."""
    if person.marks.star_hairpin and person.view is View.BACK:
        draw_star(pen, *PINS[View.BACK], 0.42, PIN)
    _draw_locks(pen, person, OVER[person.view, _cut(person)])
    _draw_streak(pen, person)
    shine = WHITE if pen.style is Style.MANGA else light(hair_color(person), 0.5)
    pen.stroke(smooth(SHINES[person.view]), shine, 0.11, 0.9)
    for tie in TIES.get((person.view, person.hair_style), ()):
        pen.ink(tie, TIE, 0.9)
    if person.marks.star_hairpin and person.view is not View.BACK:
        draw_star(pen, *PINS[person.view], 0.42, PIN)


def _cut(person: Person) -> str:
    cropped = person.boy and person.hair_style == "short hair"
    return "cropped" if cropped else person.hair_style


def _draw_locks(pen: Pen, person: Person, locks: Sequence[Lock]) -> None:
    color = hair_color(person)
    for lock in locks:
        _draw_lock(pen, lock, shade(color, lock.dark), person.marks.tips)


def _draw_lock(pen: Pen, lock: Lock, color: RGB, tips: RGB | None) -> None:
    pen.fill(lock.path, color)
    with pen.clipped(lock.path):
        if lock.shadow:
            pen.fill(lock.shadow, shade(color, 0.22))
        if tips and lock.tips:
            pen.fill(lock.tips, tips)
    # Ink would not be seen on black hair.
    ink = light(color, 0.25) if luma(color) < 0.25 else shade(color, 0.5)
    if pen.style is Style.MANGA:
        ink = WHITE if luma(color) < 0.34 else INK
    for strand in lock.strands:
        pen.line(smooth(strand), ink, 0.6)
    pen.line(lock.edge or lock.path)


def _draw_streak(pen: Pen, person: Person) -> None:
    color = person.marks.streak
    if not color or person.view not in STREAKS:
        return
    lock = next(lock for lock in OVER[person.view, _cut(person)] if lock.shadow)
    with pen.clipped(lock.path):
        pen.fill(STREAKS[person.view], color)
    if person.hair_style == "spiky hair" and person.view is View.FRONT:
        pen.ink(shape("M -0.12 -1.2 L 0.1 -1.72 L 0.36 -1.2"), color)
        pen.fill(shape("M -0.12 -1.22 L 0.36 -1.22 L 0.34 -0.9 L -0.1 -0.9"), color)
    pen.line(lock.edge or lock.path)


def draw_star(pen: Pen, x: float, y: float, radius: float, color: RGB) -> None:
    """A five-pointed star with a glint."""
    points = []
    for index in range(10):
        angle = math.radians(-90 + 36 * index)
        reach = radius if index % 2 == 0 else radius * 0.52
        points.append((x + reach * math.cos(angle), y + reach * math.sin(angle)))
    pen.ink(poly(points), color, 0.9)
    pen.fill(oval(x - radius * 0.2, y - radius * 0.2, radius * 0.16, radius * 0.16), WHITE)
