"""What stands beside a model file about it: NAME.json (WebUI), NAME.civitai.info, its metadata.

All of it was written by strangers and may be missing, broken or huge; nothing in it can fail a
story, so what cannot be read becomes a note.
"""

from __future__ import annotations

import json
import math
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_MOST_BYTES = 4 * 1024 * 1024
_MOST_LETTERS = 500
_MOST_OF_A_PROMPT = 4_000


@dataclass(frozen=True, slots=True)
class SideFacts:
    """Trigger words, the weight that its owner prefers, a negative prompt, a description.

    `activation` is what the WebUI puts into the prompt with the LoRA, to the letter but in one
    line; only the WebUI's own file says it. The others' words are told, and left to the author:
    they are often alternatives.
    """

    trigger_words: tuple[str, ...] = ()
    activation: str = ""
    preferred_weight: float | None = None
    negative: str = ""
    description: str = ""
    notes: tuple[str, ...] = ()


def side_files_of(path: Path) -> tuple[Path, Path]:
    """The files that may stand beside a model file: the WebUI's, and Civitai's."""
    return path.with_name(path.stem + ".json"), path.with_name(path.stem + ".civitai.info")


def read_side_files(path: Path, metadata: Mapping[str, str]) -> SideFacts:
    """Reads what stands beside the model file `path`; the WebUI's own file wins."""
    notes: list[str] = []
    settings, civitai = (_read(file, notes) for file in side_files_of(path))
    words = (
        _words([settings.get("activation text")])
        or _words(civitai.get("trainedWords"))
        or _words([metadata.get("modelspec.trigger_phrase")])
    )
    description = settings.get("description") or metadata.get("modelspec.description")
    return SideFacts(
        words,
        _prompt_text(settings.get("activation text")),
        _weight(settings.get("preferred weight")),
        _prompt_text(settings.get("negative text")),
        plain_text(description),
        tuple(notes),
    )


def read_mapping(path: Path) -> dict[str, Any]:
    """A small JSON file that holds a mapping; empty where there is none.

    Raises ValueError, with the reason, where it is there but broken.
    """
    try:
        state = path.stat()
        if not stat.S_ISREG(state.st_mode):  # to open a pipe would wait for ever
            raise ValueError("it is no file")
        if state.st_size > _MOST_BYTES:
            raise ValueError(f"it has over {_MOST_BYTES:,} bytes")
        value = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ValueError(error.strerror or str(error)) from error
    except RecursionError as error:
        raise ValueError(str(error)) from error
    if not isinstance(value, dict):
        raise ValueError("it holds no mapping")
    return value


def _read(path: Path, notes: list[str]) -> dict[str, Any]:
    try:
        return read_mapping(path)
    except ValueError as error:
        notes.append(f"{path.name} was left out: {plain_text(str(error))}")
        return {}


def _words(texts: object) -> tuple[str, ...]:
    """The words of texts that separate them by commas, each once."""
    if not isinstance(texts, list):
        return ()
    words = (word for text in texts if isinstance(text, str) for word in text.split(","))
    return tuple(dict.fromkeys(clean for word in words if (clean := plain_text(word))))


def _weight(value: object) -> float | None:
    """0 is how the WebUI writes "none"."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        weight = float(value)
    except (ValueError, OverflowError):
        return None
    return weight if math.isfinite(weight) and weight != 0 else None


def plain_text(value: object, most: int = _MOST_LETTERS) -> str:
    """Printable text in one line: control characters would reach the terminal."""
    if not isinstance(value, str):
        return ""
    line = " ".join(value[: 4 * most].split())
    return "".join(letter for letter in line if letter.isprintable())[:most]


def _prompt_text(value: object) -> str:
    """A part of a prompt, without a comma that only waits for what comes next."""
    return plain_text(value, _MOST_OF_A_PROMPT).rstrip(" ,")
