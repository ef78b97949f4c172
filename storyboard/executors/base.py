"""The executor's seam: tasks in, results out, as they come. The coordinator alone writes."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, Protocol, TypeAlias, TypeVar, cast

from storyboard.engine.base import Batch, Drawn, Engine, Failed, OnStep, Source
from storyboard.errors import argument_error

EXECUTORS: tuple[str, ...] = ("local",)
"""The names that `executor_named` knows; each is a module of this package."""

T = TypeVar("T")

EngineFactory = Callable[[], Engine]


@dataclass(frozen=True, slots=True)
class Task:
    """A batch to draw, with what its finals start from; `number` is the coordinator's own."""

    number: int
    batch: Batch
    sources: Mapping[int, Source]


@dataclass(frozen=True, slots=True)
class Broken:
    """A task ended before all its jobs had a result, and why. `shared` says that each of them would
    break alone too (a LoRA that does not fit)."""

    message: str
    shared: bool


@dataclass(frozen=True, slots=True)
class Started:
    """An engine begins with a task; its steps and results follow."""


Result = Started | Drawn | Failed | Broken
"""What comes of a task where it is drawn."""


@dataclass(frozen=True, slots=True)
class Prepared(Generic[T]):
    """A picture that was drawn, as `prepare` made it ready to be kept."""

    index: int
    made: T


Told: TypeAlias = Started | Failed | Broken | Prepared[T]
"""What the coordinator hears of a task."""

Prepare: TypeAlias = Callable[[Task, Drawn], T]
"""Makes a picture ready to be kept, in any thread. Raises nothing."""


class Executor(Protocol):
    """Carries out tasks wherever it does that, with engines that it makes when first needed."""

    @property
    def workers(self) -> int:
        """How many tasks are drawn at once."""
        ...

    def carry_out(
        self,
        tasks: Iterable[Task | None],
        make_engine: EngineFactory,
        on_step: OnStep,
        prepare: Prepare[T],
    ) -> Generator[tuple[Task, Told[T]]]:
        """Yields that a task is begun, then each job's result under it, or fewer and one `Broken`.
        A picture is prepared beside drawing, several at once.

        `tasks` is lazy, and asked in the caller's own thread, as `on_step` is: a task that it hands
        out needs nothing but results that were yielded before; where the next one does need others,
        it hands out None, and is asked again after the next result. Closing the iterator gives
        everything back."""
        ...


def executor_named(name: str) -> Executor:
    """The executor of this name, imported only now. Raises `ProblemsError`."""
    if name not in EXECUTORS:
        raise argument_error(
            f"there is no executor {name!r}", f"there are: {', '.join(EXECUTORS)}", "--executor"
        )
    module = importlib.import_module(f"storyboard.executors.{name}")
    return cast(Executor, module.executor())
