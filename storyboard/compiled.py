"""What the compiler gives: each panel of a story with the jobs that draw it."""

from __future__ import annotations

from dataclasses import dataclass

from storyboard.jobs import FinalJob, PreviewJob


@dataclass(frozen=True, slots=True)
class PanelJobs:
    """One panel's jobs. `address` is `page.name`, pages counted from 1.

    `final` is None where the preview is the final (scale 1 and no denoise) or the panel has `art`,
    the path of a picture of the author's own; `preview` is None only with `art`. `raw_prompt` is
    the prompt as composed, LoRA tags included. A `locked` panel is never drawn again once drawn.
    """

    address: str
    page: int
    name: str
    preview: PreviewJob | None
    final: FinalJob | None
    raw_prompt: str
    art: str | None
    locked: bool


@dataclass(frozen=True, slots=True)
class CompiledStory:
    """A story's panels in reading order. `source` is the path of the story file."""

    name: str
    title: str
    source: str
    panels: tuple[PanelJobs, ...]
