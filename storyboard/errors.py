"""Problems are sentences for a person: where, what, and what to do; collected, then raised once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "hint"]
"""An error stops the work; a warning is told always, a hint only where somebody asks for advice."""


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
        severity = "" if self.severity == "error" else f"{self.severity}: "
        hint = f" ({self.hint})" if self.hint else ""
        return f"{place}: {severity}{self.message}{hint}"


class ProblemsError(Exception):
    """The story, a model file or the arguments are wrong; the command ends with exit code 2."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def __reduce__(self) -> tuple[type[ProblemsError], tuple[tuple[Problem, ...]]]:
        """Told between processes as it was raised."""
        return type(self), (self.problems,)


def argument_error(message: str, hint: str = "", file: str = "storyboard") -> ProblemsError:
    """A single problem that stands in no file's line: an argument, or a file as a whole."""
    return ProblemsError([Problem(Mark(file), message, hint)])


class Problems:
    """Collects problems, each once, so that a person sees all of them together."""

    def __init__(self, known: Iterable[Problem] = ()) -> None:
        self._found: dict[Problem, None] = dict.fromkeys(known)

    def add(self, mark: Mark, message: str, hint: str = "", severity: Severity = "error") -> None:
        """Notes a problem; the same one at the same place is noted once."""
        self._found[Problem(mark, message, hint, severity)] = None

    def all(self) -> tuple[Problem, ...]:
        """What was found, by file and line."""
        return tuple(sorted(self._found, key=lambda p: (p.mark.file, p.mark.line, p.mark.column)))

    def raise_errors(self) -> None:
        """Raises `ProblemsError`, warnings included, if anything worse than a warning was found.

        Hints wait until there is no error: they may only be what follows from one.
        """
        if any(problem.severity == "error" for problem in self._found):
            raise ProblemsError(one for one in self.all() if one.severity != "hint")
