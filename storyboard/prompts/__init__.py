"""From an author's words to prompts: templates, the WebUI's grammar, LoRA tags."""
