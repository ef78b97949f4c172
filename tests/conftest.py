"""What all tests share."""

from __future__ import annotations

import os

from hypothesis import settings

# Several test processes that each use every core wait for each other most of the time. This must
# be said before torch is imported.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")

# A busy machine is slow, not wrong: no example fails for the time that it took.
settings.register_profile("storyboard", deadline=None)
settings.load_profile("storyboard")
