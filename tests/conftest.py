"""What all tests share."""

from __future__ import annotations

from hypothesis import settings

# A busy machine is slow, not wrong: no example fails for the time that it took.
settings.register_profile("storyboard", deadline=None)
settings.load_profile("storyboard")
