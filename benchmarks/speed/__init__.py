"""The plain script that storyboard is measured against, and what both draw."""
