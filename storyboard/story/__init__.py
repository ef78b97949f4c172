"""The authored side: YAML with positions, the models, the JSON Schema."""
