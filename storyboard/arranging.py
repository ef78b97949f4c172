"""A page's authored layout becomes a resolved one: which panels lean, bleed or lie over others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NoReturn

from storyboard.pages.areas import LayoutProblem
from storyboard.pages.arrangement import Arrangement, Placed, arrange
from storyboard.pages.insets import Inset
from storyboard.pages.slants import Slant
from storyboard.settings import sheet_of
from storyboard.story.layouts import Border, InsetSettings, Share, SlantSettings
from storyboard.story.model import Page, Panel, Story
from storyboard.story.values import Anchor


def placed_panels(story: Story, page: Page) -> dict[str, Placed]:
    """Where each panel of a page stands, by name. Raises `LayoutProblem`."""
    names = [name for _, name, _ in named_panels(page)]
    return arrange(names, arrangement_of(page), sheet_of(story, page), story.reading)


def arrangement_of(page: Page) -> Arrangement:
    """How the page's panels stand, for `arrange`. Raises `LayoutProblem`."""
    panels = list(named_panels(page))
    return Arrangement(
        layout=page.layout,
        tiers=page.tiers,
        heights=page.heights,
        slant=_slant(page.slant),
        bleeding=frozenset(name for _, name, panel in panels if panel.bleed),
        insets=dict(_insets(panels)),
    )


def _slant(said: float | SlantSettings | None) -> Slant | None:
    if isinstance(said, SlantSettings):
        return Slant(said.tiers or 0.0, said.panels or 0.0)
    return None if said is None else Slant(panels=said)


def _insets(panels: Sequence[tuple[str | int, str, Panel]]) -> Iterator[tuple[str, Inset]]:
    before: str | None = None
    for _, name, panel in panels:
        said = panel.inset
        if said is not None:
            given = InsetSettings(at=said) if isinstance(said, Anchor) else said
            yield name, _inset(given, given.over or before or _nobody(name))
        before = name


def _nobody(name: str) -> NoReturn:
    raise LayoutProblem(
        f"panel {name!r} is an inset, and no panel comes before it",
        "say which one it lies over: `inset: {over: NAME}`",
        ("panels", name, "inset"),
    )


def _inset(said: InsetSettings, host: str) -> Inset:
    place, share = said.at or Anchor(1, 1), said.size or Share(0.4, 0.4)
    return Inset(host, place.x, place.y, share.width, share.height)


def border_of(story: Story, page: Page, panel: Panel) -> Border:
    """A panel's outline."""
    return panel.border or page.border or story.border or "plain"


def named_panels(page: Page) -> Iterator[tuple[str | int, str, Panel]]:
    """Each panel's key in the file, its name, and itself; panels of a list are named by number."""
    if isinstance(page.panels, dict):
        for name, panel in page.panels.items():
            yield name, name, panel
    else:
        for index, panel in enumerate(page.panels):
            yield index, str(index + 1), panel
