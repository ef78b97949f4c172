"""What outdoor places share: hills, water, boats, trees, a lighthouse's tower."""

from __future__ import annotations

from random import Random

from training.art.colors import RGB, WHITE, mix, shade
from training.art.light import Light
from training.art.pen import Pen, box, oval, poly, shape, smooth

SEA: RGB = (40, 128, 206)
GRASS: RGB = (112, 194, 92)
ROCK: RGB = (136, 126, 134)
WOOD: RGB = (128, 86, 58)


def hill(pen: Pen, w: float, base: float, rise: float, color: RGB, h: float, peak: float) -> None:
    """Land with one rounded top at the share `peak` of the width."""
    points = [(-9, base), (w * peak * 0.5, base - rise), (w * peak, base - rise)]
    points += [(w * (peak + 1) / 2, base - rise), (w + 9, base + rise * 0.2)]
    path = smooth(points)
    path.lineTo(w + 9, h + 9)
    path.lineTo(-9, h + 9)
    path.close()
    pen.ink(path, color)


def water(pen: Pen, light: Light, w: float, h: float, top: float, random: Random) -> None:
    """Water from `top` down, with some short waves."""
    sea = light(SEA)
    colors = (mix(sea, WHITE, 0.2), sea, shade(sea, 0.25))
    pen.gradient(box(-2, top, w + 4, h - top + 2), top, h, colors)
    pen.line(poly([(-2, top), (w + 2, top)], False), weight=0.8)
    for _ in range(round(w * (h - top) / 4200) + 2):
        x, y = random.uniform(0, w), random.uniform(top + 8, h)
        pen.line(smooth([(x - 12, y), (x, y - 5), (x + 12, y)]), light((190, 226, 246)), 0.9)


def sailing_boat(pen: Pen, light: Light, x: float, y: float, size: float, color: RGB) -> None:
    """A boat with two white sails; a unit is about half its length."""
    with pen.frame(x, y, size):
        pen.line(poly([(0, 0), (0, -1.7)], False))
        pen.ink(shape("M 0.08 -1.6 L 0.95 -0.2 L 0.08 -0.2"), light((250, 246, 236)))
        pen.ink(shape("M -0.08 -1.4 L -0.7 -0.2 L -0.08 -0.2"), light((236, 226, 210)))
        pen.ink(shape("M -1.1 -0.1 L 1.2 -0.1 L 0.8 0.45 L -0.75 0.45"), light(color))


def tower(pen: Pen, light: Light, x: float, base: float, size: float) -> None:
    """A lighthouse standing at (x, base), `size` tall; lit, it casts a cone to either side."""
    on = light.place.light_on
    if on:
        _beam(pen, x, base - size * 0.87, size)
    with pen.frame(x, base, size):
        body = shape("M -0.17 0.02 L -0.11 -0.76 L 0.11 -0.76 L 0.17 0.02")
        pen.fill(body, light((248, 244, 240)))
        with pen.clipped(body):
            for y in (-0.68, -0.4, -0.12):
                pen.fill(box(-0.3, y, 0.6, 0.14), light((220, 56, 56)))
            pen.fill(shape("M 0.04 -0.8 L 0.1 0.1 L 0.3 0.1 L 0.3 -0.8"), (30, 20, 70), 0.2)
        pen.line(body)
        pen.ink(box(-0.05, -0.16, 0.1, 0.18, 0.04), light((90, 60, 50)), 0.8)
        pen.ink(box(-0.1, -0.96, 0.2, 0.18), (255, 250, 170) if on else light((70, 90, 110)))
        pen.ink(box(-0.17, -0.8, 0.34, 0.06, 0.02), light((90, 90, 104)), 0.8)
        roof = "M -0.15 -0.95 Q -0.06 -1.08 0 -1.12 Q 0.06 -1.08 0.15 -0.95"
        pen.ink(shape(roof), light((220, 56, 56)))


def _beam(pen: Pen, x: float, y: float, size: float) -> None:
    reach = size * 5
    for spread, color, alpha in ((0.26, (255, 236, 130), 0.6), (0.15, (255, 252, 208), 0.9)):
        for side in (-1, 1):
            end, half = x + side * reach, reach * spread
            cone = [(x, y - size * 0.04), (end, y - half), (end, y + half), (x, y + size * 0.04)]
            pen.fill(poly(cone), color, alpha)
    pen.glow(x, y, size * 0.3, (255, 250, 190), 0.9)


def pine(pen: Pen, light: Light, x: float, base: float, size: float, color: RGB) -> None:
    """A fir of three tiers standing at (x, base)."""
    with pen.frame(x, base, size):
        pen.ink(box(-0.08, -0.2, 0.16, 0.24), light((112, 76, 52)), 0.8)
        leaves = light.leaves(color) if light.autumn else light(color)
        for y, half in ((-0.16, 0.42), (-0.42, 0.34), (-0.66, 0.25)):
            pen.ink(poly([(-half, y), (0, y - 0.42), (half, y)]), leaves)
            if light.snow:
                cap = [(-half * 0.5, y - 0.2), (0, y - 0.42), (half * 0.5, y - 0.2), (0, y - 0.14)]
                pen.fill(poly(cap), light((246, 250, 255)))


def round_tree(
    pen: Pen, light: Light, x: float, base: float, size: float, other: bool = False
) -> None:
    """A tree like a ball on a stick, `size` tall."""
    leaves = light.leaves((58, 156, 80), other)
    with pen.frame(x, base, size):
        pen.ink(box(-0.06, -0.45, 0.12, 0.47), light(WOOD), 0.9)
        crown = oval(0, -0.66, 0.34, 0.34)
        pen.fill(crown, leaves)
        with pen.clipped(crown):
            pen.fill(oval(0.16, -0.5, 0.34, 0.34), shade(leaves, 0.16))
            pen.fill(oval(-0.06, -0.72, 0.27, 0.27), leaves)
        pen.line(crown)


def puffs(pen: Pen, w: float, base: float, radius: float, color: RGB, random: Random) -> None:
    """A row of bushes along the whole width."""
    x = -random.uniform(0, radius)
    while x < w + radius:
        size = radius * random.uniform(0.85, 1.15)
        pen.ink(oval(x, base, size, size), color)
        x += radius * 1.3
