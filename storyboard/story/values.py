"""The story file's field types: how one scalar's text becomes a value.

YAML's own guesses (`No` is false, `1:30` is 90) never come in: every scalar arrives as the text
that was written, and the field's type decides. `Plain` is a text that stood without quotes; only
such a text can mean "nothing here" or, for the author's own variables, a number.
"""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from storyboard.geometry import Size

TEXT_LIMIT = 20_000
LIST_LIMIT = 200
SIDE_MIN, SIDE_MAX = 16, 8192
NAME_LIMIT = 64
NULLS = frozenset({"", "~", "null", "Null", "NULL"})


class Plain(str):
    """A scalar's text that stood in the file without quotes."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Words:
    """A type's name for people: "`x` must be {text}"."""

    text: str


def is_null(value: object) -> bool:
    """Whether the author wrote nothing at all, or YAML's word for it, without quotes."""
    return isinstance(value, Plain) and value in NULLS


def wrong_form() -> PydanticCustomError:
    """The value is none of the forms that the field takes; the field's words tell them."""
    return PydanticCustomError("wrong_form", "has none of the forms that are taken here")


def refused(sentence: str) -> PydanticCustomError:
    """The form is right and the value is not: `sentence` goes on after the key's name."""
    return PydanticCustomError("refused", "{sentence}", {"sentence": sentence})


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise wrong_form()
    return str(value)


def _layout(value: object) -> str:
    """A layout's rows without comments: inside a block of text YAML leaves a `# ...` in."""
    rows = re.sub(r"(^|[ \t])#.*", "", _text(value), flags=re.MULTILINE).split("\n")
    return "\n".join(row.rstrip() for row in rows)


def _size(value: object) -> Size:
    if isinstance(value, Size):
        return value
    match = re.fullmatch(r"\s*(\d{1,6})\s*[xX×]\s*(\d{1,6})\s*", _text(value), re.ASCII)
    if not match:
        raise wrong_form()
    size = Size(int(match[1]), int(match[2]))
    if not all(SIDE_MIN <= side <= SIDE_MAX for side in (size.width, size.height)):
        raise refused(f"has a side that is not {SIDE_MIN} to {SIDE_MAX} pixels: {size}")
    return size


def _auto_or_size(value: object) -> Literal["auto"] | Size:
    return "auto" if value == "auto" else _size(value)


@dataclass(frozen=True, slots=True)
class Anchor:
    """A place in a panel as fractions of its width and height, from the top left corner."""

    x: float
    y: float


_ACROSS = {"left": 0.0, "right": 1.0}
_DOWN = {"top": 0.0, "bottom": 1.0}
_BOTH = {"center": 0.5, "centre": 0.5, "middle": 0.5}


def _fraction(word: str, names: dict[str, float]) -> float:
    """A named side, a percentage or a fraction, as a fraction."""
    if word in names:
        return names[word]
    match = re.fullmatch(r"(\d{1,9}(?:\.\d{0,9})?|\.\d{1,9})(%?)", word, re.ASCII)
    if not match:
        raise wrong_form()
    value = float(match[1]) / (100 if match[2] else 1)
    if value > 1:
        raise refused(f"lies outside of the panel: `{word}` (0% to 100%, or 0 to 1)")
    return value


def _anchor(value: object) -> Anchor:
    if isinstance(value, Anchor):
        return value
    words = _text(value).lower().replace(",", " ").split()
    if len(words) == 1 and not words[0][0].isdigit():
        words.append("center")
    if len(words) != 2:
        raise wrong_form()
    across, down = words
    if across in _DOWN or down in _ACROSS:
        across, down = down, across
    return Anchor(_fraction(across, _ACROSS | _BOTH), _fraction(down, _DOWN | _BOTH))


def is_name(text: str) -> bool:
    """Whether `text` can name a file on every system: letters of any language, digits, `_`, `-`."""
    return (
        0 < len(text) <= NAME_LIMIT
        and len(text.encode()) <= 3 * NAME_LIMIT
        and (text[0] == "_" or text[0].isalnum())
        and all(sign in "_-" or unicodedata.category(sign)[0] in "LNM" for sign in text)
    )


def _name(value: str) -> str:
    if not is_name(value):
        raise wrong_form()
    return value


_DEVICES = frozenset(
    {"con", "prn", "aux", "nul"} | {f"{port}{n}" for port in ("com", "lpt") for n in range(10)}
)


def is_device(name: str) -> bool:
    """Whether Windows keeps this name for a device, so that no folder can have it."""
    return name.casefold() in _DEVICES


def _folder_name(value: str) -> str:
    if is_device(value):
        raise refused(f"cannot be `{value}`: Windows keeps that name for itself")
    return value


