"""HTML files that stand alone: a template, its style and its script from a package, all within one
file; and text that a browser reads back as it was."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup, escape

_NOT_HTML = re.compile("[\0\ud800-\udfff]")


@cache
def page_template(package: str) -> Template:
    """`page.html` of a package, which finds there `style` and `script` (`page.css`, `page.js`) and,
    for its Content-Security-Policy, their `style_hash` and `script_hash`."""
    environment = Environment(
        autoescape=True,
        finalize=_safe,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= _FILTERS
    for name, file in (("style", "page.css"), ("script", "page.js")):
        text = _own(package, file)
        environment.globals[name] = Markup(text)
        environment.globals[f"{name}_hash"] = _hash(text)
    return environment.from_string(_own(package, "page.html"))


_FILTERS: Mapping[str, Callable[[float], str]] = {"weight": "{:g}".format, "score": "{:.3g}".format}


def _own(package: str, name: str) -> str:
    """A file of a package; its lines end in one way however it was checked out."""
    return (files(package) / name).read_text("utf-8")


def _safe(value: object) -> object:
    """Text as HTML that a browser reads back as it was: also line ends, which it would make one
    kind, and what HTML cannot hold."""
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    whole = _NOT_HTML.sub("\ufffd", value)
    return Markup(str(escape(whole)).replace("\r", "&#13;").replace("\n", "&#10;"))


def _hash(text: str) -> str:
    """What the page's policy lets through, and nothing else."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode()}"
