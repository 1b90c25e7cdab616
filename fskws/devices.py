"""Which device a run computes on. Asked for is what is used: there is never a fallback."""

from __future__ import annotations

import os

import torch

from fskws.errors import DeviceError


def open_device(name: str) -> torch.device:
    """The torch device of that name, proved usable.

    Args: name: cpu, cuda, cuda:N or mps.
    Raises: DeviceError: it is not there; the text says what torch sees and what to do.
    """
    device = torch.device(name)
    if device.type == "cuda":
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if count == 0:
            built = f"torch {torch.__version__}" + ("" if torch.version.cuda else ", built without CUDA")
            raise DeviceError(
                f"device={name}, but no CUDA GPU is usable here ({built}); "
                "use --device cpu, or run where nvidia-smi shows a GPU"
            )
        if device.index is not None and device.index >= count:
            raise DeviceError(f"device={name}, but there are {count} GPU(s): cuda:0 to cuda:{count - 1}")
    if device.type == "mps" and not torch.backends.mps.is_available():
        raise DeviceError(f"device={name}, but this machine has no Metal GPU; use --device cpu")
    return device


def set_threads(threads: int) -> int:
    """Sets torch's CPU threads (0: as many as this process may use); returns the number in use."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    torch.set_num_threads(threads or usable)
    return torch.get_num_threads()
