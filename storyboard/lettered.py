"""From the story's models to what stands on a page: plain values for laying out and lettering."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from storyboard.arranging import border_of, named_panels, placed_panels
from storyboard.pages.arrangement import Placed
from storyboard.pages.content import (
    BalloonText,
    CaptionText,
    PageContent,
    PanelContent,
    PictureRef,
    Reading,
    SoundText,
    Standing,
    Writing,
)
from storyboard.pages.rooms import rooms_of
from storyboard.pages.shapes import polygon
from storyboard.prompting import weights_here
from storyboard.settings import sheet_of
from storyboard.story.lettering import Balloon, Caption, spoken
from storyboard.story.model import Appearance, Panel
from storyboard.story.read import StoryFile


def page_content(
    file: StoryFile,
    page_index: int,
    pictures: Mapping[str, PictureRef],
    language: str | None = None,
) -> PageContent:
    """A page with its panels' pictures by address; a panel without one has none.

    Its texts are in `language`, which is the story's own unless another is asked for. Raises
    `LayoutProblem`; a story that compiled has none.
    """
    page = file.story.pages[page_index]
    story = file.story
    placed = placed_panels(story, page)
    sheet = sheet_of(story, page)
    rooms = rooms_of(placed, sheet)
    wanted = language or file.story.language
    reader = _Reader(wanted, file.story.language, _usual_writing(wanted, file.story.reading))
    return PageContent(
        number=page_index + 1,
        sheet=sheet,
        reading=file.story.reading,
        panels=tuple(
            replace(
                _panel(f"{page_index + 1}.{name}", panel, placed[name], pictures, reader),
                safe=rooms[name].safe,
                blocked=rooms[name].blocked,
                border=border_of(story, page, panel),
            )
            for _, name, panel in named_panels(page)
        ),
        language=wanted,
    )


def _usual_writing(language: str, reading: Reading) -> Writing:
    """Manga are lettered in columns; Chinese that reads from the left in lines."""
    eastern = language.split("-")[0] in ("ja", "zh")
    return "vertical" if eastern and reading == "rtl" else "horizontal"


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads texts in one language; one that is not translated, in the story's."""

    language: str
    fallback: str
    writing: Writing

    def text(self, said: str | Mapping[str, str]) -> str:
        """The text in the language, or else in the story's, or else the first there is."""
        if isinstance(said, str):
            return said
        first = next(iter(said.values()))
        return said.get(self.language, said.get(self.fallback, first))


def _panel(
    address: str, panel: Panel, placed: Placed, pictures: Mapping[str, PictureRef], reader: _Reader
) -> PanelContent:
    places = {one.who: one.at for one in panel.characters if isinstance(one, Appearance)}
    return PanelContent(
        address=address,
        cell=placed.cell,
        picture=pictures.get(address),
        focus=panel.focus,
        characters=tuple(
            Standing(name, places.get(name)) for name in weights_here(panel.characters)
        ),
        captions=tuple(_caption(one, reader) for one in _captions(panel)),
        balloons=tuple(_balloon(balloon, reader) for balloon in panel.balloons),
        sfx=tuple(
            SoundText(reader.text(one.text), one.at, one.turn, one.arc or 0.0, one.color)
            for one in panel.sfx
        ),
        shape=None if placed.corners is None else (polygon(placed.corners),),
        bleeds=placed.bleeds,
        layer=placed.layer,
    )


def _captions(panel: Panel) -> list[str | Caption]:
    said = panel.caption
    if isinstance(said, list):
        return list(said)
    return [] if said is None else [said]


def _caption(said: str | Caption, reader: _Reader) -> CaptionText:
    if isinstance(said, str):
        return CaptionText(said, writing=reader.writing)
    return CaptionText(reader.text(said.text), said.at, said.kind, said.writing or reader.writing)


def _balloon(balloon: Balloon, reader: _Reader) -> BalloonText:
    kind, said = spoken(balloon)
    return BalloonText(
        text=reader.text(said),
        kind=kind,
        who=balloon.who,
        at=balloon.at,
        tail=balloon.tail,
        off=balloon.off,
        joined=balloon.joined,
        burst=balloon.burst,
        writing=balloon.writing or reader.writing,
    )
