"""The fonts as the author names them."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from storyboard.story.base import BY_FORM, AsList, AsText, Model
from storyboard.story.values import FileName, Words

_FONT = "a file beside the story (.ttf, .otf, .ttc, .woff2), or a font of this machine by its name"


class FontSettings(Model):
    """What texts are lettered in. A font that lacks a character is helped out by the next."""

    called: ClassVar[str] = "`fonts`"

    speech: FileName | None = Field(
        default=None, description=f"{_FONT}; default: Comic Neue, which comes with the program"
    )
    thought: FileName | None = Field(
        default=None, description="the same for thoughts; default: `speech`, in italics"
    )
    caption: FileName | None = Field(
        default=None, description="the same for captions; default: `speech`, in italics"
    )
    sfx: FileName | None = Field(
        default=None,
        description="the same for sounds; default: Bangers, which comes with the program",
    )
    fallback: (
        Annotated[
            Annotated[FileName, AsText] | Annotated[list[FileName], Field(max_length=16), AsList],
            BY_FORM,
            Words("a font, or a list of fonts"),
        ]
        | None
    ) = Field(
        default=None,
        description="fonts for what those lack, before the program's own and the machine's",
    )
