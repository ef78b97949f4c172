"""Two or more training processes of one thread each, whose parameters are averaged now and then.

On a CPU this is quicker than one process of many threads, and far quicker on a shared machine.
"""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor
from torch.multiprocessing.spawn import start_processes


def launch(worker: Callable[..., None], processes: int, *arguments: object) -> None:
    """Runs worker(rank, processes, *arguments) in every process and waits for all of them."""
    folder = Path(tempfile.mkdtemp(prefix="inkling-"))
    if processes == 1:
        _enter(0, worker, 1, folder, arguments)
    else:
        start_processes(  # type: ignore[no-untyped-call]
            _enter_as_child,
            (os.getpid(), worker, processes, folder, arguments),
            processes,
            start_method="spawn",
        )


def _enter_as_child(rank: int, parent: int, *arguments: Any) -> None:
    """As `_enter`, but never longer than the process that began it, which holds the lock: killed
    from outside, it would leave its children training, and writing where the next run writes."""
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    _enter(rank, *arguments)


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1.0)
    os._exit(1)


def _enter(
    rank: int,
    worker: Callable[..., None],
    processes: int,
    folder: Path,
    arguments: tuple[object, ...],
) -> None:
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    torch.set_num_threads(1)
    dist.init_process_group(
        "gloo",
        init_method=f"file://{folder}/meet",
        rank=rank,
        world_size=processes,
        timeout=timedelta(minutes=30),
    )
    worker(rank, processes, *arguments)
    dist.destroy_process_group()


@torch.no_grad()
def average(tensors: Iterable[Tensor]) -> None:
    """Every process ends with the mean of all processes' tensors, in one message."""
    if dist.get_world_size() == 1:
        return
    parts = list(tensors)
    flat = torch.cat([part.detach().reshape(-1).float() for part in parts])
    dist.all_reduce(flat)
    flat /= dist.get_world_size()
    start = 0
    for part in parts:
        part.copy_(flat[start : start + part.numel()].view_as(part))
        start += part.numel()


def agree(value: float) -> float:
    """Process 0's value, everywhere: so that all stop and save at the same step."""
    box = torch.tensor([value], dtype=torch.float64)
    if dist.get_world_size() > 1:
        dist.broadcast(box, 0)
    return float(box.item())
