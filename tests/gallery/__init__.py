"""Tests of the pictures in the guides."""
