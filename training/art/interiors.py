"""Rooms; each fills a picture of w by h pixels, and the hour shows in its window."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from training.art.colors import RGB, mix
from training.art.light import Light, draw_sky
from training.art.pen import Pen, box, oval, poly, shape
from training.art.weather import draw_window_weather

HOURS: dict[str, tuple[RGB, float]] = {
    "night": ((60, 40, 90), 0.34),
    "sunset": ((240, 110, 50), 0.2),
    "sunrise": ((255, 170, 180), 0.16),
}


def _lamp(light: Light, color: RGB) -> RGB:
    """A room's colour: at night a little darker, at sunset and sunrise a little warmer."""
    tint, share = HOURS.get(light.place.time, (color, 0.0))
    return mix(color, tint, share)


def _window(pen: Pen, light: Light, x: float, y: float, w: float, h: float, arch: bool) -> None:
    glass = box(x, y, w, h)
    if arch:
        glass = shape(
            f"M {x} {y + h} L {x} {y + w * 0.5} C {x} {y - w * 0.15} {x + w} {y - w * 0.15} "
            f"{x + w} {y + w * 0.5} L {x + w} {y + h}"
        )
    with pen.clipped(glass), pen.frame(x, y):
        draw_sky(pen, light, w, h, h, Random(3))
        draw_window_weather(pen, light.place, w, h, Random(light.place.seed))
    pen.line(glass, weight=1.5)
    pen.line(poly([(x + w / 2, y), (x + w / 2, y + h)], False))
    pen.line(poly([(x, y + h * 0.5), (x + w, y + h * 0.5)], False))
    pen.ink(box(x - 7, y + h, w + 14, 8, 2), _lamp(light, (214, 176, 130)))


def _room(pen: Pen, light: Light, w: float, h: float, wall: RGB, floor: RGB, top: float) -> None:
    pen.fill(box(0, 0, w, h), _lamp(light, wall))
    pen.ink(box(-9, top, w + 18, h), _lamp(light, floor))


def draw_kitchen(pen: Pen, light: Light, w: float, h: float, random: Random) -> None:
    """Teal cupboards with a pot, a shelf of jars, a window, a big fridge."""
    _room(pen, light, w, h, (255, 240, 204), (206, 150, 104), h * 0.84)
    _window(pen, light, w * 0.08, h * 0.1, w * 0.26, h * 0.25, False)
    shelf = h * 0.3
    pen.ink(box(w * 0.4, shelf, w * 0.3, 8), _lamp(light, (150, 100, 64)))
    colors = ((226, 88, 80), (250, 206, 90), (90, 170, 150))
    for index in range(3):
        color = _lamp(light, colors[(index + light.place.seed) % 3])
        pen.ink(box(w * (0.42 + 0.095 * index), shelf - 31, w * 0.075, 30, 4), color, 0.8)
    pen.ink(box(-9, h * 0.62, w + 18, h * 0.28), _lamp(light, (96, 180, 186)))
    pen.ink(box(-9, h * 0.58, w + 18, h * 0.06), _lamp(light, (246, 230, 206)))
    for x in (0.25, 0.5):
        pen.line(poly([(w * x, h * 0.64), (w * x, h * 0.9)], False), weight=0.8)
        pen.line(poly([(w * x - 16, h * 0.7), (w * x - 8, h * 0.7)], False), weight=1.4)
    with pen.frame(w * 0.2, h * 0.585, min(w, h) * 0.12):
        pen.ink(box(-1, -1.1, 2, 1.1, 0.25), _lamp(light, (224, 74, 70)))
        pen.ink(oval(0, -1.36, 0.2, 0.16), _lamp(light, (70, 60, 70)), 0.8)
        pen.ink(box(-1.14, -1.26, 2.28, 0.3, 0.14), _lamp(light, (190, 54, 56)), 0.8)
    pen.ink(box(w * 0.76, h * 0.16, w * 0.3, h * 0.76, 8), _lamp(light, (226, 238, 246)))
    pen.line(poly([(w * 0.76, h * 0.44), (w + 9, h * 0.44)], False))
    for y in (0.34, 0.5):
        pen.line(poly([(w * 0.81, h * y), (w * 0.81, h * (y + 0.07))], False), weight=1.6)


