"""Weights from safetensors files into modules, with every name and shape checked first.

Modules are made without memory (on torch's `meta` device) and given the file's tensors, so nothing
is initialised at random first, and nothing that a file lacks can stay unnoticed.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file
from torch import Tensor, nn

from storyboard.errors import Mark, Problem, ProblemsError, argument_error
from storyboard.models.components import component_headers
from storyboard.models.header import ModelFileProblem, read_header
from storyboard.models.layouts import Stored

Weights = Mapping[str, Tensor]

_SHOWN = 4


def read_folder(folder: Path) -> dict[str, Tensor]:
    """A diffusers component's weights, as stored: one safetensors file, or shards by their index.

    Raises ProblemsError where there is none, a file is broken, or they are no whole together.
    Pickles are never opened.
    """
    try:
        files = component_headers(folder)
    except ModelFileProblem as error:
        raise argument_error(error.message, error.hint, file=str(folder)) from error
    weights: dict[str, Tensor] = {}
    for file in files:
        weights |= read_file(file)
    return weights


def read_file(path: Path) -> dict[str, Tensor]:
    """One safetensors file's tensors, on the CPU, as stored. Raises ProblemsError if broken."""
    try:
        read_header(path)
        return load_file(path)
    except ModelFileProblem as error:
        raise argument_error(error.message, error.hint, file=str(path)) from error
    except (SafetensorError, OSError, ValueError) as error:
        raise argument_error(f"cannot be read: {error}", file=str(path)) from error


def read_stored(weights: Mapping[str, Stored]) -> dict[str, Tensor]:
    """Weights from where a layout says they lie, on the CPU, as stored.

    Each is a view of its mapped file, so a checkpoint is in memory once, in the dtype that it is
    turned to. Raises ProblemsError where a file is broken.
    """
    by_file: dict[Path, list[str]] = {}
    for name, stored in weights.items():
        by_file.setdefault(stored.file, []).append(name)
    found: dict[str, Tensor] = {}
    for file, names in by_file.items():
        try:
            with safe_open(file, framework="pt") as tensors:
                for name in names:
                    found[name] = _as_weight(tensors.get_tensor(weights[name].key), weights[name])
        except (SafetensorError, OSError, ValueError) as error:
            raise argument_error(f"cannot be read: {error}", file=str(file)) from error
    return found


def _as_weight(tensor: Tensor, stored: Stored) -> Tensor:
    """Numbers lie in memory as they would if the file had the weight itself: what is computed from
    them is then the same bit for bit."""
    if stored.rows:
        tensor = tensor[stored.rows[0] : stored.rows[1]]
    if stored.transposed:
        tensor = tensor.T.contiguous()
    return tensor.reshape(stored.shape)


def read_json(path: Path) -> dict[str, Any]:
    """A component's configuration. Raises ProblemsError where it is missing or is no mapping."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise argument_error(f"cannot be read: {error}", file=str(path)) from error
    if not isinstance(found, dict):
        raise argument_error("must be a JSON object", file=str(path))
    return found


def from_config(make: Callable[..., Any], config: Mapping[str, Any], of: Path) -> nn.Module:
    """A diffusers module without memory, from the settings of its configuration that it knows.

    Raises ProblemsError where that makes no model.
    """
    settings = inspect.signature(make).parameters
    known = {name: value for name, value in config.items() if name in settings}
    return build(lambda: make(**known), of)


def build(make: Callable[[], Any], of: Path) -> nn.Module:
    """A module without memory. Raises ProblemsError, at `of`'s configuration, if it cannot be."""
    try:
        with torch.device("meta"):
            module: nn.Module = make()
    except Exception as error:  # a configuration may be wrong in any way, and so is the exception
        raise argument_error(
            f"describes no model that can be built: {error}",
            "get it again, or a newer storyboard",
            file=str(configuration_of(of)),
        ) from error
    return module


def fill(module: nn.Module, weights: Weights, dtype: torch.dtype, of: Path) -> None:
    """Gives a module made on the `meta` device its weights, turned to `dtype`, frozen, on the CPU.

    `of` is the file or folder that they came from. Raises ProblemsError, the module untouched,
    with all that is missing, too much, or of another shape than the module's configuration says.
    """
    problems = _misfits(module.state_dict(), weights, of)
    if problems:
        raise ProblemsError(problems)
    turned = {name: tensor.to(dtype) for name, tensor in weights.items()}
    module.load_state_dict(turned, strict=True, assign=True)
    module.requires_grad_(False).eval()


@contextmanager
def widened(module: nn.Module) -> Iterator[None]:
    """A module in float32 for a while: to widen is exact, and so is to narrow what was widened."""
    dtype = next(module.parameters()).dtype
    try:
        nn.Module.to(module, torch.float32)
        yield
    finally:
        nn.Module.to(module, dtype)


def configuration_of(of: Path) -> Path:
    """What says how a component is built: a folder's `config.json`, or a single file itself."""
    return of / "config.json" if of.is_dir() else of


def config_of(module: nn.Module) -> Any:
    """The configuration that diffusers and transformers hang on their modules."""
    return getattr(module, "config")  # noqa: B009 - their types do not tell


def _misfits(wanted: Weights, found: Weights, of: Path) -> list[Problem]:
    misshapen = [
        f"{name} is {_shape(found[name])}, must be {_shape(tensor)}"
        for name, tensor in wanted.items()
        if name in found and found[name].shape != tensor.shape
    ]
    complaints = (
        ("lacks weights that its configuration asks for", wanted.keys() - found.keys()),
        ("has weights that its configuration does not know", found.keys() - wanted.keys()),
        ("has weights of another shape than its configuration says", misshapen),
    )
    return [
        Problem(Mark(str(of)), f"{text}: {_some(names)}", "config and weights belong together")
        for text, names in complaints
        if names
    ]


def _shape(tensor: Tensor) -> str:
    return "x".join(str(side) for side in tensor.shape) or "a number"


def _some(names: Iterable[str]) -> str:
    listed = sorted(names)
    rest = f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
    return ", ".join(listed[:_SHOWN]) + rest
