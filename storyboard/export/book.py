"""What the exported files say about the book as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Book:
    """Title and author as written; `language` is a code such as `en` or `zh-Hant`."""

    title: str
    author: str = ""
    language: str = "en"
    reading: Literal["ltr", "rtl"] = "ltr"
