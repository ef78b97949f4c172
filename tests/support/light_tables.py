"""Light tables for tests: a small story with takes, and one whose every text is hostile."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal

from storyboard.export.light_table import LightTable, PanelCard, TakeCard
from storyboard.geometry import Size
from tests.pages.samples import gradient

HOSTILE = (
    '</script><script>window.hit=1</script><img src=x onerror="window.hit=1">'
    "'\"`--> ]]> {{ 7*7 }} & &lt; </style></title></textarea>\u202e\u2028 $(touch hit)"
)
STORY = "my stories/it's “déjà vu”.yaml"


def panel(address: str, page: int, *takes: TakeCard, **other: object) -> PanelCard:
    """A panel that is ready, with these takes; `other` says anything else of it."""
    card = PanelCard(
        address=address,
        page=page,
        state="ready",
        reason="",
        prompt=f"the prompt of {address}",
        negative="text, watermark",
        loras=(("mei", 0.8), ("manga-ink", 1.0)),
        sampler="DPM++ 2S a Karras, 20 steps, cfg 7",
        size=Size(96, 64),
        tokens="31 of 75 tokens",
        warnings=(),
        final="192x128, 12 steps (23 evaluations), about 14 s",
        takes=takes,
    )
    return replace(card, **other)  # type: ignore[arg-type]


def own(picture: Path | None, picked: bool = True) -> TakeCard:
    """The story's own picture."""
    return TakeCard(None, "seed 5", 5, picture, picked)


def lantern(folder: Path, reading: Literal["ltr", "rtl"] = "ltr") -> LightTable:
    """Five panels on two pages: three takes and more, each state, a warning, an odd path."""
    wide = gradient(folder / "wide.png", Size(96, 64)).path
    tall = gradient(folder / "tall.png", Size(64, 96)).path
    return LightTable(
        title="The Lantern Keeper",
        story=STORY,
        reading=reading,
        panels=(
            panel("1.pier", 1, own(wide)),
            panel(
                "1.lantern",
                1,
                own(wide, False),
                TakeCard(1, "seed 77", 77, wide),
                TakeCard(2, "scene: on the pier, cfg 6", 5, wide, picked=True, score=0.8251),
                warnings=("the prompt has 81 tokens, the last 6 stand alone",),
            ),
            panel("1.tower", 1, own(tall), state="stale", reason="scene changed"),
            panel("2.cat", 2, own(None), state="missing", reason="never drawn"),
            panel(
                "2.灯台-Ünïcode", 2, own(tall, False), TakeCard(3, "seed 9", 9, tall), final="drawn"
            ),
        ),
    )


def hostile(folder: Path, text: str = HOSTILE) -> LightTable:
    """A table in which every text that somebody wrote is `text`."""
    picture = gradient(folder / "a.png", Size(96, 64)).path
    takes = (own(picture, False), TakeCard(1, text, 7, picture, True), TakeCard(2, text, 8, None))
    card = PanelCard(
        address=text,
        page=1,
        state="stale",
        reason=text,
        prompt=text,
        negative=text,
        loras=((text, 1.0),),
        sampler=text,
        size=Size(96, 64),
        tokens=text,
        warnings=(text,),
        final=text,
        takes=takes,
    )
    return LightTable(text, text, (card,), program=text, options=(text,))
