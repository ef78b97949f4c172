"""Draws in this very process, one task after another."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator

from storyboard.engine.base import Engine, OnStep
from storyboard.errors import ProblemsError
from storyboard.executors.base import Broken, EngineFactory, Executor, Result, Task


class LocalExecutor:
    """One engine, made with the first task and closed after the last."""

    def carry_out(
        self, tasks: Iterable[Task], make_engine: EngineFactory, on_step: OnStep
    ) -> Generator[tuple[Task, Result]]:
        """See `Executor`. What the engine's making raises is raised: nothing can be drawn then."""
        engine: Engine | None = None
        try:
            for task in tasks:
                engine = engine or make_engine()
                for result in _results(engine, task, on_step):
                    yield task, result
        finally:
            if engine is not None:
                engine.close()


def executor() -> Executor:
    """This module's executor."""
    return LocalExecutor()


def _results(engine: Engine, task: Task, on_step: OnStep) -> Iterator[Result]:
    """One result a job, or fewer and then why it ended."""
    pending = set(range(len(task.batch.jobs)))
    try:
        for result in engine.draw(task.batch, task.sources, on_step):
            if result.index not in pending:
                yield Broken(f"the engine gave a picture of number {result.index} unasked", True)
                return
            pending.remove(result.index)
            yield result
    except ProblemsError as problem:
        yield Broken(str(problem), shared=True)
    except Exception as problem:  # whatever it is, the other batches can go on
        yield Broken(_sentence(problem), shared=False)
    else:
        if pending:
            yield Broken("the engine gave no picture", shared=False)


def _sentence(problem: Exception) -> str:
    text = " ".join(str(problem).split())[:500]
    name = type(problem).__name__
    return f"the engine failed with {name}: {text}" if text else f"the engine failed with {name}"
