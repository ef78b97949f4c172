"""The reference of the story format in Markdown: generated from the models, so it cannot lag."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any, get_args, get_origin

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from storyboard.prompts.filters import FILTERS
from storyboard.story.base import Model
from storyboard.story.model import DrawingSettings, Story
from storyboard.story.shapes import ModelType, all_models, field_types, forms, models_in, words
from storyboard.story.values import BUILT_IN_VARIABLES

_INTRODUCTION = """\
# The story format

This page is generated from the models by `storyboard.story.reference`; do not edit it by hand.

A story is one YAML file, UTF-8. Everything has a default but `title` and `pages`. Unknown keys,
keys said twice, YAML tags and merge keys (`<<`) are refused.

- A value is read by what its key asks for: a balloon that says `No` says "No", `1:30` and `0123`
  are text where text is asked for, and `7` and `7.0` are one number.
- A key with nothing after it is not said at all. `null` and `~` are the same, but where text is
  asked for they are text.
- Put text in quotes that begins with one of `{ [ * & ! % @` or a backtick, or that holds `: ` or
  ` #`; inside `{ }` also text that holds a comma.
- Names (of characters, styles, panels, variables) are letters of any language, digits, `_` and
  `-`, at most 64. Names on one page that differ only by case are refused, as many systems take
  them for one file's.
- `include` builds on other files in the story's folder or below it. Mappings are merged key by
  key, lists and `pages` are replaced; a later file wins over an earlier one, and the including
  file over all.
"""

_TEMPLATES = """\
## Templates

`prompt`, `negative` and `quality` are templates: `{{ name }}` puts a value in, `{% if name %} ...
{% endif %}` chooses, `{% for name in names %} ... {% endfor %}` goes through a list. What is put
in stays to the letter and is never rendered again. Where an empty value was put in, the template's
comma beside it goes, and so does a bracket of the template's around nothing,
`({{ styles }}:1.2)`. A name that nobody knows is an error; `{{ name | default("...") }}` is not.

A template calls, computes and sets nothing. These names are known, beside the author's own `vars`:
"""


_CHECKPOINTS = """\
## What a checkpoint says of itself

A checkpoint may recommend settings of its own. A diffusers folder has them in `storyboard.json`, a
single file in `NAME.storyboard.json` beside `NAME.safetensors`:

```json
{
  "settings": {
    "sampler": {"name": "Euler a", "steps": 24, "cfg": 5},
    "final": {"upscaler": "my-upscaler", "denoise": 0.3, "steps": 12},
    "quality": "(masterpiece), (best quality)",
    "negative": "(worst quality, low quality:1.4)"
  },
  "vocabulary": {"people": ["1girl", "1boy"], "places": ["harbour", "city street"]}
}
```

`sampler`, `final`, `quality` and `negative` are read as they are in a story. What a panel says wins
over its page, the page over the story, the story over the checkpoint, and that over the defaults;
the upscaler `default` is the checkpoint's own, or else `lanczos`. `storyboard models NAME` shows
them.

A checkpoint that knows few words may declare them as a `vocabulary`, in groups of any name; words
that only hold others together may be its group `filler`. `storyboard check` then hints at words of
prompts that it does not know. The trigger words of LoRAs in use, and those they were trained with
as their metadata count them (`ss_tag_frequency`), are known as well. Nothing of this file is part
of a picture's recipe, but for the settings as they are resolved: to change a word draws nothing.
"""


def reference_markdown() -> str:
    """The whole page."""
    models = list(all_models(Story))
    sections = [_section(model) for model in models if issubclass(model, Model)]
    shared = _section(DrawingSettings)
    parts = [_INTRODUCTION, sections[0], shared, *sections[1:], _templates(), _CHECKPOINTS]
    return "\n".join(part.strip() + "\n" for part in parts)


def _section(model: type[Model]) -> str:
    documentation = " ".join((model.__doc__ or "").split())
    title = "The story" if model is Story else model.called
    lines = [f"## {_capital(title)}", "", documentation]
    elsewhere: Collection[str] = ()
    if model is not DrawingSettings and issubclass(model, DrawingSettings):
        elsewhere = DrawingSettings.model_fields
        shared = _link("the story, a page or a panel", DrawingSettings.called)
        lines.append(f"It also has the keys of {shared}.")
    lines += ["", "| key | value | default | |", "| --- | --- | --- | --- |"]
    lines += [
        f"| `{name}` | {_cell(_type(annotation))} | {_default(model.model_fields[name])} | "
        f"{_cell(model.model_fields[name].description)} |"
        for name, annotation in field_types(model).items()
        if name not in elsewhere
    ]
    return "\n".join(lines)


def _type(annotation: Any) -> str:
    """The type in words, with a link to each mapping that it may be."""
    text = words(annotation, _model_link)
    items = [get_args(form)[0] for form in forms(annotation) if get_origin(form) is list]
    models = [model for form in (annotation, *items) for model in models_in(form)]
    links = [link for link in map(_model_link, dict.fromkeys(models)) if link not in text]
    return f"{text}: {', '.join(links)}" if links else text


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "must be said"
    value = field.default
    if value is PydanticUndefined or value in (None, "") or isinstance(value, Model):
        return ""
    return f"`{str(value).lower()}`"


def _model_link(model: ModelType) -> str:
    called = model.called if issubclass(model, Model) else model.__name__
    return _link(f"the keys of {called}" if called.startswith("`") else called, called)


def _link(text: str, called: str) -> str:
    anchor = re.sub(r"[^\w\- ]", "", called.lower()).replace(" ", "-")
    return f"[{text}](#{anchor})"


def _cell(text: str | None) -> str:
    return (text or "").replace("|", "\\|")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _templates() -> str:
    names = [f"| `{name}` | {meaning} |" for name, meaning in BUILT_IN_VARIABLES.items()]
    filters = [f"| `{name}` | {one.description} |" for name, one in FILTERS.items()]
    return "\n".join(
        [
            _TEMPLATES,
            "| name | |",
            "| --- | --- |",
            *names,
            "",
            "and these filters, as in `{{ names | join(' and ') }}`:",
            "",
            "| filter | |",
            "| --- | --- |",
            *filters,
        ]
    )
