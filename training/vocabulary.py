"""The words that inkling learns, collected from what its captions are made of, for its card.

Whatever the captions' tables hold is told group by group; a word that only stands in the code
around them is found by reading captions, so that nothing the model has learnt is left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from types import ModuleType

from storyboard.prompts.words import words_in
from training.art import captions, colors, sampling, spec

_SAMPLES = 4_000
_READ_OFTEN = 4
"""A word that stands in fewer of the sampled captions is too rare to have been learnt."""

_PEOPLE = ("1girl", "1boy", "girl", "boy", "2girls", "2boys", "two people", "no humans")
_SIDES = ("on the left", "on the right")
_SEEN = ("scenery", "on a table", "animal", "background", "simple background")
_LIGHTS = ("shining light", "glowing light", "beam of light", "light on", "light off", "no light")
_QUALITY = ("masterpiece", "best quality", "worst quality", "low quality")
# They join words that mean something. The model has met them among tags and does not mind them.
_FILLER = (
    *("a", "an", "the", "in", "on", "at", "of", "with", "and", "to", "from", "over", "under"),
    *("behind", "near", "by", "for", "is", "are", "it", "its", "his", "her", "he", "she", "they"),
    *("their", "wearing", "holding", "looking", "viewer", "solo", "very", "one"),
)


def vocabulary(samples: int = _SAMPLES) -> dict[str, list[str]]:
    """The tags by group, each once in a group, in the order in which they are taught.

    `samples` captions are read: a tag with a word that is in none of them is left out, and words
    that are in no table make the group `more`.
    """
    learnt = _common_words(samples)
    groups = {name: _tags(words, learnt) for name, words in _tables().items()}
    told = {word for tags in groups.values() for tag in tags for word in words_in(tag)}
    groups["more"] = sorted(learnt - told - set(_FILLER))
    return {name: tags for name, tags in groups.items() if tags} | {"filler": list(_FILLER)}


def _tables() -> dict[str, Iterable[str]]:
    hair = {**_of(colors, "HAIR"), **_of(captions, "COLOR_WORDS")}
    return {
        "people": (*_PEOPLE, *(f"{skin} skin" for skin in _of(colors, "SKIN"))),
        "hair": (*(f"{color} hair" for color in hair), *_words(spec, "HAIR_STYLES"),
                 *_words(captions, "STYLE_WORDS"), *_words(captions, "COLOR_WORDS")),
        "eyes": (f"{color} eyes" for color in _of(colors, "EYES")),
        "expressions": _words(captions, "EXPRESSIONS"),
        "poses": (*_words(captions, "POSES"), "standing", "waving", "holding", *_SIDES),
        "outfits": (*_words(spec, "OUTFITS"), "scarf"),
        "colours": (*_of(colors, "CLOTH"), *_of(colors, "PLAIN"), *_words(spec, "COATS")),
        "places": (*_words(captions, "PLACES"), *_SEEN),
        "times": (*_words(captions, "TIMES"), *_LIGHTS),
        "weather": _words(captions, "WET"),
        "things": (*_words(spec, "PROPS"), *_words(spec, "THINGS"), "glowing lantern"),
        "animals": _of(spec, "COATS") or ("cat",),
        "vehicles": _of(spec, "VEHICLES"),
        "framing": (*_words(captions, "FRAMINGS"), *_words(captions, "VIEWS")),
        "styles": captions.STYLES[spec.Style.COLOR],  # the others are LoRAs' to know
        "quality": _QUALITY,
    }  # fmt: skip


def _of(module: ModuleType, name: str) -> Mapping[str, object]:
    """A table of the art's; an older world may lack it."""
    table: Mapping[str, object] = getattr(module, name, {})
    return table


def _words(module: ModuleType, name: str) -> list[str]:
    """All texts of a table, be it a row of them or a mapping to rows."""
    table = getattr(module, name, ())
    rows = table.values() if isinstance(table, Mapping) else [table]
    return [text for row in rows for text in row]


def _tags(texts: Iterable[str], learnt: frozenset[str]) -> list[str]:
    """The tags of captions' pieces, which part them by commas, each once."""
    tags = (tag.strip() for text in texts for tag in text.split(","))
    return list(dict.fromkeys(tag for tag in tags if tag and learnt.issuperset(words_in(tag))))


def _common_words(samples: int) -> frozenset[str]:
    counts: Counter[str] = Counter()
    for seed in range(samples):
        counts.update(set(words_in(sampling.sample_picture(seed).caption)))
    return frozenset(word for word, count in counts.items() if count >= _READ_OFTEN)
