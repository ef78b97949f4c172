"""The WebUI's `parameters` text, written and read: prompt, negative prompt, a line of settings."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from storyboard.digests import canonical_number
from storyboard.jobs import FinalJob, Job, ModelFile, PreviewJob, Sampling, Upscaler
from storyboard.prompts.lora_tags import LoraTagProblem, take_lora_tags

_NEGATIVE = "Negative prompt:"
_SCHEDULES = ("Karras",)
_UPSCALERS = {"lanczos": "Lanczos", "latent": "Latent (bicubic)"}
_KEY = re.compile(r"\s*(\w[\w \-/]{0,60}):[ \t]*")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')


@dataclass(frozen=True, slots=True)
class Parameters:
    """A `parameters` text taken apart; `settings` keeps the order and the spelling of the text."""

    prompt: str
    negative: str
    settings: dict[str, str]


def parameters_text(
    job: Job,
    raw_prompt: str,
    version: str,
    lora_hashes: Mapping[str, str],
    checkpoint_hash: str,
) -> str:
    """The job as the WebUI would write it.

    `raw_prompt` has the LoRA tags; adapters that it has no tag for get one in front, so that the
    text draws the same elsewhere. `lora_hashes` has the WebUI's 12 hex digits by LoRA name,
    `checkpoint_hash` 10.
    """
    preview = job if isinstance(job, PreviewJob) else job.preview
    settings = {
        **_sampling(preview.sampling),
        "Seed": str(preview.seed),
        "Size": str(preview.size),
        **_model(preview, checkpoint_hash),
        **({"Denoising strength": _number(job.denoise)} if isinstance(job, FinalJob) else {}),
        **_conditioning(preview),
        **(_hires(job) if isinstance(job, FinalJob) else {}),
        **_hashes(preview, lora_hashes),
        "Version": version,
    }
    line = ", ".join(f"{key}: {_quoted(value)}" for key, value in settings.items())
    negative = f"\n{_NEGATIVE} {preview.negative}" if preview.negative else ""
    return f"{_tagged(preview, raw_prompt)}{negative}\n{line}"


def parse_parameters(text: str) -> Parameters:
    """Takes any program's `parameters` text apart; what it cannot make out stays in the prompt."""
    lines = text.replace("\r\n", "\n").strip().split("\n")
    settings = dict(_settings(lines[-1]))
    if len(settings) >= 3 or "Steps" in settings:
        lines.pop()
    else:
        settings = {}
    where = next((n for n, line in enumerate(lines) if line.startswith(_NEGATIVE)), len(lines))
    negative = "\n".join(lines[where:]).removeprefix(_NEGATIVE)
    return Parameters("\n".join(lines[:where]).strip(), negative.strip(), settings)


def _sampling(sampling: Sampling) -> dict[str, str]:
    sampler, schedule = _parted(sampling.sampler)
    return {
        "Steps": str(sampling.steps),
        "Sampler": sampler,
        **({"Schedule type": schedule} if schedule else {}),
        "CFG scale": _number(sampling.cfg),
    }


def _model(preview: PreviewJob, checkpoint_hash: str) -> dict[str, str]:
    checkpoint = preview.checkpoint
    found = {"Model hash": checkpoint_hash, "Model": checkpoint.file.name}
    if checkpoint.vae is not None:
        found |= {"VAE hash": checkpoint.vae.sha256[:10], "VAE": checkpoint.vae.name}
    return found


def _conditioning(preview: PreviewJob) -> dict[str, str]:
    found = {}
    if preview.checkpoint.clip_skip > 1:
        found["Clip skip"] = str(preview.checkpoint.clip_skip)
    if preview.sampling.ensd:
        found["ENSD"] = str(preview.sampling.ensd)
    found["RNG"] = preview.rng.upper()
    if preview.sampling.eta != 1:
        found["Eta"] = _number(preview.sampling.eta)
    return found


