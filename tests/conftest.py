"""What all tests share."""

from __future__ import annotations

import os
import signal

from hypothesis import settings

# Several test processes that each use every core wait for each other most of the time. This must
# be said before torch is imported.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")

# A busy machine is slow, not wrong: no example fails for the time that it took.
settings.register_profile("storyboard", deadline=None)
settings.load_profile("storyboard")

# A shell that starts the suite in the background makes it deaf to Ctrl-C, which some tests send.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
