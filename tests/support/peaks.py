"""How much memory Python takes for something: for files of which only so much may be read."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass
class Peak:
    """The most bytes that were held at once; known when the block has ended."""

    bytes: int = 0


@contextmanager
def peak() -> Iterator[Peak]:
    """Measures its block."""
    found = Peak()
    tracemalloc.start()
    try:
        yield found
    finally:
        found.bytes = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
