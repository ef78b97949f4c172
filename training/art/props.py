"""Things: what a hand holds and what lies on a table. Units as in faces."""

from __future__ import annotations

import math

from training.art.colors import INK, RGB, WHITE, light, shade
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


def draw_cup(pen: Pen, color: RGB = (250, 250, 252)) -> None:
    """A steaming cup that stands on the origin."""
    pen.stroke(oval(0.38, -0.34, 0.16, 0.17), INK, 0.1 + pen.line_width())
    pen.stroke(oval(0.38, -0.34, 0.16, 0.17), color, 0.1)
    cup = shape("M -0.4 -0.64 L 0.4 -0.64 Q 0.4 0 0.24 0 L -0.24 0 Q -0.4 0 -0.4 -0.64")
    pen.ink(cup, color)
    with pen.clipped(cup):
        pen.fill(box(-0.5, -0.36, 1, 0.14), (222, 62, 66))
    pen.line(cup)
    pen.ink(oval(0, -0.64, 0.4, 0.12), (140, 84, 50), 0.8)
    for x, top in ((-0.15, -1.34), (0.15, -1.46)):
        steam = smooth([(x, -0.84), (x - 0.14, -1.0), (x + 0.1, -1.18), (x, top)])
        # Steam is seen over white shirts and grey skies alike, so it has an outline too.
        pen.limb(steam, WHITE, 0.11, 0.7)


def draw_flower(pen: Pen, color: RGB = (246, 110, 160)) -> None:
    """A flower whose stem begins at the origin."""
    pen.limb(poly([(0, 0.3), (0, -0.5)], False), (70, 160, 80), 0.1)
    pen.ink(shape("M 0 -0.02 Q 0.12 -0.3 0.44 -0.3 Q 0.36 0.0 0 -0.02"), (90, 186, 98), 0.7)
    for index in range(5):
        angle = math.radians(-90 + 72 * index)
        x, y = 0.26 * math.cos(angle), -0.72 + 0.26 * math.sin(angle)
        pen.ink(oval(x, y, 0.19, 0.19), color, 0.8)
    pen.ink(oval(0, -0.72, 0.17, 0.17), (255, 216, 70), 0.8)


def draw_book(pen: Pen, color: RGB = (190, 60, 60)) -> None:
    """An open book standing on the origin, its pages to us."""
    pen.ink(shape("M 0 0 L -0.78 -0.1 L -0.78 -0.92 L 0 -0.82 L 0.78 -0.92 L 0.78 -0.1"), color)
    for side in (-1, 1):
        pen.canvas.save()
        pen.canvas.scale(side, 1)
        pen.ink(
            shape("M 0 -0.1 Q 0.3 -0.3 0.68 -0.19 L 0.68 -0.97 Q 0.3 -1.06 0 -0.84"), PAPER, 0.8
        )
        for y in (-0.78, -0.6, -0.42):
            pen.line(
                smooth([(0.14, y + 0.04), (0.34, y - 0.08), (0.56, y - 0.05)]),
                (150, 132, 120),
                0.7,
            )
        pen.canvas.restore()


def draw_letter(pen: Pen) -> None:
    """A sealed envelope lying at the origin."""
    pen.ink(box(-0.8, -0.5, 1.6, 1.0, 0.05), PAPER)
    pen.line(poly([(-0.78, -0.48), (0, 0.12), (0.78, -0.48)], False))
    pen.ink(oval(0, 0.08, 0.17, 0.17), (214, 48, 56), 0.8)


def draw_umbrella(pen: Pen, color: RGB) -> None:
    """An open umbrella whose handle begins at the origin."""
    pen.limb(poly([(0, 0.2), (0, -3.1)], False), (120, 84, 60), 0.09)
    hook = smooth([(0, 0.1), (0, 0.5), (0.16, 0.52), (0.24, 0.5), (0.24, 0.34)])
    pen.limb(hook, (120, 84, 60), 0.12)
    dome = shape(
        "M -1.7 -2.0 C -1.5 -3.3 1.5 -3.3 1.7 -2.0 Q 1.4 -2.25 1.13 -2.0 Q 0.85 -2.25 0.57 -2.0 "
        "Q 0.28 -2.25 0 -2.0 Q -0.28 -2.25 -0.57 -2.0 Q -0.85 -2.25 -1.13 -2.0 Q -1.4 -2.25 -1.7 -2"
    )
    pen.ink(dome, color)
    with pen.clipped(dome):
        pen.fill(shape("M 0.5 -3.2 C 1.1 -2.9 1.2 -2.4 1.13 -2 L 2 -1.9 L 1.8 -3"), shade(color))
    pen.line(smooth([(-0.57, -2.0), (-0.5, -2.7), (0, -2.97)]), weight=0.7)
    pen.line(smooth([(0.57, -2.0), (0.5, -2.7), (0, -2.97)]), weight=0.7)


