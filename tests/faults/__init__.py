"""Deliberate breakage: kills, flipped bits, full disks."""
