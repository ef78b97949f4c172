"""The share of the time in which an NVIDIA GPU does anything at all, as its driver counts it."""

from __future__ import annotations

import subprocess
from contextlib import suppress
from statistics import fmean
from types import TracebackType

import torch

_EVERY_MS = 100
_COMMAND = (
    "nvidia-smi",
    "--query-gpu=utilization.gpu",
    "--format=csv,noheader,nounits",
    f"--loop-ms={_EVERY_MS}",
)


class Busy:
    """Asks the driver again and again while its block runs. Where there is no such GPU, or no
    `nvidia-smi`, `share` is None, and nothing is asked."""

    def __init__(self, device: str) -> None:
        self.share: float | None = None
        self._command = [*_COMMAND, f"--id={_identity(device)}"] if "cuda" in device else None
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Busy:
        """Begins to ask."""
        if self._command is not None:
            with suppress(OSError):
                self._process = subprocess.Popen(
                    self._command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
                )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        """Ends it; the share is the mean of the answers."""
        if self._process is None:
            return
        self._process.terminate()
        said, _ = self._process.communicate()
        # The driver looks back over up to a second, so the first answers are of what was before.
        answers = [int(line) / 100 for line in said.split() if line.isdecimal()]
        if answers:
            self.share = fmean(answers[len(answers) // 10 :])


def _identity(device: str) -> str:
    """The GPU's own name for the driver, which counts GPUs by another order than torch may."""
    return f"GPU-{torch.cuda.get_device_properties(device).uuid}"
