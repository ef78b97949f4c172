"""Authored settings, all optional, become resolved ones, complete, in this one place.

What a panel says wins over its page, the page over the story, the story over what the checkpoint
recommends for itself, and that over the defaults.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from storyboard.geometry import Size
from storyboard.jobs import Rng
from storyboard.pages.lengths import Length
from storyboard.pages.papers import PAPERS, Paper
from storyboard.pages.presets import preset_named
from storyboard.pages.sheets import Sheet
from storyboard.story.drawing import FinalSettings, SamplerSettings
from storyboard.story.model import DrawingSettings, Page, Panel, Story
from storyboard.story.sheets import PageSettings

T = TypeVar("T")

SAMPLER = "DPM++ 2S a Karras"
STEPS = 20
CFG = 7.0
RNG: Rng = "cpu"
FAST = 0.28
"""The noise level above which there is guidance if an author wants it `fast`: the low end of the
interval that Kynkäänniemi et al. 2024 found best for SDXL. docs/speed.md has what it costs."""
SCALE = 2.0
DENOISE = 0.35
UPSCALER = "lanczos"
CHECKPOINT = "inkling"
QUALITY = "(masterpiece), (best quality)"
PROMPT = "{{ shot }}, {{ characters }}, {{ scene }}, {{ styles }}, {{ quality }}"
NEGATIVE = "(worst quality, low quality:1.4), text, watermark"
PAPER = Paper(Length(1200), Length(1800))
NOTHING_SAID = DrawingSettings()
_NO_SAMPLER = SamplerSettings()
_NO_FINAL = FinalSettings()


@dataclass(frozen=True, slots=True)
class Final:
    """How a final is drawn, complete. What may be None is, where it is, as the preview's; `prompt`
    and `negative` are templates. Without `max_drift` a final is drawn once, however far it is."""

    scale: float
    upscaler: str
    denoise: float
    steps: int | None
    sampler: str | None
    cfg: float | None
    prompt: str | None = None
    negative: str | None = None
    max_drift: float | None = None

    @property
    def is_preview(self) -> bool:
        """Nothing is left to do: the preview is the final."""
        return self.scale == 1 and self.denoise == 0


@dataclass(frozen=True, slots=True)
class Drawing:
    """How one panel is drawn, complete, but for `eta`: None is the sampler's own. The three
    templates are still templates."""

    seed: int
    panel_seed: int | None
    sampler: str
    steps: int
    cfg: float
    eta: float | None
    ensd: int
    rng: Rng
    guided_above: float
    size: Literal["auto"] | Size
    final: Final
    takes: int
    pick: str | None
    styles: tuple[str, ...]
    variables: Mapping[str, Any]
    prompt: str
    negative: str
    quality: str


def resolve(
    story: Story, page: Page, panel: Panel, recommended: DrawingSettings = NOTHING_SAID
) -> Drawing:
    """The settings of one panel, drawn with a checkpoint that has these `recommended` ones; an
    approximation is the author's choice, and never recommended."""
    said: tuple[DrawingSettings, ...] = (panel, page, story)
    levels = (*said, recommended)
    samplers = [_sampler(level.sampler) for level in levels]
    return Drawing(
        seed=_first((page.seed, story.seed), 0),
        panel_seed=panel.seed,
        sampler=_first((s.name for s in samplers), SAMPLER),
        steps=_first((s.steps for s in samplers), STEPS),
        cfg=_first((s.cfg for s in samplers), CFG),
        eta=_first((s.eta for s in samplers), None),
        ensd=_first((s.ensd for s in samplers), 0),
        rng=_first((s.rng for s in samplers), RNG),
        guided_above=FAST if _first((_sampler(one.sampler).fast for one in said), False) else 0.0,
        size=_first((level.size for level in said), "auto"),
        final=_final([level.final or _NO_FINAL for level in levels]),
        takes=_first((level.takes for level in said), 1),
        pick=_first((level.pick for level in said), None),
        styles=_first((_names(level.style) for level in said), ()),
        variables={**story.vars, **page.vars, **panel.vars},
        prompt=_first((level.prompt for level in said), PROMPT),
        negative=_first((level.negative for level in levels), NEGATIVE),
        quality=_first((level.quality for level in levels), QUALITY),
    )


