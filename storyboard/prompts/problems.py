"""What can be wrong with a template, in words for its author."""

from __future__ import annotations


class TemplateProblem(Exception):
    """A template that cannot be used: what is wrong, what to do, and the template's line from 1."""

    def __init__(self, message: str, hint: str = "", line: int | None = 1) -> None:
        self.message = message if len(message) <= 300 else message[:299] + "…"
        self.hint = hint
        self.line = line or 1
        super().__init__(f"{self.message} ({hint})" if hint else self.message)
