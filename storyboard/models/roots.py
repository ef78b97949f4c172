"""The model path: which folders are searched for models, in their order."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import storyboard
from storyboard.errors import argument_error

ENVIRONMENT = "STORYBOARD_MODELS"


def builtin_root() -> Path:
    """The models that ship with the package."""
    return _builtin() / "models"


def builtin_tokenizer() -> Path:
    """CLIP's own tokenizer, for checkpoints that come without one."""
    return _builtin() / "tokenizers" / "clip"


def builtin_configuration(family: str) -> Path:
    """A family's configurations (`unet/config.json` and so on), for checkpoints without any."""
    return _builtin() / "configs" / family


def model_roots(
    options: Sequence[Path],
    environment: Mapping[str, str],
    story_directory: Path | None,
    working_directory: Path,
) -> list[Path]:
    """The folders to search, the first that has a name wins, each once, the built-in one last.

    These are `--models` in its order, the folders of STORYBOARD_MODELS (separated as in PATH), and
    where they exist `models/` beside the story and in the working folder. Relative paths are the
    working folder's. Raises `ProblemsError` where a folder that was asked for is not there.
    """
    roots = asked_roots(options, environment, working_directory)
    beside = [] if story_directory is None else [working_directory / story_directory / "models"]
    roots += [path for path in (*beside, working_directory / "models") if path.is_dir()]
    return _each_once([*roots, builtin_root()])


def asked_roots(
    options: Sequence[Path], environment: Mapping[str, str], working_directory: Path
) -> list[Path]:
    """Those that the user has named. Raises `ProblemsError` where one is not there."""
    asked = [(path, "--models") for path in options]
    listed = environment.get(ENVIRONMENT, "").split(os.pathsep)
    asked += [(Path(text), ENVIRONMENT) for text in listed if text]
    return [_asked_for(working_directory / path, source) for path, source in asked]


def _builtin() -> Path:
    return Path(storyboard.__file__).parent / "builtin"


def _asked_for(path: Path, source: str) -> Path:
    if not path.is_dir():
        raise argument_error(f"there is no folder {path}", f"{source} names it", file=source)
    return path


def _each_once(paths: Sequence[Path]) -> list[Path]:
    found: dict[Path, Path] = {}
    for path in paths:
        found.setdefault(path.resolve(), path)
    return list(found.values())
