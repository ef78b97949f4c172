"""The WebUI's `parameters` text, written and read: prompt, negative prompt, a line of settings."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from storyboard.digests import canonical_number
from storyboard.engine.names import eta_of, parted
from storyboard.engine.upscaler_names import written_name
from storyboard.jobs import (
    Adapter,
    FinalJob,
    Job,
    ModelFile,
    PreviewJob,
    Sampling,
    Upscaler,
)
from storyboard.models.loras.blocks import expanded
from storyboard.prompts.lora_tags import LoraTag, LoraTagProblem, take_lora_tags

_NEGATIVE = "Negative prompt:"
_HASHES = "Hashes"
_LISTS = ("Lora hashes", "TI hashes")  # written with quotes of their own
_KEY = re.compile(r"\s*(\w[\w \-/]{0,60}):[ \t]*")
_LONGEST_JSON = 65_536
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
    `checkpoint_hash` 10. The last field, `Hashes`, is what Civitai looks files up by: the first 10
    hex digits of their sha256, as JSON.
    """
    preview = job if isinstance(job, PreviewJob) else job.preview
    named = _with_all_files(job)
    settings = {
        **_sampling(preview.sampling),
        "Seed": str(preview.seed),
        "Size": str(preview.size),
        **_model(preview, checkpoint_hash),
        **_variation(preview),
        **_denoise(job),
        **_conditioning(preview),
        **(_hires(job) if isinstance(job, FinalJob) else {}),
        **_hashes(named, lora_hashes),
        "Version": version,
    }
    line = ", ".join(f"{key}: {_quoted(key, value)}" for key, value in settings.items())
    negative = f"\n{_NEGATIVE} {_unmistakable(preview.negative)}" if preview.negative else ""
    prompt = _unmistakable(_tagged(preview, raw_prompt))
    return f"{prompt}{negative}\n{line}, {_HASHES}: {_sums(named, checkpoint_hash)}"


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
    sampler, schedule = parted(sampling.sampler)
    return {
        "Steps": str(sampling.steps),
        "Sampler": sampler,
        **({"Schedule type": schedule} if schedule else {}),
        "CFG scale": _number(sampling.cfg),
        **_guided_above(sampling.guided_above),
    }


def _guided_above(level: float) -> dict[str, str]:
    """The WebUI's "Negative Guidance minimum sigma"."""
    return {"NGMS": _number(level), "NGMS all steps": "True"} if level else {}


def _model(preview: PreviewJob, checkpoint_hash: str) -> dict[str, str]:
    checkpoint = preview.checkpoint
    found = {"Model hash": checkpoint_hash, "Model": checkpoint.file.name}
    if checkpoint.vae is not None:
        found |= {"VAE hash": checkpoint.vae.sha256[:10], "VAE": checkpoint.vae.name}
    return found


def _variation(preview: PreviewJob) -> dict[str, str]:
    variation = preview.variation
    if variation is None:
        return {}
    return {
        "Variation seed": str(variation.seed),
        "Variation seed strength": _number(variation.strength),
    }


def _denoise(job: Job) -> dict[str, str]:
    """That of the last pass: the text has one word for "Hires. fix" and for img2img.

    Of a mask it has nothing to say: ours is laid over without the blur that `Mask blur` is.
    """
    last = job.beginning if isinstance(job, PreviewJob) else job
    return {} if last is None else {"Denoising strength": _number(last.denoise)}


def _conditioning(preview: PreviewJob) -> dict[str, str]:
    found = {}
    if preview.checkpoint.clip_skip > 1:
        found["Clip skip"] = str(preview.checkpoint.clip_skip)
    if preview.sampling.ensd:
        found["ENSD"] = str(preview.sampling.ensd)
    if preview.checkpoint.zero_snr:
        found["Noise Schedule"] = "Zero Terminal SNR"
    found["RNG"] = preview.rng.upper()
    if preview.sampling.eta != eta_of(preview.sampling.sampler):
        name = "Eta DDIM" if parted(preview.sampling.sampler)[0] == "DDIM" else "Eta"
        found[name] = _number(preview.sampling.eta)
    return found


