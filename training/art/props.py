"""Things: what a hand holds, what lies on a table, and cats. Units as in faces."""

from __future__ import annotations

from training.art.colors import CAT, INK, RGB, WHITE, light, shade
from training.art.pen import Pen, box, oval, poly, shape, smooth

BRASS: RGB = (196, 134, 50)
PAPER: RGB = (255, 250, 232)


def draw_lantern(pen: Pen, lit: bool = True) -> None:
    """A lantern that hangs from the origin, about one unit tall."""
    if lit:
        pen.glow(0, 0.6, 1.3, (255, 214, 90), 0.75)
    pen.line(smooth([(-0.24, 0.28), (-0.2, -0.02), (0, -0.02), (0.2, -0.02), (0.24, 0.28)]))
    glass = box(-0.26, 0.32, 0.52, 0.5, 0.1)
    pen.ink(glass, (255, 232, 120) if lit else (150, 170, 190))
    if lit:
        pen.fill(
            shape("M 0 0.38 C 0.2 0.6 0.14 0.76 0 0.76 C -0.14 0.76 -0.2 0.6 0 0.38"),
            (255, 150, 40),
        )
        pen.fill(oval(0, 0.66, 0.06, 0.08), WHITE)
    pen.ink(shape("M -0.32 0.34 L -0.16 0.18 L 0.16 0.18 L 0.32 0.34"), BRASS)
    pen.ink(box(-0.34, 0.8, 0.68, 0.16, 0.04), BRASS)


def draw_cup(pen: Pen, color: RGB = (240, 240, 246)) -> None:
    """A steaming cup that stands on the origin."""
    pen.stroke(oval(0.36, -0.32, 0.14, 0.16), INK, 0.1 + pen.line_width())
    pen.stroke(oval(0.36, -0.32, 0.14, 0.16), color, 0.1)
    pen.ink(shape("M -0.36 -0.6 L 0.36 -0.6 Q 0.36 0 0.2 0 L -0.2 0 Q -0.36 0 -0.36 -0.6"), color)
    pen.ink(oval(0, -0.6, 0.36, 0.11), (140, 84, 50), 0.8)
    for x in (-0.12, 0.12):
        pen.line(smooth([(x, -0.8), (x - 0.12, -0.95), (x + 0.08, -1.1), (x, -1.25)]), WHITE, 1.1)


def draw_flower(pen: Pen, color: RGB = (246, 110, 160)) -> None:
    """A flower whose stem begins at the origin."""
    pen.limb(poly([(0, 0.15), (0, -0.5)], False), (70, 160, 80), 0.1)
    for x, y in ((-0.2, -0.86), (0.2, -0.86), (-0.26, -0.56), (0.26, -0.56), (0, -1.0)):
        pen.ink(oval(x, y + 0.06, 0.17, 0.17), color, 0.8)
    pen.ink(oval(0, -0.68, 0.17, 0.17), (255, 216, 70), 0.8)


def draw_book(pen: Pen, color: RGB = (190, 60, 60)) -> None:
    """An open book, seen from the reader's other side, standing on the origin."""
    pen.ink(shape("M 0 -0.12 L -0.62 -0.3 L -0.62 -0.92 L 0 -0.74"), color)
    pen.ink(shape("M 0 -0.12 L 0.62 -0.3 L 0.62 -0.92 L 0 -0.74"), color)
    pen.ink(
        shape("M 0 -0.74 L -0.56 -0.9 L -0.5 -0.98 L 0 -0.84 L 0.5 -0.98 L 0.56 -0.9"), PAPER, 0.7
    )
    pen.line(poly([(-0.42, -0.62), (-0.2, -0.56)], False), (255, 220, 120), 0.9)


def draw_letter(pen: Pen) -> None:
    """A sealed envelope lying at the origin."""
    pen.ink(box(-0.8, -0.5, 1.6, 1.0, 0.05), PAPER)
    pen.line(poly([(-0.78, -0.48), (0, 0.12), (0.78, -0.48)], False))
    pen.ink(oval(0, 0.08, 0.17, 0.17), (214, 48, 56), 0.8)


