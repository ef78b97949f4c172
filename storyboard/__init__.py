"""A batch production pipeline for comic stories: YAML in, lettered comic pages out."""

__version__ = "0.1.0"