def _number(text: str) -> int | float | None:
    """A plain scalar's number by YAML 1.2's core schema, or None where it is none."""
    if len(text) > 40:
        return None
    for pattern, base in (
        (r"[-+]?[0-9]+", 10),
        (r"0o[0-7]+", 8),
        (r"0x[0-9a-fA-F]+", 16),
    ):
        if re.fullmatch(pattern, text, re.ASCII):
            return int(text, base)
    if re.fullmatch(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", text, re.ASCII):
        return float(text)
    return None


VariableScalar = str | int | float | bool


def _variable_scalar(value: object) -> VariableScalar:
    """One value; a plain scalar is read by YAML 1.2's core schema (`No` is text, `true` is not)."""
    if isinstance(value, (bool, int)) or (isinstance(value, float) and math.isfinite(value)):
        return value
    if not isinstance(value, str) or is_null(value):
        raise wrong_form()
    if len(value) > TEXT_LIMIT:
        raise refused(f"is too long: at most {TEXT_LIMIT:,} characters")
    if not isinstance(value, Plain):
        return value
    if value.lower() in ("true", "false") and value in (
        value.lower(),
        value.title(),
        value.upper(),
    ):
        return value.lower() == "true"
    number = _number(value)
    infinite = re.fullmatch(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)", value)
    if infinite or (number is not None and not math.isfinite(number)):
        raise refused(f"must be finite, not `{value}`")
    return str(value) if number is None else number


def _variable(value: object) -> VariableScalar | tuple[VariableScalar, ...]:
    if not isinstance(value, (list, tuple)):
        return _variable_scalar(value)
    if len(value) > LIST_LIMIT:
        raise refused(f"is too long: at most {LIST_LIMIT} items")
    return tuple(_variable_scalar(item) for item in value)


TEXT = Words("text")
_TEXT_SCHEMA = {"type": ["string", "number", "boolean"]}

Text = Annotated[
    str,
    BeforeValidator(_text),
    Field(max_length=TEXT_LIMIT),
    WithJsonSchema(_TEXT_SCHEMA),
    TEXT,
]
"""Text to the letter: an unquoted `No`, `1:30`, `0123` or `null` stays what was written."""

LayoutText = Annotated[
    str,
    BeforeValidator(_layout),
    Field(max_length=TEXT_LIMIT),
    WithJsonSchema(_TEXT_SCHEMA),
    TEXT,
]
"""A page's layout; comments after a `#` are not part of it."""

FiniteFloat = Annotated[float, Field(allow_inf_nan=False)]
"""A number that is neither infinite nor NaN."""

Seed = Annotated[int, Field(ge=0, le=2**32 - 1)]
"""A seed of 32 bits, 0 to 4294967295."""

_SIZE_SCHEMA = {"type": "string", "pattern": r"^\s*[0-9]+\s*[xX×]\s*[0-9]+\s*$"}

PictureSize = Annotated[
    Size,
    PlainValidator(_size),
    WithJsonSchema(_SIZE_SCHEMA),
    Words("width x height in pixels, such as 448x640"),
]
"""Width and height in pixels, 16 to 8192 each."""

AutoSize = Annotated[
    Literal["auto"] | Size,
    PlainValidator(_auto_or_size),
    WithJsonSchema({"anyOf": [{"const": "auto"}, _SIZE_SCHEMA]}),
    Words("`auto`, or width x height in pixels, such as 448x640"),
]
"""A size, or `auto` for one that follows from the panel's cell."""

Place = Annotated[
    Anchor,
    PlainValidator(_anchor),
    WithJsonSchema({"type": ["string", "number"]}),
    Words("a place such as `top right`, `center` or `70% 20%`"),
]
"""An anchor, written as sides, percentages or fractions."""

# In the schema's dialect `\w` knows ASCII only, so there the signs that are *not* taken are told.
_NAME_SCHEMA = {
    "type": ["string", "integer"],
    "maxLength": NAME_LIMIT,
    "pattern": r"^[^\s!-/:-@\[-\^`{-~-][^\s!-,./:-@\[-\^`{-~]*$",
}

Name = Annotated[
    str,
    AfterValidator(_name),
    WithJsonSchema(_NAME_SCHEMA),
    Words(f"a name (letters, digits, `_` and `-`, at most {NAME_LIMIT})"),
]
"""A name that can be part of a file's name on every system."""

FolderName = Annotated[
    str,
    AfterValidator(_name),
    AfterValidator(_folder_name),
    WithJsonSchema(_NAME_SCHEMA),
    Words(f"a name (letters, digits, `_` and `-`, at most {NAME_LIMIT})"),
]
"""A name that can be a folder's on every system, Windows' device names left out."""

_SCALAR_SCHEMA = {"type": ["string", "number", "boolean"]}

Variable = Annotated[
    VariableScalar | tuple[VariableScalar, ...],
    PlainValidator(_variable),
    WithJsonSchema(
        {"anyOf": [_SCALAR_SCHEMA, {"type": "array", "items": _SCALAR_SCHEMA, "maxItems": 200}]}
    ),
    Words("text, a number, true or false, or a list of those"),
]
"""The author's own value for templates; lists become tuples."""

FileName = Annotated[
    str,
    Field(min_length=1, max_length=1024),
    Words("a name or a path"),
]
"""A model file's name on the model path, or a path."""

Language = Annotated[
    str,
    Field(pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$"),
    Words("a language's code such as en, zh-Hant or ar"),
]
"""A BCP 47 language tag."""

BUILT_IN_VARIABLES = {
    "title": "the story's title",
    "page": "the page's number, from 1",
    "panel": "the panel's name",
    "names": "the names of the panel's characters, for conditions and loops",
    "shot": "the panel's `shot`",
    "characters": "the prompts of the panel's characters, joined by commas",
    "scene": "the panel's `scene`",
    "styles": "the prompts of the panel's styles, joined by commas",
    "quality": "the `quality` template, filled in (known to `prompt` and `negative`)",
    "prompt": "the preview's prompt (known to `negative`, and in `final`)",
    "negative": "the preview's negative prompt (known in `final`)",
    "vars": "the author's own variables: `vars.season` is `season`",
}
"""What a template knows beside the author's own variables, with a word on each."""
