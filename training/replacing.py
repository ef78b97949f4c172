"""A fresh export takes the place of the one before, and leaves nothing of it to be mistaken."""

from __future__ import annotations

from pathlib import Path


def replace_files(fresh: Path, home: Path) -> None:
    """Moves each of `fresh`'s files to its place below `home`. Of the folders that it has there,
    weights and indexes that are not among them go: a reader would take them for the model."""
    paths = sorted(path for path in fresh.rglob("*") if path.is_file())
    goals = {home / path.relative_to(fresh): path for path in paths}
    for goal, path in goals.items():
        goal.parent.mkdir(parents=True, exist_ok=True)
        path.chmod(0o644)
        path.replace(goal)
    for part in {goal.parent for goal in goals} - {home}:
        for stale in (*part.glob("*.safetensors"), *part.glob("*.index.json")):
            if stale not in goals:
                stale.unlink()
