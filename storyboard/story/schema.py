"""What JSON Schema does not know of the story format: a key with nothing after it is not said."""

from __future__ import annotations

from typing import Any

_NULL = {"type": "null"}


def for_editors(schema: dict[str, Any]) -> dict[str, Any]:
    """A model's schema (draft 2020-12) as the reader takes files: unsaid keys, names as keys."""
    for model in (schema, *schema["$defs"].values()):
        required = model.get("required", ())
        for name, value in model["properties"].items():
            for form in value.get("anyOf", value.get("oneOf", [value])):
                _close_names(form)
            model["properties"][name] = value if name in required else _or_null(value)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | schema


def _close_names(form: dict[str, Any]) -> None:
    """A mapping from names takes nothing but names; a name with nothing after it has defaults."""
    named = form.get("patternProperties")
    if named is None:
        return
    form["additionalProperties"] = False
    for pattern, value in named.items():
        named[pattern] = _or_null(value) if "$ref" in value else value


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema, null admitted; what is said about the value stays at the outside."""
    if _NULL in schema.get("anyOf", ()):
        return schema
    said = {key: schema[key] for key in ("title", "description", "default") if key in schema}
    form = {key: value for key, value in schema.items() if key not in said}
    return said | {"anyOf": [form, _NULL]}