def draw_bedroom(pen: Pen, light: Light, w: float, h: float, random: Random) -> None:
    """A bed, a window with curtains, a picture."""
    _room(pen, light, w, h, (214, 204, 240), (196, 148, 120), h * 0.76)
    _window(pen, light, w * 0.12, h * 0.12, w * 0.28, h * 0.36, False)
    curtain = _lamp(light, (244, 130, 150))
    for x in (0.06, 0.36):
        pen.ink(box(w * x, h * 0.08, w * 0.1, h * 0.46, 4), curtain)
    pen.ink(box(w * 0.64, h * 0.16, w * 0.2, h * 0.18), _lamp(light, (250, 220, 140)))
    pen.ink(box(w * 0.48, h * 0.54, w * 0.6, h * 0.14, 8), _lamp(light, (160, 106, 70)))
    pen.ink(box(w * 0.46, h * 0.64, w * 0.6, h * 0.24, 10), _lamp(light, (110, 160, 226)))
    pen.ink(box(w * 0.78, h * 0.57, w * 0.3, h * 0.13, 10), _lamp(light, (250, 250, 255)))


def draw_library(pen: Pen, light: Light, w: float, h: float, random: Random) -> None:
    """Shelves full of books around an arched window."""
    _room(pen, light, w, h, (186, 132, 88), (150, 104, 76), h * 0.86)
    colors = ((206, 70, 66), (70, 120, 180), (240, 190, 80), (80, 150, 110), (150, 100, 170))
    rows = 3
    for row in range(rows):
        bottom = h * 0.84 * (row + 1) / rows
        pen.fill(box(-9, bottom - h * 0.28, w + 18, h * 0.28), _lamp(light, (112, 74, 54)))
        x = 4.0
        while x < w:
            width, tall = random.choice((12, 15, 18)), h * random.choice((0.17, 0.2, 0.22))
            color = _lamp(light, random.choice(colors))
            pen.ink(box(x, bottom - tall, width, tall, 1), color, 0.75)
            x += width + (16 if random.random() < 0.08 else 0)
        pen.ink(box(-9, bottom, w + 18, 9), _lamp(light, (176, 122, 80)))
    pen.ink(box(w * 0.06, -9, w * 0.32, h * 0.585), _lamp(light, (186, 132, 88)))
    _window(pen, light, w * 0.1, h * 0.09, w * 0.24, h * 0.4, True)


def draw_stone_room(pen: Pen, light: Light, w: float, h: float, random: Random) -> None:
    """The inside of a tower: stone blocks, an arched window, steps."""
    wall = _lamp(light, (176, 170, 178))
    pen.fill(box(0, 0, w, h), wall)
    rows, tall = 5, h * 0.165
    for row in range(rows):
        y = row * tall
        pen.line(poly([(-9, y), (w + 9, y)], False), mix(wall, (40, 30, 60), 0.55), 0.7)
        x = -(row % 2) * 26.0
        while x < w:
            if random.random() < 0.22:
                pen.fill(box(x + 3, y + 3, 46, tall - 6, 5), mix(wall, (40, 30, 70), 0.16))
            pen.line(poly([(x, y), (x, y + tall)], False), mix(wall, (40, 30, 60), 0.55), 0.7)
            x += 52
    pen.ink(box(-9, rows * tall, w + 18, h), _lamp(light, (136, 116, 112)))
    _window(pen, light, w * 0.14, h * 0.14, w * 0.2 if w < h * 1.5 else w * 0.13, h * 0.36, True)
    for step in range(4):
        x, y = w * (0.56 + 0.12 * step), h * (0.82 - 0.09 * step)
        pen.ink(box(x, y, w, h), _lamp(light, (178, 168, 172)))
        pen.ink(box(x - 4, y, w, h * 0.035), _lamp(light, (222, 214, 212)), 0.8)


