"""From an author's words to prompts: templates, the WebUI's grammar, LoRA tags."""

from storyboard.prompts.attention import parse_attention
from storyboard.prompts.chunks import chunks

__all__ = ["chunks", "parse_attention"]
