"""JSON files that end with the sha256 of all that stands before it: no changed bit goes unseen."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

_SEAL = re.compile(rb',\n "sha256": "([0-9a-f]{64})"\n}\n\Z')

_UNSEALED = 1


def sealed(text: str) -> bytes:
    """A JSON object's text in ASCII, not an empty one, with its seal as the last key."""
    body = text.rstrip().removesuffix("}").rstrip().encode("ascii")
    return body + f',\n "sha256": "{_sha256(body)}"\n}}\n'.encode("ascii")


def unsealed(data: bytes, form: int) -> Any:
    """The object in a sealed file whose `format` is `form`; one of format 1 has no seal.

    Raises ValueError, KeyError, TypeError or RecursionError where it is not as it was written.
    """
    document = json.loads(data)
    if document["format"] == _UNSEALED:
        return document
    seal = _SEAL.search(data)
    if seal is None or _sha256(data[: seal.start()]) != seal[1].decode("ascii"):
        raise ValueError("it is not as it was written")
    if document["format"] != form:
        raise ValueError("it is of another form")
    return document


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
