"""Every kind of balloon, caption and sound, each in a panel whose text stands in the guide."""

from __future__ import annotations

from pathlib import Path

from docs.gallery.panels import AROUND, lettered_panel, png
from docs.gallery.tones import write_if_new
from storyboard.geometry import Size

TWO = "characters: [{who: mei, at: 28% 62%}, {who: bo, at: 72% 62%}]"
ONE = "characters: [{who: mei, at: 50% 64%}]"
NOBODY = ""

EXAMPLES = {
    "says": (ONE, "balloons: [{who: mei, says: The light has been out for three nights.}]"),
    "thinks": (ONE, "balloons: [{who: mei, thinks: How will the boats find home?}]"),
    "whispers": (ONE, "balloons: [{who: mei, whispers: Somebody is up there...}]"),
    "shouts": (ONE, 'balloons: [{who: mei, shouts: "LIGHT THE LAMP!"}]'),
    "radios": (
        ONE,
        'balloons: [{radios: "Harbour to lighthouse, do you hear us?", tail: 50% 64%}]',
    ),
    "off": (ONE, 'balloons: [{says: "Mei! Supper!", off: true}]'),
    "joined": (
        ONE,
        "balloons:\n- {who: mei, says: It was here all the time.}\n"
        "- {who: mei, says: And I never saw it!, joined: true}",
    ),
    "burst": (ONE, 'balloons: [{who: mei, shouts: "Look out!", burst: true}]'),
    "talk": (
        TWO,
        "balloons:\n- {who: mei, says: Did you blow it out?}\n- {who: bo, says: Never!}\n"
        "- {who: mei, says: Then who did?}",
    ),
    "narration": (NOBODY, "caption: The lighthouse has been dark for three nights."),
    "location": (NOBODY, "caption: {text: 'The harbour, an hour later', kind: location}"),
    "editor": (NOBODY, "caption: {text: '* See our first book. The editors', kind: editor}"),
    "sfx": (NOBODY, "sfx: [{text: KRAKOOM!}]"),
    "sfx-turn": (NOBODY, "sfx: [{text: DRIP, turn: 20, at: right}]"),
    "sfx-arc": (NOBODY, "sfx: [{text: WHOOOSH, turn: 0, arc: 70, at: center}]"),
}
"""By name: who is in sight, and the texts, as they stand in a panel."""

_PAGE, _ABOVE = Size(1240, 1860), 58
"""The page of which a panel is shown, and how much of it above one that is burst, in pixels."""


def draw(folder: Path) -> None:
    """Writes `lettering-NAME.png` for every example."""
    for name, (cast, texts) in EXAMPLES.items():
        above = _ABOVE if "burst" in texts else AROUND
        shown = lettered_panel(story_of(cast, texts), above)
        write_if_new(folder / f"lettering-{name}.png", png(shown))


def story_of(cast: str, texts: str) -> str:
    """A story whose first panel has the texts, among others, as on any page."""
    others = "      - {}\n" * 7
    lines = "\n".join(f"        {line}" for line in f"{cast}\n{texts}".strip().split("\n"))
    return (
        "title: Lettering\ncharacters: {mei: {prompt: mei}, bo: {prompt: bo}}\n"
        f"page: {{size: {_PAGE}, margin: 60, gutter: 24}}\n"
        f"pages:\n  - layout: 4x2\n    panels:\n      -\n{lines}\n{others}"
    )
