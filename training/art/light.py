"""Skies and how the hour tints the land."""

from __future__ import annotations

from random import Random

from training.art.colors import RGB, WHITE, mix
from training.art.pen import Pen, box, oval, shape
from training.art.spec import Place

SKIES: dict[str, tuple[RGB, ...]] = {
    "day": ((84, 180, 250), (160, 216, 255), (224, 244, 255)),
    "sunset": ((92, 62, 148), (240, 110, 96), (255, 196, 96)),
    "sunrise": ((130, 180, 246), (255, 190, 196), (255, 236, 160)),
    "night": ((12, 16, 56), (28, 34, 92), (58, 62, 130)),
}
GREY: dict[str, tuple[RGB, ...]] = {
    "day": ((122, 138, 158), (150, 166, 184), (190, 202, 212)),
    "sunset": ((84, 70, 112), (142, 100, 128), (196, 140, 130)),
    "sunrise": ((134, 144, 172), (196, 170, 180), (230, 206, 184)),
    "night": ((16, 20, 44), (32, 38, 72), (56, 62, 100)),
}
TINTS: dict[str, tuple[RGB, float]] = {
    "day": ((255, 255, 255), 0.0),
    "sunset": ((150, 60, 100), 0.38),
    "sunrise": ((255, 180, 170), 0.25),
    "night": ((20, 24, 80), 0.62),
}


class Light:
    """The light of a place: its sky's colours and the tint of everything under it."""

    def __init__(self, place: Place):
        self.place = place
        wet = place.weather in ("rain", "snow")
        self.sky = (GREY if wet else SKIES)[place.time]
        self.tint, self.share = TINTS[place.time]
        self.snow = place.weather == "snow"

    def __call__(self, color: RGB) -> RGB:
        """A colour as it looks in this light."""
        color = mix(color, self.tint, self.share)
        if self.place.weather == "rain":
            color = mix(color, (92, 106, 130), 0.3)
        return color

    def ground(self, color: RGB) -> RGB:
        """The ground's colour: white where it snows."""
        return self((240, 246, 255) if self.snow else color)


def draw_sky(pen: Pen, light: Light, w: float, h: float, horizon: float, random: Random) -> None:
    """The sky down to the horizon, with sun, moon, stars or clouds."""
    place = light.place
    pen.gradient(box(0, 0, w, h), 0, horizon, light.sky)
    if place.weather:
        _clouds(pen, w, h, random, mix(light.sky[0], light.sky[2], 0.35))
    elif place.time == "night":
        _stars(pen, w, horizon, random)
    elif place.time == "day":
        _clouds(pen, w, h, random, WHITE)
    else:
        x, radius = w * random.choice((0.25, 0.75)), h * 0.13
        color: RGB = (255, 226, 120) if place.time == "sunset" else (255, 248, 200)
        pen.glow(x, horizon - radius * 0.2, radius * 2.6, color, 0.8)
        pen.fill(oval(x, horizon - radius * 0.2, radius, radius), color)
        _clouds(pen, w, h, random, mix(light.sky[1], WHITE, 0.25), 2)


def _stars(pen: Pen, w: float, horizon: float, random: Random) -> None:
    for _ in range(round(w * horizon / 900)):
        size = random.choice((0.9, 1.3, 2.0)) * pen.line_width() * 0.6
        pen.fill(
            oval(random.uniform(0, w), random.uniform(0, horizon), size, size), (255, 250, 214)
        )
    x, y, radius = w * random.choice((0.18, 0.82)), horizon * 0.28, horizon * 0.15
    pen.glow(x, y, radius * 2.4, (255, 246, 190), 0.5)
    pen.fill(oval(x, y, radius, radius), (255, 246, 196))


def _clouds(pen: Pen, w: float, h: float, random: Random, color: RGB, count: int = 3) -> None:
    for index in range(count):
        x = w * (index + random.uniform(0.1, 0.9)) / count
        size = h * random.uniform(0.09, 0.13)
        with pen.frame(x, h * random.uniform(0.08, 0.3), size):
            cloud = shape(
                "M -1.6 0.4 C -2.1 0.4 -2.0 -0.35 -1.4 -0.3 C -1.3 -0.95 -0.4 -1.1 -0.1 -0.55 "
                "C 0.3 -1.0 1.2 -0.8 1.2 -0.2 C 1.9 -0.3 2.0 0.4 1.5 0.4"
            )
            pen.ink(cloud, color, 0.7)
