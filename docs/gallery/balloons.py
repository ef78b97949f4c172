"""Every kind of balloon, caption and sound, each in a panel whose text stands in the guide."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from docs.gallery.figures import sketch
from docs.gallery.tones import write_if_new
from storyboard.geometry import Size
from storyboard.lettered import page_content
from storyboard.pages.compose import compose_page
from storyboard.pages.content import PictureRef
from storyboard.pages.raster import rasterise
from storyboard.pages.saliency import saliency
from storyboard.story.read import read_story

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

_PAGE, _AROUND, _ABOVE = Size(1240, 1860), 20, 58
"""The page of which a panel is shown, how much of what is around it, and above one that is
burst, in pixels."""


def draw(folder: Path) -> None:
    """Writes `lettering-NAME.png` for every example."""
    for name, (cast, texts) in EXAMPLES.items():
        write_if_new(folder / f"lettering-{name}.png", _png(_panel(cast, texts)))


def story_of(cast: str, texts: str) -> str:
    """A story whose first panel has the texts, among others, as on any page."""
    others = "      - {}\n" * 7
    lines = "\n".join(f"        {line}" for line in f"{cast}\n{texts}".strip().split("\n"))
    return (
        "title: Lettering\ncharacters: {mei: {prompt: mei}, bo: {prompt: bo}}\n"
        f"page: {{size: {_PAGE}, margin: 60, gutter: 24}}\n"
        f"pages:\n  - layout: 4x2\n    panels:\n      -\n{lines}\n{others}"
    )


def _panel(cast: str, texts: str) -> Image.Image:
    with tempfile.TemporaryDirectory() as scratch:
        story, picture = Path(scratch) / "story.yaml", Path(scratch) / "picture.png"
        story.write_text(story_of(cast, texts), encoding="utf-8")
        file = read_story(story)
        content = page_content(file, 0, {})
        faces = [(one.at.x, one.at.y) for one in content.panels[0].characters if one.at]
        sketched = sketch(content.panels[0].cell.size, faces)
        sketched.save(picture)
        seen = PictureRef(picture, Size(*sketched.size), saliency(np.asarray(sketched)))
        page = compose_page(page_content(file, 0, {content.panels[0].address: seen}))
        cell = content.panels[0].cell
        above = _ABOVE if "burst" in texts else _AROUND
        around = cell.inset(-_AROUND)
        return rasterise(page).crop((around.left, cell.top - above, around.right, around.bottom))


def _png(page: Image.Image) -> bytes:
    """In 64 colours."""
    buffer = io.BytesIO()
    page.quantize(64, dither=Image.Dither.NONE).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