def draw_umbrella(pen: Pen, color: RGB) -> None:
    """An open umbrella whose handle begins at the origin."""
    pen.limb(poly([(0, 0.2), (0, -2.3)], False), (120, 84, 60), 0.09)
    dome = shape(
        "M -1.7 -2.0 C -1.5 -3.3 1.5 -3.3 1.7 -2.0 Q 1.4 -2.25 1.13 -2.0 Q 0.85 -2.25 0.57 -2.0 "
        "Q 0.28 -2.25 0 -2.0 Q -0.28 -2.25 -0.57 -2.0 Q -0.85 -2.25 -1.13 -2.0 Q -1.4 -2.25 -1.7 -2"
    )
    pen.ink(dome, color)
    with pen.clipped(dome):
        pen.fill(shape("M 0.5 -3.2 C 1.1 -2.9 1.2 -2.4 1.13 -2 L 2 -1.9 L 1.8 -3"), shade(color))
    pen.line(smooth([(-0.57, -2.0), (-0.5, -2.7), (0, -2.97)]), weight=0.7)
    pen.line(smooth([(0.57, -2.0), (0.5, -2.7), (0, -2.97)]), weight=0.7)


def draw_cat(pen: Pen, coat: str, happy: bool) -> None:
    """A sitting cat; the origin is the middle of its head, a unit half the head."""
    color = CAT[coat]
    tail = smooth([(0.7, 2.1), (1.9, 2.3), (1.75, 1.3), (1.6, 1.0)])
    pen.limb(tail, color, 0.36)
    body = shape(
        "M -0.62 0.6 C -1.1 1.3 -1.05 2.4 -0.75 2.45 L 0.75 2.45 C 1.05 2.4 1.1 1.3 0.62 0.6"
    )
    pen.ink(body, color)
    pen.fill(
        shape("M -0.4 0.8 C -0.5 1.5 -0.3 1.8 0 1.8 C 0.3 1.8 0.5 1.5 0.4 0.8"), light(color, 0.55)
    )
    for x in (-0.32, 0.32):
        pen.ink(oval(x, 2.34, 0.26, 0.17), light(color, 0.4), 0.8)
    for side in (-1, 1):
        ear = [(side * 0.28, -0.7), (side * 0.86, -1.25), (side * 0.98, -0.25)]
        pen.ink(poly(ear), color)
        inner = [(side * 0.5, -0.7), (side * 0.78, -0.98), (side * 0.86, -0.5)]
        pen.fill(poly(inner), (250, 160, 170))
    head = shape(
        "M -1.08 0.1 C -1.1 -0.6 -0.6 -0.85 0 -0.85 C 0.6 -0.85 1.1 -0.6 1.08 0.1 "
        "C 1.05 0.65 0.5 0.82 0 0.82 C -0.5 0.82 -1.05 0.65 -1.08 0.1"
    )
    pen.ink(head, color)
    pen.fill(oval(0, 0.45, 0.42, 0.27), light(color, 0.55))
    for side in (-1, 1):
        if happy:
            x = side * 0.48
            pen.line(
                smooth([(x - 0.2, 0.12), (x, -0.2), (x + 0.2, 0.12)]),
                WHITE if coat == "black" else INK,
                1.3,
            )
        else:
            pen.ink(oval(side * 0.48, 0.0, 0.2, 0.26), (120, 220, 120), 0.8)
            pen.fill(oval(side * 0.48, 0.02, 0.09, 0.2), INK)
            pen.fill(oval(side * 0.48 - 0.05, -0.09, 0.06, 0.07), WHITE)
        for y in (0.34, 0.52):
            pen.line(
                poly([(side * 0.74, y), (side * 1.3, y + (y - 0.44) * 0.6)], False), weight=0.55
            )
    pen.fill(poly([(-0.1, 0.28), (0.1, 0.28), (0, 0.4)]), (240, 110, 130))
    pen.line(smooth([(-0.2, 0.46), (-0.08, 0.56), (0, 0.42)]), weight=0.7)
    pen.line(smooth([(0.2, 0.46), (0.08, 0.56), (0, 0.42)]), weight=0.7)
    if coat == "orange":
        for x in (-0.22, 0.0, 0.22):
            pen.line(poly([(x, -0.78), (x * 0.8, -0.5)], False), (190, 96, 30), 1.2)
