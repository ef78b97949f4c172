"""Laying out and lettering pages: pure geometry, then one list of drawing commands."""
