"""LoRA files: what they change, of which family they are, and whether they fit. No torch."""
