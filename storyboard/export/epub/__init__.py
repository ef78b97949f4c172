"""EPUB 3 with a fixed layout: a page is a picture, with its words over it, unseen."""

from storyboard.export.epub.archive import write_epub

__all__ = ["write_epub"]
