"""How many tokens a story's prompts have, panel by panel, as `check` tells them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from storyboard.compiled import CompiledStory
from storyboard.jobs import ModelFile, PreviewJob
from storyboard.overflow import Counts, Overflow


@dataclass(frozen=True, slots=True)
class PanelTokens:
    """One panel's prompt, a count for each part that `AND` joins, and its negative."""

    panel: str
    prompt: tuple[Counts, ...]
    negative: Counts

    def __str__(self) -> str:
        """E.g. `1.a: prompt 83 tokens in 2 chunks (75 + 8), negative 40 in 1`."""
        first, *others = self.prompt
        prompt = " AND ".join([_said(first, in_full=True), *map(_said, others)])
        return f"{self.panel}: prompt {prompt}, negative {_said(self.negative)}"

    def as_json(self) -> dict[str, Any]:
        """The numbers, one a chunk; of the prompt, a list for each part."""
        return {
            "prompt_tokens": [list(counts) for counts in self.prompt],
            "negative_tokens": list(self.negative),
        }


def panel_tokens(story: CompiledStory) -> list[PanelTokens]:
    """Of every panel that is drawn."""
    made: dict[tuple[str, tuple[ModelFile, ...]], Overflow | None] = {}
    found = []
    for panel in story.panels:
        if panel.preview is None:
            continue
        key = (panel.preview.checkpoint.file.path, panel.preview.embeddings)
        if key not in made:
            made[key] = Overflow.of_job(panel.preview)
        if (overflow := made[key]) is not None:
            found.append(_counted(panel.address, panel.preview, overflow))
    return found


def _counted(address: str, job: PreviewJob, overflow: Overflow) -> PanelTokens:
    steps = job.sampling.steps
    return PanelTokens(
        address,
        overflow.prompt_counts(job.prompt, steps),
        overflow.negative_counts(job.negative, steps),
    )


def _said(counts: Counts, in_full: bool = False) -> str:
    total, number = sum(counts), len(counts)
    tokens = (" token" if total == 1 else " tokens") if in_full else ""
    chunks = (" chunk" if number == 1 else " chunks") if in_full else ""
    each = f" ({' + '.join(map(str, counts))})" if number > 1 else ""
    return f"{total}{tokens} in {number}{chunks}{each}"
