"""The colours of the drawn world, by the names that captions use, and arithmetic on them."""

from __future__ import annotations

RGB = tuple[int, int, int]

INK: RGB = (28, 20, 40)
WHITE: RGB = (255, 255, 255)

HAIR: dict[str, RGB] = {
    "black": (44, 38, 56),
    "brown": (122, 74, 44),
    "blonde": (248, 208, 84),
    "red": (206, 54, 48),
    "orange": (242, 136, 44),
    "pink": (250, 138, 178),
    "purple": (136, 86, 200),
    "blue": (66, 116, 220),
    "green": (72, 168, 96),
    "white": (232, 232, 244),
}
SKIN: dict[str, RGB] = {"light": (255, 224, 200), "tan": (236, 180, 130), "dark": (142, 88, 56)}
EYES: dict[str, RGB] = {
    "brown": (134, 74, 30),
    "blue": (40, 110, 220),
    "green": (30, 150, 80),
    "purple": (130, 70, 200),
}
CLOTH: dict[str, RGB] = {
    "red": (222, 52, 56),
    "blue": (52, 100, 210),
    "green": (60, 158, 88),
    "yellow": (250, 206, 64),
    "pink": (248, 142, 182),
    "purple": (134, 84, 190),
    "white": (246, 246, 250),
    "black": (62, 58, 78),
    "orange": (246, 144, 48),
    "teal": (44, 168, 172),
}
PLAIN: dict[str, RGB] = {
    "white": (250, 250, 252),
    "blue": (158, 206, 248),
    "pink": (252, 200, 216),
    "yellow": (252, 232, 140),
    "green": (176, 226, 168),
}


def mix(a: RGB, b: RGB, share: float) -> RGB:
    """The colour `share` of the way from a to b."""
    return (
        round(a[0] + (b[0] - a[0]) * share),
        round(a[1] + (b[1] - a[1]) * share),
        round(a[2] + (b[2] - a[2]) * share),
    )


def shade(color: RGB, share: float = 0.25) -> RGB:
    """A cel shadow of a colour: darker, and a little towards violet as comic artists do."""
    return mix(color, (52, 24, 84), share)


def light(color: RGB, share: float = 0.4) -> RGB:
    """A highlight of a colour."""
    return mix(color, WHITE, share)


def luma(color: RGB) -> float:
    """How bright a colour looks, 0 to 1."""
    return (0.299 * color[0] + 0.587 * color[1] + 0.114 * color[2]) / 255
