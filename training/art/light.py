"""Skies, and how the hour and the weather tint the land."""

from __future__ import annotations

from math import cos, pi, sin
from random import Random

from training.art.colors import RGB, WHITE, mix
from training.art.pen import Pen, box, oval, poly, shape
from training.art.spec import Place

SKIES: dict[str, tuple[RGB, ...]] = {
    "day": ((72, 172, 250), (150, 212, 255), (224, 244, 255)),
    "sunset": ((84, 44, 150), (226, 84, 104), (255, 160, 48)),
    "sunrise": ((255, 150, 190), (255, 194, 190), (255, 240, 150)),
    "night": ((12, 16, 56), (28, 34, 92), (58, 62, 130)),
}
GREY: dict[str, tuple[RGB, ...]] = {
    "day": ((116, 128, 146), (138, 150, 166), (166, 178, 190)),
    "sunset": ((84, 70, 112), (142, 96, 120), (196, 132, 112)),
    "sunrise": ((178, 148, 168), (206, 170, 178), (226, 204, 176)),
    "night": ((16, 20, 44), (32, 38, 72), (56, 62, 100)),
}
TINTS: dict[str, tuple[RGB, float]] = {
    "day": ((255, 255, 255), 0.0),
    "sunset": ((214, 70, 90), 0.14),
    "sunrise": ((255, 190, 190), 0.2),
    "night": ((20, 24, 80), 0.62),
}
LAMPS: dict[str, RGB] = {
    # what is left of white: a tint alone would turn green leaves grey in the evening
    "day": WHITE,
    "sunset": (255, 178, 176),
    "sunrise": (255, 234, 226),
    "night": WHITE,
}
MIST: dict[str, RGB] = {
    "day": (226, 232, 236),
    "sunset": (236, 190, 180),
    "sunrise": (250, 220, 220),
    "night": (112, 118, 156),
}
AUTUMN: RGB = (226, 148, 64)
SNOW: RGB = (240, 246, 255)


class Light:
    """The light of a place: its sky's colours and the tint of everything under it."""

    def __init__(self, place: Place):
        self.place = place
        self.tint, self.share = TINTS[place.time]
        self.lamp = LAMPS[place.time]
        self.mist = MIST[place.time]
        self.snow = place.weather == "snow"
        self.autumn = place.weather == "falling leaves"
        self.overcast = place.weather in ("rain", "snow", "fog")
        self.sky = (GREY if self.overcast else SKIES)[place.time]
        if place.weather == "fog":
            self.sky = (mix(self.mist, self.sky[0], 0.25), self.mist, self.mist)

    def __call__(self, color: RGB) -> RGB:
        """A colour as it looks in this light."""
        red, green, blue = self.lamp
        color = (color[0] * red // 255, color[1] * green // 255, color[2] * blue // 255)
        color = mix(color, self.tint, self.share)
        if self.place.weather == "rain":
            color = mix(color, (92, 106, 130), 0.3)
        elif self.place.weather == "fog":
            color = mix(color, self.mist, 0.42)
        return color

    def ground(self, color: RGB) -> RGB:
        """The ground's colour: white where it snows, golden in autumn."""
        if self.snow:
            color = SNOW
        elif self.autumn:
            color = mix(color, AUTUMN, 0.5)
        return self(color)

    def leaves(self, color: RGB, other: bool = False) -> RGB:
        """The colour of a tree's leaves; `other` is the second of the season's two."""
        if self.snow:
            color = (228, 238, 250)
        elif self.autumn:
            color = (214, 78, 44) if other else (240, 140, 40)
        return self(color)


def draw_sky(pen: Pen, light: Light, w: float, h: float, horizon: float, random: Random) -> None:
    """The sky down to the horizon, with sun, moon, stars or clouds."""
    time = light.place.time
    pen.gradient(box(0, 0, w, h), 0, horizon, light.sky)
    if light.overcast:
        if light.place.weather != "fog":
            _clouds(pen, w, h, random, mix(light.sky[0], WHITE, 0.22))
    elif time == "night":
        _stars(pen, w, horizon, random)
    elif time == "day":
        _clouds(pen, w, h, random, WHITE)
    else:
        _low_sun(pen, light, w, h, horizon, random)


def _low_sun(pen: Pen, light: Light, w: float, h: float, horizon: float, random: Random) -> None:
    """A red ball in the evening; a pale one with rays in the morning."""
    x, radius = w * random.choice((0.2, 0.8)), min(w, h) * 0.15
    y = horizon - radius * 0.5
    if light.place.time == "sunrise":
        for index in range(8):
            turn = pi * (index + 0.5) / 8
            ray = [(x, y)]
            for side in (turn - 0.1, turn + 0.1):
                ray.append((x - cos(side) * 2 * (w + h), y - sin(side) * 2 * (w + h)))
            pen.fill(poly(ray), (255, 246, 190), 0.55)
        color: RGB = (255, 252, 200)
    else:
        color = (255, 214, 70)
    pen.glow(x, y, radius * 2.4, color, 0.8)
    pen.fill(oval(x, y, radius, radius), color)
    _clouds(pen, w, h, random, mix(light.sky[1], light.sky[0], 0.3), 2)


def _stars(pen: Pen, w: float, horizon: float, random: Random) -> None:
    for _ in range(round(w * horizon / 1500) + 4):
        size = random.choice((1.2, 1.7)) * pen.line_width() * 0.6
        star = oval(random.uniform(0, w), random.uniform(0, horizon), size, size)
        pen.fill(star, (255, 250, 214))
    radius = min(horizon * 0.17, w * 0.12)
    x, y = w * random.choice((0.18, 0.82)), max(horizon * 0.28, radius * 1.3)
    pen.glow(x, y, radius * 2.4, (255, 246, 190), 0.5)
    pen.fill(oval(x, y, radius, radius), (255, 246, 196))


def _clouds(pen: Pen, w: float, h: float, random: Random, color: RGB, count: int = 3) -> None:
    for index in range(count):
        x = w * (index + random.uniform(0.1, 0.9)) / count
        size = min(w, h) * random.uniform(0.09, 0.13)
        with pen.frame(x, h * random.uniform(0.08, 0.26), size):
            cloud = shape(
                "M -1.6 0.4 C -2.1 0.4 -2.0 -0.35 -1.4 -0.3 C -1.3 -0.95 -0.4 -1.1 -0.1 -0.55 "
                "C 0.3 -1.0 1.2 -0.8 1.2 -0.2 C 1.9 -0.3 2.0 0.4 1.5 0.4"
            )
            pen.ink(cloud, color, 0.7)
