"""From the WebUI's `parameters` text to a sketch of a panel."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from storyboard.engine.names import eta_of, joined
from storyboard.engine.upscaler_names import file_named, upscaler_named
from storyboard.geometry import Size
from storyboard.importing.sketch import Model, Named, NoRecipe, Pass, Second, Sketch
from storyboard.importing.wildcards import as_text
from storyboard.models.entries import Kind
from storyboard.models.scan import without_ending
from storyboard.parameters import Parameters
from storyboard.prompts.lora_tags import LoraTagProblem, take_lora_tags
from storyboard.sizes import scale_to
from storyboard.story.syntax import without_bad_characters

_READ = """
    Steps, Sampler, Schedule type, CFG scale, Seed, Size, Model, Model hash, VAE, VAE hash,
    Clip skip, ENSD, RNG, Eta, Eta DDIM, Denoising strength, Hires upscale, Hires resize,
    Hires steps, Hires upscaler, Hires sampler, Hires schedule type, Hires CFG Scale, Hires prompt,
    Hires negative prompt, Lora hashes, TI hashes, Hashes, Noise Schedule"""
_HARMLESS = """
    Version, User, Batch size, Batch pos, Template, Negative Template, Downcast alphas_cumprod,
    Created Date, Pad conds"""
_KNOWN = frozenset(key.strip() for keys in (_READ, _HARMLESS) for key in keys.split(","))
_USUAL = {"Emphasis": "Original", "Schedule rho": "7"}
"""Settings that are not said in a story, with the values that change nothing."""
_PROMPTS = ("prompt", "negative prompt")
_MOST_SHOWN = 6
_HIRES_DENOISE = 0.75
_HASH = re.compile(r": ([0-9a-fA-F]{8,64})(?=,|$)")
"""Without the name before it, which would be sought again and again where there is no hash."""


def sketch_of(parameters: Parameters, source: str, picture: Size) -> Sketch:
    """The panel that a text tells of; `picture` is the picture's size. Raises `NoRecipe`."""
    reader = _Reader(parameters.settings)
    first = Pass(
        reader.sampler("Sampler", "Schedule type"),
        reader.count("Steps"),
        reader.number("CFG scale"),
    )
    size = reader.size("Size") or picture
    second = reader.second(first, size)
    return Sketch(
        source=source,
        prompt=_as_said(parameters.prompt),
        negative=_as_said(parameters.negative),
        seed=reader.count("Seed"),
        size=size,
        first=first,
        model=reader.model(),
        eta=reader.number("Eta DDIM", reader.number("Eta", eta_of(first.sampler))),
        ensd=reader.count("ENSD", 0),
        # Without a word the numbers are a GPU's own: NVIDIA's, on most people's machines.
        rng="cpu" if parameters.settings.get("RNG", "").upper() == "CPU" else "nv",
        second=second,
        files=tuple(_files(parameters, reader.model(), second)),
        notes=(*reader.notes(second), *_changes(parameters)),
    )


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads values out of the settings. Raises `NoRecipe` for one that is missing or no value."""

    settings: Mapping[str, str]

    def number(self, key: str, default: float | None = None) -> float:
        """A number that is finite."""
        text = self.settings.get(key)
        if text is None:
            if default is None:
                raise NoRecipe(f"its text does not say its {key}")
            return default
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise NoRecipe(f"its {key} is no number: {text[:40]!r}")
        return value

    def count(self, key: str, default: int | None = None) -> int:
        """A whole number."""
        text = self.settings.get(key)
        if text is not None and re.fullmatch(r"-?[0-9]{1,20}", text):
            return int(text)  # a seed may have more digits than a float
        value = self.number(key, default)
        if value != int(value):
            raise NoRecipe(f"its {key} is no whole number: {self.settings[key][:40]!r}")
        return int(value)

    def size(self, key: str, least: int = 1) -> Size | None:
        """A size in pixels, no side below `least`; None where it is not said."""
        text = self.settings.get(key)
        found = re.fullmatch(r"\s*(\d{1,5})\s*x\s*(\d{1,5})\s*", text or "")
        size = Size(int(found[1]), int(found[2])) if found else None
        if text is not None and (size is None or min(size.width, size.height) < least):
            raise NoRecipe(f"its {key} is no size: {text[:40]!r}")
        return size

    def sampler(self, key: str, schedule_key: str) -> str:
        """A sampler's full name; one that is unknown stays as it is, for `check` to tell."""
        name, schedule = self.settings.get(key), self.settings.get(schedule_key, "")
        if not name:
            raise NoRecipe(f"its text does not say its {key}")
        return joined(name, schedule) or f"{name} {schedule}".strip()

    def first(self) -> Pass:
        """How the picture was drawn from noise."""
        return Pass(
            self.sampler("Sampler", "Schedule type"),
            self.count("Steps"),
            self.number("CFG scale"),
        )

    def model(self) -> Model:
        """The checkpoint and how it is read."""
        vae = without_ending(self.settings.get("VAE", ""))
        zero = self.settings.get("Noise Schedule") == "Zero Terminal SNR"
        return Model(
            checkpoint=self.settings.get("Model") or self._model_hash(),
            vae=None if vae in ("", "None", "Automatic") else vae,
            clip_skip=max(self.count("Clip skip", 1), 1),
            zero_snr=True if zero else None,
        )

    def _model_hash(self) -> str | None:
        """What stands for a checkpoint that is not named: the file is then found by it, or told to
        be missing, rather than another one taken."""
        found = re.fullmatch(r"[0-9a-fA-F]{8,64}", self.settings.get("Model hash", ""))
        return found[0] if found else None

    def second(self, first: Pass, size: Size) -> Second | None:
        """The second pass ("Hires. fix"); None where there was none."""
        if not {"Hires upscale", "Hires resize"} & self.settings.keys():
            return None
        sampler = first.sampler
        if "Hires sampler" in self.settings or "Hires schedule type" in self.settings:
            sampler = self._hires_sampler(first.sampler)
        return Second(
            how=Pass(
                sampler,
                self.count("Hires steps", 0) or first.steps,
                self.number("Hires CFG Scale", first.cfg) or first.cfg,
            ),
            scale=self._scale(size),
            upscaler=_upscaler(self.settings.get("Hires upscaler", "Latent")),
            denoise=self.number("Denoising strength", _HIRES_DENOISE),
            prompt=_as_said(self.settings.get("Hires prompt", "")) or None,
            negative=_as_said(self.settings.get("Hires negative prompt", "")) or None,
        )

    def notes(self, second: Second | None) -> Iterator[str]:
        """What is not taken over."""
        if second is None and "Denoising strength" in self.settings:
            yield "was drawn from another picture (img2img), which a story's panel is not"
        left = [
            key
            for key, value in self.settings.items()
            if key not in _KNOWN and _USUAL.get(key) != value
        ]
        if left:
            more = f" and {len(left) - _MOST_SHOWN} more" if len(left) > _MOST_SHOWN else ""
            told = ", ".join(left[:_MOST_SHOWN]) + more
            yield f"was drawn with settings that are not taken over: {told}"
        if second is not None and "Hires resize" in self.settings:
            yield from self._resized(second)

    def _resized(self, second: Second) -> Iterator[str]:
        size = self.size("Size")
        target = size and self._target(size)
        if size and target and scale_to(size, target) is None:
            yield f"was cropped to {target}, which no scale gives: {second.scale:g} is the nearest"

    def _hires_sampler(self, usual: str) -> str:
        name = self.settings.get("Hires sampler", "Use same sampler")
        schedule = self.settings.get("Hires schedule type", "Use same scheduler")
        if name.startswith("Use same"):
            name = self.settings["Sampler"]
        if schedule.startswith("Use same"):
            schedule = self.settings.get("Schedule type", "")
        return joined(name, schedule) or f"{name} {schedule}".strip() or usual

    def _target(self, size: Size) -> Size | None:
        """The size that was asked for; a side of 0 is as the other makes it."""
        asked = self.size("Hires resize", least=0)
        if not asked or not (asked.width or asked.height):
            return None
        width = asked.width or asked.height * size.width // size.height
        height = asked.height or asked.width * size.height // size.width
        return Size(width, height)

    def _scale(self, size: Size) -> float:
        said = self.number("Hires upscale", 0)
        # The WebUI cuts the sides down to what a latent can hold.
        target = self._target(size) or Size(
            *(int(side * said) // 8 * 8 for side in (size.width, size.height))
        )
        nearest = said or max(target.width / size.width, target.height / size.height)
        return scale_to(size, target, said or None) or round(nearest, 4)


def _as_said(text: str) -> str:
    """A prompt as a story says it."""
    return as_text(without_bad_characters(text))


def _changes(parameters: Parameters) -> Iterator[str]:
    """What is not the same to the letter in a story's prompts."""
    second = (parameters.settings.get(f"Hires {which}", "") for which in _PROMPTS)
    texts = (parameters.prompt, parameters.negative, *second)
    if any(without_bad_characters(text) != text for text in texts):
        yield (
            "has control characters in its prompts, which no story can hold: there are blanks in "
            "their places"
        )
    if any(as_text(text) != text for text in texts):
        yield (
            "has braces or double underscores in its prompts, which are wildcards in a story: a "
            "backslash stands before them now, and the same words are drawn"
        )


def _upscaler(label: str) -> str:
    return upscaler_named(label) or file_named(label) or label


def _files(parameters: Parameters, model: Model, second: Second | None) -> Iterator[Named]:
    settings = parameters.settings
    if model.checkpoint:
        yield Named(Kind.CHECKPOINT, model.checkpoint, settings.get("Model hash", ""))
    if model.vae:
        yield Named(Kind.VAE, model.vae, settings.get("VAE hash", ""))
    loras = _hashes(settings.get("Lora hashes", ""))
    sums = _sums(settings.get("Hashes", ""))
    if second and upscaler_named(second.upscaler) is None:
        yield Named(Kind.UPSCALER, second.upscaler)
    prompts = (parameters.prompt, (second and second.prompt) or "")
    for name in dict.fromkeys(name for prompt in prompts for name in _tag_names(prompt)):
        yield Named(Kind.LORA, name, loras.get(name) or sums.get(f"lora:{name}", ""))
    words = _hashes(settings.get("TI hashes", ""))
    yield from (Named(Kind.EMBEDDING, name, word) for name, word in words.items())


def _tag_names(prompt: str) -> list[str]:
    try:
        _, tags = take_lora_tags(prompt)
    except LoraTagProblem:  # `check` tells it, with its place
        return []
    return [tag.name for tag in tags]


def _hashes(text: str) -> dict[str, str]:
    """`name: hash, name: hash` by name; names may hold commas and colons."""
    found: dict[str, str] = {}
    start = 0
    for match in _HASH.finditer(text):
        found[text[start : match.start()]] = match[1].lower()
        start = match.end() + len(", ")
    found.pop("", None)
    return found


def _sums(text: str) -> dict[str, str]:
    try:
        value = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return {}
    items = value.items() if isinstance(value, dict) else ()
    return {key: one.lower() for key, one in items if isinstance(one, str)}
