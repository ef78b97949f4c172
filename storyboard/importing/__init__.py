"""Pictures become a story: each one's recipe is a panel's."""

from storyboard.importing.pictures import Written, story_from

__all__ = ["Written", "story_from"]
