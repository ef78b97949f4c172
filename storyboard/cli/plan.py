"""`storyboard plan STORY`: what would be drawn and why, and what is there already."""

from __future__ import annotations

import argparse
from collections import Counter
from typing import TYPE_CHECKING, Any

from storyboard.cli.console import Console, add_common, add_fast, add_stories
from storyboard.jobs import Adapter, Job, ModelFile, PreviewJob, Upscaler

if TYPE_CHECKING:
    from storyboard.compiled import CompiledStory, PanelJobs
    from storyboard.estimating import Figures
    from storyboard.planning import Plan, PlanItem

HELP = "tell what would be drawn and why"
DESCRIPTION = (
    "Tells each panel's state: ready, missing, stale or failed, and the reason. Draws nothing."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Stories, and whether finals are listed too."""
    add_stories(parser)
    parser.add_argument("--finals", action="store_true", help="list finals too")
    add_fast(parser)
    add_common(parser)


def run(options: argparse.Namespace, console: Console) -> int:
    """Prints each story's plan."""
    from storyboard.cli.drawing import device_of
    from storyboard.desk import Desk
    from storyboard.estimating import Figures
    from storyboard.workspace import stories_among

    documents = []
    for argument in stories_among(options.arguments):
        desk = Desk.open(console.workspace, argument)
        console.warnings(desk.loaded.warnings)
        plan = desk.plan(finals=options.finals)
        for note in desk.notes:
            console.say(note)
        if console.json:
            documents.append(_document(desk.loaded.compiled, plan))
        else:
            _print(desk.loaded.compiled.name, plan)
            _print_time(plan, Figures(console.workspace.cache_folder, device_of(options)))
    if console.json:
        console.show(documents[0] if len(documents) == 1 else documents)
    return 0


def _document(story: CompiledStory, plan: Plan) -> dict[str, Any]:
    from storyboard.tokens import panel_tokens

    panels = {panel.address: panel for panel in story.panels}
    tokens = {panel.panel: panel.as_json() for panel in panel_tokens(story)}
    items = [
        {**as_json(item, panels[item.panel]), **tokens.get(item.panel, {})} for item in plan.items
    ]
    return {"story": story.name, "panels": items}


def _print(name: str, plan: Plan) -> None:
    counts = Counter(item.state for item in plan.items)
    print(f"{name}: " + ", ".join(f"{n} {state}" for state, n in sorted(counts.items())))
    for item in plan.items:
        print(f"  {item.panel:<16} {item.kind:<8} {item.state:<8} {item.reason}".rstrip())
    fast = sum(item.job.sampling.guided_above > 0 for item in plan.items)
    if fast:
        print(f"  {fast} of {len(plan.items)} pictures are `fast`: approximately, not exactly")


def _print_time(plan: Plan, figures: Figures) -> None:
    """How long it would take, as far as this machine has drawn with the checkpoint."""
    from storyboard.estimating import in_words

    jobs = {item.digest: item.job for item in plan.to_draw}
    seconds = figures.seconds(jobs.values())
    if jobs and seconds is not None:
        print(f"  about {in_words(seconds)} to draw, as fast as it went on this machine")
    elif jobs:
        print("  how long it takes is not known before something was drawn with this checkpoint")


def as_json(item: PlanItem, panel: PanelJobs) -> dict[str, Any]:
    """A planned picture with all that it is made of."""
    head: dict[str, Any] = {
        "panel": item.panel,
        "page": item.page,
        "kind": item.kind,
        "digest": item.digest,
        "state": item.state,
        "reason": item.reason,
    }
    picked = panel.picked
    head |= {
        "picked": picked.number if picked else None,
        "changed_since": list(picked.changes) if picked else [],
    }
    return head if item.job is None else {**head, **_recipe(item.job, panel.raw_prompt)}


def _recipe(job: Job, raw_prompt: str) -> dict[str, Any]:
    preview = job if isinstance(job, PreviewJob) else job.preview
    # A final may have words of its own.
    told = preview if isinstance(job, PreviewJob) else job.wording or preview
    checkpoint = preview.checkpoint
    return {
        "prompt": told.prompt,
        "raw_prompt": raw_prompt,
        "negative_prompt": told.negative,
        "checkpoint": checkpoint.file.name,
        "vae": checkpoint.vae.name if checkpoint.vae else None,
        "text_encoders": [file.name for file in checkpoint.text_encoders],
        "clip_skip": checkpoint.clip_skip,
        "prediction": checkpoint.prediction,
        "zero_snr": checkpoint.zero_snr,
        "embeddings": [file.name for file in told.embeddings],
        "loras": [_lora(adapter) for adapter in told.adapters],
        "seed": preview.seed,
        "rng": preview.rng,
        "width": job.size.width,
        "height": job.size.height,
        "sampler": job.sampling.sampler,
        "steps": job.sampling.steps,
        "cfg": job.sampling.cfg,
        "eta": job.sampling.eta,
        "ensd": job.sampling.ensd,
        "guided_above": job.sampling.guided_above,
        "upscaler": None if isinstance(job, PreviewJob) else _upscaler(job.upscaler),
        "denoise": None if isinstance(job, PreviewJob) else job.denoise,
    }


def _upscaler(upscaler: Upscaler) -> str:
    return upscaler.name if isinstance(upscaler, ModelFile) else upscaler


def _lora(adapter: Adapter) -> dict[str, Any]:
    return {
        "name": adapter.file.name,
        "weight": adapter.unet,
        "te_weight": adapter.text_encoder,
        "blocks": list(adapter.blocks),
        "start": adapter.start,
        "stop": adapter.stop,
        "path": adapter.file.path,
        "sha256": adapter.file.sha256,
    }
