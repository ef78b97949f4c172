"""Measures what a model draws, with probes trained on art whose truth is known."""
