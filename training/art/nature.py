"""Green and wild places; each fills a picture of w by h pixels."""

from __future__ import annotations

from random import Random

from training.art.colors import RGB, shade
from training.art.land import GRASS, SEA, WOOD, hill, pine, puffs, round_tree
from training.art.light import Light, draw_sky
from training.art.pen import Pen, box, oval, poly, shape, smooth

SAND: RGB = (244, 176, 92)
STONE: RGB = (182, 176, 176)


def draw_forest(pen: Pen, light: Light, w: float, h: float, random: Random) -> None:
    """Pines in two rows, big trunks in front of them."""
    ground = h * 0.7
    draw_sky(pen, light, w, h, ground, random)
    unit = min(h, w * 1.1)
    step = unit * 0.2
    pen.fill(box(-9, ground - unit * 0.2, w + 18, h), light.leaves((28, 84, 66), True))
    for row, color in enumerate(((84, 164, 120), (48, 130, 92))):
        x = -random.uniform(0, step)
        while x < w + step:
            size = (h * 0.3 + unit * 0.25) * random.uniform(0.9, 1.12) * (1 + row * 0.15)
            pine(pen, light, x, ground + 6, size, color)
            x += step * (1.0 + row * 0.7) * random.uniform(0.9, 1.3)
    hill(pen, w, ground + h * 0.03, h * 0.03, light.ground((96, 170, 84)), h, 0.5)
    for x in (0.05, 0.95):
        pen.ink(box(w * x - 14, -9, 28, h * 0.9, 4), light(WOOD))
        pen.line(poly([(w * x - 3, h * 0.2), (w * x - 3, h * 0.4)], False), weight=0.7)


