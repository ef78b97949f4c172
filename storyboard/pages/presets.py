"""Page layouts by name: what comics' pages are usually built like."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from storyboard.nearest import did_you_mean
from storyboard.pages.areas import LayoutProblem
from storyboard.pages.slants import Slant

Tiers = tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class InsetPlace:
    """An inset of a preset: its host's number, where it lies, and its size in parts of the host's
    room."""

    host: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Preset:
    """A page in places from 1, in reading order: `tiers` of widths, or `areas` drawn in numbers.

    A preset without either has as many tiers of one panel as the page has panels. `bleeding` are
    the places that reach over the trim. `paper` is the sheet where the story names none.
    """

    about: str
    tiers: Tiers | None = None
    areas: str | None = None
    heights: tuple[float, ...] | None = None
    slant: Slant | None = None
    bleeding: frozenset[int] = frozenset()
    insets: Mapping[int, InsetPlace] = field(default_factory=dict)
    spread: bool = False
    paper: str | None = None
    name: str = ""

    @property
    def places(self) -> int | None:
        """How many panels it has; None where it takes any number."""
        if self.areas is not None:
            return len(set(self.areas.replace("/", " ").split()) - {"."}) + len(self.insets)
        return None if self.tiers is None else sum(map(len, self.tiers)) + len(self.insets)

    def filled(self, count: int) -> Preset:
        """The preset for so many panels. Raises `LayoutProblem` where it has not so many places."""
        if self.places is None:
            return replace(self, tiers=((1.0,),) * count)
        if self.places != count:
            raise LayoutProblem(
                f"the layout `{self.name}` has {_panels(self.places)}, the page has "
                f"{_panels(count)}",
                _with_places(count),
                ("layout",),
            )
        return self

    def drawn_with(self, names: Sequence[str]) -> str | None:
        """Its areas with panels' names in place of numbers; None where it has tiers."""
        if self.areas is None:
            return None
        return re.sub(r"\d+", lambda number: names[int(number[0]) - 1], self.areas)


def _panels(count: int) -> str:
    return f"{count} panel{'s' if count != 1 else ''}"


def _bleeding(*places: int) -> frozenset[int]:
    return frozenset(places)


PRESETS: Mapping[str, Preset] = {
    name: replace(preset, name=name)
    for name, preset in {
        "splash": Preset("one picture over the whole page", ((1,),), bleeding=_bleeding(1)),
        "widescreen": Preset("wide panels, one below the other, any number of them"),
        "six-grid": Preset("three tiers of two, all alike", ((1, 1),) * 3),
        "nine-grid": Preset("three tiers of three, all alike", ((1, 1, 1),) * 3),
        "feature-top": Preset(
            "a large picture above three small ones",
            ((1,), (1, 1, 1)),
            heights=(5, 3),
            bleeding=_bleeding(1),
        ),
        "feature-bottom": Preset(
            "two tiers that lead to a large picture",
            ((3, 2), (2, 3), (1,)),
            heights=(2, 2, 4),
            bleeding=_bleeding(5),
        ),
        "t-shape": Preset("a wide panel above two tall ones", ((1,), (1, 1)), heights=(2, 3)),
        "tall": Preset(
            "a tall panel beside three that are stacked",
            areas="1 1 1 2 2 / 1 1 1 3 3 / 1 1 1 4 4",
        ),
        "staircase": Preset(
            "three tiers whose gutters step down across the page", ((1, 2), (1, 1), (2, 1))
        ),
        "diagonal": Preset(
            "four wide panels whose gutters fall and rise",
            ((1,),) * 4,
            heights=(5, 4, 4, 5),
            slant=Slant(tiers=(-6, 6, -6)),
        ),
        "clash": Preset(
            "two against each other, parted by a steep gutter, over the whole page",
            ((1,), (1,)),
            slant=Slant(tiers=16),
            bleeding=_bleeding(1, 2),
        ),
        "inset-splash": Preset(
            "a full page with two small panels in its foot",
            ((1,),),
            bleeding=_bleeding(1),
            insets={2: InsetPlace(1, 0, 1, 0.46, 0.26), 3: InsetPlace(1, 1, 1, 0.46, 0.26)},
        ),
        "manga-talk": Preset(
            "four quiet tiers, uneven, barely leaning",
            ((2, 3), (1,), (3, 2), (3, 4)),
            heights=(4, 3, 4, 4),
            slant=Slant(panels=(-5, 0, 5, 0)),
        ),
        "manga-action": Preset(
            "leaning tiers, the first and the last panel over the edge",
            ((3, 2), (1,), (2, 3)),
            heights=(5, 4, 5),
            slant=Slant(tiers=(4, -5), panels=(12, 0, -10)),
            bleeding=_bleeding(1, 5),
        ),
        "manga-impact": Preset(
            "small panels above one that breaks out of the page",
            ((4, 3), (1,)),
            heights=(2, 5),
            slant=Slant(tiers=7, panels=(-10, 0)),
            bleeding=_bleeding(3),
        ),
        "yonkoma": Preset(
            "four equal panels, one below the other: set-up, turn, surprise, ending",
            ((1,),) * 4,
            paper="yonkoma",
        ),
        "spread": Preset(
            "a picture across two pages, with four panels below",
            ((1,), (3, 2, 2, 3)),
            heights=(9, 4),
            bleeding=_bleeding(1),
            spread=True,
        ),
    }.items()
}


def preset_named(layout: str) -> Preset | None:
    """A preset by its name, however it is written: `Nine grid`, `nine_grid`; None for none."""
    return PRESETS.get(re.sub(r"[ _]+", "-", layout.strip().casefold()))


def preset_problem(layout: str, panels: Sequence[str]) -> LayoutProblem | None:
    """What is wrong with a layout of one word that is neither a preset nor a grid."""
    word = layout.strip()
    if len(word) < 3 or not re.fullmatch(r"[^\W\d][\w-]*", word):
        return None
    return LayoutProblem(
        f"there is no layout `{word[:40]}`",
        did_you_mean(word, [*PRESETS, *panels]) or "layouts have names: " + ", ".join(PRESETS),
        ("layout",),
    )


def _with_places(count: int) -> str:
    fitting = [f"`{name}`" for name, preset in PRESETS.items() if preset.places in (count, None)]
    return f"for {_panels(count)} there are {', '.join(fitting)}, `tiers` and grid areas"
