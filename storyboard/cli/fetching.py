"""Tells what is fetched from the network, before it is, and how far that is."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from storyboard.models.fetching import Fetching

_SECONDS = 15
"""On a slow line a tenth takes minutes: something is said this often."""

Say = Callable[[str], None]


class FetchTeller:
    """Says in sentences that the hub is asked and what is fetched, where to; and notes how much has
    come, each tenth and every 15 seconds."""

    def __init__(self, say: Say, note: Say, clock: Callable[[], float] = time.monotonic) -> None:
        self._say = say
        self._note = note
        self._clock = clock
        self._told = 0
        self._when = 0.0

    def __call__(self, fetching: Fetching) -> None:
        """Tells how far it is, where that is new."""
        tenth = fetching.done * 10 // fetching.size if fetching.size else 0
        if fetching.done == 0:
            self._say(_beginning(fetching))
        elif tenth > self._told or self._clock() - self._when >= _SECONDS:
            share = f"{fetching.done / fetching.size:.0%} of {_amount(fetching.size)}"
            self._note(f"fetching {fetching.hub_id}: {share}")
        else:
            return
        self._told, self._when = tenth, self._clock()


def _beginning(fetching: Fetching) -> str:
    if not fetching.files:
        return f"{fetching.hub_id} is not here, or not all of it: asking {fetching.hub.endpoint}"
    size = f"{_amount(fetching.size)} in {fetching.files} files"
    return f"fetching {fetching.hub_id}: {size}, into {fetching.hub.cache}"


def _amount(size: int) -> str:
    return f"{size / 1e9:.2f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"
