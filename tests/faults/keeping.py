"""Keeps one picture after the other until it is killed, and says which are safe.

python -m tests.faults.keeping FOLDER COUNT [BROKEN]
"""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path

from storyboard.store import LATENT, PICTURE, Store
from tests.faults.doors import Broken, broken


def files_of(number: int) -> tuple[str, dict[str, bytes]]:
    """The digest and files of a picture."""
    chance = random.Random(number)
    digest = f"{chance.getrandbits(256):064x}"
    return digest, {PICTURE: chance.randbytes(30_000), LATENT: chance.randbytes(9_000)}


def main(folder: Path, count: int, how: Broken | None) -> None:
    """Keeps `count` pictures, then waits to be killed."""
    store = Store(folder / "output" / ".store")
    with broken(how), store.writing():
        for number in range(count):
            digest, files = files_of(number)
            store.put(digest, files, {"number": number})
            print(number, flush=True)
        print("all", flush=True)
        time.sleep(600)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), Broken(sys.argv[3]) if sys.argv[3:] else None)
