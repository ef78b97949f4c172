"""From sketches to a story's keys: what most panels share is said once, for all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from storyboard.digests import canonical_number
from storyboard.engine.names import eta_of
from storyboard.importing.sketch import Sketch
from storyboard.prompts.templates import TemplateProblem, compile_template
from storyboard.settings import RNG
from storyboard.story.drawing import FinalSettings, SamplerSettings
from storyboard.story.model import DrawingSettings

Key = tuple[str, ...]
"""A key's path in a story, such as (`sampler`, `steps`)."""

Said = dict[Key, Hashable]

_VARIABLES = {
    ("negative",): "negative_prompt",
    ("final", "prompt"): "final_prompt",
    ("final", "negative"): "final_negative",
}
"""Keys that are templates, with the variable that holds a text which no template can say."""


_ETA = ("sampler", "eta")
_OWN = frozenset({("seed",), ("scene",)})
_OF_SECOND = frozenset({("final", key) for key in ("upscaler", "steps", "sampler", "cfg")})


@dataclass(frozen=True, slots=True)
class Keys:
    """What the story says, and what each panel says beyond it."""

    story: Said
    panels: tuple[Said, ...]


def keys_of(sketches: Sequence[Sketch], recommended: DrawingSettings) -> Keys:
    """The settings of all panels; `recommended` is what the checkpoint says of itself, which a
    story has to contradict where it leaves something out."""
    panels = [_said(sketch) for sketch in sketches]
    needless = _needless(sketches, recommended)
    panels = [{key: said for key, said in panel.items() if key not in needless} for panel in panels]
    if _ETA not in _set_by(recommended):
        for panel, sketch in zip(panels, sketches, strict=True):
            # Said, it would count for the second pass too, whose sampler may have another one.
            if sketch.eta == eta_of(sketch.first.sampler):
                del panel[_ETA]
    for key, variable in _VARIABLES.items():
        _put_into_variable(panels, key, variable)
    return _lifted(panels)


def _said(sketch: Sketch) -> Said:
    """Everything that a panel has to say to be drawn like its picture."""
    said: Said = {
        ("seed",): sketch.seed,
        ("scene",): sketch.prompt,
        ("sampler", "name"): sketch.first.sampler,
        ("sampler", "steps"): sketch.first.steps,
        ("sampler", "cfg"): canonical_number(sketch.first.cfg),
        _ETA: canonical_number(sketch.eta),
        ("sampler", "ensd"): sketch.ensd,
        ("sampler", "rng"): sketch.rng,
        ("sampler", "fast"): sketch.fast,
        ("size",): str(sketch.size),
        ("negative",): sketch.negative,
    }
    second = sketch.second
    if second is None:
        return said | {("final", "scale"): 1, ("final", "denoise"): 0}
    prompts = (("prompt", second.prompt), ("negative", second.negative))
    return (
        said
        | {
            ("final", "scale"): canonical_number(second.scale),
            ("final", "upscaler"): second.upscaler,
            ("final", "denoise"): canonical_number(second.denoise),
            ("final", "steps"): second.how.steps,
            ("final", "sampler"): second.how.sampler,
            ("final", "cfg"): canonical_number(second.how.cfg),
        }
        | {("final", key): text for key, text in prompts if text is not None}
    )


def _needless(sketches: Sequence[Sketch], recommended: DrawingSettings) -> frozenset[Key]:
    """Keys that every panel says only as it would be without them."""
    taken = _set_by(recommended)
    return frozenset(
        key for key, is_usual in _usual(sketches).items() if is_usual and key not in taken
    )


def _usual(sketches: Sequence[Sketch]) -> dict[Key, bool]:
    seconds = [(one.first, one.second.how) for one in sketches if one.second]
    return {
        ("sampler", "ensd"): not any(one.ensd for one in sketches),
        ("sampler", "rng"): all(one.rng == RNG for one in sketches),
        ("sampler", "fast"): not any(one.fast for one in sketches),
        ("final", "steps"): all(first.steps == second.steps for first, second in seconds),
        ("final", "sampler"): all(first.sampler == second.sampler for first, second in seconds),
        ("final", "cfg"): all(first.cfg == second.cfg for first, second in seconds),
    }


def _set_by(recommended: DrawingSettings) -> frozenset[Key]:
    """The keys of `sampler` and `final` that a checkpoint says something for."""
    sampler = recommended.sampler
    of_sampler = sampler if isinstance(sampler, SamplerSettings) else None
    return frozenset([*_set_in(("sampler",), of_sampler), *_set_in(("final",), recommended.final)])


def _set_in(path: Key, settings: SamplerSettings | FinalSettings | None) -> Iterable[Key]:
    return [(*path, key) for key in settings.model_fields_set] if settings else []


def _put_into_variable(panels: Sequence[Said], key: Key, variable: str) -> None:
    """Where one panel's text is no template of itself, all panels' texts go into a variable."""
    texts = [str(panel[key]) for panel in panels if key in panel]
    if all(map(_is_plain, texts)):
        return
    for panel in panels:
        if key in panel:
            panel["vars", variable] = panel[key]
            panel[key] = f"{{{{ {variable} }}}}"


@cache
def _is_plain(text: str) -> bool:
    """Whether a template of this text gives this text."""
    try:
        return compile_template(text).render({}) == text
    except TemplateProblem:
        return False


def _lifted(panels: Sequence[Said]) -> Keys:
    """What all panels say, by its most common value, belongs to the story; what only a second pass
    asks for also where some panels have none."""
    keys = dict.fromkeys(key for panel in panels for key in panel)
    said = {key: [panel[key] for panel in panels if key in panel] for key in keys}
    story = {
        key: _most_common(values)
        for key, values in said.items()
        if key not in _OWN and (len(values) == len(panels) or key in _OF_SECOND)
    }
    rest = tuple(
        {key: said for key, said in panel.items() if key not in story or story[key] != said}
        for panel in panels
    )
    return Keys(story, rest)


def _most_common(values: Sequence[Hashable]) -> Hashable:
    return Counter(values).most_common(1)[0][0]


def nested(said: Mapping[Key, Hashable]) -> dict[str, object]:
    """The keys as mappings in mappings."""
    found: dict[str, object] = {}
    for key, value in said.items():
        if len(key) == 1:
            found[key[0]] = value
        else:
            inner = found.setdefault(key[0], {})
            assert isinstance(inner, dict)
            inner[key[1]] = value
    return found