def _hires(job: FinalJob) -> dict[str, str]:
    first, second = job.preview.sampling, job.sampling
    scale = job.size.width / job.preview.size.width
    exact = scale * job.preview.size.height == job.size.height
    found = {"Hires upscale": _number(scale)} if exact else {"Hires resize": str(job.size)}
    if second.sampler != first.sampler:
        sampler, schedule = _parted(second.sampler)
        found |= {"Hires sampler": sampler, "Hires schedule type": schedule or "Automatic"}
    if second.cfg != first.cfg:
        found["Hires CFG Scale"] = _number(second.cfg)
    return {
        **found,
        "Hires steps": str(second.steps),
        "Hires upscaler": _upscaler(job.upscaler),
    }


def _upscaler(upscaler: Upscaler) -> str:
    if isinstance(upscaler, ModelFile):
        return upscaler.name
    return _UPSCALERS.get(upscaler, upscaler)


def _hashes(preview: PreviewJob, lora_hashes: Mapping[str, str]) -> dict[str, str]:
    names = dict.fromkeys(adapter.file.name for adapter in preview.adapters)
    loras = [f"{name}: {lora_hashes[name]}" for name in names if name in lora_hashes]
    words = [f"{file.name}: {file.sha256[:12]}" for file in preview.embeddings]
    return {
        **({"Lora hashes": ", ".join(loras)} if loras else {}),
        **({"TI hashes": ", ".join(words)} if words else {}),
    }


def _tagged(preview: PreviewJob, raw_prompt: str) -> str:
    """`raw_prompt` where its tags say what is merged, with tags in front for the LoRAs that have
    none (a character's, a style's); else the job's own prompt behind tags for all."""
    merged = {
        adapter.file.name: (adapter.text_encoder, adapter.unet) for adapter in preview.adapters
    }
    text, said = _untagged(raw_prompt)
    fits = text == preview.prompt and all(merged.get(name) == said[name] for name in said)
    body = raw_prompt if fits else preview.prompt
    tags = [
        f"<lora:{name}:{_weights(*weights)}>"
        for name, weights in merged.items()
        if not fits or name not in said
    ]
    return " ".join([*tags, body]).strip()


def _untagged(raw_prompt: str) -> tuple[str | None, dict[str, tuple[float, float]]]:
    """The prompt without tags, None where they are no tags of ours; and each tag's weights."""
    try:
        text, tags = take_lora_tags(raw_prompt)
    except LoraTagProblem:
        return None, {}
    said = {tag.name: (tag.text_encoder, tag.unet) for tag in tags}
    return (text if len(said) == len(tags) else None), said


def _weights(text_encoder: float, unet: float) -> str:
    same = text_encoder == unet
    return _number(unet) if same else f"{_number(text_encoder)}:{_number(unet)}"


def _parted(sampler: str) -> tuple[str, str]:
    """`DPM++ 2S a Karras` as the WebUI writes it since 1.9: the sampler, and its schedule."""
    for schedule in _SCHEDULES:
        if sampler.endswith(f" {schedule}"):
            return sampler.removesuffix(f" {schedule}"), schedule
    return sampler, ""


def _number(value: float) -> str:
    return repr(canonical_number(value))


def _quoted(value: str) -> str:
    needs = any(mark in value for mark in ',:\n"')
    return json.dumps(value, ensure_ascii=False) if needs else value


def _settings(line: str) -> Iterator[tuple[str, str]]:
    """The `Key: value` pairs of a line, one after another from its start."""
    position = 0
    while position < len(line):
        key = _KEY.match(line, position)
        quoted = _QUOTED.match(line, key.end()) if key else None
        end = quoted.end() if quoted else position
        if not quoted or line[end : end + 1] not in ("", ","):
            comma = line.find(",", key.end() if key else position)
            end = len(line) if comma < 0 else comma
        if key:
            yield key[1], _unquoted(line[key.end() : end].strip())
        position = end + 1


def _unquoted(text: str) -> str:
    if not text.startswith('"'):
        return text
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return value if isinstance(value, str) else text