def _hires(job: FinalJob) -> dict[str, str]:
    first, second = job.preview.sampling, job.sampling
    scale = job.size.width / job.preview.size.width
    exact = scale * job.preview.size.height == job.size.height
    found = {"Hires upscale": _number(scale)} if exact else {"Hires resize": str(job.size)}
    if second.sampler != first.sampler:
        sampler, schedule = parted(second.sampler)
        found |= {"Hires sampler": sampler, "Hires schedule type": schedule or "Automatic"}
    if second.cfg != first.cfg:
        found["Hires CFG Scale"] = _number(second.cfg)
    return {
        **found,
        **_rewording(job),
        "Hires steps": str(second.steps),
        "Hires upscaler": _upscaler(job.upscaler),
    }


def _rewording(job: FinalJob) -> dict[str, str]:
    """The second pass' own prompts. Where it has a prompt of its own, LoRAs are those of its tags
    alone, so there is one for each."""
    first, second = job.preview, job.wording
    if second is None:
        return {}
    found = {}
    if (second.prompt, second.adapters) != (first.prompt, first.adapters):
        told = replace(first, prompt=second.prompt, adapters=second.adapters)
        found["Hires prompt"] = _tagged(told, second.prompt)
    if second.negative != first.negative:
        found["Hires negative prompt"] = second.negative
    return found


def _with_all_files(job: Job) -> PreviewJob:
    """The preview with the LoRAs and embeddings of both passes, each once."""
    if isinstance(job, PreviewJob):
        return job
    first, second = job.preview, job.wording
    if second is None:
        return first
    return replace(
        first,
        adapters=tuple(dict.fromkeys((*first.adapters, *second.adapters))),
        embeddings=tuple(dict.fromkeys((*first.embeddings, *second.embeddings))),
    )


def _upscaler(upscaler: Upscaler) -> str:
    if isinstance(upscaler, ModelFile):
        return upscaler.name
    return written_name(upscaler)


def _hashes(preview: PreviewJob, lora_hashes: Mapping[str, str]) -> dict[str, str]:
    names = dict.fromkeys(adapter.file.name for adapter in preview.adapters)
    loras = {name: lora_hashes[name] for name in names if name in lora_hashes}
    words = {file.name: file.sha256[:12] for file in preview.embeddings}
    return {
        **({"Lora hashes": _listed(loras)} if loras else {}),
        **({"TI hashes": _listed(words)} if words else {}),
    }


def _listed(hashes: Mapping[str, str]) -> str:
    """`"name: hash, name: hash"`, in quotes."""
    names = {name: _escaped(json.dumps(name, ensure_ascii=False)[1:-1]) for name in hashes}
    return '"' + ", ".join(f"{names[name]}: {sha}" for name, sha in hashes.items()) + '"'


def _tagged(preview: PreviewJob, raw_prompt: str) -> str:
    """`raw_prompt` where its tags say what is merged, with tags in front for the LoRAs that have
    none (a character's, a style's); else the job's own prompt behind tags for all."""
    merged = [_tag(adapter) for adapter in preview.adapters]
    text, said = _untagged(raw_prompt, preview.checkpoint.family)
    fits = text == preview.prompt and all(tag in merged for tag in said)
    body = raw_prompt if fits else preview.prompt
    tags = [_written(tag) for tag in merged if not fits or tag not in said]
    return " ".join([*tags, body]).strip()


def lora_tag(adapter: Adapter) -> str:
    """The tag that asks for a LoRA just as it is merged."""
    return _written(_tag(adapter))


def asks_for(raw_prompt: str, preview: PreviewJob) -> bool:
    """Whether a text with LoRA tags asks for a job's prompt and LoRAs, and for nothing else."""
    text, said = _untagged(raw_prompt, preview.checkpoint.family)
    asked = sorted(map(_written, said))
    return text == preview.prompt and asked == sorted(map(lora_tag, preview.adapters))