def draw_meadow(pen: Pen, light: Light, w: float, h: float, random: Random) -> None:
    """Rolling hills, one round tree, many flowers."""
    horizon = h * 0.6
    draw_sky(pen, light, w, h, horizon, random)
    hill(pen, w, horizon, h * 0.14, light.ground((150, 216, 120)), h, 0.7)
    hill(pen, w, h * 0.7, h * 0.08, light.ground(GRASS), h, 0.3)
    round_tree(pen, light, w * 0.14, h * 0.7, min(h * 0.44, w * 0.6))
    if light.snow:
        return
    count = max(4, round(w / 32))
    for index in range(count * 2):
        x = w * (index % count + random.uniform(0.2, 0.8)) / count
        y = h * (0.8 + 0.1 * (index // count) + random.uniform(0, 0.06))
        color = random.choice(((250, 110, 156), (255, 220, 80), (255, 255, 255)))
        pen.ink(oval(x, y, 6.5, 6.5), light(color), 0.6)
        pen.fill(oval(x, y, 2.4, 2.4), light((250, 170, 60)))


def draw_mountains(pen: Pen, light: Light, w: float, h: float, random: Random) -> None:
    """Peaks with white tops and pines before them."""
    horizon = h * 0.68
    draw_sky(pen, light, w, h, horizon, random)
    for x, tall in ((0.2, 0.42), (0.8, 0.46), (0.5, 0.54)):
        x, half = w * (x + random.uniform(-0.05, 0.05)), max(h * 0.42, w * 0.3)
        top = horizon - h * tall
        pen.ink(poly([(x - half, h), (x, top), (x + half, h)]), light((118, 128, 168)))
        s = half * 0.26
        drop = (h - top) * 0.26
        snow = [(x - s, top + drop), (x, top), (x + s, top + drop), (x + s * 0.4, top + drop * 0.7)]
        snow += [(x, top + drop * 1.1), (x - s * 0.4, top + drop * 0.7)]
        pen.ink(poly(snow), light((250, 252, 255)), 0.8)
    hill(pen, w, horizon + h * 0.08, h * 0.05, light.ground((120, 186, 110)), h, 0.5)
    for x in (0.06, 0.2, 0.84, 0.96):
        pine(pen, light, w * x, h * 0.86, h * 0.3, (48, 120, 90))


def draw_park(pen: Pen, light: Light, w: float, h: float, random: Random) -> None:
    """A lawn with a winding path, a bench under round trees, and a pond."""
    top, unit = h * 0.56, min(w, h)
    draw_sky(pen, light, w, h, top, random)
    puffs(pen, w, top, unit * 0.13, light.leaves((88, 172, 96), True), random)
    pen.ink(box(-9, top, w + 18, h), light.ground((132, 214, 96)))
    path = shape(
        f"M {w * 0.5} {top} C {w * 0.66} {h * 0.66} {w * 0.34} {h * 0.74} {w * 0.3} {h + 9} "
        f"L {w * 0.3 + unit * 0.44} {h + 9} C {w * 0.62} {h * 0.76} {w * 0.76} {h * 0.66} "
        f"{w * 0.5 + unit * 0.08} {top}"
    )
    pen.ink(path, light.ground((248, 226, 176)), 0.8)
    pen.ink(oval(w * 0.84, h * 0.72, w * 0.17, h * 0.06), light((92, 176, 232)), 0.9)
    pen.line(
        smooth([(w * 0.77, h * 0.72), (w * 0.84, h * 0.705), (w * 0.9, h * 0.72)]),
        light((220, 242, 255)),
        0.9,
    )
    round_tree(pen, light, w * 0.1, h * 0.72, unit * 0.66)
    round_tree(pen, light, w * 0.9, h * 0.62, unit * 0.52, True)
    _bench(pen, light, w * 0.22, h * 0.84, unit * 0.2)


def _bench(pen: Pen, light: Light, x: float, base: float, half: float) -> None:
    wood = light((206, 108, 56))
    with pen.frame(x, base, half):
        for side in (-0.75, 0.75):
            pen.limb(poly([(side, 0), (side, -0.9)], False), light((70, 70, 86)), 0.12)
        for y in (-1.05, -0.75):
            pen.ink(box(-1, y, 2, 0.22, 0.05), wood, 0.8)
        pen.ink(box(-1.08, -0.44, 2.16, 0.2, 0.05), wood, 0.8)


def draw_river(pen: Pen, light: Light, w: float, h: float, random: Random) -> None:
    """A river between green banks, and an arched stone bridge over it."""
    top, unit = h * 0.44, min(w, h)
    draw_sky(pen, light, w, h, top, random)
    hill(pen, w, top + h * 0.08, h * 0.14, light.ground((140, 206, 130)), h, 0.4)
    foot = h * 0.64
    river = light(SEA)
    pen.gradient(box(-2, foot - h * 0.06, w + 4, h), foot, h, (river, shade(river, 0.2)))
    _bridge(pen, light, w, h, foot)
    for _ in range(round(w / 30)):
        x, y = random.uniform(0.2, 0.8) * w, random.uniform(foot + 10, h)
        pen.line(smooth([(x - 12, y), (x, y - 5), (x + 12, y)]), light((206, 234, 250)), 0.9)
    grass = light.ground(GRASS)
    for side in (0, 1):
        edge = [(0.3, foot - 3), (0.2, h * 0.74), (0.14, h * 0.86), (0.02, h + 9)]
        bank = smooth([(abs(side * w - w * x), y) for x, y in edge])
        bank.lineTo(side * w + (9 if side else -9), h + 9)
        bank.lineTo(side * w + (9 if side else -9), foot - 3)
        bank.close()
        pen.ink(bank, grass)
    if not light.snow:
        for x in (0.04, 0.1, 0.93):
            blade = [(w * x - 5, h * 0.86), (w * x, h * 0.86 - unit * 0.1), (w * x + 5, h * 0.86)]
            pen.ink(poly(blade), light.leaves((60, 150, 76)), 0.7)


def _bridge(pen: Pen, light: Light, w: float, h: float, foot: float) -> None:
    """One great arch, its road highest in the middle."""
    stone, deck = light(STONE), h * 0.36
    arch = min(w * 0.32, h * 0.44)
    rise = min(arch, h * 0.2)
    m = w * 0.5
    body = shape(
        f"M -9 {foot} L -9 {deck + h * 0.1} Q {m} {deck - h * 0.05} {w + 9} {deck + h * 0.1} "
        f"L {w + 9} {foot} L {m + arch} {foot} C {m + arch} {foot - rise * 1.33} "
        f"{m - arch} {foot - rise * 1.33} {m - arch} {foot}"
    )
    pen.ink(body, stone)
    with pen.clipped(body):
        for index in range(-6, 7):
            x = m + index * arch * 0.42
            lean = index * arch * 0.06
            pen.line(poly([(x, foot), (x + lean, deck)], False), shade(stone, 0.4), 0.6)
    parapet = [(-9, deck + h * 0.1), (m, deck - h * 0.05), (w + 9, deck + h * 0.1)]
    pen.limb(smooth(parapet), light.ground((206, 200, 196)), h * 0.05)


def draw_desert(pen: Pen, light: Light, w: float, h: float, random: Random) -> None:
    """Orange dunes, red rocks far away, cacti near by."""
    horizon, unit = h * 0.58, min(w, h)
    draw_sky(pen, light, w, h, horizon, random)
    rock = light((200, 96, 66))
    for x, tall in ((0.26, 0.26), (0.72, 0.34)):
        mesa = [(x - 0.15, 0), (x - 0.1, tall), (x + 0.1, tall), (x + 0.15, 0)]
        pen.ink(poly([(w * px, horizon + 9 - h * py) for px, py in mesa]), rock)
    hill(pen, w, horizon + h * 0.06, h * 0.1, light.ground((252, 206, 120)), h, 0.7)
    hill(pen, w, h * 0.74, h * 0.09, light.ground(SAND), h, 0.28)
    hill(pen, w, h * 0.9, h * 0.04, light.ground((232, 150, 74)), h, 0.75)
    _cactus(pen, light, w * 0.12, h * 0.84, unit * 0.5)
    _cactus(pen, light, w * 0.88, h * 0.74, unit * 0.34)
    pen.ink(oval(w * 0.7, h * 0.95, unit * 0.07, unit * 0.04), light(shade((200, 120, 90))))


def _cactus(pen: Pen, light: Light, x: float, base: float, size: float) -> None:
    green = light((52, 150, 84))
    with pen.frame(x, base, size):
        pen.limb(smooth([(-0.02, -0.36), (-0.3, -0.36), (-0.3, -0.66)]), green, 0.15)
        pen.limb(smooth([(0.02, -0.5), (0.28, -0.5), (0.28, -0.8)]), green, 0.15)
        pen.limb(poly([(0, 0), (0, -0.94)], False), green, 0.22)
        pen.stroke(poly([(0, -0.4), (0, -0.58)], False), green, 0.19)
        if light.snow:
            pen.fill(oval(0, -1.02, 0.1, 0.06), (250, 252, 255))
        elif not light.autumn:
            pen.ink(oval(0, -1.05, 0.07, 0.07), light((250, 110, 160)), 0.7)