def draw_balloon(pen: Pen, color: RGB = (232, 50, 70)) -> None:
    """A toy balloon on a string that begins at the origin and rises two and a half units."""
    pen.line(smooth([(0, 0.2), (0.05, -0.2), (-0.12, -0.7), (0, -1.16)]), weight=0.7)
    pen.ink(poly([(0, -1.26), (-0.13, -1.08), (0.13, -1.08)]), shade(color, 0.2), 0.8)
    skin = shape(
        "M 0 -1.24 C -0.4 -1.34 -0.62 -1.7 -0.6 -2.02 C -0.58 -2.4 -0.3 -2.6 0 -2.6 "
        "C 0.3 -2.6 0.58 -2.4 0.6 -2.02 C 0.62 -1.7 0.4 -1.34 0 -1.24"
    )
    pen.ink(skin, color)
    with pen.clipped(skin):
        pen.fill(
            shape("M 0.3 -2.7 C 0.46 -2.1 0.4 -1.6 -0.1 -1.2 L 0.8 -1.2 L 0.8 -2.6"), shade(color)
        )
    pen.line(skin)
    with pen.frame(-0.27, -2.2, 1.0, 25):
        pen.fill(oval(0, 0, 0.1, 0.18), light(color, 0.75))


def draw_key(pen: Pen, color: RGB = (244, 190, 56)) -> None:
    """A golden key lying at the origin, one and a half units long."""
    edge = pen.line_width()
    ring, shaft = oval(-0.46, 0, 0.22, 0.22), poly([(-0.2, 0), (0.76, 0)], False)
    teeth = [poly([(x, 0), (x, 0.26)], False) for x in (0.5, 0.72)]
    for widen, paint in ((edge, INK), (-edge, color)):
        pen.stroke(ring, paint, 0.18 + widen)
        for part in (shaft, *teeth):
            pen.stroke(part, paint, 0.17 + widen)
    pen.line(smooth([(-0.66, -0.06), (-0.62, -0.2), (-0.46, -0.22)]), light(color, 0.8), 0.8)


def draw_cake(pen: Pen, color: RGB = (250, 170, 190)) -> None:
    """A round cake with cream, a candle and cherries, on a plate that stands on the origin."""
    pen.ink(oval(0, -0.04, 0.86, 0.14), (226, 232, 240))
    pen.ink(box(-0.64, -0.7, 1.28, 0.62, 0.08), (250, 224, 160))
    pen.fill(box(-0.6, -0.36, 1.2, 0.1), (206, 110, 84))
    pen.ink(
        shape(
            "M -0.66 -0.72 C -0.66 -0.3 -0.44 -0.3 -0.4 -0.52 C -0.36 -0.3 -0.12 -0.3 -0.1 -0.52 "
            "C -0.06 -0.24 0.2 -0.24 0.22 -0.5 C 0.26 -0.3 0.62 -0.26 0.66 -0.72 "
            "Q 0.6 -0.86 0 -0.86 Q -0.6 -0.86 -0.66 -0.72"
        ),
        color,
    )
    for x in (-0.42, 0.42):
        pen.ink(oval(x, -0.9, 0.12, 0.12), (214, 36, 54), 0.8)
    pen.glow(0, -1.36, 0.5, (255, 214, 90), 0.6)
    pen.ink(box(-0.06, -1.2, 0.12, 0.36), WHITE, 0.8)
    pen.ink(shape("M 0 -1.52 Q 0.14 -1.3 0 -1.24 Q -0.14 -1.3 0 -1.52"), (255, 160, 50), 0.7)
