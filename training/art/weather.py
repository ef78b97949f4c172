"""Rain and snow in front of a picture."""

from __future__ import annotations

from random import Random

from training.art.pen import Pen, oval, poly
from training.art.spec import Place


def draw_weather(pen: Pen, place: Place, w: float, h: float, random: Random) -> None:
    """Drops or flakes over everything that was drawn so far."""
    count = round(w * h / 1100)
    if place.weather == "rain":
        for _ in range(count):
            x, y, length = random.uniform(0, w), random.uniform(-20, h), random.uniform(14, 24)
            drop = poly([(x, y), (x - length * 0.25, y + length)], False)
            pen.line(drop, (214, 230, 250), 0.62, 0.85)
    elif place.weather == "snow":
        for _ in range(count):
            radius = random.choice((1.8, 2.6, 3.4))
            flake = oval(random.uniform(0, w), random.uniform(0, h), radius, radius)
            pen.fill(flake, (255, 255, 255), 0.95)
