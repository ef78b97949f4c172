"""What the training runs on: one GPU where there is one, otherwise processes of one thread each."""

from __future__ import annotations

import os

import torch


def device() -> torch.device:
    """The GPU, or the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def processes() -> int:
    """One process drives a GPU; on a CPU every core has its own, as far as there is memory."""
    return 1 if device().type == "cuda" else max(1, min(8, os.cpu_count() or 1))


def drawers() -> int:
    """Processes that draw pictures: one a core, wherever the training itself runs."""
    return max(1, min(16, os.cpu_count() or 1))


def autocast() -> torch.autocast:
    """Half precision where it is safe: bfloat16 needs no loss scaling on either machine."""
    return torch.autocast(device().type, torch.bfloat16)