def draw_classroom(pen: Pen, light: Light, w: float, h: float, random: Random) -> None:
    """A dark green blackboard, a window, wooden desks in front."""
    _room(pen, light, w, h, (232, 240, 214), (214, 176, 128), h * 0.72)
    pen.ink(box(w * 0.34, h * 0.12, w * 0.6, h * 0.4, 3), _lamp(light, (176, 118, 70)))
    pen.ink(box(w * 0.37, h * 0.15, w * 0.54, h * 0.34), _lamp(light, (38, 108, 82)), 0.8)
    for index, (start, end) in enumerate(((0.42, 0.66), (0.42, 0.58), (0.72, 0.86))):
        y = h * (0.24 + 0.09 * (index % 2))
        pen.line(poly([(w * start, y), (w * end, y)], False), (236, 244, 236), 1.0)
    _window(pen, light, w * 0.05, h * 0.12, w * 0.22, h * 0.36, False)
    for x in (0.02, 0.37, 0.72):
        _desk(pen, light, w * x, h * 0.76, w * 0.26, h)


def _desk(pen: Pen, light: Light, x: float, y: float, width: float, h: float) -> None:
    for leg in (0.12, 0.88):
        pen.ink(box(x + width * leg - 4, y, 8, h), _lamp(light, (120, 126, 140)), 0.8)
    pen.ink(box(x + width * 0.06, y, width * 0.88, h * 0.11), _lamp(light, (196, 128, 70)))
    pen.ink(box(x, y - h * 0.03, width, h * 0.055, 3), _lamp(light, (246, 190, 116)))


def draw_cafe(pen: Pen, light: Light, w: float, h: float, random: Random) -> None:
    """Brick-red walls, hanging lamps, a counter with a coffee machine, a round table."""
    unit = min(w, h)
    _room(pen, light, w, h, (206, 104, 84), (112, 74, 62), h * 0.8)
    for x in (0.16, 0.5, 0.84):
        _hanging_lamp(pen, w * x, h * 0.17, unit * 0.1)
    _window(pen, light, w * 0.62, h * 0.26, w * 0.3, h * 0.3, False)
    pen.ink(box(-9, h * 0.6, w * 0.48, h * 0.3), _lamp(light, (92, 56, 44)))
    pen.ink(box(-9, h * 0.56, w * 0.52, h * 0.06, 2), _lamp(light, (240, 206, 150)))
    with pen.frame(w * 0.18, h * 0.56, unit * 0.14):
        pen.ink(box(-1, -1.4, 2, 1.4, 0.15), _lamp(light, (206, 212, 222)))
        pen.ink(box(-0.7, -0.75, 1.4, 0.6, 0.1), _lamp(light, (70, 66, 80)), 0.8)
        pen.ink(box(-0.25, -0.5, 0.5, 0.42, 0.1), (252, 250, 246), 0.8)
    _round_table(pen, light, w * 0.8, h, unit)


def _hanging_lamp(pen: Pen, x: float, y: float, size: float) -> None:
    pen.line(poly([(x, -9), (x, y - size)], False))
    pen.glow(x, y + size * 0.2, size * 2.6, (255, 232, 150), 0.75)
    pen.ink(oval(x, y, size * 0.45, size * 0.45), (255, 244, 180), 0.8)
    with pen.frame(x, y, size):
        pen.ink(
            shape("M -1 0 C -0.9 -0.9 -0.3 -1.1 0 -1.1 C 0.3 -1.1 0.9 -0.9 1 0"), (40, 120, 110)
        )


def _round_table(pen: Pen, light: Light, x: float, h: float, unit: float) -> None:
    pen.ink(box(x - 6, h * 0.8, 12, h * 0.16), _lamp(light, (70, 60, 70)), 0.8)
    pen.ink(oval(x, h * 0.96, unit * 0.1, unit * 0.025), _lamp(light, (70, 60, 70)), 0.8)
    pen.ink(oval(x, h * 0.78, unit * 0.25, unit * 0.06), _lamp(light, (252, 244, 226)))
    with pen.frame(x, h * 0.78, unit * 0.08):
        pen.ink(oval(0.45, -0.5, 0.25, 0.25), _lamp(light, (252, 252, 255)), 0.8)
        cup = "M -0.5 -0.9 L 0.5 -0.9 Q 0.5 0 0.2 0 L -0.2 0 Q -0.5 0 -0.5 -0.9"
        pen.ink(shape(cup), _lamp(light, (90, 170, 200)), 0.8)


INTERIORS: dict[str, Callable[[Pen, Light, float, float, Random], None]] = {
    "kitchen": draw_kitchen,
    "bedroom": draw_bedroom,
    "library": draw_library,
    "stone room": draw_stone_room,
    "classroom": draw_classroom,
    "cafe": draw_cafe,
}
