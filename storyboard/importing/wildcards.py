"""Texts that were drawn as they stand, kept from being read as wildcards."""

from __future__ import annotations

import re
from collections.abc import Sequence

from storyboard.prompts.wildcards import Option, WildcardProblem, fill

_SIGNS = re.compile(r"(?P<pair>\\.)|[{}]|__", re.DOTALL)


class _NoFiles:
    """No wildcard has a file."""

    def options(self, name: str) -> Sequence[Option]:
        """There are none."""
        raise WildcardProblem(f"there is no wildcard `{name}`")


def as_text(prompt: str) -> str:
    """The prompt, with a backslash before the signs of wildcards if it has any; the attention
    grammar takes such a backslash away, so that the same words are drawn."""
    try:
        if fill(prompt, 0, "prompt", _NoFiles()) == prompt:
            return prompt
    except WildcardProblem:
        pass
    return _SIGNS.sub(lambda sign: sign[0] if sign["pair"] else f"\\{sign[0]}", prompt)
