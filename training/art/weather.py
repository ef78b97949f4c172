"""Rain, snow, fog and falling leaves, few and large: what is finer is lost in the latents.

A part falls behind people and a part before them, there rather at the sides than over a face.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from training.art.colors import RGB, WHITE, mix
from training.art.light import MIST
from training.art.pen import Pen, box, oval, poly, shape
from training.art.spec import Place

AREA = {"rain": 1600, "snow": 1500, "falling leaves": 3600}
LEAVES: tuple[RGB, ...] = ((226, 70, 40), (246, 150, 36), (252, 204, 70))
PUDDLES = ("harbor", "street", "park", "meadow", "forest", "beach", "castle", "desert")


def draw_weather(pen: Pen, place: Place, w: float, h: float, random: Random) -> None:
    """What falls in front of everything that was drawn so far."""
    if place.weather == "fog":
        _bands(pen, place, w, h, ((0.74, 0.4), (1.0, 0.6)))
    elif place.weather:
        _fall(pen, place, _spread(w, h, AREA[place.weather] * 2.2, random, True), random, w, h)


def draw_far_weather(pen: Pen, place: Place, w: float, h: float, random: Random) -> None:
    """What falls and lies behind people: to be drawn on the place, before them."""
    if place.weather == "fog":
        _bands(pen, place, w, h, ((0.2, 0.75), (0.56, 0.85), (0.92, 0.7)))
    elif place.weather:
        if place.weather == "rain" and place.kind in PUDDLES:
            _puddles(pen, place, w, h, random)
        if place.weather == "falling leaves" and place.kind in PUDDLES:
            _fallen(pen, place, w, h, random)
        _fall(pen, place, _spread(w, h, AREA[place.weather] * 1.6, random, False), random, w, h)


def draw_window_weather(pen: Pen, place: Place, w: float, h: float, random: Random) -> None:
    """The same through a window of w by h."""
    if place.weather == "fog":
        _bands(pen, place, w, h, ((0.5, 0.8), (0.9, 0.8)))
    elif place.weather:
        _fall(pen, place, _spread(w, h, 420, random, False), random, w, h)


def _spread(
    w: float, h: float, area: float, random: Random, aside: bool
) -> Iterator[tuple[float, float]]:
    """Places on a shaken grid, one in each `area` square pixels; `aside` spares the middle."""
    step = area**0.5
    columns, rows = max(1, round(w / step)), max(1, round(h / step))
    for row in range(rows):
        for column in range(columns):
            x = w * (column + random.uniform(0.1, 0.9)) / columns
            y = h * (row + random.uniform(0.1, 0.9)) / rows
            if not aside or abs(x / w - 0.5) > 0.24 or y > h * 0.8:
                yield x, y


def _fall(
    pen: Pen, place: Place, spots: Iterator[tuple[float, float]], random: Random, w: float, h: float
) -> None:
    size = pen.line_width()
    dim = 0.25 if place.time == "night" else 0.0
    for x, y in spots:
        if place.weather == "rain":
            length = random.uniform(5.5, 8) * size
            drop = poly([(x, y - length / 2), (x - length * 0.25, y + length / 2)], False)
            pen.line(drop, mix((214, 234, 255), (40, 50, 110), dim), 1.05)
        elif place.weather == "snow":
            radius = random.uniform(1.3, 1.9) * size
            pen.fill(oval(x, y, radius, radius), mix(WHITE, (60, 70, 130), dim / 2))
        else:
            _leaf(pen, x, y, random.uniform(2.4, 3.1) * size, random, dim)


def _leaf(pen: Pen, x: float, y: float, size: float, random: Random, dim: float) -> None:
    color = mix(random.choice(LEAVES), (30, 20, 90), dim)
    with pen.frame(x, y, size, random.uniform(0, 360)):
        pen.ink(shape("M -1.1 0 Q 0 -1.1 1.1 0 Q 0 1.1 -1.1 0"), color, 0.55)


def _fallen(pen: Pen, place: Place, w: float, h: float, random: Random) -> None:
    dim = 0.45 if place.time == "night" else 0.0
    for index in range(round(w / 22)):
        x, y = w * (index + random.random()) / round(w / 22), h * random.uniform(0.86, 0.98)
        _leaf(pen, x, y, 2.2 * pen.line_width(), random, dim)


def _puddles(pen: Pen, place: Place, w: float, h: float, random: Random) -> None:
    water: RGB = (84, 92, 150) if place.time == "night" else (176, 204, 230)
    rx, ry = min(w, h) * 0.17, min(w, h) * 0.042
    for x, y in ((0.16, 0.9), (0.82, 0.93)):
        x = w * (x + random.uniform(-0.05, 0.05))
        pen.ink(oval(x, h * y, rx, ry), water, 0.7)
        pen.line(oval(x, h * y, rx * 0.45, ry * 0.45), WHITE, 0.6, 0.9)


def _bands(
    pen: Pen, place: Place, w: float, h: float, bands: tuple[tuple[float, float], ...]
) -> None:
    """Pale bands that are densest in their middle, each given by that and by its density."""
    mist, half = MIST[place.time], h * 0.13
    for middle, alpha in bands:
        # Nested boxes look soft and are cheaper than a blur.
        for share in (1.0, 0.87, 0.74, 0.61, 0.48, 0.35, 0.22):
            y, tall = h * middle - half * share, 2 * half * share
            band = box(-half, y, w + 2 * half, tall, half * share)
            pen.fill(band, mist, alpha * 0.24)
