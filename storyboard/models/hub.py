"""The Hugging Face hub as this machine knows it: ids (`org/name`), and what its tools have fetched.

Nothing is fetched from here; `fetching` does that. The cache keeps, below `models--org--name`, the
revision that a branch stands for in `refs/main`, and that revision's files in `snapshots/REVISION`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from storyboard.models.scan import without_ending

_PART = r"[A-Za-z0-9](?:[\w.-]{0,94}\w)?"
_ID = re.compile(f"{_PART}/{_PART}", re.ASCII)
_REVISION = re.compile(r"[0-9a-f]{7,64}")
_ENDPOINT = "https://huggingface.co"
_TRUE = ("1", "ON", "YES", "TRUE")


@dataclass(frozen=True, slots=True)
class Hub:
    """Where the hub is, where what was fetched from it is kept, and whether it may be asked."""

    cache: Path
    endpoint: str = _ENDPOINT
    offline: bool = True


def hub_of(environment: Mapping[str, str], home: Path, offline: bool) -> Hub:
    """The hub as the variables of Hugging Face's tools say; HF_HUB_OFFLINE (or, as they have it,
    TRANSFORMERS_OFFLINE) counts as well as `offline`."""
    said = environment.get("HF_HUB_OFFLINE") or environment.get("TRANSFORMERS_OFFLINE") or ""
    endpoint = (environment.get("HF_ENDPOINT") or _ENDPOINT).rstrip("/")
    return Hub(hub_cache(environment, home), endpoint, offline or said.upper() in _TRUE)


def is_hub_id(name: str) -> bool:
    """Whether a name has the form of a hub id. A model file's name in a folder has not."""
    if _ID.fullmatch(name) is None or ".." in name or "--" in name:
        return False
    return not name.endswith(".git") and without_ending(name) == name


def hub_cache(environment: Mapping[str, str], home: Path) -> Path:
    """Where Hugging Face's tools keep what they fetch: HF_HUB_CACHE (once HUGGINGFACE_HUB_CACHE),
    or `hub` in HF_HOME, which is `huggingface` in XDG_CACHE_HOME, which is `~/.cache`."""
    for variable in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
        if said := environment.get(variable):
            return _expanded(said)
    caches = environment.get("XDG_CACHE_HOME") or str(home / ".cache")
    return _expanded(environment.get("HF_HOME") or str(Path(caches) / "huggingface")) / "hub"


def kept_in(cache: Path, hub_id: str) -> Path:
    """The folder of the cache that is a model's own, whether or not it is there."""
    return cache / f"models--{hub_id.replace('/', '--')}"


def fetched(hub_id: str, cache: Path) -> Path | None:
    """The folder of a model's main revision, or of its only one; None where it is not there. A
    fetch that was broken off may have left a part of it."""
    if not is_hub_id(hub_id):
        return None
    kept = kept_in(cache, hub_id)
    try:
        revision = _main(kept)
        if revision is not None:
            folder = kept / "snapshots" / revision
            return folder if folder.is_dir() else None
        snapshots = [path for path in (kept / "snapshots").iterdir() if path.is_dir()]
    except OSError:
        return None
    return snapshots[0] if len(snapshots) == 1 else None


def how_to_fetch(hub_id: str) -> str:
    """The command that fetches a model, as a hint."""
    return f"run: hf download {hub_id}"


def _main(kept: Path) -> str | None:
    reference = kept / "refs" / "main"
    if not reference.is_file():
        return None
    revision = reference.read_text(encoding="ascii", errors="replace").strip()
    return revision if _REVISION.fullmatch(revision) else None


def _expanded(path: str) -> Path:
    """With its `~` and variables filled in, as the tools do."""
    return Path(os.path.expandvars(Path(path).expanduser()))
