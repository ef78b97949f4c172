"""Jobs and compiled stories for tests, small and complete."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from storyboard.compiled import CompiledStory, PanelJobs
from storyboard.geometry import Size
from storyboard.jobs import Adapter, Checkpoint, FinalJob, ModelFile, PreviewJob, Sampling

SAMPLING = Sampling("DPM++ 2S a Karras", 4, 7.0)


def model_file(name: str, contents: str = "") -> ModelFile:
    """A model file whose hash is that of `contents`, or of its name."""
    return ModelFile(name, f"/models/{name}", sha256((contents or name).encode()).hexdigest())


def lora(name: str, weight: float = 1.0) -> Adapter:
    """A LoRA with one weight."""
    return Adapter(model_file(name), weight, weight)


def preview(
    prompt: str = "a lighthouse",
    seed: int = 7,
    adapters: tuple[Adapter, ...] = (),
    checkpoint: str = "inkling",
    size: Size = Size(32, 48),  # noqa: B008  (frozen)
    sampling: Sampling = SAMPLING,
) -> PreviewJob:
    """A preview's job."""
    return PreviewJob(
        checkpoint=Checkpoint("sd15", model_file(checkpoint), "epsilon"),
        adapters=adapters,
        embeddings=(),
        prompt=prompt,
        negative="blurry",
        size=size,
        seed=seed,
        sampling=sampling,
    )


def final(of: PreviewJob, denoise: float = 0.35) -> FinalJob:
    """A final's job, twice as large as its preview."""
    return FinalJob(of, of.size.scaled(2), "lanczos", denoise, of.sampling)


def panel(
    address: str,
    job: PreviewJob | None,
    larger: FinalJob | None = None,
    locked: bool = False,
) -> PanelJobs:
    """A panel with its preview, and its final where given."""
    page, _, name = address.partition(".")
    art = None if job else "/art.png"
    return PanelJobs(address, int(page), name, job, larger, job.prompt if job else "", art, locked)


def story(
    panels: Sequence[PanelJobs], source: Path | str = "story.yaml", name: str = "tale"
) -> CompiledStory:
    """A compiled story of these panels."""
    return CompiledStory(name, "A Tale", str(source), tuple(panels))


def tale(count: int, source: Path | str = "story.yaml", finals: bool = True) -> CompiledStory:
    """A story of `count` panels, each with a prompt, and a final, of its own."""
    previews = [preview(f"panel {number}", seed=number) for number in range(count)]
    return story(
        [
            panel(f"{number // 4 + 1}.p{number}", job, final(job) if finals else None)
            for number, job in enumerate(previews)
        ],
        source,
    )
