"""What a panel says wins over its page, that over the story, the checkpoint, and the defaults."""

from __future__ import annotations

from itertools import product

import pytest

from storyboard import settings
from storyboard.settings import resolve
from storyboard.story.drawing import FinalSettings
from storyboard.story.model import DrawingSettings, Page, Panel, Story

LEVELS = ("panel", "page", "story", "checkpoint", "default")


def at(levels: dict[str, DrawingSettings]) -> settings.Drawing:
    """The settings of the only panel of a story in which some levels say something."""
    said = {
        name: level.model_dump(exclude_unset=True)
        for name, level in levels.items()
        if name != "checkpoint"
    }
    panel = Panel.model_validate(said.get("panel", {}))
    page = Page.model_validate({"panels": [panel], **said.get("page", {})})
    story = Story.model_validate({"title": "T", "pages": [page], **said.get("story", {})})
    return resolve(story, page, panel, levels.get("checkpoint", settings.NOTHING_SAID))


def says(number: int) -> DrawingSettings:
    """A level that says everything, each level in its own way."""
    return DrawingSettings.model_validate(
        {
            "sampler": {"name": f"sampler {number}", "steps": number + 1, "cfg": number},
            "final": {
                "upscaler": f"upscaler {number}",
                "denoise": number / 10,
                "steps": number + 50,
                "cfg": number + 10,
            },
            "quality": f"quality {number}",
            "negative": f"negative {number}",
        }
    )


@pytest.mark.parametrize("first", range(4))
def test_the_nearest_level_that_says_something_wins(first: int) -> None:
    drawing = at({LEVELS[n]: says(n) for n in range(first, 4)})
    assert (drawing.sampler, drawing.steps, drawing.cfg) == (f"sampler {first}", first + 1, first)
    final = drawing.final
    assert (final.upscaler, final.denoise) == (f"upscaler {first}", first / 10)
    assert (final.steps, final.cfg) == (first + 50, first + 10)
    assert (drawing.quality, drawing.negative) == (f"quality {first}", f"negative {first}")


def test_each_word_is_looked_for_by_itself() -> None:
    story = DrawingSettings.model_validate({"sampler": {"steps": 9}, "final": {"denoise": 0.5}})
    drawing = at({"story": story, "checkpoint": says(3)})
    assert (drawing.steps, drawing.cfg, drawing.sampler) == (9, 3, "sampler 3")
    assert (drawing.final.denoise, drawing.final.steps) == (0.5, 53)


def test_a_checkpoint_that_says_nothing_leaves_the_formats_defaults() -> None:
    drawing = at({})
    assert (drawing.sampler, drawing.steps, drawing.cfg) == ("DPM++ 2S a Karras", 20, 7.0)
    final = drawing.final
    assert (final.scale, final.upscaler, final.denoise) == (2.0, "lanczos", 0.35)
    assert (final.steps, final.sampler, final.cfg) == (None, None, None)
    assert (drawing.quality, drawing.negative) == (settings.QUALITY, settings.NEGATIVE)


@pytest.mark.parametrize(
    ("level", "own"), [*product(("panel", "page", "story"), ("inkling-2x", "default", None))]
)
def test_the_upscaler_default_is_the_checkpoints_own_or_else_lanczos(
    level: str, own: str | None
) -> None:
    asked = DrawingSettings(final=FinalSettings(upscaler="default"))
    recommended = DrawingSettings(final=FinalSettings(upscaler=own))
    drawing = at({level: asked, "checkpoint": recommended})
    assert drawing.final.upscaler == ("inkling-2x" if own == "inkling-2x" else "lanczos")


def test_what_is_the_storys_alone_is_never_a_checkpoints() -> None:
    recommended = DrawingSettings.model_validate(
        {"size": "64x64", "style": "ink", "prompt": "x", "seed": "5", "vars": {"a": "b"}}
    )
    assert at({"checkpoint": recommended}) == at({})


def test_fast_is_the_authors_choice_alone() -> None:
    fast = DrawingSettings.model_validate({"sampler": {"fast": True}})
    exact = DrawingSettings.model_validate({"sampler": {"fast": False}})
    assert at({"checkpoint": fast}).guided_above == 0
    assert at({"story": fast}).guided_above == settings.FAST
    assert at({"story": fast, "panel": exact}).guided_above == 0
