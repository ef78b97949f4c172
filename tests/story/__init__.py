"""The room that reads stories."""
