"""Draws a scene: the place, then vehicle, animals and people, then the weather."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from random import Random

import numpy as np
import skia

from training.art.animals import draw_animal
from training.art.arms import reaches_out
from training.art.characters import draw_person
from training.art.colors import RGB, mix
from training.art.interiors import INTERIORS
from training.art.light import Light
from training.art.pen import CELL, Pen, box, poly
from training.art.places import draw_place
from training.art.props import (
    draw_book,
    draw_cake,
    draw_cup,
    draw_flower,
    draw_key,
    draw_lantern,
    draw_letter,
)
from training.art.spec import Framing, Person, Scene, Style
from training.art.vehicles import draw_vehicle
from training.art.wash import wash
from training.art.weather import draw_weather

HEADS: dict[Framing, tuple[float, float]] = {
    # half a head's size, and where its middle is, as shares of the picture's height
    Framing.CLOSE: (0.335, 0.52),
    Framing.MEDIUM: (0.225, 0.43),
    Framing.FULL: (0.168, 0.35),
    Framing.WIDE: (0.092, 0.60),
}


@dataclass(frozen=True)
class Spot:
    """Where a person's head is: its middle and half its size, in pixels at zoom 1."""

    person: Person
    x: float
    y: float
    half: float


def draw_scene(
    scene: Scene, width: int, height: int, zoom: float = 1.0, pitch: int = CELL
) -> np.ndarray:
    """The picture as uint8 [height * zoom, width * zoom, 3]; zoom shows the same thing larger.

    `pitch` is the side of a tile of screentone, in pixels of the picture.
    """
    surface = skia.Surface(round(width * zoom), round(height * zoom))
    canvas = surface.getCanvas()
    # Lines of half-size art would vanish at their true share.
    weight = 1.2 if zoom < 1 else 1.0
    pen = Pen(canvas, _line_width(width, height) * weight, scene.style, pitch)
    with pen.frame(0, 0, zoom):
        pen.scale = 1.0
        with _restored(canvas):
            _draw_backdrop(pen, scene, width, height)
        random = Random(scene.seed)
        if scene.thing:
            _draw_thing(pen, scene, width, height)
        elif scene.vehicle:
            _draw_vehicle(pen, scene, width, height, random)
        elif scene.people:
            _draw_people(pen, scene, width, height)
        elif scene.animal:
            size = min(width, height) * 0.2
            with pen.frame(width * random.uniform(0.42, 0.58), height * 0.42, size):
                draw_animal(pen, scene.animal, random.random() < 0.4)
        if not scene.place.indoors:
            draw_weather(pen, scene.place, width, height, random)
    art = surface.toarray(colorType=skia.kRGBA_8888_ColorType)[..., :3]
    if scene.style is Style.WATERCOLOR:
        return wash(art, scene.seed, zoom)
    return np.ascontiguousarray(art)


def spots(scene: Scene, width: int, height: int) -> list[Spot]:
    """Where the people of a scene stand; a pure function of the scene and the size."""
    random = Random(scene.seed)
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
    if len(scene.people) == 1 and reaches_out(scene.people[0]):
        size = min(size, width * 0.25)
    if scene.framing is Framing.FULL:
        middle = 0.95 - 3.4 * size / height
    elif scene.framing is Framing.WIDE:
        middle = 0.93 - 3.4 * size / height
    people = zip(places, scene.people, strict=False)
    return [Spot(person, width * place, height * middle, size) for place, person in people]


def _line_width(width: int, height: int) -> float:
    return 3.1 * math.sqrt(min(width, height) / 224)


@contextmanager
def _restored(canvas: skia.Canvas) -> Iterator[None]:
    """The canvas' frame and clip are as before afterwards."""
    count = canvas.save()
    try:
        yield
    finally:
        canvas.restoreToCount(count)


def _draw_backdrop(pen: Pen, scene: Scene, width: int, height: int) -> None:
    """The place; behind a close-up it is nearer, so it shows less and larger."""
    if scene.thing and scene.place.kind != "plain" and scene.place.kind not in INTERIORS:
        scene = replace(scene, place=replace(scene.place, kind="plain"))
    near = 1.3 if scene.framing is Framing.CLOSE and scene.people else 1.0
    with pen.frame(width * (1 - near) / 2, height * (1 - near) * 0.75, near):
        draw_place(pen, scene.place, width, height)


def _draw_people(pen: Pen, scene: Scene, width: int, height: int) -> None:
    where = spots(scene, width, height)
    for spot in where:
        with pen.frame(spot.x, spot.y, spot.half):
            draw_person(pen, spot.person, scene.framing)
    if scene.animal and where:
        _draw_animal_beside(pen, scene, width, height, where[0])


def _draw_animal_beside(pen: Pen, scene: Scene, width: int, height: int, spot: Spot) -> None:
    near = scene.framing in (Framing.CLOSE, Framing.MEDIUM)
    unit = spot.half * (0.55 if near else 0.62)
    side = 1 if spot.x <= width * 0.5 else -1
    x = spot.x + side * spot.half * (1.75 if near else 1.9)
    y = height * 0.97 - 2.5 * unit if not near else height - 2.1 * unit
    with pen.frame(min(max(x, unit * 1.1), width - unit * 1.1), y, unit):
        assert scene.animal is not None
        draw_animal(pen, scene.animal, scene.seed % 5 < 2)


def _draw_vehicle(pen: Pen, scene: Scene, width: int, height: int, random: Random) -> None:
    half = min(width * 0.42, height * 0.5)
    x = width * random.uniform(0.44, 0.56)
    with pen.frame(x, height * 0.88, half):
        draw_vehicle(pen, scene.vehicle, Light(scene.place), random)


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
    draws: dict[str, tuple[Callable[[Pen], None], float, float]] = {
        "lantern": (draw_lantern, -0.96, 1.2),
        "cup": (draw_cup, 0.0, 1.1),
        "flower": (draw_flower, 0.05, 1.1),
        "book": (draw_book, 0.0, 1.15),
        "letter": (draw_letter, -0.3, 0.9),
        "key": (draw_key, -0.3, 1.0),
        "cake": (draw_cake, 0.0, 1.1),
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
