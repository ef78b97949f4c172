"""Laying out, lettering and drawing pages."""
