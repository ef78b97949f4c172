"""A block's lines where they stand, and as drawing commands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from storyboard.pages.breaking import Block
from storyboard.pages.commands import INK, Color, Command, TextRun
from storyboard.pages.fonts import Font
from storyboard.pages.itemising import itemised, missing
from storyboard.pages.runs import Line, Run, line_of
from storyboard.pages.shapes import Box, Point, Shape


@dataclass(frozen=True, slots=True)
class SetLine:
    """A line where it stands, in em from the middle of its block; of a column, `baseline` is its
    top. `box` is what the letters fill as a rule, `runs` are in reading order."""

    text: str
    left: float
    baseline: float
    width: float
    box: Box
    runs: tuple[Run, ...]


def set_lines(block: Block, font: Font, centered: bool) -> tuple[SetLine, ...]:
    """The block's lines around their common middle.

    In height the middle is the letters': from the first line's capitals to the last baseline. Lines
    that are not centred begin at the left, or at the right where the text runs to the left.
    Columns go from right to left and all begin at the top, as in print: their ends are ragged.
    """
    if font.vertical:
        return _columns(block)
    rise, fall = block.lines[0].rise, block.lines[-1].fall
    height = rise + block.leading * (len(block.lines) - 1) + fall
    return tuple(
        _set(line, _left(line, block, centered), rise - height / 2 + block.leading * number)
        for number, line in enumerate(block.lines)
    )


def _left(line: Line, block: Block, centered: bool) -> float:
    if centered:
        return -line.width / 2
    return block.width / 2 - line.width if block.base else -block.width / 2


def _set(line: Line, left: float, baseline: float) -> SetLine:
    box = Box(left, baseline - line.rise, left + line.width, baseline + line.fall)
    runs = tuple(run.moved(left, baseline) for run in line.runs)
    return SetLine(line.text, left, baseline, line.width, box, runs)


def _columns(block: Block) -> tuple[SetLine, ...]:
    top = -block.width / 2
    rightmost = block.leading * (len(block.lines) - 1) / 2
    return tuple(
        _hung(line, rightmost - block.leading * number, top)
        for number, line in enumerate(block.lines)
    )


def _hung(line: Line, middle: float, top: float) -> SetLine:
    box = Box(middle - line.rise, top, middle + line.fall, top + line.width)
    runs = tuple(run.moved(middle, top) for run in line.runs)
    return SetLine(line.text, box.left, top, box.width, box, runs)


def drawn(
    lines: Sequence[SetLine], center: Point, em: float, color: Color | None = INK
) -> list[Command]:
    """The lines in letters of `em` pixels around `center`, in reading order."""
    return [
        text_run(run, (center[0] + run.x * em, center[1] + run.y * em), em, color)
        for line in lines
        for run in line.runs
    ]


def text_run(run: Run, start: Point, size: float, color: Color | None) -> TextRun:
    """A run that starts at a point of the page."""
    return TextRun(
        run.text,
        run.face,
        size,
        *start,
        color,
        run.direction,
        run.language,
        90.0 if run.sideways else 0.0,
        run.stretch,
    )


def one_line(text: str, font: Font) -> Line:
    """A text in one line, whatever its length; it is clean and not empty."""
    lettered = itemised(text.replace("\n", " "), font)
    return line_of(lettered, 0, len(lettered.text))


def shown(text: str, font: Font) -> str:
    """A label as it can be shown: question marks stand for characters that no font has."""
    lacking = missing(text, font)
    return "".join("?" if character in lacking else character for character in text) or " "


def text_runs(
    text: str, font: Font, size: float, x: float, baseline: float, color: Color | None = INK
) -> list[TextRun]:
    """A text in one line that starts at (`x`, `baseline`), as drawing commands."""
    return [
        text_run(run, (x + run.x * size, baseline + run.y * size), size, color)
        for run in one_line(text, font).runs
    ]


def letters(text: str, font: Font) -> tuple[tuple[Shape, ...], float]:
    """A text's letters, from left to right on one baseline at 0, 0, each as a shape of size 1; and
    the width of them all. Letters that are drawn as one, and blanks, are one and none."""
    line = one_line(text, font)
    shapes = [
        (run.x + glyph.x, run.face.letter(glyph, 1, (run.x, run.y)))
        for run in line.runs
        for glyph in run.face.shape(run.text, run.direction, run.language).glyphs
    ]
    return tuple(
        shape for _, shape in sorted(shapes, key=lambda pair: pair[0]) if shape
    ), line.width
