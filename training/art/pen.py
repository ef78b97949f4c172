"""A pen over a skia canvas: bold ink outlines, flat fills, and screentone for manga."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import pairwise

import skia

from training.art.colors import INK, RGB, luma, mix
from training.art.spec import Style

Points = Sequence[tuple[float, float]]

PAPER: RGB = (252, 247, 236)
PENCIL: RGB = (122, 86, 84)

# The autoencoder's step: dots whose tile is one latent cell have the same latents everywhere, and
# that is what lets so small a model draw screentone at all.
CELL = 8


@lru_cache(maxsize=512)
def shape(text: str) -> skia.Path:
    """A path from `M x y`, `L`, `C` and `Q` in absolute coordinates; it is closed at the end."""
    path, numbers, verb = skia.Path(), [], "M"
    need = {"M": 2, "L": 2, "Q": 4, "C": 6}
    put = {"M": path.moveTo, "L": path.lineTo, "Q": path.quadTo, "C": path.cubicTo}
    for word in text.replace(",", " ").split():
        if word in need:
            verb = word
            continue
        numbers.append(float(word))
        if len(numbers) == need[verb]:
            put[verb](*numbers)
            numbers.clear()
            verb = "L" if verb == "M" else verb
    path.close()
    return path


def poly(points: Points, closed: bool = True) -> skia.Path:
    """A polygon or an open line."""
    path = skia.Path()
    path.moveTo(*points[0])
    for point in points[1:]:
        path.lineTo(*point)
    if closed:
        path.close()
    return path


def smooth(points: Points) -> skia.Path:
    """An open line that bends smoothly at its inner points."""
    path = skia.Path()
    path.moveTo(*points[0])
    for here, after in pairwise(points[1:]):
        end = after if after is points[-1] else ((here[0] + after[0]) / 2, (here[1] + after[1]) / 2)
        path.quadTo(*here, *end)
    if len(points) == 2:
        path.lineTo(*points[1])
    return path


def oval(x: float, y: float, rx: float, ry: float) -> skia.Path:
    """An ellipse by its middle and radii."""
    path = skia.Path()
    path.addOval(skia.Rect(x - rx, y - ry, x + rx, y + ry))
    return path


def box(x: float, y: float, w: float, h: float, radius: float = 0.0) -> skia.Path:
    """A rectangle by its upper left corner, with rounded corners if a radius is given."""
    path = skia.Path()
    path.addRoundRect(skia.Rect(x, y, x + w, y + h), radius, radius)
    return path


@lru_cache(maxsize=64)
def _tone(level: int, pitch: int) -> skia.Image:
    """One tile of screentone: two dots in a square, so that the dots lie on a diagonal grid."""
    surface = skia.Surface(pitch, pitch)
    canvas = surface.getCanvas()
    canvas.clear(skia.ColorWHITE)
    paint = skia.Paint(AntiAlias=True, Color=skia.Color(0, 0, 0))
    radius = pitch * (0.13, 0.19, 0.25)[level]
    corners = [(0, 0), (pitch, 0), (0, pitch), (pitch, pitch), (pitch / 2, pitch / 2)]
    for x, y in corners:
        canvas.drawCircle(x, y, radius, paint)
    return surface.makeImageSnapshot()


class Pen:
    """Draws on a canvas in the units of its current frame; `width` is the ink line's, in pixels."""

    def __init__(
        self, canvas: skia.Canvas, width: float, style: Style = Style.COLOR, pitch: int = CELL
    ):
        self.canvas = canvas
        self.width = width * {Style.MANGA: 1.2, Style.WATERCOLOR: 0.7}.get(style, 1.0)
        self.scale = 1.0
        self.style = style
        self.pitch = pitch

    @contextmanager
    def frame(self, x: float, y: float, scale: float = 1.0, turn: float = 0.0) -> Iterator[None]:
        """A frame of its own: origin at (x, y), one unit `scale` long, turned by degrees."""
        before = self.scale
        self.canvas.save()
        self.canvas.translate(x, y)
        self.canvas.rotate(turn)
        self.canvas.scale(scale, scale)
        self.scale = before * abs(scale)
        try:
            yield
        finally:
            self.scale = before
            self.canvas.restore()

    @contextmanager
    def clipped(self, path: skia.Path) -> Iterator[None]:
        """Nothing is drawn outside the path."""
        self.canvas.save()
        self.canvas.clipPath(path, skia.ClipOp.kIntersect, True)
        try:
            yield
        finally:
            self.canvas.restore()

    def line_width(self, weight: float = 1.0) -> float:
        """The ink's width in the units of this frame."""
        return self.width * weight / self.scale

    def fill(self, path: skia.Path, color: RGB, alpha: float = 1.0) -> None:
        """A flat area without an outline."""
        self.canvas.drawPath(path, self._paint(color, alpha))

    def ink(self, path: skia.Path, color: RGB, weight: float = 1.0) -> None:
        """A flat area with an ink outline."""
        self.fill(path, color)
        self.line(path, INK, weight)

    def line(
        self, path: skia.Path, color: RGB = INK, weight: float = 1.0, alpha: float = 1.0
    ) -> None:
        """A line of the ink's width times `weight`."""
        self.stroke(path, color, self.line_width(weight), alpha)

    def stroke(self, path: skia.Path, color: RGB, width: float, alpha: float = 1.0) -> None:
        """A line whose width is given in the units of this frame."""
        paint = self._paint(color, alpha)
        paint.setStyle(skia.Paint.kStroke_Style)
        paint.setStrokeWidth(width)
        paint.setStrokeCap(skia.Paint.kRound_Cap)
        paint.setStrokeJoin(skia.Paint.kRound_Join)
        self.canvas.drawPath(path, paint)

    def limb(self, path: skia.Path, color: RGB, width: float, weight: float = 1.0) -> None:
        """A thick round line with an ink outline: arms, legs, tails."""
        self.stroke(path, INK, width + self.line_width(weight))
        self.stroke(path, color, width - self.line_width(weight))

    def gradient(
        self, path: skia.Path, top: float, bottom: float, colors: Sequence[RGB], alpha: float = 1.0
    ) -> None:
        """A vertical gradient inside a path; one grey in manga, where skies are flat tones."""
        if self.style is Style.WATERCOLOR:
            colors = [mix(color, PAPER, 0.34) for color in colors]
        if self.style is Style.MANGA:
            self.fill(path, colors[len(colors) // 2], alpha)
            return
        paint = skia.Paint(AntiAlias=True, Alphaf=alpha)
        paint.setShader(
            skia.GradientShader.MakeLinear(
                [skia.Point(0, top), skia.Point(0, bottom)], [skia.Color(*c) for c in colors]
            )
        )
        self.canvas.drawPath(path, paint)

    def glow(self, x: float, y: float, radius: float, color: RGB, alpha: float = 0.6) -> None:
        """Light that fades outwards."""
        if self.style is Style.MANGA:
            self.fill(oval(x, y, radius * 0.6, radius * 0.6), (255, 255, 255), 0.9)
            return
        inner = skia.Color(*color, round(alpha * 255))
        paint = skia.Paint(AntiAlias=True)
        paint.setShader(
            skia.GradientShader.MakeRadial(skia.Point(x, y), radius, [inner, skia.Color(*color, 0)])
        )
        self.canvas.drawPath(oval(x, y, radius, radius), paint)

    def _paint(self, color: RGB, alpha: float) -> skia.Paint:
        paint = skia.Paint(AntiAlias=True)
        if self.style is Style.WATERCOLOR:
            color = PENCIL if color == INK else mix(color, PAPER, 0.34)
        if self.style is not Style.MANGA:
            paint.setColor(skia.Color(*color, round(alpha * 255)))
            return paint
        bright = luma(color)
        if not 0.34 < bright < 0.72:
            grey = 255 if bright > 0.5 else 18
            paint.setColor(skia.Color(grey, grey, grey, round(alpha * 255)))
            return paint
        level = min(2, int((0.72 - bright) / 0.13))
        inverse = skia.Matrix()
        self.canvas.getTotalMatrix().invert(inverse)
        # The dots lie on the page, not on the thing: undo the frame that is drawn in.
        paint.setShader(
            _tone(level, self.pitch).makeShader(
                skia.TileMode.kRepeat,
                skia.TileMode.kRepeat,
                skia.SamplingOptions(skia.FilterMode.kLinear),
                inverse,
            )
        )
        paint.setAlphaf(alpha)
        return paint
