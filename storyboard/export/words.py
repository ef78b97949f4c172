"""What is said on a page, in reading order: for those who listen, and for those who search."""

from __future__ import annotations

from dataclasses import dataclass

from storyboard.pages.content import PageContent, PanelContent
from storyboard.pages.markup import plain


@dataclass(frozen=True, slots=True)
class PanelWords:
    """A panel's place in fractions of the page (left, top, width, height), and its lines."""

    address: str
    place: tuple[float, float, float, float]
    lines: tuple[str, ...]


def page_words(page: PageContent) -> tuple[PanelWords, ...]:
    """Each panel's words, captions before balloons before sounds; panels without any are left out.

    Whoever speaks is named before it.
    """
    width, height = page.sheet.size.width, page.sheet.size.height
    return tuple(
        PanelWords(
            panel.address,
            (
                panel.cell.left / width,
                panel.cell.top / height,
                panel.cell.width / width,
                panel.cell.height / height,
            ),
            lines,
        )
        for panel in page.panels
        if (lines := _lines(panel))
    )


def _lines(panel: PanelContent) -> tuple[str, ...]:
    captions = [_plain(one.text) for one in panel.captions]
    balloons = [(one.who, _plain(one.text)) for one in panel.balloons]
    sounds = [_plain(one.text) for one in panel.sfx]
    said = [f"{who}: {text}" if who else text for who, text in balloons if text]
    return tuple(line for line in (*captions, *said, *sounds) if line)


def _plain(text: str) -> str:
    return " ".join(plain(text).split())
