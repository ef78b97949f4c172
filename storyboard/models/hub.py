"""Models that Hugging Face's tools have fetched, by their ids (`org/name`), from the local cache.

Nothing is fetched from here: the program uses no network. The cache keeps, below
`models--org--name`, the revision that a branch stands for in `refs/main`, and that revision's files
in `snapshots/REVISION`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}", re.ASCII)
_REVISION = re.compile(r"[0-9a-f]{7,64}")


def is_hub_id(name: str) -> bool:
    """Whether a name has the form of a hub id."""
    return _ID.fullmatch(name) is not None and ".." not in name


def hub_cache(environment: Mapping[str, str], home: Path) -> Path:
    """Where Hugging Face's tools keep what they fetch: HF_HUB_CACHE, or `hub` in HF_HOME, which is
    `huggingface` in XDG_CACHE_HOME, which is `~/.cache`."""
    if said := environment.get("HF_HUB_CACHE"):
        return Path(said)
    caches = environment.get("XDG_CACHE_HOME") or str(home / ".cache")
    return Path(environment.get("HF_HOME") or Path(caches) / "huggingface") / "hub"


def fetched(hub_id: str, cache: Path) -> Path | None:
    """The folder of a model's main revision, or of its only one; None where it is not there."""
    if not is_hub_id(hub_id):
        return None
    kept = cache / f"models--{hub_id.replace('/', '--')}"
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
    if not reference.is_file() or reference.stat().st_size > 200:
        return None
    revision = reference.read_text(encoding="ascii", errors="replace").strip()
    return revision if _REVISION.fullmatch(revision) else None
