"""A prompt's words as a vocabulary counts them: in lower case, without attention syntax."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from storyboard.prompts.attention import parse_between_breaks
from storyboard.prompts.conjunction import texts_of

_STEPS = 20

# Letters and digits of any language; a hyphen parts words (`close-up`), an apostrophe does not.
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


def words_in(text: str) -> list[str]:
    """The words of plain text, as often as they are there."""
    return _WORD.findall(unicodedata.normalize("NFC", text).casefold())


def prompt_words(prompt: str) -> list[str]:
    """The words of a prompt whose LoRA tags are taken out: no weights, no brackets, no BREAK, no
    AND. Of a prompt that changes while it is drawn, those that come later stand behind."""
    first, *later = (
        words_in(" ".join(phrase for part in parse_between_breaks(text) for phrase, _ in part))
        for text in texts_of(prompt, _STEPS)
    )
    return [*first, *dict.fromkeys(word for words in later for word in words if word not in first)]


def all_words(texts: Iterable[str]) -> frozenset[str]:
    """Every word of several plain texts."""
    return frozenset(word for text in texts for word in words_in(text))