def _untagged(raw_prompt: str, family: str) -> tuple[str | None, list[LoraTag]]:
    """The prompt without tags, None where they are no tags of ours; and the tags."""
    try:
        text, tags = take_lora_tags(raw_prompt)
        return text, [replace(tag, blocks=_factors(tag.blocks, family)) for tag in tags]
    except (LoraTagProblem, ValueError):
        return None, []


def _factors(blocks: tuple[float, ...], family: str) -> tuple[float, ...]:
    return expanded(blocks, family) if blocks else ()


def _tag(adapter: Adapter) -> LoraTag:
    """The tag that asks for an adapter."""
    return LoraTag(
        adapter.file.name,
        adapter.unet,
        adapter.text_encoder,
        adapter.blocks,
        adapter.start,
        adapter.stop,
    )


def _written(tag: LoraTag) -> str:
    weights = (tag.unet,) if tag.unet == tag.text_encoder else (tag.text_encoder, tag.unet)
    parts = [
        tag.name,
        *map(_number, weights),
        *([f"lbw={','.join(map(_number, tag.blocks))}"] if tag.blocks else []),
        *([f"start={tag.start}"] if tag.start else []),
        *([] if tag.stop is None else [f"stop={tag.stop}"]),
    ]
    return f"<lora:{':'.join(parts)}>"


def _sums(preview: PreviewJob, checkpoint_hash: str) -> str:
    """Civitai's `Hashes`. Its readers look for the first `}`, so names have none."""
    vae = preview.checkpoint.vae
    sums = {
        "model": checkpoint_hash,
        **({"vae": vae.sha256[:10]} if vae else {}),
        **{f"lora:{one.file.name}": one.file.sha256[:10] for one in preview.adapters},
        **{f"embed:{file.name}": file.sha256[:10] for file in preview.embeddings},
    }
    return json.dumps(sums, ensure_ascii=False)[:-1].replace("}", "\\u007d") + "}"


def _unmistakable(prompt: str) -> str:
    """A prompt that no reader takes for the text's own signs. A space before a colon is nothing to
    the tokenizer, so that the words that are drawn stay the same."""
    return prompt.replace(_NEGATIVE, "Negative prompt :").replace("\nSteps:", "\nSteps :")


def _number(value: float) -> str:
    return repr(canonical_number(value))


def _quoted(key: str, value: str) -> str:
    """The value as JSON where it needs that. Many readers split at commas and colons all the same:
    in a name they are escaped, so that such a reader takes none of its parts for a setting."""
    if key in _LISTS or not any(mark in value for mark in ',:\n"'):
        return value
    return _escaped(json.dumps(value, ensure_ascii=False))


def _escaped(text: str) -> str:
    return text.replace(",", "\\u002c").replace(":", "\\u003a")


def _settings(line: str) -> Iterator[tuple[str, str]]:
    """The `Key: value` pairs of a line, one after another from its start."""
    position = 0
    while position < len(line):
        key = _KEY.match(line, position)
        end = _whole_end(line, key.end()) if key else None
        if end is None or line[end : end + 1] not in ("", ","):
            comma = line.find(",", key.end() if key else position)
            end = len(line) if comma < 0 else comma
        if key:
            yield key[1], _unquoted(line[key.end() : end].strip())
        position = end + 1


def _whole_end(line: str, start: int) -> int | None:
    """Where a value ends that may hold commas: one in quotes, or a JSON mapping or list, such as
    `Hashes` and `Civitai resources` are; None where it is neither."""
    quoted = _QUOTED.match(line, start)
    if quoted:
        return quoted.end()
    if line[start : start + 1] not in ("{", "["):
        return None
    try:
        # A piece of the line: an error counts all lines before its place, at every value anew.
        return start + json.JSONDecoder().raw_decode(line[start : start + _LONGEST_JSON])[1]
    except (ValueError, RecursionError):
        return None


def _unquoted(text: str) -> str:
    if not text.startswith('"'):
        return text
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return value if isinstance(value, str) else text
