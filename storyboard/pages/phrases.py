"""Phrases of scripts that set no spaces between words, and where their lines may not break."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import accumulate

import budoux

from storyboard.pages.scripts import primary

_NO_START = frozenset(
    "、。，．・：；！？‼⁇⁈⁉」』）】〕〉》〗〙｝］｠»›”’…‥‐–—―〜～゠ー々〻ゝゞヽヾ"
    "ぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮヵヶㇰㇱㇲㇳㇴㇵㇶㇷㇸㇹㇺㇻㇼㇽㇾㇿ"
    "!?,.:;)]}%%‰℃°″′ｧｨｩｪｫｬｭｮｯｰ､｡｣"
)
"""What no line begins with (kinsoku, after JIS X 4051): what closes, what only goes on."""

_NO_END = frozenset("「『（【〔〈《〖〘｛［｟«‹“‘([{¥￥$＄£￡#＃№｢")
"""What no line ends with: what opens, and signs before numbers."""

_TOGETHER = re.compile(r"[A-Za-z0-9\u00c0-\u024f\u0370-\u052f'’.,_&+/-]")


def may_break(before: str, after: str) -> bool:
    """Whether a line may end between two characters of a text without spaces."""
    if after in _NO_START or before in _NO_END:
        return False
    return not (_TOGETHER.match(before) and _TOGETHER.match(after))


@lru_cache(maxsize=1024)
def phrase_starts(text: str, language: str) -> frozenset[int]:
    """Where phrases begin within a text of Chinese, Japanese or Thai, by budoux's models."""
    parts = _parser(_model(text, language)).parse(text)
    return frozenset(accumulate(len(part) for part in parts[:-1]))


def _model(text: str, language: str) -> str:
    if re.search("[\u0e00-\u0e7f]", text):
        return "th"
    if primary(language) == "ja" or re.search("[\u3041-\u30fa]", text):
        return "ja"
    regions = {part.lower() for part in language.split("-")[1:]}
    return "zh-hant" if regions & {"hant", "tw", "hk", "mo"} else "zh-hans"


@lru_cache(maxsize=4)
def _parser(model: str) -> budoux.Parser:
    if model == "th":
        return budoux.load_default_thai_parser()
    if model == "ja":
        return budoux.load_default_japanese_parser()
    if model == "zh-hant":
        return budoux.load_default_traditional_chinese_parser()
    return budoux.load_default_simplified_chinese_parser()
