"""Takes that are to be drawn: with other seeds, near the present one, with settings tried, or over
a grid of settings. Pure: numbers, seeds and jobs; nothing is drawn here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

from storyboard.errors import argument_error
from storyboard.jobs import PreviewJob, Variation
from storyboard.seeds import take_seed
from storyboard.story.edits import Setting
from storyboard.takes import Take, TakeBook

MOST = 64
"""Takes of one panel at once."""


@dataclass(frozen=True, slots=True)
class Reroll:
    """How takes differ from each other: `count` other seeds, counted up from `seed` if one is
    said; or, with `near` above 0 and at most 1, the same seed with noise of another mixed in."""

    count: int
    seed: int | None = None
    near: float | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.count <= MOST:
            raise argument_error(f"{self.count} takes at once", f"1 to {MOST}", "-n")
        if self.near is not None and not 0 < self.near <= 1:
            raise argument_error(
                f"{self.near:g} is no strength", "above 0 and at most 1, e.g. 0.2", "--near"
            )
        if self.seed is not None and not 0 <= self.seed <= 2**32 - self.count:
            raise argument_error(
                f"seeds from {self.seed} on", f"0 to {2**32 - self.count}", "--seed"
            )

    def jobs(self, job: PreviewJob, first: int) -> Iterator[tuple[PreviewJob, str]]:
        """The takes from number `first` on, and how each differs."""
        for place in range(self.count):
            seed = take_seed(job.seed, first + place) if self.seed is None else self.seed + place
            if self.near is None:
                yield replace(job, seed=seed), f"seed {seed}"
            else:
                variation = Variation(seed, self.near)
                yield replace(job, variation=variation), f"near {self.near:g}, seed {seed}"


def rerolled(
    book: TakeBook, panel: str, job: PreviewJob, raw: str, how: Reroll, tried: str = ""
) -> list[Take]:
    """New takes of a panel; `tried` are the settings that `job` was changed by, in words. A take
    that the book has already is that one, under its own number."""
    first = book.next_number(panel)
    proposed = how.jobs(job, first)
    return numbered(
        book, panel, [(one, raw, ", ".join(filter(None, (tried, told)))) for one, told in proposed]
    )


def numbered(
    book: TakeBook, panel: str, proposed: Iterable[tuple[PreviewJob, str, str]]
) -> list[Take]:
    """Jobs, each with its raw prompt and how it differs, as takes with numbers: those of the book
    where it has them, else new ones in order; equal jobs are one take."""
    known = {take.digest: take for take in book.of(panel)}
    takes: list[Take] = []
    free = book.next_number(panel)
    for job, raw, told in proposed:
        take = Take(free, job, raw, told)
        present = known.setdefault(take.digest, take)
        free += present is take
        takes.append(present)
    return takes


@dataclass(frozen=True, slots=True)
class Axis:
    """One side of a grid: a setting and the values that it takes."""

    key: str
    values: tuple[str, ...]

    def settings(self) -> tuple[Setting, ...]:
        """One setting a value."""
        return tuple(Setting(self.key, value, "--grid") for value in self.values)


def axis(text: str) -> Axis:
    """`cfg=5,7,9`: the key and its values; a comma in a value is written `\\,`. Raises
    `ProblemsError`."""
    key, equals, said = text.partition("=")
    comma = "\0"
    values = [value.strip().replace(comma, ",") for value in said.replace("\\,", comma).split(",")]
    if not equals or not key.strip() or not all(values):
        raise argument_error(
            f"{text!r} is no side of a grid", "write key=value,value,...", "--grid"
        )
    if len(set(values)) < len(values):
        raise argument_error(f"{text!r} has a value twice", "", "--grid")
    return Axis(key.strip(), tuple(values))


def cells(axes: Sequence[Axis]) -> list[tuple[Setting, ...]]:
    """The settings of each cell of a grid of one or two axes, row by row; the first axis runs
    along a row. Raises `ProblemsError`."""
    if len(axes) > 2:
        raise argument_error(f"a grid of {len(axes)} sides", "one or two", "--grid")
    if len({one.key for one in axes}) < len(axes):
        raise argument_error(f"both sides of the grid are {axes[0].key}", "", "--grid")
    found = [tuple(reversed(cell)) for cell in product(*(one.settings() for one in axes[::-1]))]
    if len(found) > MOST:
        raise argument_error(f"a grid of {len(found)} cells", f"at most {MOST}", "--grid")
    return found
