"""The script that an author would write with diffusers alone: one panel after the other, LoRAs set
by peft, the preview upscaled and drawn over, both saved."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import torch
from PIL import Image

from benchmarks.speed.weights import libraries
from storyboard.compiled import PanelJobs
from storyboard.jobs import Adapter, FinalJob, ModelFile, PreviewJob


class PlainScript:
    """Pipelines of the checkpoint that a story's jobs name. `evaluations` counts how often the UNet
    was asked, `drawing` the seconds in pipelines and upscaler; `finals` says whether there are any.
    """

    def __init__(
        self, job: PreviewJob, device: str, dtype: torch.dtype, finals: bool = True
    ) -> None:
        self.evaluations = 0
        self.drawing = 0.0
        self._device = device
        self._finals = finals
        self._pipe, self._over = _pipelines(job, device, dtype)
        self._known: set[str] = set()
        self._upscalers: dict[str, Any] = {}
        self._pipe.unet.register_forward_pre_hook(self._count)

    def draw(self, panel: PanelJobs, folder: Path) -> None:
        """A panel's pictures, as files in `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        assert panel.preview is not None
        preview = self._preview(panel.preview)
        preview.save(folder / f"{panel.address}.preview.png")
        if self._finals and panel.final is not None:
            self._final(panel.final, preview).save(folder / f"{panel.address}.final.png")

    def _preview(self, job: PreviewJob) -> Any:
        with self._timed():
            self._set(job.adapters)
            return self._pipe(
                prompt=job.prompt,
                negative_prompt=job.negative,
                width=job.size.width,
                height=job.size.height,
                num_inference_steps=job.sampling.steps,
                guidance_scale=job.sampling.cfg,
                generator=torch.Generator("cpu").manual_seed(job.seed),
            ).images[0]

    def _final(self, job: FinalJob, preview: Any) -> Any:
        with self._timed():
            large = self._enlarged(preview, job)
            return self._over(
                prompt=job.preview.prompt,
                negative_prompt=job.preview.negative,
                image=large,
                num_inference_steps=whole_steps(job.sampling.steps, job.denoise),
                strength=job.denoise,
                guidance_scale=job.sampling.cfg,
                generator=torch.Generator("cpu").manual_seed(job.preview.seed),
            ).images[0]

    def _enlarged(self, preview: Any, job: FinalJob) -> Any:
        size = job.size.width, job.size.height
        if not isinstance(job.upscaler, ModelFile):
            return preview.resize(size, Image.Resampling.LANCZOS)
        network = self._upscaler(job.upscaler.path)
        shown = torch.from_numpy(np.array(preview)).permute(2, 0, 1)[None].float() / 255
        with torch.inference_mode():
            large = network(shown.to(network.device, network.dtype))[0].clamp(0, 1)
        pixels = (large.float().permute(1, 2, 0) * 255).round().byte().cpu().numpy()
        return Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS)

    def _upscaler(self, path: str) -> Any:
        if path not in self._upscalers:
            from spandrel import ModelLoader

            self._upscalers[path] = ModelLoader(self._device).load_from_file(path).eval()
        return self._upscalers[path]

    def _set(self, adapters: tuple[Adapter, ...]) -> None:
        if not adapters:
            if self._known:
                self._pipe.disable_lora()
            return
        names = [one.file.name.replace(".", "_") for one in adapters]
        for name, one in zip(names, adapters, strict=True):
            if name not in self._known:
                path = Path(one.file.path)
                self._pipe.load_lora_weights(path.parent, weight_name=path.name, adapter_name=name)
                self._known.add(name)
        self._pipe.enable_lora()
        self._pipe.set_adapters(names, [one.unet for one in adapters])

    def _count(self, *_: object) -> None:
        self.evaluations += 1

    @contextmanager
    def _timed(self) -> Iterator[None]:
        start = perf_counter()
        try:
            yield
        finally:
            self.drawing += perf_counter() - start


def _pipelines(job: PreviewJob, device: str, dtype: torch.dtype) -> tuple[Any, Any]:
    """Text to picture and picture to picture, with a sampler that asks twice a step, as DPM++ 2S a
    does, which diffusers lacks."""
    diffusers, transformers = libraries()
    diffusers.utils.logging.set_verbosity_error()
    transformers.utils.logging.set_verbosity_error()
    kind = "StableDiffusionXL" if job.checkpoint.family == "sdxl" else "StableDiffusion"
    extra = {} if kind.endswith("XL") else {"safety_checker": None}
    pipe = getattr(diffusers, f"{kind}Pipeline").from_pretrained(
        job.checkpoint.file.path, torch_dtype=dtype, **extra
    )
    pipe.scheduler = diffusers.KDPM2AncestralDiscreteScheduler.from_config(
        pipe.scheduler.config, use_karras_sigmas=True
    )
    pipe = pipe.to(device)
    pipe.set_progress_bar_config(disable=True)
    over = getattr(diffusers, f"{kind}Img2ImgPipeline")(**pipe.components)
    over.set_progress_bar_config(disable=True)
    return pipe, over


def whole_steps(steps: int, denoise: float) -> int:
    """How many steps to ask for, so that so many are left at this strength."""
    whole = math.ceil(steps / denoise)
    return next(n for n in range(max(whole - 2, 1), whole + 3) if min(int(n * denoise), n) == steps)
