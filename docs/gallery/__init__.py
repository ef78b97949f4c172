"""The pictures of the guides, each drawn from a story: `python -m docs.gallery layouts`."""
