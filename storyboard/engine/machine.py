"""This machine, as far as drawing is concerned: what there is, and what will be slow and why."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from importlib.metadata import version

import torch

from storyboard.engine.devices import available, placement

_GIBI = 1024**3
_LITTLE_MEMORY = 8 * _GIBI
_LITTLE_GPU_MEMORY = 4 * _GIBI


@dataclass(frozen=True, slots=True)
class Machine:
    """What `doctor` tells. Memory is in GiB, 0 where it cannot be told.

    `device` and `dtype` are what `auto` means here; `slow` are sentences.
    """

    torch: str
    diffusers: str
    transformers: str
    devices: tuple[str, ...]
    device: str
    dtype: str
    cores: int
    threads: int
    memory_gib: float
    slow: tuple[str, ...]


def describe() -> Machine:
    """Looks at this machine; draws nothing."""
    placed = placement()
    memory = _memory()
    return Machine(
        torch=str(torch.__version__),
        diffusers=version("diffusers"),
        transformers=version("transformers"),
        devices=tuple(_described(kind) for kind in available()),
        device=str(placed.device),
        dtype=str(placed.unet).removeprefix("torch."),
        cores=_cores(),
        threads=torch.get_num_threads(),
        memory_gib=round(memory / _GIBI, 1),
        slow=tuple(_slow(placed.device, memory, _load(), _cores())),
    )


def _slow(device: torch.device, memory: int, load: float, cores: int) -> list[str]:
    """What will be slow here, and why."""
    found = []
    if device.type == "cpu":
        found.append(
            "no GPU that torch can use: the built-in model draws a preview in seconds, "
            "a Stable Diffusion checkpoint takes minutes"
        )
        if shutil.which("nvidia-smi"):
            found.append("there is an NVIDIA driver, but this torch is built without CUDA")
        if load > 1.5 * cores:
            found.append(
                f"other programs keep the processor busy (load {load:.1f} on {cores} cores): "
                "drawing may take several times as long"
            )
    if device.type == "cuda" and _gpu_memory() < _LITTLE_GPU_MEMORY:
        found.append("the GPU has little memory: large finals may not fit")
    if 0 < memory < _LITTLE_MEMORY:
        found.append(f"only {memory / _GIBI:.1f} GiB of memory: a checkpoint may not fit")
    return found


def _described(kind: str) -> str:
    if kind != "cuda":
        return kind
    return f"cuda: {torch.cuda.get_device_name()}, {_gpu_memory() / _GIBI:.0f} GiB"


def _gpu_memory() -> int:
    return int(torch.cuda.get_device_properties(0).total_memory)


def _cores() -> int:
    """The processor's cores that this program may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _load() -> float:
    """How many programs want the processor, over the last minute; 0 where the system has no such
    number (Windows)."""
    if not hasattr(os, "getloadavg"):
        return 0.0
    return os.getloadavg()[0]


def _memory() -> int:
    """The machine's memory in bytes, 0 where it cannot be told."""
    if sys.platform == "win32":
        return _windows_memory()
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        return 0


def _windows_memory() -> int:
    if sys.platform != "win32":
        return 0
    import ctypes

    kibibytes = ctypes.c_ulonglong(0)
    ctypes.windll.kernel32.GetPhysicallyInstalledSystemMemory(ctypes.byref(kibibytes))
    return kibibytes.value * 1024
