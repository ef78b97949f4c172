"""A book as one HTML file that reads itself: pages, style and script within, no network."""

from storyboard.export.reader.page import write_reader

__all__ = ["write_reader"]
