"""The only rooms with torch: loading, encoding, adapters, samplers, drawing."""

from __future__ import annotations

import os

# torch's threads wait for one another by spinning, on Linux for about a millisecond (GNU OpenMP).
# Where other programs keep the processor busy, that burns the very time the others wait for: an
# evaluation of the built-in model took 2 to 4 s on two busy cores, and 0.4 s with a short spin.
# It is read when torch is first imported, so it must stand here, before any module below.
if "OMP_WAIT_POLICY" not in os.environ:
    os.environ.setdefault("GOMP_SPINCOUNT", "10000")
