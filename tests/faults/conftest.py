"""What an undisturbed run makes, to compare with."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.faults.doors import Deaf
from tests.faults.runs import PANELS, Contents, begun, contents, views


@dataclass(frozen=True)
class Undisturbed:
    """All entries, and what the author sees."""

    whole: Contents
    shown: dict[str, bytes]


@pytest.fixture(name="undisturbed", scope="session")
def _undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    folder = tmp_path_factory.mktemp("undisturbed") / "run"
    with Deaf.fsync():
        watched = begun(folder)
        outcome = watched.run()
        assert outcome is not None and len(outcome.done) == 2 * PANELS
        assert watched.unsafe == []
        return Undisturbed(contents(folder), views(folder))
