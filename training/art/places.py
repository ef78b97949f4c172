"""Places in the open; each fills a picture of w by h pixels."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from training.art.colors import PLAIN, RGB, WHITE, mix, shade
from training.art.interiors import INTERIORS
from training.art.light import Light, draw_sky
from training.art.pen import Pen, box, oval, poly, shape, smooth
from training.art.spec import Place

Draw = Callable[[Pen, Light, float, float, Random], None]

SEA: RGB = (48, 136, 206)
GRASS: RGB = (112, 194, 92)
ROCK: RGB = (136, 126, 134)


def draw_place(pen: Pen, place: Place, w: float, h: float) -> None:
    """The whole background."""
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


def _hill(pen: Pen, w: float, base: float, rise: float, color: RGB, h: float, peak: float) -> None:
    points = [(-9, base), (w * peak * 0.5, base - rise), (w * peak, base - rise)]
    points += [(w * (peak + 1) / 2, base - rise), (w + 9, base + rise * 0.2)]
    path = smooth(points)
    path.lineTo(w + 9, h + 9)
    path.lineTo(-9, h + 9)
    path.close()
    pen.ink(path, color)


def _waves(pen: Pen, light: Light, w: float, top: float, bottom: float, random: Random) -> None:
    for _ in range(round(w * (bottom - top) / 2600) + 2):
        x, y = random.uniform(0, w), random.uniform(top + 6, bottom)
        pen.line(smooth([(x - 9, y), (x, y - 3), (x + 9, y)]), light((190, 226, 246)), 0.7)


def _water(pen: Pen, light: Light, w: float, h: float, top: float, random: Random) -> None:
    sea = light(SEA)
    pen.gradient(
        box(-2, top, w + 4, h - top), top, h, (mix(sea, WHITE, 0.2), sea, shade(sea, 0.25))
    )
    pen.line(poly([(-2, top), (w + 2, top)], False), weight=0.8)
    if light.place.time in ("sunset", "sunrise") and not light.place.weather:
        glitter = light((255, 226, 150))
        for index in range(4):
            y = top + (index + 1) * h * 0.045
            half = w * (0.05 + 0.02 * index)
            pen.line(poly([(w * 0.5 - half, y), (w * 0.5 + half, y)], False), glitter, 0.9)
    _waves(pen, light, w, top, h, random)


def _boat(pen: Pen, light: Light, x: float, y: float, size: float, color: RGB) -> None:
    with pen.frame(x, y, size):
        pen.line(poly([(0, 0), (0, -1.7)], False))
        pen.ink(shape("M 0.08 -1.6 L 0.95 -0.2 L 0.08 -0.2"), light((250, 246, 236)))
        pen.ink(shape("M -0.08 -1.4 L -0.7 -0.2 L -0.08 -0.2"), light((236, 226, 210)))
        pen.ink(shape("M -1.1 -0.1 L 1.2 -0.1 L 0.8 0.45 L -0.75 0.45"), light(color))


def _tower(pen: Pen, light: Light, x: float, base: float, size: float) -> None:
    """A lighthouse standing at (x, base), `size` tall; its beam points away to the left."""
    on = light.place.light_on
    lamp_y = base - size * 0.86
    if on:
        beam = (255, 244, 170)
        reach = size * 4
        for side in (-1, 1):
            points = [(x, lamp_y - size * 0.05), (x + side * reach, lamp_y - size * 0.55)]
            points += [(x + side * reach, lamp_y + size * 0.45), (x, lamp_y + size * 0.05)]
            pen.fill(poly(points), beam, 0.62)
        pen.glow(x, lamp_y, size * 0.42, beam, 0.9)
    with pen.frame(x, base, size):
        body = shape("M -0.17 0.02 L -0.11 -0.76 L 0.11 -0.76 L 0.17 0.02")
        pen.fill(body, light((248, 244, 240)))
        with pen.clipped(body):
            for y in (-0.68, -0.4, -0.12):
                pen.fill(box(-0.3, y, 0.6, 0.14), light((220, 56, 56)))
            pen.fill(shape("M 0.04 -0.8 L 0.1 0.1 L 0.3 0.1 L 0.3 -0.8"), (30, 20, 70), 0.2)
        pen.line(body)
        pen.ink(box(-0.05, -0.16, 0.1, 0.18, 0.04), light((90, 60, 50)), 0.8)
        pen.ink(box(-0.1, -0.96, 0.2, 0.18), (255, 240, 130) if on else light((70, 90, 110)))
        pen.ink(box(-0.17, -0.8, 0.34, 0.06, 0.02), light((90, 90, 104)), 0.8)
        pen.ink(
            shape("M -0.15 -0.95 Q -0.06 -1.08 0 -1.12 Q 0.06 -1.08 0.15 -0.95"),
            light((220, 56, 56)),
        )


def draw_harbor(pen: Pen, light: Light, w: float, h: float, random: Random) -> None:
    """Sea, a hill, sailing boats, and a wooden pier in front."""
    top = h * 0.46
    draw_sky(pen, light, w, h, top, random)
    _hill(pen, w * 0.6, top, h * 0.1, light.ground((96, 150, 104)), top, 0.3)
    _water(pen, light, w, h, top, random)
    if random.random() < 0.35:
        _tower(pen, light, w * 0.14, top, h * 0.32)
    for index in range(2):
        x = w * (0.25 + 0.5 * index + random.uniform(-0.12, 0.12))
        color = random.choice(((220, 70, 60), (60, 110, 190), (240, 170, 60)))
        _boat(pen, light, x, h * random.uniform(0.55, 0.62), h * 0.12, color)
    wood = light.ground((182, 130, 84))
    edge = h * 0.76
    for x in (0.1, 0.5, 0.9):
        pen.ink(box(w * x - 6, edge - h * 0.14, 12, h * 0.3, 3), light((120, 80, 56)))
    pen.ink(box(-9, edge, w + 18, h), wood)
    for index in range(1, 4):
        y = edge + (h - edge) * index / 3.4
        pen.line(poly([(-9, y), (w + 9, y)], False), weight=0.7)


def draw_lighthouse(pen: Pen, light: Light, w: float, h: float, random: Random) -> None:
    """A lighthouse on a cliff above the sea."""
    top = h * 0.62
    draw_sky(pen, light, w, h, top, random)
    _water(pen, light, w, h, top, random)
    x = w * random.uniform(0.64, 0.74)
    _tower(pen, light, x, h * 0.66, h * 0.6)
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
    """Open sea, sometimes with a boat."""
    top = h * 0.5
    draw_sky(pen, light, w, h, top, random)
    _water(pen, light, w, h, top, random)
    if random.random() < 0.6:
        _boat(pen, light, w * random.uniform(0.25, 0.75), h * 0.6, h * 0.15, (220, 70, 60))


def draw_beach(pen: Pen, light: Light, w: float, h: float, random: Random) -> None:
    """Sand, sea and a palm."""
    top = h * 0.48
    draw_sky(pen, light, w, h, top, random)
    _water(pen, light, w, h, top, random)
    sand = smooth([(-9, h * 0.72), (w * 0.4, h * 0.64), (w * 0.7, h * 0.72), (w + 9, h * 0.68)])
    sand.lineTo(w + 9, h + 9)
    sand.lineTo(-9, h + 9)
    sand.close()
    pen.ink(sand, light.ground((250, 222, 156)))
    x = w * 0.12
    pen.limb(
        smooth([(x, h * 0.8), (x - 4, h * 0.5), (x + 12, h * 0.24)]), light((150, 100, 62)), 11
    )
    with pen.frame(x + 12, h * 0.24, h * 0.2):
        for turn in (-60, -20, 20, 60, 150, 200):
            with pen.frame(0, 0, 1, turn):
                pen.ink(
                    shape("M 0 0 Q 0.6 -0.45 1.1 0.15 Q 0.6 -0.1 0 0"), light((70, 170, 90)), 0.8
                )


def draw_street(pen: Pen, light: Light, w: float, h: float, random: Random) -> None:
    """Houses along a street, with a lamp."""
    ground = h * 0.74
    draw_sky(pen, light, w, h, ground, random)
    colors = ((236, 140, 96), (150, 186, 220), (240, 206, 140), (196, 150, 190), (150, 200, 160))
    night = light.place.time == "night"
    x, index = -random.uniform(0, 30), random.randrange(5)
    while x < w:
        width, tall = random.uniform(56, 80), h * random.uniform(0.42, 0.66)
        pen.ink(box(x, ground - tall, width, tall + 9), light(colors[index % 5]))
        if light.snow:
            pen.ink(box(x - 3, ground - tall - 6, width + 6, 12, 5), light((244, 248, 255)), 0.8)
        glass: RGB = (255, 220, 110) if night else light((206, 234, 250))
        for row in range(int((tall - 20) / 36)):
            for column in range(2):
                wx, wy = x + width * (0.14 + 0.42 * column), ground - tall + 16 + row * 36
                pen.ink(box(wx, wy, width * 0.28, 20), glass, 0.75)
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


def _pine(pen: Pen, light: Light, x: float, base: float, size: float, color: RGB) -> None:
    with pen.frame(x, base, size):
        pen.ink(box(-0.08, -0.2, 0.16, 0.24), light((112, 76, 52)), 0.8)
        for y, half in ((-0.16, 0.42), (-0.42, 0.34), (-0.66, 0.25)):
            points = [(-half, y), (0, y - 0.42), (half, y)]
            pen.ink(poly(points), light(color))
            if light.snow:
                cap = [(-half * 0.5, y - 0.2), (0, y - 0.42), (half * 0.5, y - 0.2), (0, y - 0.14)]
                pen.fill(poly(cap), light((246, 250, 255)))


def draw_forest(pen: Pen, light: Light, w: float, h: float, random: Random) -> None:
    """Pines in two rows, big trunks in front of them."""
    ground = h * 0.7
    draw_sky(pen, light, w, h, ground, random)
    step = h * 0.2
    for row, color in enumerate(((70, 150, 110), (44, 124, 84))):
        x = -random.uniform(0, step)
        while x < w + step:
            _pine(
                pen, light, x, ground + 6, h * random.uniform(0.5, 0.62) * (1 + row * 0.15), color
            )
            x += step * (1.0 + row * 0.7) * random.uniform(0.9, 1.3)
    _hill(pen, w, ground + h * 0.03, h * 0.03, light.ground((96, 170, 84)), h, 0.5)
    for x in (0.05, 0.95):
        trunk = box(w * x - 14, -9, 28, h * 0.9, 4)
        pen.ink(trunk, light((128, 86, 58)))
        pen.line(poly([(w * x - 3, h * 0.2), (w * x - 3, h * 0.4)], False), weight=0.7)


def draw_meadow(pen: Pen, light: Light, w: float, h: float, random: Random) -> None:
    """Rolling hills, a round tree, flowers."""
    horizon = h * 0.6
    draw_sky(pen, light, w, h, horizon, random)
    _hill(pen, w, horizon, h * 0.14, light.ground((130, 204, 120)), h, 0.7)
    _hill(pen, w, h * 0.7, h * 0.08, light.ground(GRASS), h, 0.3)
    x = w * 0.14
    pen.limb(poly([(x, h * 0.68), (x, h * 0.5)], False), light((128, 86, 58)), 11)
    leaves = (236, 242, 250) if light.snow else (70, 166, 84)
    pen.ink(oval(x, h * 0.4, h * 0.15, h * 0.15), light(leaves))
    if not light.snow:
        for _ in range(9):
            fx, fy = random.uniform(0, w), random.uniform(h * 0.76, h * 0.97)
            color = random.choice(((250, 120, 160), (255, 220, 90), (255, 255, 255)))
            pen.ink(oval(fx, fy, 4.6, 4.6), light(color), 0.55)


def draw_mountains(pen: Pen, light: Light, w: float, h: float, random: Random) -> None:
    """Peaks with white tops and pines before them."""
    horizon = h * 0.68
    draw_sky(pen, light, w, h, horizon, random)
    for x, tall in ((0.2, 0.42), (0.8, 0.46), (0.5, 0.54)):
        x, half = w * (x + random.uniform(-0.05, 0.05)), h * 0.42
        top = horizon - h * tall
        pen.ink(poly([(x - half, h), (x, top), (x + half, h)]), light((118, 128, 168)))
        s = half * 0.22
        drop = (h - top) * 0.22
        snow = [(x - s, top + drop), (x, top), (x + s, top + drop), (x + s * 0.4, top + drop * 0.7)]
        snow += [(x, top + drop * 1.1), (x - s * 0.4, top + drop * 0.7)]
        pen.ink(poly(snow), light((250, 252, 255)), 0.8)
    _hill(pen, w, horizon + h * 0.08, h * 0.05, light.ground((120, 186, 110)), h, 0.5)
    for x in (0.06, 0.2, 0.84, 0.96):
        _pine(pen, light, w * x, h * 0.86, h * 0.3, (48, 120, 90))


OPEN: dict[str, Draw] = {
    "harbor": draw_harbor,
    "lighthouse": draw_lighthouse,
    "sea": draw_sea,
    "beach": draw_beach,
    "street": draw_street,
    "forest": draw_forest,
    "meadow": draw_meadow,
    "mountains": draw_mountains,
}
