"""What an engine is told of compiling. No torch here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Compiling:
    """That the UNet is to be compiled, and `why`; on a CPU only if `everywhere`. `backend` is
    torch.compile's."""

    why: str
    everywhere: bool = False
    backend: str = "inductor"

    def is_for(self, device: str) -> bool:
        """Whether it is on a kind of device, such as `cuda`."""
        return self.everywhere or device == "cuda"
