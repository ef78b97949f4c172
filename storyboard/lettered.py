"""From the story's models to what stands on a page: plain values for laying out and lettering."""

from __future__ import annotations

from collections.abc import Mapping

from storyboard.compiler import cells, named_panels
from storyboard.geometry import Rect
from storyboard.pages.content import (
    BalloonText,
    CaptionText,
    PageContent,
    PanelContent,
    PictureRef,
    SoundText,
)
from storyboard.prompting import weights_here
from storyboard.settings import sheet_of
from storyboard.story.model import Balloon, Caption, Panel
from storyboard.story.read import StoryFile


def page_content(
    file: StoryFile, page_index: int, pictures: Mapping[str, PictureRef]
) -> PageContent:
    """A page with its panels' pictures by address; a panel without one has none.

    Raises `LayoutProblem`; a story that compiled has none.
    """
    page = file.story.pages[page_index]
    rects = cells(file, page_index)
    return PageContent(
        number=page_index + 1,
        sheet=sheet_of(file.story, page),
        reading=file.story.reading,
        panels=tuple(
            _panel(f"{page_index + 1}.{name}", panel, rects[name], pictures)
            for _, name, panel in named_panels(page)
        ),
    )


def _panel(
    address: str, panel: Panel, cell: Rect, pictures: Mapping[str, PictureRef]
) -> PanelContent:
    return PanelContent(
        address=address,
        cell=cell,
        picture=pictures.get(address),
        focus=panel.focus,
        characters=tuple(weights_here(panel.characters)),
        captions=_captions(panel),
        balloons=tuple(_balloon(balloon) for balloon in panel.balloons),
        sfx=tuple(SoundText(sound.text, sound.at) for sound in panel.sfx),
    )


def _captions(panel: Panel) -> tuple[CaptionText, ...]:
    said = panel.caption
    captions = said if isinstance(said, list) else [] if said is None else [said]
    return tuple(
        CaptionText(one.text, one.at) if isinstance(one, Caption) else CaptionText(one)
        for one in captions
    )


def _balloon(balloon: Balloon) -> BalloonText:
    if balloon.thinks is not None:
        return BalloonText(balloon.thinks, "thinks", balloon.who, balloon.at)
    return BalloonText(balloon.says or "", "says", balloon.who, balloon.at)
