"""What an author may write: the story file's models.

Every field is optional unless it must be there. These are authored values, not resolved ones: None
means "not said here", and the compiler fills it from the page, the story or the defaults. Unknown
keys are refused. The JSON Schema and the format reference are generated from these models, so every
field has a description.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from storyboard.story.base import BY_FORM, AsList, AsMapping, AsText, Model
from storyboard.story.drawing import (
    FinalSettings,
    Fraction,
    Loras,
    ModelSettings,
    SamplerSettings,
    Weight,
)
from storyboard.story.exports import ExportSettings
from storyboard.story.layouts import Border, InsetForm, SlantForm
from storyboard.story.lettering import Balloon, Captions, Sfx
from storyboard.story.schema import for_editors
from storyboard.story.sheets import PageSettings, PageSheet
from storyboard.story.typefaces import FontSettings
from storyboard.story.values import (
    LIST_LIMIT,
    AutoSize,
    FileName,
    FiniteFloat,
    FolderName,
    Language,
    LayoutText,
    Name,
    Place,
    Seed,
    Text,
    Variable,
    Words,
)


class Character(Model):
    """Somebody in the story."""

    called: ClassVar[str] = "a character"

    lora: Loras | None = Field(default=None, description="what draws this character; default none")
    prompt: Text = Field(
        default="",
        description="joins in wherever the character is; not said: the LoRA's `activation text`",
    )
    negative: Text = Field(
        default="",
        description="joins the negative prompt wherever the character is; not said: the LoRA's "
        "`negative text`",
    )


class Style(Model):
    """A way of drawing."""

    called: ClassVar[str] = "a style"

    lora: Loras | None = Field(default=None, description="what draws this style; default none")
    weight: Weight | None = Field(default=None, description="the weight of `lora`")
    prompt: Text = Field(
        default="",
        description="joins in wherever the style is used; not said: the LoRA's `activation text`",
    )
    negative: Text = Field(
        default="",
        description="joins the negative prompt wherever the style is used; not said: the LoRA's "
        "`negative text`",
    )


class Appearance(Model):
    """A character in a panel, with a weight of its own there."""

    called: ClassVar[str] = "a panel's character"

    who: Name = Field(description="a name from `characters`")
    weight: Weight | None = Field(default=None, description="the LoRA's weight in this panel")
    at: Place | None = Field(
        default=None,
        description="where the face is in the picture: balloons' tails point there, and lettering "
        "keeps off; default: side by side, in the list's order",
    )


_Appearance = Annotated[
    Annotated[Name, AsText] | Annotated[Appearance, AsMapping],
    BY_FORM,
    Words("a character's name, or a mapping with `who`, `weight` and `at`"),
]


class DrawingSettings(Model):
    """What the story says once and any page or panel may say again."""

    called: ClassVar[str] = "the story, a page or a panel"

    seed: Seed | None = Field(
        default=None,
        description="each panel's own seed derives from the story's and the panel's name",
    )
    sampler: (
        Annotated[
            Annotated[str, AsText] | Annotated[SamplerSettings, AsMapping],
            BY_FORM,
            Words("a sampler's name, or a mapping with `name`, `steps` and `cfg`"),
        ]
        | None
    ) = Field(default=None, description="how the preview is sampled")
    size: AutoSize | None = Field(
        default=None, description="the preview's size; default auto: as the panel's cell asks for"
    )
    final: FinalSettings | None = Field(
        default=None, description="how the final is drawn from the preview"
    )
    style: (
        Annotated[
            Annotated[Name, AsText] | Annotated[list[Name], Field(max_length=LIST_LIMIT), AsList],
            BY_FORM,
            Words("a style's name, or a list of styles' names"),
        ]
        | None
    ) = Field(default=None, description="names from `styles`; [] for none")
    takes: Annotated[int, Field(ge=1, le=64)] | None = Field(
        default=None, description="how many takes of each panel are drawn; default 1"
    )
    pick: Literal["best"] | None = Field(
        default=None,
        description="best: of the `takes` the crispest whose colours are least burnt is the "
        "panel's own, unless `storyboard pick` says another",
    )
    vars: dict[Name, Variable] = Field(
        default_factory=dict, description="the author's own variables for templates"
    )
    quality: Text | None = Field(default=None, description="the template of `{{ quality }}`")
    prompt: Text | None = Field(default=None, description="the template of the prompt")
    negative: Text | None = Field(default=None, description="the template of the negative prompt")


class Init(Model):
    """A picture that a panel is drawn on from."""

    called: ClassVar[str] = "`init`"

    picture: FileName = Field(
        description="a picture beside the story; it is cropped from its middle to the panel's shape"
    )
    denoise: Fraction | None = Field(
        default=None, description="how much of it is drawn anew; default 0.75"
    )


class Panel(DrawingSettings):
    """One panel: what is seen and said."""

    called: ClassVar[str] = "a panel"

    shot: Text = Field(default="", description="the camera, e.g. wide shot")
    characters: Annotated[list[_Appearance], Field(max_length=LIST_LIMIT)] = Field(
        default_factory=list, description="who is seen"
    )
    scene: Text = Field(default="", description="what is seen; put into the prompt to the letter")
    caption: Captions | None = Field(default=None, description="a narrator's box, or several")
    balloons: Annotated[list[Balloon], Field(max_length=LIST_LIMIT)] = Field(
        default_factory=list, description="what is said and thought, in reading order"
    )
    sfx: Annotated[list[Sfx], Field(max_length=LIST_LIMIT)] = Field(
        default_factory=list, description="sounds, drawn large"
    )
    art: FileName | None = Field(
        default=None,
        description="a picture of the author's own, beside the story, instead of a drawn one",
    )
    init: (
        Annotated[
            Annotated[FileName, AsText] | Annotated[Init, AsMapping],
            BY_FORM,
            Words("a picture's name, or a mapping with `picture` and `denoise`"),
        ]
        | None
    ) = Field(default=None, description="a picture beside the story to begin with, e.g. a sketch")
    mask: FileName | None = Field(
        default=None,
        description="what of `init` is drawn anew, the rest stays: a picture beside the story, "
        "white there, or a box as left,top,width,height, e.g. 30%,20%,40%,30%",
    )
    locked: bool = Field(default=False, description="never drawn again until unlocked")
    focus: Place | None = Field(
        default=None, description="what stays in sight when the picture is cropped"
    )
    border: Border | None = Field(default=None, description="its outline; default: the page's")
    bleed: bool = Field(
        default=False, description="its sides at the page's margins reach over the page's edge"
    )
    inset: InsetForm | None = Field(
        default=None, description="it lies over another panel, and has no place in the layout"
    )


_Tier = Annotated[
    Annotated[int, Field(ge=1, le=12), AsText]
    | Annotated[
        list[Annotated[FiniteFloat, Field(gt=0, le=1000)]],
        Field(min_length=1, max_length=12),
        AsList,
    ],
    BY_FORM,
    Words("a number of panels from 1 to 12, or a list of their widths"),
]


class Page(DrawingSettings):
    """One page: a layout and its panels."""

    called: ClassVar[str] = "a page"

    layout: LayoutText | None = Field(
        default=None,
        description="grid areas as in CSS (panels' names, row by row), 2x2 (rows x columns), or a "
        "layout's name such as widescreen",
    )
    tiers: Annotated[list[_Tier], Field(min_length=1, max_length=100)] | None = Field(
        default=None,
        description="panels in each row, or the widths of each row's panels; "
        "without layout and tiers there are two panels in a row",
    )
    heights: (
        Annotated[
            list[Annotated[FiniteFloat, Field(gt=0, le=1000)]], Field(min_length=1, max_length=100)
        ]
        | None
    ) = Field(
        default=None,
        description="the rows' heights relative to each other, from top to bottom; default: equal",
    )
    slant: SlantForm | None = Field(
        default=None,
        description="degrees by which the gutters within tiers lean, positive as `/` does, or for "
        "those between tiers too",
    )
    spread: bool = Field(
        default=False, description="two pages side by side as one; lettering keeps off the fold"
    )
    border: Border | None = Field(
        default=None, description="panels' outlines; default: the story's"
    )
    panels: Annotated[
        Annotated[dict[Name, Panel], Field(min_length=1, max_length=LIST_LIMIT), AsMapping]
        | Annotated[list[Panel], Field(min_length=1, max_length=LIST_LIMIT), AsList],
        BY_FORM,
        Words("a mapping from names to panels, or a list of panels"),
    ] = Field(description="the page's panels, in reading order; in a list, numbers are their names")
    page: PageSheet | None = Field(default=None, description="this page's sheet, where it differs")


class Story(DrawingSettings):
    """The whole story file."""

    called: ClassVar[str] = "a story"

    title: Text = Field(description="the story's title")
    author: Text = Field(default="", description="who made it")
    language: Language = Field(default="en", description="decides on fonts and line breaking")
    reading: Literal["ltr", "rtl"] = Field(
        default="ltr", description="from left to right, or from right to left as manga"
    )
    name: FolderName | None = Field(
        default=None,
        description="output folder's name; default: the file's name without its ending",
    )
    include: (
        Annotated[
            Annotated[FileName, AsText] | Annotated[list[FileName], Field(max_length=64), AsList],
            BY_FORM,
            Words("a file's name, or a list of files' names"),
        ]
        | None
    ) = Field(default=None, description="files whose keys this one builds on; this file wins")
    model: ModelSettings = Field(ModelSettings(), description="the checkpoint and how it is read")
    characters: dict[Name, Character] = Field(
        default_factory=dict, description="who is in the story, by name"
    )
    styles: dict[Name, Style] = Field(default_factory=dict, description="ways of drawing, by name")
    page: PageSheet = Field(default=PageSettings(), description="every page's sheet")
    border: Border | None = Field(default=None, description="panels' outlines; default plain")
    export: ExportSettings = Field(
        default=ExportSettings(), description="the files that the story is written as"
    )
    fonts: FontSettings = Field(
        default=FontSettings(), description="what texts are lettered in, where it is not the usual"
    )
    pages: Annotated[list[Page], Field(min_length=1, max_length=2000)] = Field(
        description="the pages, in reading order"
    )


def json_schema() -> dict[str, Any]:
    """The story format as JSON Schema (draft 2020-12)."""
    return for_editors(Story.model_json_schema())
