"""Fills a picture of w by h pixels with its place; here also the coast, the street, the castle."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from training.art.colors import PLAIN, RGB, WHITE, mix, shade
from training.art.interiors import INTERIORS
from training.art.land import GRASS, ROCK, SEA, hill, pine, sailing_boat, tower, water
from training.art.light import Light, draw_sky
from training.art.nature import (
    draw_desert,
    draw_forest,
    draw_meadow,
    draw_mountains,
    draw_park,
    draw_river,
)
from training.art.pen import Pen, box, oval, poly, shape, smooth
from training.art.spec import Place
from training.art.weather import draw_far_weather

Draw = Callable[[Pen, Light, float, float, Random], None]

HOUSES: tuple[RGB, ...] = (
    (236, 140, 96),
    (150, 186, 220),
    (240, 206, 140),
    (196, 150, 190),
    (150, 200, 160),
)


def draw_place(pen: Pen, place: Place, w: float, h: float) -> None:
    """The whole background, with that part of the weather that is behind people."""
    light, random = Light(place), Random(place.seed)
    if place.kind == "plain":
        pen.fill(box(0, 0, w, h), PLAIN[place.color or "white"])
        return
    pen.canvas.save()
    if random.random() < 0.5:
        pen.canvas.translate(w, 0)
        pen.canvas.scale(-1, 1)
    (OPEN | INTERIORS)[place.kind](pen, light, w, h, random)
    pen.canvas.restore()
    if not place.indoors:
        draw_far_weather(pen, place, w, h, random)


def draw_harbor(pen: Pen, light: Light, w: float, h: float, random: Random) -> None:
    """Houses along a quay, sailing boats, and a wooden pier in front."""
    top = h * 0.48
    draw_sky(pen, light, w, h, top, random)
    _quay(pen, light, w, h, top, random)
    water(pen, light, w, h, top, random)
    if light.place.light_on:
        tower(pen, light, w * 0.14, top, h * 0.4)
    for index in range(2):
        x = w * (0.2 + 0.6 * index + random.uniform(-0.06, 0.06))
        color = random.choice(((220, 70, 60), (60, 110, 190), (240, 170, 60)))
        sailing_boat(pen, light, x, h * 0.62, min(w, h) * 0.16, color)
    wood, edge = light.ground((182, 130, 84)), h * 0.78
    for x in (0.08, 0.5, 0.92):
        pen.ink(box(w * x - 8, edge - h * 0.1, 16, h * 0.3, 4), light((120, 80, 56)))
    pen.ink(box(-9, edge, w + 18, h), wood)
    for index in range(1, 4):
        y = edge + (h - edge) * index / 3.4
        pen.line(poly([(-9, y), (w + 9, y)], False), weight=0.7)


def _quay(pen: Pen, light: Light, w: float, h: float, top: float, random: Random) -> None:
    width, index = min(w, h) * 0.2, random.randrange(5)
    glass: RGB = (255, 224, 120) if light.place.time == "night" else light((120, 150, 190))
    x = w * 0.02 if not light.place.light_on else w * 0.3
    while x < w * 0.98 - width:
        tall = width * random.uniform(0.8, 1.2)
        pen.ink(box(x, top - tall, width, tall + 9), light(HOUSES[index % 5]), 0.8)
        roof = [(x - 3, top - tall), (x + width / 2, top - tall - width * 0.5)]
        color = light.ground((206, 84, 70)) if light.snow else light((206, 84, 70))
        pen.ink(poly([*roof, (x + width + 3, top - tall)]), color, 0.8)
        pen.fill(box(x + width * 0.32, top - tall * 0.72, width * 0.36, tall * 0.34), glass)
        x, index = x + width, index + 1


def draw_lighthouse(pen: Pen, light: Light, w: float, h: float, random: Random) -> None:
    """A lighthouse on a cliff above the sea."""
    top = h * 0.62
    draw_sky(pen, light, w, h, top, random)
    water(pen, light, w, h, top, random)
    x = w * random.uniform(0.66, 0.76)
    tower(pen, light, x, h * 0.66, min(h * 0.56, w * 0.9))
    half = w * 0.28
    cliff = [(x - half, h + 9), (x - half * 0.8, h * 0.78), (x - half * 0.55, h * 0.65)]
    cliff += [(w + 9, h * 0.62), (w + 9, h + 9)]
    pen.ink(poly(cliff), light(ROCK))
    grass = [(x - half * 0.62, h * 0.69), (x - half * 0.55, h * 0.64), (w + 9, h * 0.61)]
    pen.ink(poly([*grass, (w + 9, h * 0.7), (x, h * 0.72)]), light.ground(GRASS))
    for dx, dy in ((-0.3, 0.82), (0.1, 0.86), (0.5, 0.8)):
        points = [(x + half * dx, h * dy), (x + half * (dx + 0.14), h * (dy + 0.07))]
        pen.line(poly(points, False), weight=0.7)


def draw_sea(pen: Pen, light: Light, w: float, h: float, random: Random) -> None:
    """Open sea in rows of rolling waves, sometimes with a sail far away."""
    top = h * 0.4
    draw_sky(pen, light, w, h, top, random)
    sea = light(SEA)
    pen.fill(box(-2, top, w + 4, h), mix(sea, WHITE, 0.22))
    pen.line(poly([(-2, top), (w + 2, top)], False), weight=0.8)
    if random.random() < 0.4:
        x = w * random.choice((0.2, 0.8))
        sailing_boat(pen, light, x, top + h * 0.05, min(w, h) * 0.12, (220, 70, 60))
    for row, share in enumerate((0.52, 0.68, 0.86)):
        _wave(pen, light, w, h, h * share, shade(sea, 0.12 * row), random)


def _wave(pen: Pen, light: Light, w: float, h: float, y: float, color: RGB, random: Random) -> None:
    """One row of pointed crests with a line of foam below."""
    step, tall = h * 0.26, h * 0.06
    x = -step * random.uniform(0.3, 1)
    path = poly([(x, h + 9), (x, y)], False)
    foam = poly([(x, y + tall * 0.7)], False)
    while x < w + step:
        path.quadTo(x + step * 0.5, y + tall, x + step, y - tall * 0.5)
        foam.moveTo(x + step * 0.2, y + tall * 0.9)
        foam.quadTo(x + step * 0.5, y + tall * 1.4, x + step * 0.8, y + tall * 0.7)
        x += step
    path.lineTo(x, h + 9)
    path.close()
    pen.ink(path, color)
    pen.line(foam, light((236, 248, 255)), 1.2)


def draw_beach(pen: Pen, light: Light, w: float, h: float, random: Random) -> None:
    """Much yellow sand, a strip of sea, a palm and a parasol."""
    top, unit = h * 0.42, min(w, h)
    draw_sky(pen, light, w, h, top, random)
    pen.fill(box(-2, top, w + 4, h), mix(light(SEA), WHITE, 0.12))
    pen.line(poly([(-2, top), (w + 2, top)], False), weight=0.8)
    shore = [(-9, h * 0.6), (w * 0.3, h * 0.53), (w * 0.65, h * 0.62), (w + 9, h * 0.55)]
    sand = smooth(shore)
    sand.lineTo(w + 9, h + 9)
    sand.lineTo(-9, h + 9)
    sand.close()
    pen.ink(sand, light.ground((255, 224, 138)))
    pen.stroke(smooth(shore), light(WHITE), h * 0.028)
    _parasol(pen, light, w * 0.84, h * 0.8, unit * 0.22)
    _palm(pen, light, w * 0.13, h * 0.84, unit * 0.62)


def _palm(pen: Pen, light: Light, x: float, base: float, size: float) -> None:
    with pen.frame(x, base, size):
        trunk = smooth([(0, 0), (-0.08, -0.5), (0.06, -0.9)])
        pen.limb(trunk, light((160, 106, 66)), 0.1)
        with pen.frame(0.06, -0.9, 0.36):
            for turn in (-60, -20, 20, 60, 150, 200):
                with pen.frame(0, 0, 1, turn):
                    leaf = shape("M 0 0 Q 0.6 -0.5 1.2 0.2 Q 0.6 0 0 0")
                    pen.ink(leaf, light((56, 166, 86)), 0.8)


def _parasol(pen: Pen, light: Light, x: float, base: float, size: float) -> None:
    with pen.frame(x, base, size, 8):
        pen.limb(poly([(0, 0), (0, -1.5)], False), light((240, 236, 230)), 0.08)
        dome = shape("M -1.05 -1.2 C -0.9 -2.3 0.9 -2.3 1.05 -1.2")
        pen.fill(dome, light((230, 66, 62)))
        with pen.clipped(dome):
            for left, right in ((-0.68, -0.28), (0.28, 0.68)):
                stripe = [(0, -2.1), (left, -1.1), (right, -1.1)]
                pen.fill(poly(stripe), light((252, 250, 244)))
        pen.line(dome)


def draw_street(pen: Pen, light: Light, w: float, h: float, random: Random) -> None:
    """Houses along a street, with a lamp."""
    ground = h * 0.74
    draw_sky(pen, light, w, h, ground, random)
    night = light.place.time == "night"
    x, index = -random.uniform(0, 30), random.randrange(5)
    while x < w:
        width, tall = random.uniform(56, 80), h * random.uniform(0.42, 0.66)
        _house(pen, light, (x, ground, width, tall), HOUSES[index % 5])
        x, index = x + width, index + 1
    pen.ink(box(-9, ground, w + 18, h * 0.08), light.ground((206, 200, 196)))
    pen.ink(box(-9, ground + h * 0.08, w + 18, h), light.ground((126, 126, 140)))
    for dash in range(-1, int(w / 56) + 1):
        pen.fill(box(dash * 56 + 20, h * 0.91, 30, 6), light((250, 226, 120)))
    lamp = w * 0.9
    pen.limb(poly([(lamp, h * 0.8), (lamp, h * 0.36)], False), light((70, 72, 90)), 7)
    if night or light.place.time == "sunset":
        pen.glow(lamp, h * 0.33, h * 0.22, (255, 226, 130), 0.8)
        pen.ink(oval(lamp, h * 0.33, 11, 12), (255, 236, 150))
    else:
        pen.ink(oval(lamp, h * 0.33, 11, 12), light((250, 246, 230)))


def _house(pen: Pen, light: Light, place: tuple[float, float, float, float], color: RGB) -> None:
    x, ground, width, tall = place
    night = light.place.time == "night"
    glass: RGB = (255, 220, 110) if night else light((206, 234, 250))
    pen.ink(box(x, ground - tall, width, tall + 9), light(color))
    if light.snow:
        pen.ink(box(x - 3, ground - tall - 8, width + 6, 15, 6), light((244, 248, 255)), 0.8)
    for row in range(int((tall - 20) / 36)):
        for column in range(2):
            wx, wy = x + width * (0.14 + 0.42 * column), ground - tall + 16 + row * 36
            pen.ink(box(wx, wy, width * 0.28, 20), glass, 0.75)


def draw_castle(pen: Pen, light: Light, w: float, h: float, random: Random) -> None:
    """A grey castle with red roofs and flags on a green hill."""
    horizon = h * 0.74
    draw_sky(pen, light, w, h, horizon, random)
    half = min(w * 0.42, h * 0.52)
    hill(pen, w, horizon, h * 0.06, light.ground((96, 176, 96)), h, 0.5)
    with pen.frame(w * 0.5, horizon + h * 0.02, half):
        _castle(pen, light)
    hill(pen, w, h * 0.82, h * 0.08, light.ground(GRASS), h, 0.5)
    road = [(w * 0.47, h * 0.75), (w * 0.53, h * 0.75), (w * 0.66, h + 9), (w * 0.34, h + 9)]
    pen.ink(poly(road), light.ground((238, 214, 160)), 0.8)
    for x in (0.05, 0.95):
        pine(pen, light, w * x, h * 0.88, min(w, h) * 0.34, (48, 120, 90))


def _castle(pen: Pen, light: Light) -> None:
    stone = light((176, 178, 192))
    glass: RGB = (255, 216, 100) if light.place.time == "night" else light((60, 62, 92))
    pen.ink(box(-0.24, -1.0, 0.48, 0.6), stone)
    _roof(pen, light, 0, -1.0, 0.3)
    for x in (-0.8, 0.8):
        pen.ink(box(x - 0.2, -0.84, 0.4, 0.9), stone)
        _roof(pen, light, x, -0.84, 0.26)
        pen.ink(box(x - 0.06, -0.64, 0.12, 0.2, 0.06), glass, 0.7)
    wall = [(-0.62, 0.06), (-0.62, -0.5)]
    for index in range(6):
        x = -0.62 + index * 0.24
        wall += [(x, -0.62), (x + 0.12, -0.62), (x + 0.12, -0.5), (min(x + 0.24, 0.62), -0.5)]
    pen.ink(poly([*wall[:-1], (0.62, -0.5), (0.62, 0.06)]), stone)
    pen.ink(
        shape("M -0.2 0.06 L -0.2 -0.2 C -0.2 -0.44 0.2 -0.44 0.2 -0.2 L 0.2 0.06"),
        light((104, 70, 54)),
    )
    pen.ink(box(-0.07, -0.92, 0.14, 0.2, 0.07), glass, 0.7)


def _roof(pen: Pen, light: Light, x: float, y: float, half: float) -> None:
    top = y - half * 1.35
    pen.line(poly([(x, top), (x, top - 0.26)], False), weight=0.8)
    flag = [(x, top - 0.26), (x + 0.26, top - 0.18), (x, top - 0.1)]
    pen.ink(poly(flag), light((250, 206, 64)), 0.7)
    color = light.ground((214, 66, 66)) if light.snow else light((214, 66, 66))
    pen.ink(poly([(x - half, y), (x, top), (x + half, y)]), color)


OPEN: dict[str, Draw] = {
    "harbor": draw_harbor,
    "lighthouse": draw_lighthouse,
    "sea": draw_sea,
    "beach": draw_beach,
    "street": draw_street,
    "forest": draw_forest,
    "meadow": draw_meadow,
    "mountains": draw_mountains,
    "park": draw_park,
    "river": draw_river,
    "desert": draw_desert,
    "castle": draw_castle,
}
