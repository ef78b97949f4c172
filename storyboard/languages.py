"""Languages by their codes (BCP 47)."""

from __future__ import annotations

import re

_CODE = re.compile("[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")


def is_language(text: str) -> bool:
    """Whether a text has the form of a language's code, such as zh or pt-BR."""
    return bool(_CODE.fullmatch(text))
