"""Draws a scene: the place, then cat and people, then the weather."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import numpy as np
import skia

from training.art.characters import draw_person
from training.art.colors import RGB, mix
from training.art.interiors import INTERIORS
from training.art.pen import Pen, box, poly
from training.art.places import draw_place
from training.art.props import (
    draw_book,
    draw_cat,
    draw_cup,
    draw_flower,
    draw_lantern,
    draw_letter,
)
from training.art.spec import Framing, Person, Scene, Style
from training.art.weather import draw_weather

HEADS: dict[Framing, tuple[float, float]] = {
    # half a head's size, and where its middle is, as shares of the picture's height
    Framing.CLOSE: (0.335, 0.52),
    Framing.MEDIUM: (0.225, 0.43),
    Framing.FULL: (0.168, 0.35),
    Framing.WIDE: (0.092, 0.60),
}


def draw_scene(scene: Scene, width: int, height: int, zoom: float = 1.0) -> np.ndarray:
    """The picture as uint8 [height * zoom, width * zoom, 3]; zoom shows the same thing larger."""
    surface = skia.Surface(round(width * zoom), round(height * zoom))
    canvas = surface.getCanvas()
    # Lines of half-size art would vanish at their true share.
    weight = 1.2 if zoom < 1 else 1.0
    pen = Pen(canvas, _line_width(width, height) * weight, scene.style is Style.MANGA)
    with pen.frame(0, 0, zoom):
        pen.scale = 1.0
        with _restored(canvas):
            _draw_backdrop(pen, scene, width, height)
        random = Random(scene.seed)
        if scene.thing:
            _draw_thing(pen, scene, width, height)
        elif scene.people:
            _draw_people(pen, scene, width, height, random)
        elif scene.cat:
            size = min(width, height) * 0.2
            with pen.frame(width * random.uniform(0.42, 0.58), height * 0.42, size):
                draw_cat(pen, scene.cat, random.random() < 0.4)
        if not scene.place.indoors:
            draw_weather(pen, scene.place, width, height, random)
    return np.ascontiguousarray(surface.toarray(colorType=skia.kRGBA_8888_ColorType)[..., :3])


def _line_width(width: int, height: int) -> float:
    return 3.1 * (min(width, height) / 224) ** 0.5


class _restored:
    """The canvas' frame and clip are as before afterwards."""

    def __init__(self, canvas: skia.Canvas):
        self.canvas = canvas

    def __enter__(self) -> None:
        self.count = self.canvas.save()

    def __exit__(self, *_: object) -> None:
        self.canvas.restoreToCount(self.count)


def _draw_backdrop(pen: Pen, scene: Scene, width: int, height: int) -> None:
    """The place; behind a close-up it is nearer, so it shows less and larger."""
    if scene.thing and scene.place.kind != "plain" and scene.place.kind not in INTERIORS:
        scene = replace(scene, place=replace(scene.place, kind="plain"))
    near = 1.3 if scene.framing is Framing.CLOSE and scene.people else 1.0
    with pen.frame(width * (1 - near) / 2, height * (1 - near) * 0.75, near):
        draw_place(pen, scene.place, width, height)


def _draw_people(pen: Pen, scene: Scene, width: int, height: int, random: Random) -> None:
    share, middle = HEADS[scene.framing]
    size = share * height
    if width < height:
        size = min(size, width * 0.40)
    if len(scene.people) == 2:
        size = min(size, width * 0.2)
        places = [0.28, 0.72]
    elif width > height * 1.3 or scene.framing is Framing.WIDE:
        places = [random.choice((0.34, 0.5, 0.66))]
    else:
        places = [random.uniform(0.46, 0.54)]
    if scene.framing is Framing.FULL:
        middle = 0.95 - 3.4 * size / height
    elif scene.framing is Framing.WIDE:
        middle = 0.93 - 3.4 * size / height
    people: list[tuple[float, Person]] = list(zip(places, scene.people, strict=True))
    for place, person in people:
        with pen.frame(width * place, height * middle, size):
            draw_person(pen, person, scene.framing)
    if scene.cat:
        _draw_cat_beside(pen, scene, width, height, places[0], size, middle)


def _draw_cat_beside(
    pen: Pen, scene: Scene, width: int, height: int, place: float, size: float, middle: float
) -> None:
    near = scene.framing in (Framing.CLOSE, Framing.MEDIUM)
    cat = size * (0.55 if near else 0.62)
    side = 1 if place <= 0.5 else -1
    x = width * place + side * size * (1.75 if near else 1.9)
    y = height * 0.97 - 2.5 * cat if not near else height - 2.1 * cat
    with pen.frame(min(max(x, cat * 1.1), width - cat * 1.1), y, cat):
        draw_cat(pen, scene.cat, scene.seed % 5 < 2)


def _draw_thing(pen: Pen, scene: Scene, width: int, height: int) -> None:
    """One thing on a wooden table, large."""
    wood: RGB = (188, 130, 84)
    if scene.place.time == "night":
        wood = mix(wood, (50, 30, 90), 0.35)
    table = height * 0.66
    pen.ink(box(-9, table, width + 18, height), wood)
    for share in (0.34, 0.7):
        y = table + (height - table) * share
        pen.line(poly([(-9, y), (width + 9, y)], False), weight=0.7)
    size = min(width, height) * 0.42
    draws = {
        "lantern": (draw_lantern, -0.96, 1.2),
        "cup": (draw_cup, 0.0, 1.1),
        "flower": (draw_flower, 0.05, 1.1),
        "book": (draw_book, 0.0, 1.15),
        "letter": (draw_letter, -0.3, 0.9),
    }
    draw, lift, scale = draws[scene.thing]
    with pen.frame(width * 0.5, height * 0.82, size * scale):
        if scene.thing == "flower":
            pen.ink(box(-0.26, -0.45, 0.52, 0.5, 0.1), (90, 150, 210))
            with pen.frame(0, -0.35, 0.95):
                draw_flower(pen)
            pen.ink(box(-0.26, -0.45, 0.52, 0.5, 0.1), (90, 150, 210))
            return
        with pen.frame(0, lift):
            draw(pen)