def level_of(key: str, story: Story, page: Page, panel: Panel) -> int:
    """Who says `key`: 0 the panel, 1 the page, 2 the story, 3 nobody in the story."""
    said = (getattr(level, key) is not None for level in (panel, page, story))
    return next((level for level, is_said in enumerate(said) if is_said), 3)


def sheet_of(story: Story, page: Page) -> Sheet:
    """The page's sheet in pixels. Lengths that nobody says are in proportion to the page."""
    preset = preset_named(page.layout) if page.layout else None
    levels = [_sheet_settings(level) for level in (page.page, story.page) if level is not None]
    usual = PAPERS[preset.paper] if preset and preset.paper else PAPER
    paper = _first((level.size for level in levels), usual)
    dpi = _first((level.dpi for level in levels), paper.dpi)
    short = min(paper.width.pixels(dpi), paper.height.pixels(dpi))
    size = Size(round(paper.width.pixels(dpi)), round(paper.height.pixels(dpi)))

    def length(said: Iterable[Length | None], part: float) -> int:
        found = next((one for one in said if one is not None), None)
        return round(part * short) if found is None else round(found.pixels(dpi))

    tiers, panels = zip(*(_gutters(level.gutter) for level in levels), strict=True)
    spread = page.spread or (preset is not None and preset.spread)
    return Sheet(
        size=Size(2 * size.width, size.height) if spread else size,
        margin=length((level.margin for level in levels), paper.margin),
        gutter=length(panels, paper.gutters[1]),
        tier_gutter=length(tiers, paper.gutters[0]),
        bleed=round(_first((level.bleed for level in levels), paper.bleed).pixels(dpi)),
        safe=length((level.safe for level in levels), paper.safe),
        dpi=dpi,
        spread=spread,
        per_tier=paper.per_tier,
    )


def _sheet_settings(said: Paper | PageSettings) -> PageSettings:
    return PageSettings(size=said) if isinstance(said, Paper) else said


def _gutters(said: Length | list[Length] | None) -> tuple[Length | None, Length | None]:
    """Between tiers, and between the panels of a tier."""
    return (said[0], said[-1]) if isinstance(said, list) else (said, said)


def _first(candidates: Iterable[T | None], default: T) -> T:
    return next((candidate for candidate in candidates if candidate is not None), default)


def _sampler(said: str | SamplerSettings | None) -> SamplerSettings:
    if isinstance(said, str):
        return SamplerSettings(name=said)
    return said or _NO_SAMPLER


def _names(said: str | list[str] | None) -> tuple[str, ...] | None:
    return (said,) if isinstance(said, str) else None if said is None else tuple(said)


def _final(levels: list[FinalSettings]) -> Final:
    """The last level is the checkpoint's: it is what `default` stands for as an upscaler. Its
    denoise belongs to its scale: where the story says another one, it does not count."""
    recommended = levels[-1]
    scale = _first((level.scale for level in levels), SCALE)
    if recommended.scale not in (None, scale):
        levels = [*levels[:-1], recommended.model_copy(update={"denoise": None})]
    upscaler = _first((level.upscaler for level in levels), "default")
    if upscaler == "default":
        upscaler = _first((levels[-1].upscaler,), "default")
    return Final(
        scale=scale,
        upscaler=UPSCALER if upscaler == "default" else upscaler,
        denoise=_first((level.denoise for level in levels), DENOISE),
        steps=_first((level.steps for level in levels), None),
        sampler=_first((level.sampler for level in levels), None),
        cfg=_first((level.cfg for level in levels), None),
        prompt=_first((level.prompt for level in levels), None),
        negative=_first((level.negative for level in levels), None),
        max_drift=_first((level.max_drift for level in levels), None),
    )
