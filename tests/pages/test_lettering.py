"""Lettering stays inside its balloons and its panel, and what does not fit is told."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Literal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from storyboard.geometry import Rect, Size
from storyboard.pages.busy import calm_cell
from storyboard.pages.commands import FillPath, StrokePath, TextRun
from storyboard.pages.content import (
    BalloonKind,
    BalloonText,
    CaptionText,
    PanelContent,
    Reading,
    SoundText,
    Standing,
)
from storyboard.pages.lettering import Lettering, letter
from storyboard.pages.shapes import Point, Shape, bounds, flatten, inside
from storyboard.pages.style import style_for
from tests.pages.samples import At, panel
from tests.support.fonts import small_fonts

FONTS = small_fonts()
STYLE = style_for(Size(1200, 1800))


def lettered(content: PanelContent, reading: Reading = "ltr") -> Lettering:
    return letter(content, calm_cell(content.cell), STYLE, FONTS, reading)


def grounds(lettering: Lettering) -> list[tuple[Shape, list[TextRun]]]:
    """Each balloon's or caption's paper with the lines that stand on it."""
    found: list[tuple[Shape, list[TextRun]]] = []
    for command in lettering.commands:
        if isinstance(command, FillPath):
            found.append((command.shape, []))
        elif isinstance(command, TextRun) and command.color is not None:
            found[-1][1].append(command)
    return [(shape, runs) for shape, runs in found if runs]


def corners(run: TextRun) -> list[Point]:
    """The line's box from its capitals' tops to a little under its baseline."""
    top, bottom = run.baseline - run.font.cap_height * run.size, run.baseline + 0.2 * run.size
    right = run.x + run.font.width(run.text, run.size)
    return [(run.x, top), (right, top), (run.x, bottom), (right, bottom)]


def lies_inside(shape: Shape, point: Point) -> bool:
    return any(inside(point, flatten(contour)) for contour in shape)


def said(lettering: Lettering) -> list[str]:
    """The texts line by line."""
    return [command.text for command in lettering.commands if isinstance(command, TextRun)]


words = st.lists(st.text("abdegijklMWQyé!?,.", min_size=1, max_size=9), min_size=1, max_size=14)
texts = st.builds(" ".join, words)
kinds: st.SearchStrategy[Literal["says", "thinks"]] = st.sampled_from(["says", "thinks"])
balloons = st.builds(BalloonText, texts, kinds, st.sampled_from(["mei", "bo", None]))
panels = st.builds(
    panel,
    cell=st.builds(Rect, st.just(60), st.just(90), st.integers(160, 1080), st.integers(160, 900)),
    captions=st.lists(st.builds(CaptionText, texts), max_size=1).map(tuple),
    balloons=st.lists(balloons, max_size=3).map(tuple),
    sfx=st.lists(st.builds(SoundText, st.sampled_from(["DRIP", "KRAKOOM!"])), max_size=1).map(
        tuple
    ),
)
readings: st.SearchStrategy[Reading] = st.sampled_from(["ltr", "rtl"])


@settings(max_examples=12, deadline=None)
@given(panels, readings)
def test_text_never_leaves_its_balloon_nor_a_balloon_its_panel(
    content: PanelContent, reading: Reading
) -> None:
    lettering = lettered(content, reading)
    for shape, runs in grounds(lettering):
        for run in runs:
            assert all(lies_inside(shape, corner) for corner in corners(run))
    for command in lettering.commands:
        if isinstance(command, StrokePath):
            box = bounds(command.shape).grown(command.width / 2)
            assert box.left >= content.cell.left
            assert box.top >= content.cell.top
            assert box.right <= content.cell.right
            assert box.bottom <= content.cell.bottom


def joined(text: str) -> str:
    """Without blanks, and without the hyphens that lines may end with."""
    return text.replace(" ", "").replace("-", "")


@settings(max_examples=12, deadline=None)
@given(panels)
@example(panel(cell=Rect(60, 90, 160, 160), captions=(CaptionText("aMMMQMM"),)))
def test_every_text_is_lettered_whole_or_told(content: PanelContent) -> None:
    lettering = lettered(content)
    drawn = joined("".join(said(lettering)))
    texts = [
        *(caption.text for caption in content.captions),
        *(balloon.text for balloon in content.balloons),
        *(sound.text for sound in content.sfx),
    ]
    left_out = [text for text in texts if joined(text) not in drawn]
    assert len(lettering.problems) >= len(left_out)
    assert all(problem.panel == "1.a" for problem in lettering.problems)


@settings(max_examples=12, deadline=None)
@given(panels)
def test_balloons_never_cover_each_others_text(content: PanelContent) -> None:
    papers = grounds(lettered(content))
    for number, (shape, _) in enumerate(papers):
        for other, (_, runs) in enumerate(papers):
            if other != number:
                points = [corner for run in runs for corner in corners(run)]
                assert not any(lies_inside(shape, point) for point in points)


@settings(max_examples=12, deadline=None)
@given(panels)
def test_letters_are_between_the_smallest_and_the_usual_size(content: PanelContent) -> None:
    for _, runs in grounds(lettered(content)):
        assert all(STYLE.smallest - 1e-9 <= run.size <= STYLE.em + 1e-9 for run in runs)


CELL = Rect(60, 60, 500, 500)


def test_texts_come_in_reading_order() -> None:
    content = panel(
        CELL,
        captions=(CaptionText("Night."),),
        balloons=(BalloonText("Who is there?", "says", "mei"), BalloonText("Me.", "says", "bo")),
    )
    assert "".join(said(lettered(content))).replace(" ", "") == "Night.Whoisthere?Me."


def test_letters_shrink_before_a_text_is_left_out() -> None:
    text = "It was a long way down, and nobody had thought of bringing a rope or a lamp."
    wide = lettered(panel(Rect(0, 0, 900, 600), balloons=(BalloonText(text),)))
    narrow = lettered(panel(Rect(0, 0, 230, 330), balloons=(BalloonText(text),)))
    assert not wide.problems
    assert not narrow.problems
    assert grounds(wide)[0][1][0].size == STYLE.em
    assert grounds(narrow)[0][1][0].size < STYLE.em


def test_a_text_that_is_too_long_is_told_by_how_much_and_left_out_whole() -> None:
    content = panel(
        Rect(0, 0, 200, 150),
        balloons=(BalloonText("word " * 60), BalloonText("No!")),
    )
    lettering = lettered(content)
    (problem,) = lettering.problems
    assert "the balloon “word word" in problem.message
    assert "pixels in the smallest letters (18 pixels), the panel offers" in problem.message
    assert said(lettering) == ["No!"]


def test_texts_that_do_not_fit_together_are_told() -> None:
    content = panel(
        Rect(0, 0, 240, 170),
        balloons=tuple(BalloonText(f"Here is remark number {i}, my friends") for i in range(6)),
    )
    lettering = lettered(content)
    assert lettering.problems
    assert "finds no room beside the other texts" in lettering.problems[0].message
    assert "% of the panel" in lettering.problems[0].message


def test_two_texts_that_are_anchored_onto_each_other_are_told() -> None:
    content = panel(
        CELL, balloons=(BalloonText("One.", at=At(0, 0)), BalloonText("Two.", at=At(0, 0)))
    )
    lettering = lettered(content)
    assert said(lettering) == ["One."]
    assert "the balloon “Two.”" in lettering.problems[0].message


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (BalloonText("好ຄ"), "what no font for lettering has: “ຄ” (U+0E84 LAO LETTER KHO TAM)"),
        (BalloonText("ຄຄ", "thinks"), "the thought “ຄຄ”"),
        (BalloonText("  \n "), "is empty"),
        (BalloonText("a" * 1001), "has 1001 characters, at most 1000"),
    ],
)
def test_a_text_that_cannot_be_lettered_is_told(source: BalloonText, message: str) -> None:
    lettering = lettered(panel(CELL, balloons=(source,)))
    assert lettering.commands == ()
    assert message in lettering.problems[0].message


def test_one_bad_text_does_not_keep_the_others_back() -> None:
    content = panel(CELL, balloons=(BalloonText("ຄ"), BalloonText("Good.")))
    lettering = lettered(content)
    assert said(lettering) == ["Good."]
    assert len(lettering.problems) == 1


@pytest.mark.parametrize(("x", "y"), [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)])
def test_an_anchor_is_a_corner(x: float, y: float) -> None:
    lettering = lettered(panel(CELL, captions=(CaptionText("Here.", At(x, y)),)))
    box = bounds(grounds(lettering)[0][0])
    assert (box.center[0] > 310) == (x == 1)
    assert (box.center[1] > 310) == (y == 1)


def test_tails_point_to_the_speaker_by_the_order_of_characters() -> None:
    def tip(who: str) -> float:
        lettering = lettered(panel(CELL, balloons=(BalloonText("Yes.", "says", who),)))
        tail = grounds(lettering)[0][0][1]
        return max(flatten(tail), key=lambda point: point[1])[0]

    assert tip("mei") < 310 < tip("bo")


def test_a_thought_is_a_cloud_with_bubbles() -> None:
    lettering = lettered(panel(CELL, balloons=(BalloonText("Hm, what now?", "thinks", "mei"),)))
    shapes = [command.shape for command in lettering.commands if isinstance(command, FillPath)]
    assert len(shapes) == 2
    assert len(shapes[0]) == 3
    assert len(shapes[1]) > 7


def test_a_sound_can_be_found_but_is_drawn_as_shapes() -> None:
    lettering = lettered(panel(CELL, sfx=(SoundText("BOOM"),)))
    runs = [command for command in lettering.commands if isinstance(command, TextRun)]
    assert [(run.text, run.color) for run in runs] == [("BOOM", None)]
    assert runs[0].size > 2 * STYLE.em


def faced(balloon: BalloonText, x: float, y: float) -> PanelContent:
    return replace(panel(CELL, balloons=(balloon,)), characters=(Standing("mei", At(x, y)),))


@pytest.mark.parametrize(("x", "y"), [(0.3, 0.5), (0.7, 0.6), (0.5, 0.8)])
def test_a_tail_points_at_a_face_that_is_known_and_ends_before_it(x: float, y: float) -> None:
    lettering = lettered(faced(BalloonText("Yes.", "says", "mei"), x, y))
    face = CELL.left + x * CELL.width, CELL.top + y * CELL.height
    body, tail = grounds(lettering)[0][0]
    radius = 0.17 * CELL.width
    nearest = min(math.dist(point, face) for point in flatten(tail))
    assert nearest >= radius
    assert nearest < min(math.dist(point, face) for point in flatten(body))


def test_what_an_author_points_at_wins_over_the_face() -> None:
    balloon = BalloonText("Yes.", "says", "mei", tail=At(0.9, 0.9))
    tail = grounds(lettered(faced(balloon, 0.2, 0.9)))[0][0][1]
    assert max(x for x, _ in flatten(tail)) > CELL.left + CELL.width / 2


def test_joined_balloons_have_one_tail_and_are_read_in_order() -> None:
    content = panel(
        CELL,
        balloons=(
            BalloonText("It was here.", "says", "mei"),
            BalloonText("I never saw it!", "says", "mei", joined=True),
        ),
    )
    lettering = lettered(content)
    papers = [c for c in lettering.commands if isinstance(c, FillPath)]
    assert sorted(len(paper.shape) for paper in papers) == [1, 2]
    kinds = [type(command) for command in lettering.commands]
    assert kinds == sorted(kinds, key=[StrokePath, FillPath, TextRun].index)
    assert "".join(said(lettering)).replace(" ", "") == "Itwashere.Ineversawit!"


def test_a_whisper_is_small_and_a_shout_is_large() -> None:
    def size(kind: BalloonKind) -> float:
        return grounds(lettered(panel(CELL, balloons=(BalloonText("Yes.", kind),))))[0][1][0].size

    assert size("whispers") < size("says") < size("shouts")


def test_a_location_is_told_in_capitals_on_a_dark_ground() -> None:
    lettering = lettered(panel(CELL, captions=(CaptionText("The harbour", kind="location"),)))
    assert said(lettering) == ["THE HARBOUR"]
    paper = next(c for c in lettering.commands if isinstance(c, FillPath))
    assert max(paper.color) < 50


def test_an_editors_note_is_read_last() -> None:
    content = panel(
        CELL,
        captions=(CaptionText("* See there.", kind="editor"), CaptionText("Night.")),
        balloons=(BalloonText("Me.", "says", "bo"),),
    )
    assert said(lettered(content)) == ["Night.", "Me.", "* See there."]
