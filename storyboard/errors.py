"""Problems are sentences for a person: where, what, and what to do; collected, then raised once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a text file; `line` and `column` count from 1, 0 where unknown."""

    file: str
    line: int = 0
    column: int = 0


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, where it stands, and what to do about it."""

    mark: Mark
    message: str
    hint: str = ""
    severity: Severity = "error"

    def __str__(self) -> str:
        place = self.mark.file
        if self.mark.line:
            place += f":{self.mark.line}:{self.mark.column}"
        warning = "warning: " if self.severity == "warning" else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{place}: {warning}{self.message}{hint}"


class ProblemsError(Exception):
    """The story, a model file or the arguments are wrong; the command ends with exit code 2."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def argument_error(message: str, hint: str = "", file: str = "storyboard") -> ProblemsError:
    """A single problem that stands in no file's line: an argument, or a file as a whole."""
    return ProblemsError([Problem(Mark(file), message, hint)])
