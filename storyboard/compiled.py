"""What the compiler gives: each panel of a story with the jobs that draw it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from storyboard.geometry import Size
from storyboard.jobs import FinalJob, PreviewJob


@dataclass(frozen=True, slots=True)
class Picked:
    """Which take was picked, in place of the story's `own` (with its raw prompt); and what has
    changed in the story since, in words: nothing where the pick is not stale. Number 0 is the
    story's own, where it is the best of `best_of` takes by their score."""

    number: int
    own: PreviewJob
    own_raw_prompt: str
    changes: tuple[str, ...] = ()
    best_of: int = 0


@dataclass(frozen=True, slots=True)
class PanelJobs:
    """One panel's jobs. `address` is `page.name`, pages counted from 1.

    `final` is None where the preview is the final (scale 1 and no denoise) or the panel has `art`,
    the path of a picture of the author's own; `preview` is None only with `art`. `raw_prompt` is
    the prompt as composed, LoRA tags included. A `locked` panel is never drawn again once drawn.
    Where a take is `picked`, `preview` is that take, and `final` is drawn from it. `candidates` are
    the takes that the story asks for beside the panel's own; `choose` is the score that chooses
    among all of them, if any does.
    """

    address: str
    page: int
    name: str
    preview: PreviewJob | None
    final: FinalJob | None
    raw_prompt: str
    art: str | None
    locked: bool
    picked: Picked | None = None
    candidates: tuple[PreviewJob, ...] = ()
    choose: str | None = None

    @property
    def own(self) -> PreviewJob | None:
        """What the story itself asks for."""
        return self.picked.own if self.picked else self.preview

    @property
    def own_raw_prompt(self) -> str:
        """The prompt of that, LoRA tags included."""
        return self.picked.own_raw_prompt if self.picked else self.raw_prompt


@dataclass(frozen=True, slots=True)
class CompiledStory:
    """A story's panels in reading order. `source` is the path of the story file."""

    name: str
    title: str
    source: str
    panels: tuple[PanelJobs, ...]


def final_of(final: FinalJob, preview: PreviewJob) -> FinalJob:
    """The final of another preview than its own (a picked take, a locked one), enlarged as much."""
    if preview == final.preview:
        return final
    across = final.size.width / final.preview.size.width
    down = final.size.height / final.preview.size.height
    size = Size(
        round(preview.size.width * across / 8) * 8, round(preview.size.height * down / 8) * 8
    )
    return replace(final, preview=preview, size=size)
