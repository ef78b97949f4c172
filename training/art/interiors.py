"""Rooms; each fills a picture of w by h pixels, and the hour shows in its window."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from training.art.colors import RGB, mix
from training.art.light import Light, draw_sky
from training.art.pen import Pen, box, poly, shape
from training.art.weather import draw_weather


def _lamp(light: Light, color: RGB) -> RGB:
    """A room's colour: at night a little darker and warmer."""
    return mix(color, (60, 40, 90), 0.34) if light.place.time == "night" else color


def _window(pen: Pen, light: Light, x: float, y: float, w: float, h: float, arch: bool) -> None:
    glass = box(x, y, w, h)
    if arch:
        glass = shape(
            f"M {x} {y + h} L {x} {y + w * 0.5} C {x} {y - w * 0.15} {x + w} {y - w * 0.15} "
            f"{x + w} {y + w * 0.5} L {x + w} {y + h}"
        )
    with pen.clipped(glass), pen.frame(x, y):
        draw_sky(pen, light, w, h, h, Random(3))
        draw_weather(pen, light.place, w, h, Random(light.place.seed))
    pen.line(glass, weight=1.5)
    pen.line(poly([(x + w / 2, y), (x + w / 2, y + h)], False))
    pen.line(poly([(x, y + h * 0.5), (x + w, y + h * 0.5)], False))
    pen.ink(box(x - 7, y + h, w + 14, 8, 2), _lamp(light, (214, 176, 130)))


def _room(pen: Pen, light: Light, w: float, h: float, wall: RGB, floor: RGB, top: float) -> None:
    pen.fill(box(0, 0, w, h), _lamp(light, wall))
    pen.ink(box(-9, top, w + 18, h), _lamp(light, floor))


def draw_kitchen(pen: Pen, light: Light, w: float, h: float, random: Random) -> None:
    """A counter with a pot, a shelf of jars, a window."""
    _room(pen, light, w, h, (252, 232, 196), (206, 150, 104), h * 0.84)
    _window(pen, light, w * 0.1, h * 0.12, w * 0.26, h * 0.32, False)
    shelf = h * 0.3
    pen.ink(box(w * 0.48, shelf, w * 0.44, 8), _lamp(light, (150, 100, 64)))
    colors = ((226, 88, 80), (250, 206, 90), (90, 170, 150), (240, 240, 246))
    for index in range(4):
        x = w * (0.51 + 0.1 * index)
        color = _lamp(light, colors[(index + light.place.seed) % 4])
        pen.ink(box(x, shelf - 27, w * 0.07, 26, 4), color, 0.8)
    pen.ink(box(-9, h * 0.6, w + 18, h * 0.3), _lamp(light, (120, 180, 186)))
    pen.ink(box(-9, h * 0.57, w + 18, h * 0.06), _lamp(light, (240, 224, 200)))
    for x in (0.25, 0.5, 0.75):
        pen.line(poly([(w * x, h * 0.64), (w * x, h * 0.89)], False), weight=0.8)
    pot = w * 0.8
    pen.ink(box(pot - 24, h * 0.57 - 28, 48, 28, 6), _lamp(light, (220, 84, 78)))
    pen.ink(box(pot - 27, h * 0.57 - 34, 54, 9, 4), _lamp(light, (190, 60, 60)), 0.8)


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
    """Shelves full of books."""
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
        x = w * (0.68 + 0.085 * step)
        y = h * (0.74 - 0.09 * step)
        pen.ink(box(x, y, w, h), _lamp(light, mix((206, 198, 198), (150, 140, 150), step / 4)))


INTERIORS: dict[str, Callable[[Pen, Light, float, float, Random], None]] = {
    "kitchen": draw_kitchen,
    "bedroom": draw_bedroom,
    "library": draw_library,
    "stone room": draw_stone_room,
}
