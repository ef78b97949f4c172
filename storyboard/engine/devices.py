"""Which device draws, and in which numbers."""

from __future__ import annotations

import torch

from storyboard.engine.model import Placement
from storyboard.errors import argument_error

DEVICES = ("auto", "cuda", "mps", "cpu")
DTYPES = ("auto", "float32", "bfloat16", "float16")

_DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


def placement(device: str = "auto", dtype: str = "auto") -> Placement:
    """The device and dtypes for these names, `auto` being the best that is there.

    Raises ProblemsError where the device is not there or cannot compute in the dtype.
    """
    chosen = _device(device)
    unet = _dtype(dtype, chosen)
    # bfloat16 has 8 bits of precision, too few for colours of 8 bits: the VAE is spared it.
    vae = torch.float16 if unet == torch.float16 else torch.float32
    return Placement(chosen, unet, vae)


def available() -> tuple[str, ...]:
    """The kinds of devices there are, the best first."""
    cuda = ("cuda",) if torch.cuda.is_available() else ()
    mps = ("mps",) if torch.backends.mps.is_available() else ()
    return (*cuda, *mps, "cpu")


def _device(name: str) -> torch.device:
    kind = name.split(":")[0]
    if kind not in DEVICES:
        raise argument_error(f"there is no device '{name}'", f"devices are {', '.join(DEVICES)}")
    there = available()
    if kind == "auto":
        return torch.device(there[0])
    if kind not in there:
        raise argument_error(
            f"torch finds no {kind} device here", f"it finds {', '.join(there)}; see `doctor`"
        )
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise argument_error(f"there is no device '{name}'", "a GPU is cuda, or cuda:1") from error
    if kind == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise argument_error(f"torch finds only {torch.cuda.device_count()} CUDA devices here")
    return device


def _dtype(name: str, device: torch.device) -> torch.dtype:
    if name not in DTYPES:
        raise argument_error(f"there is no dtype '{name}'", f"dtypes are {', '.join(DTYPES)}")
    if name == "auto":
        return torch.float16 if device.type != "cpu" else _quickest_on_a_cpu()
    if name == "float16" and device.type == "cpu":
        raise argument_error("float16 is no use on a CPU", "take float32, or bfloat16")
    return _DTYPES[name]


def _quickest_on_a_cpu() -> torch.dtype:
    """bfloat16 where the processor multiplies it by itself: half as long for what the eye does not
    tell from float32 (docs/speed.md). Elsewhere it is far slower."""
    able = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    native = able.get("avx512_bf16") or able.get("amx_bf16")
    return torch.bfloat16 if native else torch.float32
